package tracker

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// memberships plays targets that fail with a steady share from noon on, looks every two seconds, and counts how often each joined
// an incident that goes on, or left it, and how often it was told to be part of another one. Before noon they had so much
// history with one failure in a hundred.
func memberships(seed uint64, targets int, share float64, history, length time.Duration) (changes, moves []int) {
	r := rand.New(rand.NewPCG(seed, 41))
	tr := live()
	rates, next := make([]float64, targets), make([]time.Time, targets)
	names := make([]string, targets)
	for i := range targets {
		rates[i], next[i], names[i] = 10+110*r.Float64(), noon.Add(-history), fmt.Sprint("t", i)
	}
	changes, moves = make([]int, targets), make([]int, targets)
	was, in := make([]bool, targets), make([]uint64, targets)
	for now := noon.Add(2 * time.Second); now.Before(noon.Add(length)); now = now.Add(2 * time.Second) {
		var batch []Result
		for i := range targets {
			for next[i].Before(now) {
				status, at, fails := 200, next[i], share
				if at.Before(noon) {
					fails = 0.01
				}
				if r.Float64() < fails {
					status = 500
				}
				batch = append(batch, traffic(at, names[i], status))
				next[i] = at.Add(time.Duration(r.ExpFloat64() * float64(time.Minute) / rates[i]))
			}
		}
		slices.SortFunc(batch, func(a, b Result) int { return a.Time.Compare(b.Time) })
		tr.Record(now, batch)
		s := tr.Snapshot(now)
		for i, name := range names {
			is, id := s.inIncident(name), uint64(0)
			if tg := s.find(name); tg != nil {
				id = tg.Incident
			}
			if is != was[i] {
				changes[i]++
			} else if is && id != in[i] {
				moves[i]++
			}
			was[i], in[i] = is, id
		}
	}
	return changes, moves
}

// inIncident reports whether a target is part of an incident that goes on.
func (s *Snapshot) inIncident(name string) bool {
	return slices.ContainsFunc(s.Incidents, func(in Incident) bool {
		return in.Ongoing() && slices.ContainsFunc(in.Targets, func(tg IncidentTarget) bool { return tg.Name == name })
	})
}

// TestIncidentsAreSteady holds that targets near the share at which an incident begins join one once, and do not leave and join it
// again with every request: in 20 minutes hardly any of them more than three times, and none more than five.
func TestIncidentsAreSteady(t *testing.T) {
	const targets = 20
	watched, restless := 0, 0
	for _, history := range []time.Duration{0, 90 * time.Minute} {
		for _, share := range []float64{0.04, 0.07, 0.09, 0.1, 0.11, 0.13, 0.3} {
			all, moved := 0, 0
			for seed := range uint64(3) {
				length := 20 * time.Minute
				if testing.Short() && seed > 0 {
					break
				}
				changes, moves := memberships(seed, targets, share, history, length)
				all, moved = all+slices.Max(changes), moved+slices.Max(moves)
				if n := slices.Max(moves); n > 10 {
					t.Errorf("%s of history, share %.2f, seed %d: a target was told to be part of another incident %d times", history, share, seed, n)
				}
				for i, n := range changes {
					watched++
					if n > 3 {
						restless++
					}
					if n > 5 {
						t.Errorf("%s of history, share %.2f, seed %d: target %d joined and left %d times", history, share, seed, i, n)
					}
				}
			}
			t.Log(history, share, "most changes:", all, "most moves:", moved)
		}
	}
	if restless*200 > watched {
		t.Errorf("%d of %d targets joined and left more than three times", restless, watched)
	}
}
