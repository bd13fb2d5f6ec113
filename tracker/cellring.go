package tracker

import (
	"math"
	"slices"
)

// cellRing are the latencies of a number of steps, in one array: most steps of most targets have few, and a slice for each would take
// more than they do.
type cellRing struct {
	all  cells    // slot by slot
	ends []uint32 // where in all each slot ends; nil before the first latency
}

// span returns where in all a slot begins and ends.
func (r *cellRing) span(slot int64) (from, to int) {
	if r.ends == nil {
		return 0, 0
	}
	if slot > 0 {
		from = int(r.ends[slot-1])
	}
	return from, int(r.ends[slot])
}

// at returns the latencies of a slot, which nobody may change.
func (r *cellRing) at(slot int64) cells {
	from, to := r.span(slot)
	return r.all[from:to:to]
}

// add counts n latencies of a bucket in one of so many slots.
func (r *cellRing) add(slots, slot int64, b Bucket, n uint32) {
	if r.ends == nil {
		r.ends = make([]uint32, slots)
	}
	from, to := r.span(slot)
	i := from + r.all[from:to].find(b)
	for ; n > 0 && i < to && r.all[i].bucket == b; i++ {
		take := min(n, uint32(math.MaxUint16-r.all[i].n))
		r.all[i].n += uint16(take)
		n -= take
	}
	for n > 0 {
		take := min(n, math.MaxUint16)
		r.makeRoom(1)
		r.all = slices.Insert(r.all, i, cell{b, uint16(take)})
		r.shift(slot, 1)
		n -= take
	}
}

// set replaces the latencies of a slot of so many.
func (r *cellRing) set(slots, slot int64, c cells) {
	if r.ends == nil {
		r.ends = make([]uint32, slots)
	}
	r.clear(slot)
	from, _ := r.span(slot)
	r.makeRoom(len(c))
	r.all = slices.Insert(r.all, from, c...)
	r.shift(slot, len(c))
}

// fill sets all slots of an empty ring at once.
func (r *cellRing) fill(slots []cells) {
	total := 0
	for _, c := range slots {
		total += len(c)
	}
	if total == 0 {
		return
	}
	r.all, r.ends = make(cells, 0, total), make([]uint32, len(slots))
	for slot, c := range slots {
		r.all = append(r.all, c...)
		r.ends[slot] = uint32(len(r.all)) //nolint:gosec // the array's length
	}
}

// merge adds the buckets of another step to a slot of so many.
func (r *cellRing) merge(slots, slot int64, c cells) {
	if from, to := r.span(slot); from == to {
		if len(c) > 0 {
			r.set(slots, slot, c)
		}
		return
	}
	i := 0
	for _, x := range c {
		own := r.at(slot)
		for i < len(own) && own[i].bucket < x.bucket {
			i++
		}
		if i < len(own) && own[i].bucket == x.bucket && own[i].n <= math.MaxUint16-x.n {
			own[i].n += x.n
			continue
		}
		r.add(slots, slot, x.bucket, uint32(x.n))
	}
}

// clear empties a slot.
func (r *cellRing) clear(slot int64) {
	from, to := r.span(slot)
	if from == to {
		return
	}
	r.all = slices.Delete(r.all, from, to)
	r.shift(slot, from-to)
	if cap(r.all) > 2*len(r.all)+spareCells {
		r.all = append(make(cells, 0, len(r.all)+spareCells/2), r.all...)
	}
}

// spareCells is the room that is kept for latencies to come, in cells.
const spareCells = 16

// makeRoom lets the array grow by an eighth at a time: it lives for as long as its target.
func (r *cellRing) makeRoom(n int) {
	if len(r.all)+n > cap(r.all) {
		r.all = append(make(cells, 0, len(r.all)+n+max(len(r.all)/8, spareCells/4)), r.all...)
	}
}

// shift moves the ends from a slot on.
func (r *cellRing) shift(slot int64, by int) {
	for i := slot; i < int64(len(r.ends)); i++ {
		r.ends[i] = uint32(int(r.ends[i]) + by) //nolint:gosec // the array's length
	}
}
