package tracker

import (
	"math"
	"slices"
	"time"
)

// A hist counts latencies by bucket over a window, densely between the smallest and the largest seen.
type hist struct {
	base  int // bucket of n[0], a multiple of blockBuckets
	n     []uint32
	block []uint32 // sums of blockBuckets buckets each, so that a quantile is found in few steps
	count uint64
}

const blockBuckets = 16

func (h *hist) add(bucket Bucket, n uint32) {
	i := int(bucket) - h.base
	if uint(i) >= uint(len(h.n)) {
		i = h.grow(int(bucket))
	}
	h.n[i] += n
	h.block[i/blockBuckets] += n
	h.count += uint64(n)
}

// grow makes room for a bucket and returns its index.
func (h *hist) grow(bucket int) int {
	low := bucket / blockBuckets * blockBuckets
	high := low + blockBuckets
	if len(h.n) > 0 {
		low, high = min(low, h.base), max(high, h.base+len(h.n))
	}
	blocks := (high - low) / blockBuckets
	room := make([]uint32, blocks+high-low)
	block, n := room[:blocks:blocks], room[blocks:]
	copy(n[max(h.base-low, 0):], h.n)
	copy(block[max(h.base-low, 0)/blockBuckets:], h.block)
	h.base, h.n, h.block = low, n, block
	return bucket - low
}

func (h *hist) subtract(c cells) {
	for _, x := range c {
		i := int(x.bucket) - h.base
		h.n[i] -= uint32(x.n)
		h.block[i/blockBuckets] -= uint32(x.n)
		h.count -= uint64(x.n)
	}
}

func (h *hist) addCells(c cells) {
	for _, x := range c {
		h.add(x.bucket, uint32(x.n))
	}
}

func (h *hist) clear() {
	clear(h.n)
	clear(h.block)
	h.count = 0
}

// quantiles returns the nearest-rank quantiles.
func (h *hist) quantiles() Quantiles {
	q := Quantiles{Count: h.count}
	if h.count == 0 {
		return q
	}
	into := [...]*time.Duration{&q.P50, &q.P90, &q.P95, &q.P99}
	var ranks [len(into)]uint64
	for i, percent := range [...]uint64{50, 90, 95, 99} {
		ranks[i] = (h.count*percent + 99) / 100
	}
	next, before := 0, uint64(0)
	for b, sum := range h.block {
		seen := before
		before += uint64(sum)
		for i := b * blockBuckets; before >= ranks[next]; i++ {
			for seen += uint64(h.n[i]); seen >= ranks[next]; {
				*into[next] = Bucket(h.base + i).Value() //nolint:gosec // below BucketCount, rounded up to whole blocks
				if next++; next == len(into) {
					return q
				}
			}
		}
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
