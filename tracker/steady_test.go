package tracker

import (
	"math/rand/v2"
	"testing"
	"time"
)

// states plays so many minutes of a target and counts how long, in steps of 10 s after the first quarter of an hour, it was in
// each state.
func states(seed uint64, minutes int, perMinute float64, status func(*rand.Rand) int) (held [stateCount]int) {
	r := rand.New(rand.NewPCG(seed, 3))
	tr := live()
	next := noon
	for step := range minutes * int(stepsPerMinute) {
		now := noon.Add(time.Duration(step+1) * stepLength)
		for next.Before(now) {
			tr.Record(next, []Result{traffic(next, "t", status(r))})
			next = next.Add(time.Duration(r.ExpFloat64() * float64(time.Minute) / perMinute))
		}
		s := tr.Snapshot(now)
		if tg := s.find("t"); tg != nil && step > 15*int(stepsPerMinute) {
			held[tg.State]++
		}
	}
	return held
}

// TestChanceFlipsNoState plays steady shares for hours: the state is the one that the share says, but for few moments.
func TestChanceFlipsNoState(t *testing.T) {
	status := func(share float64, code int) func(*rand.Rand) int {
		return func(r *rand.Rand) int {
			if r.Float64() < share {
				return code
			}
			return 200
		}
	}
	for _, c := range []struct {
		name      string
		perMinute float64
		status    func(*rand.Rand) int
		never     []TargetState
		rarely    []TargetState // in at most one of a hundred moments
	}{
		{"one in a hundred", 30, status(0.01, 500), []TargetState{StateFailing}, []TargetState{StateDegraded}},
		{"one in three", 12, status(0.33, 500), []TargetState{StateOK}, []TargetState{StateFailing}},
		{"six in ten, quiet", 1, status(0.6, 500), nil, []TargetState{StateOK}},
		{"nine in ten, quiet", 1, status(0.9, 500), []TargetState{StateOK}, nil},
		{"all but a few are 429", 30, func(r *rand.Rand) int {
			switch x := r.IntN(100); {
			case x < 3:
				return 404
			case x < 60:
				return 429
			}
			return 200
		}, []TargetState{StateOK}, []TargetState{StateFailing, StateDegraded}},
	} {
		var held [stateCount]int
		all := 0
		for seed := range uint64(6) {
			for state, n := range states(seed, 150, c.perMinute, c.status) {
				held[state] += n
				all += n
			}
		}
		t.Logf("%s: %v of %d", c.name, held, all)
		for _, state := range c.never {
			if held[state] > 0 {
				t.Errorf("%s: %s in %d of %d moments", c.name, state, held[state], all)
			}
		}
		for _, state := range c.rarely {
			if held[state]*100 > all {
				t.Errorf("%s: %s in %d of %d moments", c.name, state, held[state], all)
			}
		}
	}
}
