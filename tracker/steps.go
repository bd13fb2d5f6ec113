package tracker

import "math"

// stepCounts are the counts of the last hour's steps of 10 s: a byte each until one needs more, because most targets have fewer than
// 256 results of one outcome in a step.
type stepCounts struct {
	narrow [stepsPerHour]uint8
	wide   *[stepsPerHour]uint32 // instead of narrow, once a step had more
}

func (s *stepCounts) at(step int64) uint32 {
	if s.wide != nil {
		return s.wide[step%stepsPerHour]
	}
	return uint32(s.narrow[step%stepsPerHour])
}

func (s *stepCounts) add(step int64, n uint32) {
	slot := step % stepsPerHour
	if s.wide == nil {
		if sum := uint64(s.narrow[slot]) + uint64(n); sum <= math.MaxUint8 {
			s.narrow[slot] = uint8(sum)
			return
		}
		s.wide = new([stepsPerHour]uint32)
		for i, c := range s.narrow {
			s.wide[i] = uint32(c)
		}
	}
	s.wide[slot] += n
}

func (s *stepCounts) drop(step int64) {
	if s.wide != nil {
		s.wide[step%stepsPerHour] = 0
		return
	}
	s.narrow[step%stepsPerHour] = 0
}
