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
	story := snap.Targets[0].StateChanges
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
	if got, want := snap.Groups[0].RegressedAt, begin.Add(2*time.Hour); !got.Equal(want) {
		t.Errorf("it came back at %v, not %v", got, want)
	}
	past := tr.SnapshotAt(begin.Add(24*time.Hour), begin.Add(time.Hour))
	if changes := past.Targets[0].StateChanges; len(changes) == 0 || len(changes) >= len(story) || !past.Groups[0].RegressedAt.IsZero() {
		t.Errorf("an hour after the beginning: %+v, it came back at %v", changes, past.Groups[0].RegressedAt)
	}
}

// TestTotalsNeverFall counts results of which most have left every window, over a restart and a clock that went back.
func TestTotalsNeverFall(t *testing.T) {
	tr, now := live(), noon
	totals := map[Total]uint64{}
	for i := range 200 {
		now = now.Add(time.Duration(i%7) * 20 * time.Minute)
		if i == 120 {
			now = now.Add(-30 * time.Hour)
		}
		x := traffic(now, "t", []int{200, 200, 503, 404}[i%4])
		x.Origin, x.Inconclusive = Origin(i%3%2), i%50 == 49
		tr.Record(now, []Result{x})
		key := Total{Origin: x.Origin, Outcome: x.Outcome()}
		if x.Inconclusive {
			key = Total{Inconclusive: true}
		}
		totals[key]++
		if i%40 == 39 {
			tr = restored(t, now, reread(t, tr.State(now, Part{})))
			tr = viewOf(t, now, tr.State(now, Part{}))
		}
		got := tr.Snapshot(now).find("t").Totals
		if len(got) != len(totals) {
			t.Fatalf("after %d: %+v, want %+v", i, got, totals)
		}
		for _, total := range got {
			count := total.Count
			total.Count = 0
			if totals[total] != count {
				t.Fatalf("after %d: %d of %+v, want %d", i, count, total, totals[total])
			}
		}
	}
}
