package triage

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"errtop/tracker"
)

// TestTroubleIsToldInTime measures how long after it began an incident is listed, with somebody looking every 10 s.
func TestTroubleIsToldInTime(t *testing.T) {
	seeds := 60
	if testing.Short() {
		seeds = 20
	}
	for _, c := range []struct {
		name            string
		perMinute       float64
		before, after   float64 // share of failures
		slower, traffic float64 // factors from the onset on
		bar             time.Duration
		of              tracker.Signal
		inTime          float64 // share of the seeds that are told in time
	}{
		{"5x of 1 % at 1000/min", 1000, 0.01, 0.05, 1, 1, 2 * time.Minute, tracker.SignalFailures, 0.95},
		{"5x of 0.4 % at 1000/min", 1000, 0.004, 0.02, 1, 1, 2 * time.Minute, tracker.SignalFailures, 0.85},
		{"all at 2/min", 2, 0.01, 1, 1, 1, 5 * time.Minute, tracker.SignalFailures, 0.95},
		{"all at 20/min", 20, 0.01, 1, 1, 1, 3 * time.Minute, tracker.SignalFailures, 0.95},
		{"a third at 20/min", 20, 0.01, 0.33, 1, 1, 6 * time.Minute, tracker.SignalFailures, 0.95},
		{"silence at 100/min", 100, 0.01, 0.01, 1, 0, 3 * time.Minute, tracker.SignalSilence, 0.95},
		{"p95 x5 at 60/min", 60, 0.01, 0.01, 5, 1, 5 * time.Minute, tracker.SignalLatency, 0.95},
		{"p95 x5 at 300/min", 300, 0.01, 0.01, 5, 1, 5 * time.Minute, tracker.SignalLatency, 0.95},
	} {
		t.Run(c.name, func(t *testing.T) {
			var took []time.Duration
			n := 0
			for seed := range uint64(seeds) {
				r := rand.New(rand.NewPCG(seed, 11))
				start := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
				onset := start.Add(2*time.Hour + time.Duration(r.IntN(3600))*time.Second)
				d := told(r, start, onset, c.perMinute, c.before, c.after, c.slower, c.traffic, c.of)
				took = append(took, d)
				if d <= c.bar {
					n++
				}
			}
			slices.Sort(took)
			t.Logf("median %s, 95 %%: %s; %d of %d within %s", took[len(took)/2], took[len(took)*95/100], n, seeds, c.bar)
			if float64(n) < c.inTime*float64(seeds) {
				t.Error("too late")
			}
		})
	}
}

// told plays one target and returns how long after the onset an incident with a signal goes on; an hour where none does.
func told(r *rand.Rand, start, onset time.Time, perMinute, before, after, slower, traffic float64, of tracker.Signal) time.Duration {
	tr := tracker.New(tracker.Settings{})
	tr.UpdateSource(start, tracker.Source{Name: "log", Live: true})
	next := start
	for now := start; now.Before(onset.Add(time.Hour)); now = now.Add(10 * time.Second) {
		var batch []tracker.Result
		for next.Before(now) {
			x := tracker.Result{Time: next, Target: "t", Source: "log", Method: "GET", Route: "/", Status: 200}
			x.Latency = time.Duration(40 * math.Exp(0.5*r.NormFloat64()) * float64(time.Millisecond))
			share, lost := before, false
			if !next.Before(onset) {
				share, lost = after, r.Float64() >= traffic
				x.Latency = time.Duration(float64(x.Latency) * slower)
			}
			if r.Float64() < share {
				x.Status, x.Kind = 500, tracker.KindServer
			}
			if !lost {
				batch = append(batch, x)
			}
			next = next.Add(time.Duration(r.ExpFloat64() * float64(time.Minute) / perMinute))
		}
		tr.Record(now, batch)
		if now.Before(onset) {
			continue
		}
		for _, in := range tr.Snapshot(now).Incidents {
			if in.Ongoing() && in.Signals.Has(of) {
				return now.Sub(onset)
			}
		}
	}
	return time.Hour
}
