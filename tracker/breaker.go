package tracker

import (
	"slices"
	"time"
)

// BreakerState is a circuit breaker's state.
type BreakerState uint8

// The states of a breaker.
const (
	BreakerNone BreakerState = iota
	BreakerClosed
	BreakerOpen
	BreakerHalfOpen
)

// String returns "CLOSED", "OPEN", "HALF_OPEN", or "" for [NoBreaker].
func (s BreakerState) String() string {
	return [...]string{"", "CLOSED", "OPEN", "HALF_OPEN"}[min(s, BreakerHalfOpen)]
}

// BreakerRole says what a breaker is for.
type BreakerRole uint8

// The roles of a breaker.
const (
	RoleGate     BreakerRole = iota // decides whether a probe is sent
	RoleObserved                    // the same rules run over traffic
	RoleReported                    // a state that the application told us
)

// String returns "gate", "observed" or "reported".
func (r BreakerRole) String() string {
	return [...]string{"gate", "observed", "reported"}[min(r, RoleReported)]
}

// Breaker is a breaker's whole story, as of a snapshot.
type Breaker struct {
	Role        BreakerRole
	State       BreakerState
	Since       time.Time
	Failures    int       // consecutive, while CLOSED
	Threshold   int       // opens at that many; 0 for a reported one
	RetryAt     time.Time // while OPEN: when one trial may be made; zero for a reported one
	Trial       bool      // HALF_OPEN and the trial is on its way; one that hangs is until the next is let through
	Skipped     uint64    // requests not sent since it left CLOSED; by an observed one, those it would have held back
	Opened      uint64    // how often it left CLOSED; a trial that failed is the same outage
	TrippedBy   []Trip    // the failures that opened it last, oldest first
	Transitions []Transition
}

// Trip is one of the failures that opened a breaker.
type Trip struct {
	At      time.Time
	Outcome Outcome
	Message string
}

// Transition is one change of a breaker's state.
type Transition struct {
	At       time.Time
	From, To BreakerState
	Why      string // in words
}

// BreakerEvent is a transition of a target's breaker, for charts and timelines.
type BreakerEvent struct {
	Target string
	Role   BreakerRole
	Transition
}

// minor reports whether a transition is one of a breaker that stays open: a trial is due, or has failed. The first opening and
// the closing are what people look for.
func (t *Transition) minor() bool {
	return t.To == BreakerHalfOpen || t.From == BreakerHalfOpen && t.To == BreakerOpen
}

// openings are the minutes in which a breaker of a target's probes opened, oldest first, and how many failures in a row open it.
type openings struct {
	opened []int64
	row    int
}

// openings returns when the breaker opened from CLOSED, as far as it remembers.
func (m *machine) openings() (out openings) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.opened == 0 {
		return out
	}
	out.row = m.threshold
	for i := range m.story {
		if tr := &m.story[i]; tr.From == BreakerClosed && tr.To == BreakerOpen {
			out.opened = append(out.opened, instantOf(tr.At).minute())
		}
	}
	return out
}

// openedBefore returns the last minute in which it opened that is not long before another, and the failures in a row that it took; 0
// where there is none.
func (o *openings) openedBefore(minute int64) (opened int64, row int) {
	for _, at := range slices.Backward(o.opened) {
		if at <= minute && minute-at <= breakerRecent {
			return at, o.row
		}
	}
	return 0, 0
}
