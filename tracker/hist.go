package tracker

import (
	"math"
	"slices"
	"time"
)

// The quantiles that are kept of a window, in percent.
const quantilesKept = 4

var quantilePercents = [quantilesKept]uint64{50, 90, 95, 99}

// A hist counts latencies by bucket over a window: one by one while they are few, as most targets have in most windows, then densely
// between the smallest and the largest seen. It keeps where each quantile lies, which moves little from one look to the next.
type hist struct {
	few   cells // no bucket twice; used while n is empty
	base  int   // bucket of n[0], a multiple of blockBuckets
	n     []uint32
	count uint64
	at    [quantilesKept]int32  // index in few or n
	below [quantilesKept]uint64 // how many latencies lie in buckets before it
}

const (
	blockBuckets = 16

	fewCells          = 128 // buckets that are counted one by one at most
	fewLatenciesInAll = 4096
)

func (h *hist) add(bucket Bucket, n uint32) {
	i := int(bucket) - h.base
	if uint(i) >= uint(len(h.n)) {
		if len(h.n) == 0 && h.addFew(bucket, n) {
			return
		}
		i = h.grow(int(bucket))
	}
	h.n[i] += n
	h.count += uint64(n)
	for q, at := range h.at {
		if i < int(at) {
			h.below[q] += uint64(n)
		}
	}
}

// addFew counts among few. Where they no longer are few it lays them out densely and reports false.
func (h *hist) addFew(bucket Bucket, n uint32) bool {
	if n == 0 {
		return true
	}
	i := h.few.find(bucket)
	known := i < len(h.few) && h.few[i].bucket == bucket
	sum := uint64(n)
	if known {
		sum += uint64(h.few[i].n)
	}
	if sum > math.MaxUint16 || h.count > fewLatenciesInAll || !known && len(h.few) == fewCells {
		h.spread()
		return false
	}
	if !known {
		h.few = slices.Insert(h.few, i, cell{bucket, 0})
	}
	h.few[i].n = uint16(sum)
	h.count += uint64(n)
	for q := range h.at {
		if i < int(h.at[q]) {
			h.below[q] += uint64(n)
			if !known {
				h.at[q]++
			}
		}
	}
	return true
}

// spread lays few out densely.
func (h *hist) spread() {
	few := h.few
	*h = hist{}
	if len(few) == 0 {
		return
	}
	h.base = int(few[0].bucket) / blockBuckets * blockBuckets
	h.n = make([]uint32, int(few[len(few)-1].bucket)/blockBuckets*blockBuckets+blockBuckets-h.base)
	for _, c := range few {
		h.n[int(c.bucket)-h.base] = uint32(c.n)
		h.count += uint64(c.n)
	}
}

// grow makes room for a bucket, if there is none, and returns its index.
func (h *hist) grow(bucket int) int {
	if i := bucket - h.base; uint(i) < uint(len(h.n)) {
		return i
	}
	low := bucket / blockBuckets * blockBuckets
	high := low + blockBuckets
	if len(h.n) > 0 {
		low, high = min(low, h.base), max(high, h.base+len(h.n))
		for q := range h.at {
			h.at[q] += int32(h.base - low) //nolint:gosec // at most BucketCount
		}
	}
	n := make([]uint32, high-low)
	copy(n[max(h.base-low, 0):], h.n)
	h.base, h.n = low, n
	return bucket - low
}

// subtract takes back what was added.
func (h *hist) subtract(c cells) {
	if len(h.n) == 0 {
		h.subtractFew(c)
		return
	}
	for _, x := range c {
		i := int(x.bucket) - h.base
		h.n[i] -= uint32(x.n)
		h.count -= uint64(x.n)
		for q, at := range h.at {
			if i < int(at) {
				h.below[q] -= uint64(x.n)
			}
		}
	}
	if h.count == 0 {
		*h = hist{} // of a target that had much and now has nothing
	}
}

func (h *hist) subtractFew(c cells) {
	for _, x := range c {
		i := h.few.find(x.bucket)
		h.few[i].n -= x.n
		h.count -= uint64(x.n)
		gone := h.few[i].n == 0
		if gone {
			h.few = slices.Delete(h.few, i, i+1)
		}
		for q := range h.at {
			if i < int(h.at[q]) {
				h.below[q] -= uint64(x.n)
				if gone {
					h.at[q]--
				}
			}
		}
	}
}

func (h *hist) addCells(c cells) {
	for _, x := range c {
		h.add(x.bucket, uint32(x.n))
	}
}

func (h *hist) clear() { *h = hist{} }

// each calls do for every bucket that has latencies, in order.
func (h *hist) each(do func(bucket Bucket, n uint32)) {
	for i := range h.size() {
		if n := h.countAt(i); n > 0 {
			do(h.bucketAt(i), n)
		}
	}
}

func (h *hist) size() int { return max(len(h.n), len(h.few)) }

func (h *hist) countAt(i int) uint32 {
	if len(h.n) == 0 {
		return uint32(h.few[i].n)
	}
	return h.n[i]
}

func (h *hist) bucketAt(i int) Bucket {
	if len(h.n) == 0 {
		return h.few[i].bucket
	}
	return Bucket(h.base + i) //nolint:gosec // below BucketCount
}

// quantiles returns the nearest-rank quantiles.
func (h *hist) quantiles() Quantiles {
	q := Quantiles{Count: h.count}
	if h.count == 0 {
		return q
	}
	size := h.size()
	for i, into := range [quantilesKept]*time.Duration{&q.P50, &q.P90, &q.P95, &q.P99} {
		rank := (h.count*quantilePercents[i] + 99) / 100
		at, below := int(h.at[i]), h.below[i]
		for below >= rank && at > 0 {
			at--
			below -= uint64(h.countAt(at))
		}
		for at < size-1 && below+uint64(h.countAt(at)) < rank {
			below += uint64(h.countAt(at))
			at++
		}
		h.at[i], h.below[i] = int32(at), below //nolint:gosec // at most BucketCount
		*into = h.bucketAt(at).Value()
	}
	return q
}
