package tracker

import (
	"math"
	"slices"
	"time"
)

// The quantiles that are kept of a window, in percent.
const quantilesKept = 4

var quantilePercents = [quantilesKept]uint64{50, 90, 95, 99}

// A hist counts latencies by bucket over a window, densely between the smallest and the largest seen. It keeps where each
// quantile lies, which moves little from one look to the next.
type hist struct {
	base  int // bucket of n[0], a multiple of blockBuckets
	n     []uint32
	count uint64
	at    [quantilesKept]int32  // index in n
	below [quantilesKept]uint64 // how many latencies lie in buckets before it
}

const blockBuckets = 16

func (h *hist) add(bucket Bucket, n uint32) {
	i := int(bucket) - h.base
	if uint(i) >= uint(len(h.n)) {
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

// grow makes room for a bucket and returns its index.
func (h *hist) grow(bucket int) int {
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

func (h *hist) subtract(c cells) {
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
}

func (h *hist) addCells(c cells) {
	for _, x := range c {
		h.add(x.bucket, uint32(x.n))
	}
}

func (h *hist) clear() {
	clear(h.n)
	h.count, h.at, h.below = 0, [quantilesKept]int32{}, [quantilesKept]uint64{}
}

// quantiles returns the nearest-rank quantiles.
func (h *hist) quantiles() Quantiles {
	q := Quantiles{Count: h.count}
	if h.count == 0 {
		return q
	}
	for i, into := range [quantilesKept]*time.Duration{&q.P50, &q.P90, &q.P95, &q.P99} {
		rank := (h.count*quantilePercents[i] + 99) / 100
		at, below := int(h.at[i]), h.below[i]
		for below >= rank && at > 0 {
			at--
			below -= uint64(h.n[at])
		}
		for at < len(h.n)-1 && below+uint64(h.n[at]) < rank {
			below += uint64(h.n[at])
			at++
		}
		h.at[i], h.below[i] = int32(at), below //nolint:gosec // at most BucketCount
		*into = Bucket(h.base + at).Value()    //nolint:gosec // below BucketCount
	}
	return q
}

// cells are the buckets of one step, sparse and sorted by bucket. A bucket that holds more than a cell can count takes several.
type cells []cell

type cell struct {
	bucket Bucket
	n      uint16
}

func (c *cells) add(b Bucket, n uint32) {
	i, end := 0, len(*c)
	for i < end {
		if half := (i + end) / 2; (*c)[half].bucket < b {
			i = half + 1
		} else {
			end = half
		}
	}
	for ; n > 0 && i < len(*c) && (*c)[i].bucket == b; i++ {
		take := min(n, uint32(math.MaxUint16-(*c)[i].n))
		(*c)[i].n += uint16(take)
		n -= take
	}
	for n > 0 {
		take := min(n, math.MaxUint16)
		*c = slices.Insert(*c, i, cell{b, uint16(take)})
		n -= take
	}
}

// merge adds the buckets of another step.
func (c *cells) merge(b cells) {
	if len(*c) == 0 {
		*c = append((*c)[:0], b...)
		return
	}
	i := 0
	for _, x := range b {
		for i < len(*c) && (*c)[i].bucket < x.bucket {
			i++
		}
		if i < len(*c) && (*c)[i].bucket == x.bucket && (*c)[i].n <= math.MaxUint16-x.n {
			(*c)[i].n += x.n
			continue
		}
		c.add(x.bucket, uint32(x.n))
	}
}
