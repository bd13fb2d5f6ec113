package tracker

import (
	"math"
	"slices"
)

// cells are the buckets of one step, sparse and sorted by bucket. A bucket that holds more than a cell can count takes several.
type cells []cell

type cell struct {
	bucket Bucket
	n      uint16
}

// find returns the index of the first cell of a bucket, or where it would stand.
func (c cells) find(b Bucket) int {
	i, end := 0, len(c)
	for i < end {
		if half := (i + end) / 2; c[half].bucket < b {
			i = half + 1
		} else {
			end = half
		}
	}
	return i
}

func (c *cells) add(b Bucket, n uint32) {
	i := c.find(b)
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
