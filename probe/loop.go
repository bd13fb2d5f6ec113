package probe

import (
	"container/heap"
	"context"
	"time"

	"errtop/internal/safego"
	"errtop/tracker"
)

const (
	// idleMax bounds how long the loop sleeps, and so how late it notices that the clock jumped.
	idleMax = time.Minute
	// gapMin is how late the loop must wake up to conclude that the machine or the process was stopped.
	gapMin = 3 * time.Second
)

// loop is the scheduler of a [Prober]. Its fields belong to the goroutine of run. Requests run in goroutines of the group and
// report to done, whose buffer has room for all of them.
type loop struct {
	Options
	ask     func(context.Context, *plan, int) tracker.Result
	current func() []*plan
	changed <-chan struct{}
	group   *safego.Group
	network *network

	entries  map[string]*entry
	placed   int // targets that were ever given a place in the schedule
	queue    queue
	hosts    map[string]int      // requests in flight, by host
	waiting  map[string][]*entry // due, but their host is at its cap
	inFlight int
	limit    int // of requests in flight; below MaxInFlight while file descriptors are short
	done     chan finished
	budget   budget
	batch    []tracker.Result
	health   health

	woke     time.Time // when the loop last woke up
	planned  time.Time // when it planned to wake up at the latest
	gap      time.Time // when the last gap ended; requests started before are inconclusive if they fail
	lateTold time.Time // when the last notice about late probes was sent
}

// finished is a request that ended.
type finished struct {
	entry      *entry
	plan       *plan // at the time of the request
	gate       *tracker.Gate
	generation uint64
	attempt    int
	started    time.Time
	result     tracker.Result
	starved    bool // no file descriptor was left for it
	canceled   bool // it was canceled, and its result means nothing
}

func newLoop(p *Prober, group *safego.Group) *loop {
	return &loop{
		Options: p.options, ask: p.ask, current: p.current, changed: p.changed, group: group,
		network: newNetwork(p.options.Connectivity, p.options.tell),
		entries: map[string]*entry{}, hosts: map[string]int{}, waiting: map[string][]*entry{},
		limit: p.options.MaxInFlight, done: make(chan finished, p.options.MaxInFlight),
	}
}

func (l *loop) run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	l.applyPlans(time.Now())
	for {
		now := time.Now()
		l.watchClock(now)
		l.startDue(ctx, now)
		l.emit()
		l.reportHealth(now)
		l.planned = l.wakeAt(now) // from the start of the round, so that time lost during it counts as a gap too
		timer.Reset(time.Until(l.planned))
		select {
		case <-ctx.Done():
			return nil
		case <-l.changed:
			l.applyPlans(time.Now())
		case f := <-l.done:
			l.watchClock(time.Now()) // first, because the request may have run while time was lost
			l.complete(f, time.Now())
			for range len(l.done) {
				l.complete(<-l.done, time.Now())
			}
		case <-timer.C:
		}
	}
}

func (l *loop) emit() {
	if len(l.batch) > 0 {
		l.health.results += uint64(len(l.batch))
		l.health.lastSeen = l.batch[len(l.batch)-1].Time
		l.Emit(l.batch)
		clear(l.batch)
		l.batch = l.batch[:0]
	}
}

// wakeAt returns when the loop must wake up if nothing else happens.
func (l *loop) wakeAt(now time.Time) time.Time {
	at := now.Add(idleMax)
	if len(l.queue) > 0 && l.inFlight < l.limit && l.queue[0].due.Before(at) {
		at = l.queue[0].due
	}
	if report := l.healthAt(now); !report.IsZero() && report.Before(at) {
		at = report
	}
	return at
}

// applyPlans takes over the plans that Set left.
func (l *loop) applyPlans(now time.Time) {
	for host, entries := range l.waiting { // the new plan may have another host
		for _, e := range entries {
			l.queue.add(e)
		}
		delete(l.waiting, host)
	}
	plans := l.current()
	names := make(map[string]bool, len(plans))
	fresh := 0
	for _, p := range plans {
		names[p.Name] = true
		e, known := l.entries[p.Name]
		if !known {
			e = newEntry(p, l.placed, fresh, now)
			l.placed++
			fresh++
			l.entries[p.Name] = e
			l.queue.add(e)
			continue
		}
		interval := e.plan.Interval
		e.plan = p
		if interval != p.Interval {
			l.queue.remove(e)
			e.place(l.placed, now)
			l.placed++
			e.tick = now
			if e.cancel == nil {
				e.next(now, now)
				l.queue.add(e)
			}
		}
	}
	for name, e := range l.entries {
		if !names[name] {
			l.queue.remove(e)
			e.removed = true
			if e.cancel != nil {
				e.cancel()
			}
			delete(l.entries, name)
		}
	}
}

// startDue starts the requests that are due, within the limits.
func (l *loop) startDue(ctx context.Context, now time.Time) {
	for l.inFlight < l.limit && len(l.queue) > 0 && !l.queue[0].due.After(now) {
		e := heap.Pop(&l.queue).(*entry) //nolint:forcetypeassert // the queue holds nothing else
		host := e.plan.host
		if l.hosts[host] >= l.MaxPerHost {
			l.waiting[host] = append(l.waiting[host], e)
			continue
		}
		l.start(ctx, e, now)
	}
}

func (l *loop) start(ctx context.Context, e *entry, now time.Time) {
	l.watchLateness(e, now)
	if len(e.plan.broken) > 0 {
		l.skip(e, invalid(e.plan), now)
		return
	}
	f := finished{entry: e, plan: e.plan, attempt: e.attempt, started: now}
	if l.Gate != nil {
		f.gate = l.Gate(e.plan.Name)
	}
	if f.gate != nil {
		generation, ok := f.gate.Allow(now)
		if !ok {
			l.skip(e, shortCircuit(e.plan, e.attempt), now)
			return
		}
		f.generation = generation
	}
	if e.attempt == 1 {
		l.budget.probed()
	}
	l.inFlight++
	l.hosts[f.plan.host]++
	ctx, e.cancel = context.WithCancel(ctx)
	l.group.Go(func() error {
		f.result = l.ask(ctx, f.plan, f.attempt)
		f.starved = f.result.Inconclusive && f.result.Error == noFiles
		f.result = l.network.judge(ctx, f.result)
		f.canceled = ctx.Err() != nil
		l.done <- f
		return nil
	})
}

// skip records a request that is not sent.
func (l *loop) skip(e *entry, result tracker.Result, now time.Time) {
	l.batch = append(l.batch, result)
	l.health.skipped++
	e.next(now, now)
	l.queue.add(e)
}

// complete takes the result of a request and schedules the next one: a retry if that may help and the budget allows it, otherwise
// the next probe, but not before the time that the server asked for.
func (l *loop) complete(f finished, now time.Time) {
	e := f.entry
	l.inFlight--
	l.release(f.plan.host)
	e.cancel()
	e.cancel = nil
	l.adaptLimit(f.starved, now)
	if e.removed || f.canceled {
		return
	}
	if f.result.Kind.Failed() && f.started.Before(l.gap) {
		f.result.Inconclusive = true
	}
	if f.gate != nil {
		f.gate.Observe(f.generation, &f.result, now)
	}
	l.batch = append(l.batch, f.result)
	if wait, retryable := f.plan.retryDelay(&f.result, f.attempt, now); retryable && l.budget.take() {
		e.attempt = f.attempt + 1
		e.due = now.Add(wait)
	} else {
		earliest := now
		if !f.result.ResetAt.IsZero() {
			earliest = now.Add(f.result.ResetAt.Sub(now)) // by the wall clock, as the server's time is
		}
		e.next(now, earliest)
	}
	l.queue.add(e)
}

// release frees a request's place at its host, and queues the target that has waited for it longest.
func (l *loop) release(host string) {
	if l.hosts[host]--; l.hosts[host] == 0 {
		delete(l.hosts, host)
	}
	if entries := l.waiting[host]; len(entries) > 0 {
		l.queue.add(entries[0])
		if l.waiting[host] = entries[1:]; len(entries) == 1 {
			delete(l.waiting, host)
		}
	}
}

// adaptLimit halves the limit of requests in flight when file descriptors run out, and raises it by one with every request that
// got one.
func (l *loop) adaptLimit(starved bool, now time.Time) {
	if starved {
		l.health.starvedAt = now
		l.limit = max(min(l.limit, l.inFlight+1)/2, 1)
		return
	}
	l.limit = min(l.limit+1, l.MaxInFlight)
}
