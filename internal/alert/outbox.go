package alert

import (
	"cmp"
	"slices"
	"time"
)

// Reason says why a notification is sent.
type Reason string

// The reasons.
const (
	ReasonFiring   Reason = "firing"   // something fires
	ReasonMore     Reason = "more"     // more of the group fires, or some of it ended
	ReasonRepeat   Reason = "repeat"   // it still does
	ReasonFlapping Reason = "flapping" // it comes and goes: nothing more is told until it stays one way
	ReasonResolved Reason = "resolved" // all of it is over
	ReasonRefresh  Reason = "refresh"  // nothing changed: for receivers that forget
)

// Notification is one thing to tell one receiver. It stays in the outbox until the receiver took it.
type Notification struct {
	ID       uint64    `json:"id"`
	Receiver string    `json:"receiver"`
	Group    string    `json:"group"` // the same for all notifications of an incident
	Reason   Reason    `json:"reason"`
	Alerts   []Alert   `json:"alerts"` // as they were when it was made, the most urgent first
	Created  time.Time `json:"created"`
	Attempts int       `json:"attempts,omitempty"`
	NextTry  time.Time `json:"next_try,omitzero"`
	Problem  string    `json:"problem,omitempty"` // of the last attempt
}

// waits reports whether a notification of the group waits for the receiver.
func (s *State) waits(t *Told) bool {
	return slices.ContainsFunc(s.Outbox, func(n Notification) bool { return n.Receiver == t.Receiver && n.Group == t.Group })
}

// queue puts a notification into the outbox. Where it is full, the oldest is given up.
func (s *State) queue(receiver *Receiver, t *Told, reason Reason, alerts []Alert, now time.Time) {
	slices.SortStableFunc(alerts, byUrgency)
	s.LastID++
	if len(s.Outbox) >= maxOutbox {
		s.drop(0, now, "the outbox is full")
	}
	s.Outbox = append(s.Outbox, Notification{ID: s.LastID, Receiver: receiver.Name, Group: t.Group, Reason: reason, Alerts: alerts, Created: now})
}

// byUrgency orders the alerts of a notification: those that fire first, then by severity, an incident before what it brings along, then
// by age.
func byUrgency(a, b Alert) int {
	first := func(a, b bool) int {
		switch {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	}
	return cmp.Or(first(a.Phase != Resolved, b.Phase != Resolved), cmp.Compare(b.Severity, a.Severity),
		first(a.Labels.Incident != 0, b.Labels.Incident != 0), a.FiredAt.Compare(b.FiredAt))
}

// giveUp drops notifications that nobody took for too long, and those to receivers that the settings no longer have.
func (e *Engine) giveUp(s *State, now time.Time) (changed bool) {
	for i := 0; i < len(s.Outbox); i++ {
		if e.receiver(s.Outbox[i].Receiver) == nil {
			s.drop(i, now, "the settings no longer have this receiver")
			changed = true
			i--
		}
	}
	for len(s.Outbox) > 0 && now.Sub(s.Outbox[0].Created) > e.options.Timing.MaxAge {
		s.drop(0, now, "nobody took it for "+e.options.Timing.MaxAge.String())
		changed = true
	}
	return changed
}

// drop gives a notification up.
func (s *State) drop(i int, now time.Time, why string) {
	n := &s.Outbox[i]
	s.note(Event{At: now, Kind: EventDropped, Receiver: n.Receiver, Text: why})
	s.Outbox = slices.Delete(s.Outbox, i, i+1)
	s.Dropped++
}

// Due returns what is to be sent to a receiver at a moment, the oldest first. What tells of the same group, or of the same alerts, is
// sent in its order: an end never overtakes a beginning that waits to be tried again, so each is due only after the one before it left.
func (s *State) Due(receiver string, now time.Time) (due []Notification) {
	var groups map[string]bool
	var alerts map[uint64]bool
	for i := range s.Outbox {
		n := &s.Outbox[i]
		if n.Receiver != receiver {
			continue
		}
		if groups == nil {
			groups, alerts = map[string]bool{}, map[uint64]bool{}
		}
		waits := groups[n.Group]
		for j := range n.Alerts {
			waits = waits || alerts[n.Alerts[j].ID]
			alerts[n.Alerts[j].ID] = true
		}
		groups[n.Group] = true
		if !waits && !n.NextTry.After(now) {
			due = append(due, *n)
		}
	}
	return due
}

// Delivered notes that a receiver took a notification, which leaves the outbox.
func (s *State) Delivered(id uint64, now time.Time) {
	if i := s.queued(id); i >= 0 {
		n := &s.Outbox[i]
		if n.Reason == ReasonRefresh {
			s.Outbox = slices.Delete(s.Outbox, i, i+1)
			return
		}
		event := Event{At: now, Kind: EventDelivered, Receiver: n.Receiver, Text: string(n.Reason)}
		if len(n.Alerts) > 0 {
			event.Alert, event.Rule, event.Labels = n.Alerts[0].ID, n.Alerts[0].Rule, n.Alerts[0].Labels
		}
		s.note(event)
		s.Outbox = slices.Delete(s.Outbox, i, i+1)
	}
}

// Failed notes that a receiver did not take a notification, why, and when it is tried again. Where it will never take it (again is
// zero), the notification is given up.
func (s *State) Failed(id uint64, why string, again, now time.Time) {
	i := s.queued(id)
	if i < 0 {
		return
	}
	if again.IsZero() {
		s.drop(i, now, why)
		return
	}
	s.Outbox[i].Attempts++
	s.Outbox[i].NextTry, s.Outbox[i].Problem = again, why
}

func (s *State) queued(id uint64) int {
	return slices.IndexFunc(s.Outbox, func(n Notification) bool { return n.ID == id })
}
