package tracker

import "time"

// Gate decides whether a probe is sent. It is the breaker of one target; its transitions change the tracker's version and
// wake its watchers. All methods may be called from any goroutine, and cost a few nanoseconds while the breaker is CLOSED
// without a failure.
type Gate struct {
	tracker *ErrorTracker
	target  *target
	machine *machine
	counts  func(Kind) bool
}

// Gate returns the gate breaker of a target, made on first use. Of a target that was forgotten since it still works, but is
// no longer shown; a target beyond the bound gets one of its own with every call, which is not shown either.
func (t *ErrorTracker) Gate(name string) *Gate {
	t.mu.Lock()
	defer t.mu.Unlock()
	tg := t.target(name)
	if tg.name != name {
		tg = &target{name: name, shown: &Target{}, gaps: &t.gaps}
	}
	if tg.gate == nil {
		tg.gate = t.newMachine(tg)
		t.changed(tg)
	}
	return &Gate{tracker: t, target: tg, machine: tg.gate, counts: t.settings.GateCounts}
}

// Allow reports whether a request may be sent at now, and the generation to hand to [Gate.Observe] with its outcome. While
// the breaker is HALF_OPEN exactly one request is allowed. A refusal is counted as skipped.
func (g *Gate) Allow(now time.Time) (generation uint64, ok bool) {
	if generation, ok = g.machine.closedGeneration(); ok {
		return generation, true
	}
	g.tracker.mu.Lock()
	defer g.tracker.mu.Unlock()
	before := g.machine.revision
	generation, ok = g.machine.Allow(now)
	g.changed(before)
	return generation, ok
}

// Observe tells the outcome of a request that Allow let through. Only the first call for a generation's trial counts and
// results of an older generation are ignored. The breaker stays open at least until r.ResetAt, but no longer than an hour.
//
// A failure of a kind that does not count (see Settings.GateCounts) is an answer, and as good as a success. A result that
// was never sent, is inconclusive, or whose client gave up (499, 460), says nothing: a trial that ends so is not made, and another is allowed.
func (g *Gate) Observe(generation uint64, r *Result, now time.Time) {
	v := judge(r, g.counts)
	if _, ok := g.machine.closedGeneration(); ok && v != failure {
		return
	}
	g.tracker.mu.Lock()
	defer g.tracker.mu.Unlock()
	before := g.machine.revision
	g.machine.observe(generation, v, now, tripOf(r, now), r.ResetAt)
	g.changed(before)
}

// changed tells the tracker if anything happened since a revision.
func (g *Gate) changed(before uint64) {
	if g.machine.revision != before {
		g.tracker.changed(g.target)
	}
}

// judge returns what a result means to a breaker that counts some kinds of failure. A client that did not wait for the answer
// says nothing of who should have given it.
func judge(r *Result, counts func(Kind) bool) verdict {
	switch {
	case r.Inconclusive || !r.Kind.Sent() || gaveUp(r.Outcome()):
		return neither
	case r.Kind.Failed() && counts(r.Kind):
		return failure
	default:
		return success
	}
}

func tripOf(r *Result, at time.Time) Trip {
	message := r.Message
	if message == "" {
		message = r.Error
	}
	return Trip{At: at, Outcome: r.Outcome(), Message: message}
}

// everyError is the reference API's rule.
func everyError(k Kind) bool { return k.Failed() }

// upstreamTrouble counts 429, 5xx, timeouts and transport failures: those for which waiting helps.
func upstreamTrouble(k Kind) bool {
	switch k {
	case KindRateLimited, KindServer, KindTimeout, KindDNS, KindConnect, KindTLS, KindProtocol:
		return true
	default:
		return false
	}
}

// reported is a breaker of the application's own, as far as its results tell.
type reported struct {
	state    BreakerState
	since    instant
	last     instant // when it was last reported
	unlived  time.Duration
	opened   uint64
	moved    int
	revision uint64
	story    []Transition
}

// report takes what a result says and reports whether it is news.
func (b *reported) report(state BreakerState, at instant, c *clock) bool {
	if at > b.last {
		b.last, b.unlived = at, 0
	}
	if state == b.state || state > BreakerHalfOpen {
		return false
	}
	b.story = lengthen(b.story, Transition{At: c.time(at), From: b.state, To: state, Why: "the application reported it"})
	if state == BreakerOpen {
		b.opened++
	}
	b.state, b.since = state, at
	b.moved++
	b.revision++
	return true
}

func (b *reported) show(c *clock) Breaker {
	return Breaker{
		Role: RoleReported, State: b.state, Since: c.time(b.since), Opened: b.opened,
		Transitions: append([]Transition(nil), b.story...),
	}
}
