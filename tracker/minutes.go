package tracker

import "math"

// minutes are the counts of an hour's minutes. Most fit in 16 bits, and most of what a target holds are these.
type minutes struct {
	narrow *[60]uint16 // nil while nothing was counted, or where wide is
	wide   *[60]uint32
}

func (m *minutes) at(minute int64) uint32 {
	switch {
	case m.wide != nil:
		return m.wide[minute]
	case m.narrow != nil:
		return uint32(m.narrow[minute])
	}
	return 0
}

func (m *minutes) add(minute int64, n uint32) {
	if m.wide == nil {
		if m.narrow == nil {
			m.narrow = new([60]uint16)
		}
		if sum := uint64(m.narrow[minute]) + uint64(n); sum <= math.MaxUint16 {
			m.narrow[minute] = uint16(sum)
			return
		}
		m.widen()
	}
	m.wide[minute] += n
}

func (m *minutes) widen() {
	m.wide = new([60]uint32)
	for i, n := range m.narrow {
		m.wide[i] = uint32(n)
	}
	m.narrow = nil
}

// clearAfter forgets what lies after a minute.
func (m *minutes) clearAfter(minute int64) {
	if m.narrow != nil {
		clear(m.narrow[minute+1:])
	}
	if m.wide != nil {
		clear(m.wide[minute+1:])
	}
}
