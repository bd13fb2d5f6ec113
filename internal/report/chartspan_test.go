package report

import (
	"testing"
	"time"

	"errtop/tracker"
)

// TestALatencyThatRoseHoursAgoIsDrawnByTheQuarter draws a target that got slow three hours before the end.
func TestALatencyThatRoseHoursAgoIsDrawnByTheQuarter(t *testing.T) {
	tr := tracker.New(tracker.Settings{})
	first := time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)
	tr.UpdateSource(first, tracker.Source{Name: "log", Live: true})
	now := first
	for ; now.Sub(first) < 9*time.Hour; now = now.Add(2 * time.Second) {
		latency := 20 * time.Millisecond
		if now.Sub(first) > 6*time.Hour {
			latency = 400 * time.Millisecond
		}
		tr.Record(now, []tracker.Result{{Time: now, Target: "images", Status: 200, Latency: latency}})
	}
	made := New(Input{Made: now, Snapshot: tr.Snapshot(now), At: func(at time.Time) *tracker.Snapshot { return tr.SnapshotAt(now, at) }})
	if len(made.Incidents) != 1 || len(made.Incidents[0].Charts) != 2 {
		t.Fatalf("%d incidents: %+v", len(made.Incidents), made.Headline)
	}
	c := made.Incidents[0].Charts[1]
	slow := 0
	for _, b := range c.Bars {
		if wantSlow := !b.Start.Before(first.Add(6 * time.Hour)); b.Known && (b.P95 > 100) != wantSlow {
			t.Errorf("%v: %v ms", b.Start, b.P95)
		} else if b.P95 > 100 {
			slow++
		}
	}
	if c.Onset == nil || slow < 11 || c.Step != 900 {
		t.Errorf("onset %v, %d slow quarters of %d", c.Onset, slow, len(c.Bars))
	}
}

// TestAChartShowsAnIncidentFromBeforeItsOnset draws one that lasted for eighty minutes and was over hours ago.
func TestAChartShowsAnIncidentFromBeforeItsOnset(t *testing.T) {
	tr := tracker.New(tracker.Settings{})
	first := time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)
	tr.UpdateSource(first, tracker.Source{Name: "log", Live: true})
	now, failed := first, uint32(0)
	for ; now.Sub(first) < 9*time.Hour; now = now.Add(5 * time.Second) {
		r := tracker.Result{Time: now, Target: "billing", Status: 200, Latency: 20 * time.Millisecond}
		if since := now.Sub(first); since >= 4*time.Hour && since < 320*time.Minute && now.Second()%10 == 0 {
			r.Status, r.Kind, r.Message = 503, tracker.KindServer, "no connection left"
			failed++
		}
		tr.Record(now, []tracker.Result{r})
	}
	in := Input{Made: now, Snapshot: tr.Snapshot(now), At: func(at time.Time) *tracker.Snapshot { return tr.SnapshotAt(now, at) }}
	made := New(in)
	if len(made.Incidents) != 1 || len(made.Incidents[0].Charts) != 1 {
		t.Fatalf("%d incidents: %+v", len(made.Incidents), made.Headline)
	}
	c := made.Incidents[0].Charts[0]
	drawn := uint32(0)
	for i, b := range c.Bars {
		if drawn += b.Errors; i > 0 && !b.Start.Equal(c.Bars[i-1].Start.Add(time.Minute)) {
			t.Fatalf("%v follows %v", b.Start, c.Bars[i-1].Start)
		}
	}
	if c.Onset == nil || c.End == nil || c.Onset.Sub(c.Bars[0].Start) < beforeOnset-time.Minute || c.Step != 60 || len(c.Bars) > 160 {
		t.Errorf("%d bars from %v, onset %v, end %v", len(c.Bars), c.Bars[0].Start, c.Onset, c.End)
	}
	if drawn < failed-12 || drawn > failed {
		t.Errorf("%d of %d failures are drawn", drawn, failed)
	}
}
