package tracker

import (
	"errors"
	"fmt"
	"time"
)

// SavedBreaker is a breaker as it is kept in a file. Every field is plain; a trial on its way is not kept, because who made
// it is gone.
type SavedBreaker struct {
	Target string
	Breaker
}

// SaveBreakers returns every breaker as of now, by target.
func (t *ErrorTracker) SaveBreakers(now time.Time) []SavedBreaker {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	var saved []SavedBreaker
	for _, tg := range t.sorted() {
		for _, b := range tg.breakers(&t.clock) {
			b.Trial = false
			saved = append(saved, SavedBreaker{tg.name, b})
		}
	}
	return saved
}

// RestoreBreakers takes up breakers where [ErrorTracker.SaveBreakers] left them: call it before the first result. A wait that
// was running goes on, and is over if its end has passed. What cannot be is set right: no wait is longer than an hour or the
// recovery time, nothing lies in the future. A breaker without target, or with a role or state that does not exist, is left
// out, and the error names it; the others are restored all the same.
func (t *ErrorTracker) RestoreBreakers(now time.Time, saved []SavedBreaker) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	var problems []error
	for _, s := range saved {
		switch {
		case s.Target == "":
			problems = append(problems, errors.New("saved breaker without a target"))
		case s.Role > RoleReported:
			problems = append(problems, fmt.Errorf("saved breaker of %q: no role %d", s.Target, s.Role))
		case s.State == BreakerNone || s.State > BreakerHalfOpen:
			problems = append(problems, fmt.Errorf("saved breaker of %q: no state %d", s.Target, s.State))
		default:
			if tg := t.target(s.Target); tg.name == s.Target {
				t.restoreBreaker(tg, s.Breaker)
				t.changed(tg)
			}
		}
	}
	return errors.Join(problems...)
}

// restoreBreaker makes a target's breaker of that role what it says.
func (t *ErrorTracker) restoreBreaker(tg *target, b Breaker) {
	now := t.clock.time(t.clock.shown())
	story := storyUntil(b.Transitions, now)
	if b.Since.After(now) {
		b.Since = now
	}
	switch b.Role {
	case RoleGate:
		if tg.gate == nil {
			tg.gate = t.newMachine(tg)
		}
		tg.gate.restore(b, story)
	case RoleObserved:
		if tg.observed == nil {
			tg.observed = t.newObserver(tg)
		}
		tg.observed.restore(b, story)
	case RoleReported:
		since := instantOf(b.Since)
		tg.reported = &reported{state: b.State, since: since, last: since, opened: b.Opened, moved: len(story), story: story, revision: 1}
	}
}

// storyUntil returns the transitions that can have happened, as many as are kept.
func storyUntil(story []Transition, now time.Time) (out []Transition) {
	for _, tr := range story[max(len(story)-storyKept, 0):] {
		if tr.From <= BreakerHalfOpen && tr.To <= BreakerHalfOpen && !tr.At.After(now) {
			out = append(out, tr)
		}
	}
	return out
}

// restore makes the machine what a saved one says; results of requests that were allowed before are ignored from here on.
func (m *machine) restore(b Breaker, story []Transition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state, m.since, m.opened, m.skipped = b.State, b.Since, b.Opened, b.Skipped
	m.failures, m.trial, m.row, m.resetAt = 0, false, nil, time.Time{}
	m.wait = 0
	switch m.state {
	case BreakerClosed:
		m.failures = min(max(b.Failures, 0), m.threshold-1)
	case BreakerOpen:
		m.wait = min(max(b.RetryAt.Sub(b.Since), m.recovery), max(maxWait, m.recovery))
	default:
	}
	m.trips = append([]Trip(nil), b.TrippedBy[max(len(b.TrippedBy)-tripsKept, 0):]...)
	m.story = story
	m.moved += len(story)
	m.generation++
	m.publish()
}
