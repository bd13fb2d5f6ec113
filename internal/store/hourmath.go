package store

import (
	"slices"

	"errtop/tracker"
)

// same reports whether two counts are of the same outcome.
func same(a, b *tracker.HourCount) bool {
	return a.Outcome == b.Outcome && a.Origin == b.Origin && a.Inconclusive == b.Inconclusive
}

// addHour adds the counts of an hour to those of another.
func addHour(into, from *tracker.Hour) {
	for i := range from.Counts {
		c := &from.Counts[i]
		place := slices.IndexFunc(into.Counts, func(known tracker.HourCount) bool { return same(&known, c) })
		if place < 0 {
			into.Counts = append(into.Counts, *c)
			continue
		}
		for m, n := range c.Minutes {
			into.Counts[place].Minutes[m] = plus(into.Counts[place].Minutes[m], n)
		}
	}
	for _, l := range from.Latency {
		place, found := slices.BinarySearchFunc(into.Latency, l, byBucket)
		if found {
			into.Latency[place].N = plus(into.Latency[place].N, l.N)
		} else {
			into.Latency = slices.Insert(into.Latency, place, l)
		}
	}
}

// subtractHour takes from the counts of an hour those of another. It returns what is left, and what was taken: of each count the smaller.
func subtractHour(from, known *tracker.Hour) (left, taken tracker.Hour) {
	left.Start, taken.Start = from.Start, from.Start
	for i := range from.Counts {
		c := from.Counts[i]
		t := c
		t.Minutes = [60]uint32{}
		if place := slices.IndexFunc(known.Counts, func(k tracker.HourCount) bool { return same(&k, &c) }); place >= 0 {
			for m, n := range known.Counts[place].Minutes {
				t.Minutes[m] = min(n, c.Minutes[m])
				c.Minutes[m] -= t.Minutes[m]
			}
		}
		if c.Minutes != [60]uint32{} {
			left.Counts = append(left.Counts, c)
		}
		if t.Minutes != [60]uint32{} {
			taken.Counts = append(taken.Counts, t)
		}
	}
	for _, l := range from.Latency {
		n := uint32(0)
		if place, found := slices.BinarySearchFunc(known.Latency, l, byBucket); found {
			n = min(known.Latency[place].N, l.N)
		}
		if n > 0 {
			taken.Latency = append(taken.Latency, tracker.LatencyCount{Bucket: l.Bucket, N: n})
		}
		if l.N > n {
			left.Latency = append(left.Latency, tracker.LatencyCount{Bucket: l.Bucket, N: l.N - n})
		}
	}
	return left, taken
}

func byBucket(a, b tracker.LatencyCount) int { return int(a.Bucket) - int(b.Bucket) }

// plus adds, as far as the sum fits.
func plus(a, b uint32) uint32 { return uint32(min(uint64(a)+uint64(b), 1<<32-1)) }
