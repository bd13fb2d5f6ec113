// Package alert decides what is to be told: rules over snapshots and incidents become alerts, alerts become notifications for
// receivers, and both are kept in one [State] that can be saved.
//
// It is pure: it starts nothing, sends nothing, reads no clock. [Engine.Evaluate] takes a snapshot and the time, changes the State and
// says what changed. What is to be told waits in the State's outbox until somebody says that the receiver took it, so that a State
// that is saved after every Evaluate loses no notification and tells none twice.
//
// # The life of an alert
//
// An alert is inactive until its rule's condition holds, pending while it has not held for the rule's For, then firing. When the
// condition ends it is recovering for the rule's KeepFiringFor, and then resolved. One evaluation without the condition ends a pending
// alert silently. What cannot be judged, because its target is silent or gone from the picture, changes nothing: no data never resolves.
// An alert that fires again soon after it was resolved is flapping: that is told once, and the next that is told is how it ended.
package alert

import (
	"slices"
	"time"
)

// Phase says where an alert is in its life.
type Phase uint8

// The phases. An inactive alert is not kept.
const (
	Pending    Phase = iota // its condition holds, but not for long enough
	Firing                  // it is told
	Recovering              // its condition has ended, but not for long enough
	Resolved                // it is over; kept for a while to be looked at
)

// String returns "pending", "firing", "recovering" or "resolved".
func (p Phase) String() string {
	return [...]string{"pending", "firing", "recovering", "resolved"}[min(p, Resolved)]
}

// Severity says how urgent an alert is.
type Severity uint8

// The severities, from the least urgent.
const (
	Info Severity = iota
	Warning
	Critical
)

// String returns "info", "warning" or "critical".
func (s Severity) String() string {
	return [...]string{"info", "warning", "critical"}[min(s, Critical)]
}

// ParseSeverity is the inverse of [Severity.String].
func ParseSeverity(name string) (Severity, bool) {
	for s := Info; s <= Critical; s++ {
		if s.String() == name {
			return s, true
		}
	}
	return Info, false
}

// Labels say what an alert is of. With the rule's name they are its identity; what it says is not part of it.
type Labels struct {
	Target   string `json:"target,omitempty"`
	Incident uint64 `json:"incident,omitempty"`
	Group    uint64 `json:"group,omitempty"`
	Breaker  string `json:"breaker,omitempty"` // role: "gate", "observed", "reported"
	Source   string `json:"source,omitempty"`
}

// Alert is what a rule says of one thing.
type Alert struct {
	ID       uint64   `json:"id"`
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Labels   Labels   `json:"labels"`
	Phase    Phase    `json:"phase"`
	Targets  []string `json:"targets,omitempty"` // of an incident of several
	Places   []string `json:"places,omitempty"`  // of a fleet, where it is; empty where that is not known

	Since    time.Time `json:"since"`               // when its condition began to hold
	FiredAt  time.Time `json:"fired_at,omitzero"`   // when it began to fire
	CalmAt   time.Time `json:"calm_at,omitzero"`    // while recovering or flapping: since when its condition has not held
	EndedAt  time.Time `json:"ended_at,omitzero"`   // when it was resolved
	NoDataAt time.Time `json:"no_data_at,omitzero"` // since when it cannot be judged; zero while it can

	PartOf   uint64 `json:"part_of,omitempty"`  // the incident that its target is or was part of; of an incident's own alert one that became part of it
	Follows  uint64 `json:"follows,omitempty"`  // of an incident's alert: the incident that its own became part of
	Along    bool   `json:"along,omitempty"`    // it began with the incident that it is part of, not before
	Unsteady bool   `json:"unsteady,omitempty"` // its incident comes and goes: it is not repeated meanwhile
	Flapping bool   `json:"flapping,omitempty"`
	Turns    int    `json:"turns,omitempty"` // how often it fired since it began to flap

	Text   string `json:"text"`             // what it says now
	Failed uint64 `json:"failed,omitempty"` // requests that failed so far
	Advice string `json:"advice,omitempty"` // the first thing to do
	URL    string `json:"url,omitempty"`    // of a runbook

	seen bool // its subject was in the snapshot at hand
}

// Active reports whether the alert is firing, in any way.
func (a *Alert) Active() bool { return a.Phase == Firing || a.Phase == Recovering }

// State is everything that alerting remembers. It is saved as one piece, as JSON.
type State struct {
	Alerts   []Alert        `json:"alerts"`   // by ID
	Silences []Silence      `json:"silences"` // by ID
	Acks     []Ack          `json:"acks"`
	Groups   []Told         `json:"groups"` // what each receiver was told of each group
	Outbox   []Notification `json:"outbox"` // the oldest first
	History  []Event        `json:"history"`
	LastID   uint64         `json:"last_id"` // of silences and notifications
	Dropped  uint64         `json:"dropped"` // notifications that were given up

	Unjudged map[string]string `json:"unjudged,omitempty"` // rule → why it could not be evaluated last
}

// EventKind says what happened.
type EventKind uint8

// The kinds of events.
const (
	EventPending EventKind = iota
	EventFiring
	EventRecovering
	EventResolved
	EventFlapping
	EventDelivered // a receiver took a notification
	EventDropped   // a notification was given up
)

// String returns the event's word.
func (k EventKind) String() string {
	return [...]string{"pending", "firing", "recovering", "resolved", "flapping", "delivered", "given up"}[min(k, EventDropped)]
}

// Event is a change of an alert or of a notification, for lists and timelines.
type Event struct {
	At       time.Time `json:"at"`
	Kind     EventKind `json:"kind"`
	Alert    uint64    `json:"alert,omitempty"`
	Rule     string    `json:"rule,omitempty"`
	Labels   Labels    `json:"labels"`
	Receiver string    `json:"receiver,omitempty"`
	Text     string    `json:"text,omitempty"`
}

// Bounds of what is kept.
const (
	maxAlerts    = 5000
	maxHistory   = 1000
	maxOutbox    = 1000
	resolvedKept = 24 * time.Hour
)

// find returns the alert of that ID, and where it stands or would stand.
func (s *State) find(id uint64) (*Alert, int) {
	i, ok := slices.BinarySearchFunc(s.Alerts, id, func(a Alert, id uint64) int {
		switch {
		case a.ID < id:
			return -1
		case a.ID > id:
			return 1
		}
		return 0
	})
	if !ok {
		return nil, i
	}
	return &s.Alerts[i], i
}

// note keeps an event.
func (s *State) note(e Event) {
	if len(s.History) >= maxHistory {
		s.History = slices.Delete(s.History, 0, len(s.History)-maxHistory+1)
	}
	s.History = append(s.History, e)
}

// of reports whether the alert is of an incident, or of a target while it is part of that.
func (a *Alert) of(incident uint64) bool {
	return incident != 0 && (a.Labels.Incident == incident || a.PartOf == incident)
}

// id returns the identity of a rule's alert of something.
func (l Labels) id(rule string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	text := func(s string) {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * prime
		}
		h = (h ^ 0xff) * prime
	}
	number := func(n uint64) {
		for range 8 {
			h = (h ^ n&0xff) * prime
			n >>= 8
		}
	}
	text(rule)
	text(l.Target)
	text(l.Breaker)
	text(l.Source)
	number(l.Incident)
	number(l.Group)
	return h
}
