package stats

import (
	"math"
	"math/bits"
	"time"
)

// histogram counts durations in buckets that are 1/64 of their octave wide, so a quantile is within 0.8 % of a value that
// was seen. The zero value is empty.
type histogram struct {
	count    uint64
	min, max time.Duration
	buckets  [58 * 64]uint64
}

// add counts a positive duration.
func (h *histogram) add(d time.Duration) {
	if h.count == 0 || d < h.min {
		h.min = d
	}
	h.max = max(h.max, d)
	h.count++
	h.buckets[bucketOf(d)]++
}

// bucketOf returns the bucket of a positive duration: below 64 ns its own, above by its leading seven bits.
func bucketOf(d time.Duration) int {
	n := uint64(d) //nolint:gosec // positive
	if n < 64 {
		return int(n)
	}
	shift := bits.Len64(n) - 7
	return shift*64 + int(n>>shift) //nolint:gosec // below 58*64
}

// middle returns the duration in the middle of a bucket.
func middle(bucket int) time.Duration {
	if bucket < 128 {
		return time.Duration(bucket)
	}
	shift := bucket/64 - 1
	low := uint64(bucket-shift*64) << shift //nolint:gosec // at least 64
	return time.Duration(low + 1<<shift/2)  //nolint:gosec // at most a year
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

// quantile returns the smallest duration that at least q of all do not exceed, 0 without any.
func (h *histogram) quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(h.count)))
	seen := uint64(0)
	for i, n := range h.buckets {
		if seen += n; n > 0 && seen >= rank {
			return min(max(middle(i), h.min), h.max)
		}
	}
	return 0
}
