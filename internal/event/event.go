// Package event says what changed between two snapshots, typed and in words, with causes, first steps and titles.
//
// A [Detector] tells each thing once, however often it is asked and however much happened in between. The screen, --plain,
// reports, the bell and notifications speak from it. An [Advisor] says what to do about a cause: the user's runbooks come
// first, then one table. The package reads no clock and starts nothing; times come from the snapshots.
package event

import (
	"time"

	"errtop/tracker"
)

// Kind says what changed.
type Kind uint8

// The kinds of events.
const (
	State            Kind = iota // a target is in another state
	GroupNew                     // a group of errors was seen for the first time
	GroupReturned                // a group came back after an hour of silence
	Breaker                      // a breaker left or reached CLOSED
	Source                       // a source is in another state, or new
	IncidentBegan                // an incident began
	IncidentSpread               // another target joined one
	IncidentCause                // its cause is another, or known now
	IncidentFlapping             // it began to come and go
	IncidentOver                 // it ended
	Marked                       // something was done: a deploy or the like
	TimeLost                     // time passed that nobody lived through
	kindCount        = iota
)

var kindNames = [kindCount]string{
	"state", "group_new", "group_returned", "breaker", "source",
	"incident_began", "incident_spread", "incident_cause", "incident_flapping", "incident_over", "mark", "time_lost",
}

// String returns the kind as JSON and rules spell it, for example "incident_began".
func (k Kind) String() string { return kindNames[min(int(k), kindCount-1)] }

// OfIncident reports whether an event of the kind has its incident with it.
func (k Kind) OfIncident() bool { return k >= IncidentBegan && k <= IncidentOver }

// Event is something that changed. What it concerns beside the target is set by its kind; nothing in it may be written to.
type Event struct {
	Kind   Kind
	At     time.Time // when it happened, by the results' own time; of sources, when it was seen
	Target string    // or the source's name; of an incident its worst target; "" where it concerns all
	Text   string    // in words, in one line; from outside in part, so whoever shows it makes it harmless

	From, To tracker.TargetState // of State
	Group    *tracker.Group      // of GroupNew and GroupReturned
	Incident *tracker.Incident   // of the kinds of incidents
}

// BeganToFail reports whether the event is a target's change to failing.
func (e *Event) BeganToFail() bool { return e.Kind == State && e.To == tracker.StateFailing }
