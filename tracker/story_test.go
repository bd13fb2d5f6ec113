package tracker

import (
	"testing"
	"time"
)

func TestAStoryIsRememberedInTheResultsOwnTime(t *testing.T) {
	tr := New(Settings{})
	begin := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	var log []Result
	for s := range 4 * 3600 {
		r := Result{Time: begin.Add(time.Duration(s) * time.Second), Target: "kling", Status: 200}
		if minute := s / 60; minute >= 30 && minute < 40 || minute >= 120 && minute < 125 {
			r.Status, r.Kind, r.Error = 500, KindServer, "Generation failed"
		}
		log = append(log, r)
	}
	tr.Record(begin.Add(24*time.Hour), log)
	snap := tr.Snapshot(begin.Add(24 * time.Hour))
	story := tr.StateChanges("kling", time.Time{})
	from, failed := StateUnknown, 0
	for i, c := range story {
		if c.From != from || i > 0 && !c.At.After(story[i-1].At) || c.Reason == "" {
			t.Errorf("%d: %+v follows %v", i, c, from)
		}
		from = c.To
		if c.To == StateFailing {
			failed++
		}
	}
	if failed != 2 || from != StateOK {
		t.Errorf("it failed %d times and ended %v: %+v", failed, from, story)
	}
	last := story[len(story)-1]
	if !last.At.Equal(snap.Targets[0].Since) {
		t.Errorf("the last change was at %v, and the state holds since %v", last.At, snap.Targets[0].Since)
	}
	if later := tr.StateChanges("kling", last.At); len(later) != 0 {
		t.Errorf("after the last change there is %+v", later)
	}
	if tr.StateChanges("veo", time.Time{}) != nil {
		t.Error("an unknown target has a story")
	}
	if got, want := tr.RegressedAt(snap.Groups[0].ID), begin.Add(2*time.Hour); !got.Equal(want) {
		t.Errorf("it came back at %v, not %v", got, want)
	}
	if !tr.RegressedAt(1).IsZero() {
		t.Error("an unknown group has come back")
	}
}
