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
	// gapMin is how much too late the loop must wake to believe that the machine or the process slept.
	gapMin = 3 * time.Second
)

// loop is the one scheduler of a [Prober]. All of it belongs to the goroutine of run; requests run in goroutines of the
// group and report to done, which has a place for each.
type loop struct {
	Options
	ask     func(context.Context, *plan, int) tracker.Result
	current func() []*plan
	changed <-chan struct{}
	group   *safego.Group
	network *network

	entries  map[string]*entry
	placed   int // targets that were ever placed
	queue    queue
	hosts    map[string]int      // requests in flight, by host
	waiting  map[string][]*entry // due, but their host is at its cap
	inFlight int
	limit    int // of inFlight; below MaxInFlight while file descriptors are short
	done     chan finished
	budget   budget
	batch    []tracker.Result
	health   health

	woke    time.Time // the start of the loop's last round
	planned time.Time // when it meant to wake at the latest
	gap     time.Time // when the last gap ended; requests started before are inconclusive if they fail
	told    time.Time // when it was last said that probes are late
}

// finished is a request that ended.
type finished struct {
	entry      *entry
	plan       *plan // that it was sent for
	gate       *tracker.Gate
	generation uint64
	attempt    int
	started    time.Time
	result     tracker.Result
	starved    bool // no file descriptor was left for it
	ended      bool // we ended it: its result says nothing
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
	l.adopt(time.Now())
	for {
		now := time.Now()
		l.watchClock(now)
		l.startDue(ctx, now)
		l.emit()
		l.reportHealth(now)
		l.planned = l.wakeAt(now) // from before: time that was lost since is a gap too
		timer.Reset(time.Until(l.planned))
		select {
		case <-ctx.Done():
			return nil
		case <-l.changed:
			l.adopt(time.Now())
		case f := <-l.done:
			l.watchClock(time.Now()) // first, because f may have been on its way while time was lost
			l.land(f, time.Now())
			for range len(l.done) {
				l.land(<-l.done, time.Now())
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

// wakeAt returns when the loop must look again, though nothing else happens.
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

// adopt takes over what Set left.
func (l *loop) adopt(now time.Time) {
	for host, entries := range l.waiting { // a plan may have another host now
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
		rhythm := e.plan.Interval
		e.plan = p
		if rhythm != p.Interval {
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
			e.gone = true
			if e.cancel != nil {
				e.cancel()
			}
			delete(l.entries, name)
		}
	}
}

// startDue starts what is due, as far as the caps allow.
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
		f.ended = ctx.Err() != nil
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

// land takes a request that ended, and makes the target's next one due: a retry where that may help and the budget allows
// it, otherwise the next probe, not before the server lets us come back.
func (l *loop) land(f finished, now time.Time) {
	e := f.entry
	l.inFlight--
	l.release(f.plan.host)
	e.cancel()
	e.cancel = nil
	l.adaptLimit(f.starved, now)
	if e.gone || f.ended {
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
			earliest = now.Add(f.result.ResetAt.Sub(now)) // by the wall clock, which the server's time is of
		}
		e.next(now, earliest)
	}
	l.queue.add(e)
}

// release gives back a host's place, to the one who waited longest.
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

// adaptLimit halves what may be in flight when file descriptors ran out, and lets it grow again by one with each request
// that got one.
func (l *loop) adaptLimit(starved bool, now time.Time) {
	if starved {
		l.health.starvedAt = now
		l.limit = max(min(l.limit, l.inFlight+1)/2, 1)
		return
	}
	l.limit = min(l.limit+1, l.MaxInFlight)
}
