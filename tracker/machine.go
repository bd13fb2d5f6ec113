package tracker

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxWait    = time.Hour // a resetAt cannot hold a breaker open for longer
	storyKept  = 50        // transitions
	tripsKept  = 20        // failures that opened it
	noFailures = 1         // bit of machine.word
)

// verdict is what an outcome means to a breaker.
type verdict uint8

const (
	neither verdict = iota // says nothing: never sent, or our own network was down
	success
	failure
)

// A machine is a circuit breaker as the reference API has it, and nothing else: it reads no clock and starts nothing. It is
// CLOSED until threshold failures came in a row, then OPEN until recovery has passed since the last of them (or until the
// latest resetAt among them), then HALF_OPEN: one request, the trial, decides. A trial that has said nothing for the recovery
// time is given up and another is let through. Every transition and every trial begins a generation, and outcomes of an
// older generation are ignored.
//
// It may be used from any goroutine. While it is CLOSED without a failure, which is nearly always, neither Allow nor Observe
// takes the lock: word then holds the generation with the lowest bit set, and 0 otherwise.
type machine struct {
	word atomic.Uint64

	trialName string // what decides while it is HALF_OPEN, in words

	mu         sync.Mutex
	threshold  int
	recovery   time.Duration
	state      BreakerState
	generation uint64
	since      time.Time
	failures   int
	wait       time.Duration // while OPEN: from since to the trial
	trial      bool
	trialAt    time.Time
	resetAt    time.Time // the latest that the failures in a row told
	skipped    uint64
	opened     uint64
	row        []Trip // the failures in a row
	trips      []Trip // those that opened it last
	story      []Transition
	moved      int    // transitions ever
	revision   uint64 // moves with everything that is shown
}

func newMachine(threshold int, recovery time.Duration) *machine {
	m := &machine{threshold: threshold, recovery: recovery, state: BreakerClosed, trialName: "the trial"}
	m.publish()
	return m
}

// tune changes the settings from here on.
func (m *machine) tune(threshold int, recovery time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.threshold, m.recovery = threshold, recovery
	m.publish()
}

// publish notes a change and sets word to what the fields say.
func (m *machine) publish() {
	m.revision++
	if m.state == BreakerClosed && m.failures == 0 {
		m.word.Store(m.generation<<1 | noFailures)
		return
	}
	m.word.Store(0)
}

// closedGeneration returns the generation if the machine is CLOSED without a failure, and otherwise false.
func (m *machine) closedGeneration() (generation uint64, ok bool) {
	w := m.word.Load()
	return w >> 1, w&noFailures != 0
}

// Allow reports whether a request may be sent, and its generation.
func (m *machine) Allow(now time.Time) (generation uint64, ok bool) {
	if generation, ok = m.closedGeneration(); ok {
		return generation, true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle(now)
	if m.state == BreakerClosed {
		return m.generation, true
	}
	if m.state == BreakerHalfOpen && (!m.trial || m.hung(now)) {
		m.generation++
		m.trialAt = now
		if !m.trial { // else one trial takes the place of another, and nothing looks different
			m.trial = true
			m.publish()
		}
		return m.generation, true
	}
	m.skipped++
	m.publish()
	return m.generation, false
}

// Observe takes the outcome of a request that Allow let through.
func (m *machine) Observe(generation uint64, ok bool, now time.Time) {
	v, trip := failure, Trip{At: now}
	if ok {
		v = success
	}
	m.observe(generation, v, now, trip, time.Time{})
}

// observe is Observe with what is known of a failure, and when the API lets us come back.
func (m *machine) observe(generation uint64, v verdict, now time.Time, trip Trip, resetAt time.Time) {
	if v == success && m.word.Load() == generation<<1|noFailures {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle(now)
	if generation == m.generation {
		m.decide(v, now, trip, resetAt)
	}
}

// watch takes the outcome of a request that nobody asked the machine about: the first one after the wait is the trial.
// While it is OPEN they are counted as what a breaker would have skipped.
func (m *machine) watch(v verdict, now time.Time, trip Trip, resetAt time.Time) {
	if _, ok := m.closedGeneration(); ok && v != failure {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle(now)
	switch {
	case m.state == BreakerOpen && v != neither:
		m.skipped++
		m.publish()
	case m.state != BreakerOpen:
		m.trial = m.state == BreakerHalfOpen
		m.decide(v, now, trip, resetAt)
	}
}

// decide takes an outcome of the running generation.
func (m *machine) decide(v verdict, now time.Time, trip Trip, resetAt time.Time) {
	switch {
	case m.state == BreakerHalfOpen && !m.trial, m.state == BreakerOpen:
		return
	case v == neither:
		if m.state == BreakerHalfOpen { // the trial was not made: another may be
			m.trial = false
			m.generation++
			m.publish()
		}
	case v == success && m.state == BreakerHalfOpen:
		m.enter(BreakerClosed, now, m.trialName+" succeeded")
	case v == success:
		m.failures, m.resetAt, m.row = 0, time.Time{}, m.row[:0]
		m.publish()
	case m.state == BreakerHalfOpen:
		m.row, m.resetAt = append(m.row, trip), resetAt
		m.open(now, m.trialName+" failed")
	default:
		m.fail(now, trip, resetAt)
	}
}

// fail counts a failure while CLOSED.
func (m *machine) fail(now time.Time, trip Trip, resetAt time.Time) {
	m.failures++
	if resetAt.After(m.resetAt) {
		m.resetAt = resetAt
	}
	if len(m.row) == tripsKept {
		m.row = m.row[1:]
	}
	m.row = append(m.row, trip)
	m.publish()
	if m.failures >= m.threshold {
		m.open(now, fmt.Sprintf("%d failures in a row", m.failures))
	}
}

func (m *machine) open(now time.Time, why string) {
	m.wait = m.recovery
	if longer := min(m.resetAt.Sub(now), max(maxWait, m.recovery)); longer > m.wait {
		m.wait = longer
		why += ", and the API said when to come back"
	}
	if m.state == BreakerClosed { // a trial that failed is the same outage
		m.opened++
		m.skipped = 0
		m.trips = m.row
	}
	m.row = nil
	m.enter(BreakerOpen, now, why)
}

// enter makes a transition.
func (m *machine) enter(to BreakerState, at time.Time, why string) {
	m.story = lengthen(m.story, Transition{At: at, From: m.state, To: to, Why: why})
	m.state, m.since, m.failures, m.trial = to, at, 0, false
	if to == BreakerClosed {
		m.resetAt = time.Time{}
	}
	m.generation++
	m.moved++
	m.publish()
}

// lengthen adds a transition to a story. Where that is full the oldest trial that failed is dropped, so that a long outage
// keeps its first opening; without one the oldest transition is.
func lengthen(story []Transition, tr Transition) []Transition {
	if len(story) < storyKept {
		return append(story, tr)
	}
	drop, n := 0, 1
	for i := range len(story) - 1 {
		if story[i].To == BreakerHalfOpen && story[i+1].To == BreakerOpen {
			drop, n = i, 2
			break
		}
	}
	return append(slices.Delete(slices.Clone(story), drop, drop+n), tr)
}

// settle makes the transition that the clock alone brings, and forgives a clock that went back: no wait becomes longer than
// it was.
func (m *machine) settle(now time.Time) {
	if m.state != BreakerOpen {
		return
	}
	if now.Before(m.since) {
		m.since = now
	}
	if at := m.since.Add(m.wait); !now.Before(at) {
		m.enter(BreakerHalfOpen, at, "the wait is over")
	}
}

// rewind follows a clock that went back: nothing that the machine remembers lies ahead of it, and no wait becomes longer.
func (m *machine) rewind(to time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.since.After(to) {
		m.since = to.In(m.since.Location())
	}
	for _, trips := range [...][]Trip{m.row, m.trips} {
		for i := range trips {
			if trips[i].At.After(to) {
				trips[i].At = to.In(trips[i].At.Location())
			}
		}
	}
	rewindStory(m.story, to)
	m.publish()
}

// rewindStory moves transitions that lie ahead of a clock that went back to where it stands.
func rewindStory(story []Transition, to time.Time) {
	for i := range story {
		if story[i].At.After(to) {
			story[i].At = to.In(story[i].At.Location())
		}
	}
}

// hung reports whether the trial has taken too long to be waited for.
func (m *machine) hung(now time.Time) bool {
	if now.Before(m.trialAt) {
		m.trialAt = now
	}
	return now.Sub(m.trialAt) >= m.recovery
}

// look brings the machine to now and returns a number that moves with everything that is shown.
func (m *machine) look(now time.Time) uint64 {
	if _, ok := m.closedGeneration(); ok {
		return m.revision // it only changes under the tracker's lock, which the caller holds
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle(now)
	return m.revision
}

// show returns the story as of now.
func (m *machine) show(role BreakerRole, now time.Time) Breaker {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle(now)
	b := Breaker{
		Role: role, State: m.state, Since: m.since, Failures: m.failures, Threshold: m.threshold,
		Trial: m.trial, Skipped: m.skipped, Opened: m.opened,
		TrippedBy: append([]Trip(nil), m.trips...), Transitions: append([]Transition(nil), m.story...),
	}
	if m.state == BreakerOpen {
		b.RetryAt = m.since.Add(m.wait)
	}
	return b
}
