package probe

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"time"
)

const (
	// quickStep is the time between the first probes after the start. A target whose first probe comes within a quarter of its
	// interval this way does not wait for its place in the schedule, so that a handful of targets is shown at once.
	quickStep = 100 * time.Millisecond
	jitterMax = time.Second
)

// entry is a target's place in the schedule. Its probes are due at base + k × interval plus a little jitter, its retries in
// between.
type entry struct {
	plan    *plan
	base    time.Time
	tick    time.Time // base + k × interval of the probe that was scheduled last
	due     time.Time // when the next request is to be sent
	attempt int       // number of the next request, from 1
	index   int       // in the queue; -1 outside
	removed bool      // the target was removed
	cancel  func()    // cancels the request in flight; nil if there is none
}

// newEntry places the n-th target. Multiples of the golden ratio spread any number of targets evenly over their interval, and
// put targets that are added later between the others.
func newEntry(p *plan, n, sinceSet int, now time.Time) *entry {
	e := &entry{plan: p, attempt: 1, index: -1}
	e.place(n, now)
	if quick := time.Duration(sinceSet) * quickStep; quick <= p.Interval/4 {
		e.due = now.Add(quick)
		e.tick = e.due.Add(p.Interval / 2) // the next place that is not too soon
		return e
	}
	e.tick = e.base
	e.due = e.tick.Add(e.jitter())
	return e
}

func (e *entry) place(n int, now time.Time) {
	_, share := math.Modf(float64(n) / math.Phi)
	e.base = now.Add(time.Duration(share * float64(e.plan.Interval)))
}

// next schedules the probe for its first place after now and after earliest. Places in the past are skipped.
func (e *entry) next(now, earliest time.Time) {
	after := now
	for _, t := range []time.Time{e.tick, earliest} {
		if t.After(after) {
			after = t
		}
	}
	if e.tick = e.base; !after.Before(e.base) {
		e.tick = after.Add(e.plan.Interval - after.Sub(e.base)%e.plan.Interval)
	}
	e.attempt = 1
	e.due = e.tick.Add(e.jitter())
}

// jitter keeps probes from always coinciding with other periodic work.
func (e *entry) jitter() time.Duration {
	return rand.N(min(e.plan.Interval/20, jitterMax) + 1) //nolint:gosec // jitter is not a secret
}

// queue is a heap of entries ordered by the time they are due.
type queue []*entry

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	e := x.(*entry) //nolint:forcetypeassert // the queue holds nothing else
	e.index = len(*q)
	*q = append(*q, e)
}

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	e.index = -1
	return e
}

func (q *queue) add(e *entry) { heap.Push(q, e) }

func (q *queue) remove(e *entry) {
	if e.index >= 0 {
		heap.Remove(q, e.index)
	}
}
