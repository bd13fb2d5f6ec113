package tracker

import (
	"fmt"
	"testing"
	"time"
)

// TestALogWhosePresentIsReadBeforeItsPast: of a large file the newest hour comes first, then the day before it. The past
// counts, but hides nothing of the present.
func TestALogWhosePresentIsReadBeforeItsPast(t *testing.T) {
	tr := New(Settings{})
	record := func(from, to time.Time, status int, app BreakerState) {
		for at := from; at.Before(to); at = at.Add(10 * time.Second) {
			x := traffic(at, "api", 200)
			if at.Unix()%120 == 0 {
				x = traffic(at, "api", status)
			}
			x.Message, x.RequestID, x.Breaker = "it went wrong", at.Format(time.TimeOnly), app
			tr.Record(noon, []Result{x})
		}
	}
	record(noon.Add(-time.Hour), noon, 503, BreakerClosed)
	before := *tr.Snapshot(noon).find("api")
	record(noon.Add(-20*time.Hour), noon.Add(-time.Hour), 503, BreakerOpen)
	s := tr.Snapshot(noon)
	after := s.find("api")
	if after.State != before.State || !after.Since.Equal(before.Since) || !after.LastSeen.Equal(before.LastSeen) {
		t.Errorf("was %s since %s, is %s since %s: %s", before.State, before.Since, after.State, after.Since, after.Reason)
	}
	for i, b := range after.Breakers {
		if b.State != BreakerClosed || len(b.Transitions) != len(before.Breakers[i].Transitions) {
			t.Errorf("the past moved a breaker: %+v", b)
		}
	}
	if s.Overall.Day.Requests != 20*360 || s.Skew.OutOfOrder != 1 || s.Skew.Late != 0 {
		t.Errorf("%d requests, skew %+v", s.Overall.Day.Requests, s.Skew)
	}
	if s.Ring.Total != 100 || s.Ring.LastHour != 30 {
		t.Errorf("ring: %+v", s.Ring)
	}
	for i := range s.Errors {
		if want := noon.Add(-time.Duration(len(s.Errors)-i) * 2 * time.Minute); !s.Errors[i].Time.Equal(want) {
			t.Fatalf("error %d is of %s, want %s", i, s.Errors[i].Time, want)
		}
	}
	var kept []string
	for _, f := range s.Groups[0].Exemplars {
		kept = append(kept, f.RequestID)
	}
	if want := "[16:00:00 11:50:00 11:52:00 11:54:00 11:56:00 11:58:00]"; fmt.Sprint(kept) != want {
		t.Errorf("exemplars %s, want %s", kept, want)
	}
}
