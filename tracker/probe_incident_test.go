package tracker

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// toldOfProbes plays a target that is probed at an interval through its gate, from a moment on without a success, and returns how
// long after it an incident goes on; an hour where none does. Somebody looks every five seconds.
func toldOfProbes(interval, history time.Duration, usual float64, seed uint64) time.Duration {
	r := rand.New(rand.NewPCG(seed, 5))
	tr := New(Settings{})
	start := noon.Add(time.Duration(r.IntN(60)) * time.Second)
	tr.AddTargets(start, TargetInfo{Name: "t", URL: "https://t.example.com/", Interval: interval})
	gate := tr.Gate("t")
	onset := start.Add(history)
	next := start
	for now := start; now.Before(onset.Add(time.Hour)); now = now.Add(5 * time.Second) {
		for !next.After(now) {
			x := Result{Time: next, Target: "t", Origin: OriginProbe, Method: "GET", Route: "/", Status: 200, Latency: 20 * time.Millisecond}
			if !next.Before(onset) || r.Float64() < usual {
				x.Status, x.Kind, x.Error = 0, KindConnect, "connection refused"
			}
			if generation, ok := gate.Allow(next); ok {
				tr.Record(next, []Result{x})
				gate.Observe(generation, &x, next)
			}
			next = next.Add(interval)
		}
		if s := tr.Snapshot(now); !now.Before(onset) && s.inIncident("t") {
			return now.Sub(onset)
		}
	}
	return time.Hour
}

// TestFailingProbesAreAnIncidentSoon holds that a target whose breaker opens, after which few probes are sent, becomes an incident
// within two minutes, or with the failure that opens the breaker where that comes later.
func TestFailingProbesAreAnIncidentSoon(t *testing.T) {
	for _, interval := range []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second, time.Minute} {
		for _, history := range []time.Duration{0, 10 * time.Minute, 3 * time.Hour} {
			for _, usual := range []float64{0, 0.01} {
				bar := max(2*time.Minute, 5*interval)
				worst := time.Duration(0)
				for seed := range uint64(8) {
					worst = max(worst, toldOfProbes(interval, history, usual, seed))
				}
				name := fmt.Sprintf("every %s, %s of history, %g fail", interval, history, usual)
				t.Log(name, worst)
				if worst > bar {
					t.Errorf("%s: told after %s", name, worst)
				}
			}
		}
	}
}

// TestProbesThatOftenFailAreNoIncident plays probes that fail at random for a day: three rows of failures that open the breaker are
// what is usual.
func TestProbesThatOftenFailAreNoIncident(t *testing.T) {
	hours := 24
	if testing.Short() {
		hours = 6
	}
	for _, usual := range []float64{0.01, 0.1, 0.3} {
		incidents := map[uint64]bool{}
		for seed := range uint64(4) {
			r := rand.New(rand.NewPCG(seed, 6))
			tr := New(Settings{})
			tr.AddTargets(noon, TargetInfo{Name: "t", URL: "https://t.example.com/", Interval: 20 * time.Second})
			gate := tr.Gate("t")
			for now := noon; now.Before(noon.Add(time.Duration(hours) * time.Hour)); now = now.Add(20 * time.Second) {
				x := Result{Time: now, Target: "t", Origin: OriginProbe, Method: "GET", Route: "/", Status: 200, Latency: 20 * time.Millisecond}
				if r.Float64() < usual {
					x.Status, x.Kind = 503, KindServer
				}
				if generation, ok := gate.Allow(now); ok {
					tr.Record(now, []Result{x})
					gate.Observe(generation, &x, now)
				}
				if now.Sub(noon) < time.Hour {
					continue
				}
				s := tr.Snapshot(now)
				for i := range s.Incidents {
					if in := &s.Incidents[i]; in.Onset.At.Sub(noon) > 20*time.Minute {
						incidents[in.ID] = true
					}
				}
			}
		}
		if t.Log(usual, len(incidents)); len(incidents) > 1 {
			t.Errorf("%g fail: %d incidents", usual, len(incidents))
		}
	}
}
