package triage

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"errtop/tracker"
)

// TestTheRhythmOfFlappingIsRight draws services that are down for some minutes of every so many and holds what is said of that
// against the truth: within a minute, or a fifth of it.
func TestTheRhythmOfFlappingIsRight(t *testing.T) {
	seeds := uint64(120)
	if testing.Short() {
		seeds = 30
	}
	said, right := 0, 0
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 21))
		down := time.Duration(3+r.IntN(10)) * time.Minute
		cycle := down + time.Duration(3+r.IntN(8))*time.Minute
		note := flaps(r, down, cycle, 10+50*r.Float64(), 0.4+0.6*r.Float64())
		var saidDown, saidCycle int
		if _, err := fmt.Sscanf(note, "down %d min of every %d", &saidDown, &saidCycle); err != nil {
			continue
		}
		said++
		near := func(minutes int, truth time.Duration) bool {
			return (time.Duration(minutes)*time.Minute - truth).Abs() <= max(time.Minute, truth/5)
		}
		if near(saidDown, down) && near(saidCycle, cycle) {
			right++
		} else {
			t.Logf("seed %d: %q, but %s of every %s", seed, note, down, cycle)
		}
	}
	t.Logf("%d of %d, of %d drawn", right, said, seeds)
	if said < int(seeds)*3/4 || right*20 < said*19 {
		t.Error("below the bars")
	}
}

// flaps plays a service for two hours and then some cycles, and returns what is said of its rhythm.
func flaps(r *rand.Rand, down, cycle time.Duration, perMinute, share float64) string {
	tr := tracker.New(tracker.Settings{})
	start := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	tr.UpdateSource(start, tracker.Source{Name: "log", Live: true})
	onset := start.Add(2*time.Hour + time.Duration(r.IntN(60))*time.Second)
	now := onset.Add(time.Duration((4 + 2*r.Float64()) * float64(cycle)))
	var batch []tracker.Result
	for at := start; at.Before(now); at = at.Add(time.Duration(r.ExpFloat64() * float64(time.Minute) / perMinute)) {
		x := tracker.Result{Time: at, Target: "t", Source: "log", Method: "GET", Route: "/", Status: 200}
		fails := 0.005
		if !at.Before(onset) && at.Sub(onset)%cycle < down {
			fails = share
		}
		if r.Float64() < fails {
			x.Status, x.Kind = 503, tracker.KindServer
		}
		batch = append(batch, x)
	}
	tr.Record(now, batch)
	for _, in := range tr.Snapshot(now).Incidents {
		if in.Ongoing() && in.Trend == tracker.TrendFlapping {
			return in.TrendNote
		}
	}
	return ""
}
