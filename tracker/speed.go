package tracker

import (
	"math"
	"time"
)

const (
	slowFactor = 1.8                   // a boundary of slow lies at least so many times above the usual 95th percentile
	slowFloor  = 10 * time.Millisecond // nothing faster is slow
)

// speed is how fast a target usually answers: its latencies by octave, decayed.
type speed struct {
	n    [octaveSlots]float64
	from int // answers of this octave on are slow; octaveSlots: none
}

func (s *speed) absorb(c *counts, minute int64) {
	for slot, d := range c.octaves {
		s.n[slot] *= baselineDecay
		if d != nil {
			s.n[slot] += float64(d.at(minute))
		}
	}
}

// slower returns how many were of an octave or slower, and all.
func (s *speed) slower(slot int) (slow, all float64) {
	for i, n := range s.n {
		all += n
		if i >= slot {
			slow += n
		}
	}
	return slow, all
}

// p95 estimates the 95th percentile, 0 without latencies.
func (s *speed) p95() time.Duration {
	_, all := s.slower(0)
	if all == 0 {
		return 0
	}
	rest := 0.05 * all
	for i := octaveSlots - 1; i >= 0; i-- {
		if n := s.n[i]; n >= rest && n > 0 {
			return time.Duration(math.Exp2(float64(octaveFirst+i) + 1 - rest/n))
		}
		rest -= s.n[i]
	}
	return time.Duration(1) << octaveFirst
}

func (s *speed) aim() {
	least := max(float64(s.p95())*slowFactor, float64(slowFloor))
	s.from = min(max(int(math.Ceil(math.Log2(least)))-octaveFirst, 0), octaveSlots)
}
