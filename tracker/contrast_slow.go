package tracker

// Slow answers have a contrast too: what the slow requests have in common. Each value of a field keeps, hour by hour, how many of the
// successes that were sampled were of which octave of latency; which octaves are slow is known only later, and changes.

// speeds are the counts of one value: few, because a route answers in three or four octaves.
type speeds []speedCount

type speedCount struct {
	slot   uint8 // hour, modulo hourSlots
	octave uint8
	n      uint32
}

// hour returns the hour of a count of a value whose newest hour is latest.
func (s speedCount) hour(latest int64) int64 {
	return latest - (latest-int64(s.slot)+2*hourSlots)%hourSlots
}

func (s *speeds) add(hour int64, octave int, n uint32) {
	slot := uint8(hour % hourSlots) //nolint:gosec // below
	for i := len(*s) - 1; i >= 0; i-- {
		if at := &(*s)[i]; at.slot == slot && int(at.octave) == octave {
			at.n += n
			return
		}
	}
	*s = append(*s, speedCount{slot, uint8(octave), n}) //nolint:gosec // below octaveSlots
}

// forget drops the counts of the hours that share a slot with one.
func (s *speeds) forget(hour int64) {
	slot, kept := uint8(hour%hourSlots), (*s)[:0] //nolint:gosec // below
	for _, c := range *s {
		if c.slot != slot {
			kept = append(kept, c)
		}
	}
	*s = kept
}

// slower counts, in the hours from one to another, the requests of an octave from slow on, and all that have a latency.
func (v *trait) slower(slow int, from, to int64) (slower, all float64) {
	for _, c := range v.speeds {
		hour := c.hour(v.latest)
		if hour < from || hour > to {
			continue
		}
		all += float64(c.n) * sampleEvery
		if int(c.octave) >= slow {
			slower += float64(c.n) * sampleEvery
		}
	}
	return slower, all
}
