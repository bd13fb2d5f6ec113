package tracker

import (
	"math"
	"slices"
	"time"
)

// ring holds the newest errors, the oldest out first, and counts those of the last hour as they come and go: a push costs
// the same however many it holds, and so do the statistics, until an error in it turns an hour old.
type ring struct {
	slots []*Failure // never changed after they came in
	next  int        // where the next goes
	full  bool

	asOf    int64 // Unix milliseconds at which young and counts are right
	expiry  int64 // when the oldest counted one is an hour old, or before
	counted []bool
	young   int
	counts  []OutcomeCount // of the young ones; may hold zeroes
}

func newRing(size int) ring {
	return ring{slots: make([]*Failure, size), counted: make([]bool, size), expiry: math.MaxInt64}
}

// push takes an error and returns the one that goes out for it; nil where there was room.
func (r *ring) push(f *Failure) (dropped *Failure) {
	if r.counted[r.next] {
		r.count(r.slots[r.next], -1)
	}
	dropped = r.slots[r.next]
	r.slots[r.next] = f
	r.look(r.next)
	if r.next++; r.next == len(r.slots) {
		r.next, r.full = 0, true
	}
	return dropped
}

// replace puts what with returns in the place of the i-th error, 0 the oldest. It must be the same one, but for its evidence.
func (r *ring) replace(i int, with func(*Failure) *Failure) {
	slot := (r.first() + i) % len(r.slots)
	r.slots[slot] = with(r.slots[slot])
}

// first returns the slot of the oldest error.
func (r *ring) first() int {
	if r.full {
		return r.next
	}
	return 0
}

// fill takes an error from before what the ring has lately been given: it goes in by its time, and an older one goes out for
// it, never a newer one. It returns the one that goes out, which may be the error itself.
func (r *ring) fill(f *Failure) (dropped *Failure) {
	place := 0
	for place < r.len() && !r.at(place).Time.After(f.Time) {
		place++
	}
	if r.full && place == 0 {
		return f
	}
	list := make([]*Failure, 0, len(r.slots)+1)
	for i := range r.len() {
		list = append(list, r.at(i))
	}
	list = slices.Insert(list, place, f)
	if len(list) > len(r.slots) {
		dropped, list = list[0], list[1:]
	}
	filled := newRing(len(r.slots))
	filled.asOf = r.asOf
	for _, f := range list {
		filled.push(f)
	}
	*r = filled
	return dropped
}

// look counts the error in a slot if it is young.
func (r *ring) look(slot int) {
	f := r.slots[slot]
	old := f.Time.UnixMilli() + time.Hour.Milliseconds()
	r.counted[slot] = r.asOf < old
	if r.counted[slot] {
		r.expiry = min(r.expiry, old)
		r.count(f, 1)
	}
}

func (r *ring) count(f *Failure, n int) {
	r.young += n
	o := f.Outcome()
	for i := range r.counts {
		if r.counts[i].Outcome == o {
			r.counts[i].Count += uint64(n) //nolint:gosec // wraps around for -1, as it should
			return
		}
	}
	r.counts = append(r.counts, OutcomeCount{o, 1})
}

func (r *ring) len() int {
	if r.full {
		return len(r.slots)
	}
	return r.next
}

// at returns the i-th error, 0 the oldest.
func (r *ring) at(i int) *Failure {
	if r.full {
		i += r.next
		if i >= len(r.slots) {
			i -= len(r.slots)
		}
	}
	return r.slots[i]
}

// keep drops the errors for which it says no.
func (r *ring) keep(yes func(*Failure) bool) {
	kept := newRing(len(r.slots))
	for i := range r.len() {
		if f := r.at(i); yes(f) {
			kept.push(f)
		}
	}
	*r = kept
}

// settle makes the counts right as of now. An error is young while its age in whole milliseconds, as the reference API's
// clock has them, is below an hour; that it can become young again if the clock goes back is part of the rule.
func (r *ring) settle(now time.Time) {
	at := now.UnixMilli()
	if at >= r.asOf && at < r.expiry {
		r.asOf = at
		return
	}
	r.asOf, r.expiry, r.young, r.counts = at, math.MaxInt64, 0, r.counts[:0]
	for i := range r.len() {
		r.look(i)
	}
}

// stats computes what the reference API's own tracker would, over the list kept.
func (r *ring) stats(now time.Time) RingStats {
	r.settle(now)
	s := RingStats{Total: r.len(), LastHour: r.young}
	for _, c := range r.counts {
		if c.Count > 0 {
			s.ByStatus = append(s.ByStatus, c)
		}
	}
	sortOutcomes(s.ByStatus)
	return s
}
