package stats

import (
	"math"
	"time"

	"errtop/tracker"
)

// histogram counts durations in the tracker's buckets. The zero value is empty.
type histogram struct {
	count    uint64
	min, max time.Duration
	buckets  [tracker.BucketCount]uint64
}

// add counts a positive duration.
func (h *histogram) add(d time.Duration) {
	if h.count == 0 || d < h.min {
		h.min = d
	}
	h.max = max(h.max, d)
	h.count++
	h.buckets[tracker.BucketOf(d)]++
}

// merge adds what other counted.
func (h *histogram) merge(other *histogram) {
	if h.count == 0 || other.count > 0 && other.min < h.min {
		h.min = other.min
	}
	h.max = max(h.max, other.max)
	h.count += other.count
	for i, n := range other.buckets {
		h.buckets[i] += n
	}
}

// quantile returns the smallest duration that at least q of all do not exceed, within 1.1 %; 0 without any.
func (h *histogram) quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(h.count)))
	seen := uint64(0)
	for i, n := range h.buckets {
		if seen += n; n > 0 && seen >= rank {
			return min(max(tracker.Bucket(i).Value(), h.min), h.max)
		}
	}
	return 0
}
