package tracker

import "time"

// ring holds the newest errors, the oldest out first.
type ring struct {
	slots []*Failure // never changed after they came in
	next  int        // where the next goes
	full  bool
}

func newRing(size int) ring { return ring{slots: make([]*Failure, size)} }

func (r *ring) push(f *Failure) {
	r.slots[r.next] = f
	if r.next++; r.next == len(r.slots) {
		r.next, r.full = 0, true
	}
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

// stats computes what the reference API's own tracker would: over the list kept, by whole milliseconds, as its clock has
// them.
func (r *ring) stats(now time.Time) RingStats {
	s := RingStats{Total: r.len()}
	at := now.UnixMilli()
	for i := range s.Total {
		f := r.at(i)
		if at-f.Time.UnixMilli() < time.Hour.Milliseconds() {
			s.LastHour++
			s.ByStatus = addOutcome(s.ByStatus, f.Outcome(), 1)
		}
	}
	sortOutcomes(s.ByStatus)
	return s
}
