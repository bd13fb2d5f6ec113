package tracker

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestTrafficThatDropsIsTold plays a service of 120 requests a minute that gets a part of them from a moment on: at once is trouble, to a
// third as to nothing, and over when they come back; half, slowly, and after a burst is none.
func TestTrafficThatDropsIsTold(t *testing.T) {
	start := time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)
	onset := start.Add(150*time.Minute + 20*time.Second)
	for _, c := range []struct {
		name string
		rate func(since time.Duration) float64 // of 120 a minute, before and after the onset
		told bool
	}{
		{"to a third", func(d time.Duration) float64 { return step(d, 1, 0.3) }, true},
		{"to nothing", func(d time.Duration) float64 { return step(d, 1, 0) }, true},
		{"to two thirds", func(d time.Duration) float64 { return step(d, 1, 0.65) }, false},
		{"slowly", func(d time.Duration) float64 { return 1 - 0.7*min(max(d.Minutes(), 0)/90, 1) }, false},
		{"after a burst", func(d time.Duration) float64 {
			if d < 0 && d > -12*time.Minute {
				return 5
			}
			return 1
		}, false},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		tr := New(Settings{})
		tr.UpdateSource(start, Source{Name: "log", Live: true})
		end := onset.Add(40 * time.Minute)
		for now := start; now.Before(end); now = now.Add(10 * time.Second) {
			var batch []Result
			for at := now; at.Before(now.Add(10 * time.Second)); at = at.Add(time.Duration(r.ExpFloat64() * float64(time.Minute) / 120 / max(c.rate(now.Sub(onset)), 1e-6))) {
				if at != now {
					batch = append(batch, Result{Time: at, Target: "shop", Source: "log", Method: "GET", Route: "/", Status: 200})
				}
			}
			tr.Record(now.Add(10*time.Second), batch)
		}
		list := tr.Snapshot(end).Incidents
		if told := len(list) > 0; told != c.told {
			t.Errorf("%s: %+v", c.name, list)
			continue
		}
		if c.told && (list[0].Signals != SignalSilence || list[0].Onset.At.Sub(onset).Abs() > time.Minute || !list[0].Ongoing()) {
			t.Errorf("%s: %s since %s, %s after the onset, %s", c.name, list[0].Signals, list[0].Onset.At, list[0].Onset.At.Sub(onset), list[0].State)
		}
	}
}

func step(d time.Duration, before, after float64) float64 {
	if d < 0 {
		return before
	}
	return after
}
