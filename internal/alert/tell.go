package alert

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strconv"
	"time"
)

// Receiver is who can be told, as far as it decides what is told: how is internal/notify's.
type Receiver struct {
	Name     string
	Severity Severity // at least
	Targets  []string // patterns of target names; empty: all
	From, To int      // minutes of the day between which it is told; equal: always
	Location *time.Location
	Resolved bool // recoveries too
	// Refresh is after how long what fires is told again to a receiver that forgets otherwise, as Alertmanager does: acknowledged or not,
	// at any hour, and whatever Timing.Repeat says. 0 for receivers that are people.
	Refresh time.Duration
}

// Told is what a receiver was told of a group: of one incident, or of one alert that belongs to none.
type Told struct {
	Receiver string    `json:"receiver"`
	Group    string    `json:"group"`
	First    time.Time `json:"first"`         // when its first alert was there
	Last     time.Time `json:"last,omitzero"` // when it was told last; zero: never
	Firing   []uint64  `json:"firing,omitempty"`
	Flapping []uint64  `json:"flapping,omitempty"`
	Quiet    []uint64  `json:"quiet,omitempty"` // began along with an incident that was told as more urgent: no message is sent for them

	Refreshed time.Time `json:"refreshed,omitzero"` // when it was told or refreshed last
}

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

// groupName names the group of an incident.
func groupName(incident uint64) string { return "incident " + strconv.FormatUint(incident, 16) }

// groupOf names the group that an alert is told in: its incident's, or that which its target is part of until that recovers. What began
// along with an incident and outlasts it is one group afterwards, so that its end is one message.
func (e *Engine) groupOf(a *Alert) string {
	if incident := cmp.Or(a.Follows, a.Labels.Incident); incident != 0 {
		return groupName(incident)
	}
	if in := e.members[a.Labels.Target]; in.incident != 0 && !in.calm {
		return groupName(in.incident)
	}
	if a.PartOf != 0 && a.Along {
		return afterName(a.PartOf)
	}
	return "alert " + strconv.FormatUint(a.ID, 16)
}

// afterName names the group of what outlasts an incident.
func afterName(incident uint64) string { return "after " + groupName(incident) }

// tell puts what is due into the outbox.
func (e *Engine) tell(s *State, now time.Time) (changed bool) {
	if e.idle(s) {
		return false
	}
	changed = e.quieten(s)
	changed = e.regroup(s) || changed
	firing := map[string][]*Alert{} // what may be told
	for i := range s.Alerts {
		if a := &s.Alerts[i]; a.Active() && s.SilencedBy(a, now) == nil {
			group := e.groupOf(a)
			firing[group] = append(firing[group], a)
		}
	}
	for i := range e.options.Receivers {
		receiver := &e.options.Receivers[i]
		for _, group := range slices.Sorted(maps.Keys(firing)) {
			if s.told(receiver.Name, group) == nil && slices.ContainsFunc(firing[group], receiver.wants) {
				s.Groups = append(s.Groups, Told{Receiver: receiver.Name, Group: group, First: now})
				changed = true
			}
		}
	}
	groups := s.Groups
	s.Groups = make([]Told, 0, len(groups))
	for _, t := range groups {
		receiver := e.receiver(t.Receiver)
		if receiver == nil {
			changed = true
			continue
		}
		again, over := e.tellGroup(s, receiver, &t, firing[t.Group], now)
		changed = changed || again || over
		if !over {
			s.Groups = append(s.Groups, t)
		}
	}
	return e.giveUp(s, now) || changed
}

// idle reports whether there is nothing to tell and nobody to tell of an end.
func (e *Engine) idle(s *State) bool {
	return len(s.Groups) == 0 && len(s.Outbox) == 0 && !slices.ContainsFunc(s.Alerts, func(a Alert) bool { return a.Active() })
}

// regroup follows alerts to the group that they are in now: one that was told by itself before its target became part of an incident,
// one that goes on after the incident, and one of an incident that became part of another. What receivers were told goes along, so that a change of
// group tells nobody anything.
func (e *Engine) regroup(s *State) (changed bool) {
	for i := 0; i < len(s.Groups); i++ {
		t := s.Groups[i]
		for _, id := range slices.Clone(t.Firing) {
			a, _ := s.find(id)
			if a == nil || !a.Active() {
				continue
			}
			group := e.groupOf(a)
			if group == t.Group {
				continue
			}
			changed = true
			if s.told(t.Receiver, group) == nil {
				s.Groups = append(s.Groups, Told{Receiver: t.Receiver, Group: group, First: t.First, Last: t.Last})
			}
			to, from := s.told(t.Receiver, group), &s.Groups[i]
			if to.Last.Before(t.Last) {
				to.Last = t.Last
			}
			take := func(from, to *[]uint64) {
				if slices.Contains(*from, id) {
					*from = slices.DeleteFunc(slices.Clone(*from), func(other uint64) bool { return other == id })
					if !slices.Contains(*to, id) {
						*to = append(slices.Clone(*to), id)
					}
				}
			}
			take(&from.Firing, &to.Firing)
			take(&from.Flapping, &to.Flapping)
		}
	}
	return changed
}

// tellGroup decides whether a receiver is told of a group now, and whether the group is over for it.
func (e *Engine) tellGroup(s *State, receiver *Receiver, t *Told, alerts []*Alert, now time.Time) (told, over bool) {
	alerts = slices.DeleteFunc(slices.Clone(alerts), func(a *Alert) bool {
		return (!receiver.wants(a) || a.Follows != 0) && !slices.Contains(t.Firing, a.ID)
	})
	if len(alerts) == 0 {
		if t.Last.IsZero() || len(t.Firing) == 0 {
			return false, true // over before anybody was told, or gone to another group
		}
		if s.holdsBack(t, now) {
			return false, false // a silence hides it
		}
		if receiver.Resolved {
			s.queue(receiver, t, ReasonResolved, s.ended(t.Firing), now)
		}
		return true, true
	}
	reason := e.reasonToTell(s, receiver, t, alerts, now)
	if reason == "" && receiver.Refresh > 0 && !t.Last.IsZero() {
		if due := t.Refreshed.Add(receiver.Refresh); now.Before(due) {
			e.wake(due)
		} else if !s.waits(t) {
			reason = ReasonRefresh
		}
	}
	if reason == "" {
		return false, false
	}
	s.queue(receiver, t, reason, s.contents(receiver, t, alerts), now)
	if t.Refreshed = now; reason != ReasonRefresh {
		t.Last = now
	}
	return true, false
}

// waits reports whether a notification of the group waits for the receiver.
func (s *State) waits(t *Told) bool {
	return slices.ContainsFunc(s.Outbox, func(n Notification) bool { return n.Receiver == t.Receiver && n.Group == t.Group })
}

// reasonToTell returns why a receiver is told of a group now; "" where it is not.
func (e *Engine) reasonToTell(s *State, receiver *Receiver, t *Told, alerts []*Alert, now time.Time) Reason {
	if !receiver.open(now) {
		e.wake(now.Add(time.Minute))
		return ""
	}
	timing := &e.options.Timing
	reason, due := ReasonFiring, t.First.Add(timing.GroupWait)
	if !t.Last.IsZero() {
		reason, due = s.changeOf(t, alerts, timing)
	}
	switch {
	case reason == "":
		return ""
	case now.Before(due):
		e.wake(due)
		return ""
	case reason == ReasonRepeat && !slices.ContainsFunc(alerts, func(a *Alert) bool { return a.Phase == Firing && s.AckOf(a.ID) == nil }):
		return "" // all of it is seen, or about to end
	}
	return reason
}

// contents returns what a notification holds: the alerts that fire, and those told before that ended since. It notes that they were told.
func (s *State) contents(receiver *Receiver, t *Told, alerts []*Alert) []Alert {
	list := make([]Alert, 0, len(alerts))
	var firing, flapping []uint64
	for _, a := range alerts {
		list = append(list, *a)
		firing = append(firing, a.ID)
		if a.Flapping {
			flapping = append(flapping, a.ID)
		}
	}
	for _, id := range t.Firing {
		if slices.Contains(firing, id) {
			continue
		}
		switch a, _ := s.find(id); {
		case a == nil:
		case a.Active():
			firing = append(firing, id) // behind a silence
		case receiver.Resolved:
			list = append(list, *a)
		}
	}
	t.Firing, t.Flapping, t.Quiet = firing, flapping, nil
	return list
}

// quieten notes which alerts outlast an incident that a receiver was told of, less urgent than it and untold themselves. Nobody is paged
// for them now that the incident recovers.
func (e *Engine) quieten(s *State) (changed bool) {
	for i := range s.Alerts {
		a := &s.Alerts[i]
		if !a.Active() || !a.Along || a.PartOf == 0 || e.groupOf(a) != afterName(a.PartOf) {
			continue
		}
		for j := range e.options.Receivers {
			receiver := e.options.Receivers[j].Name
			t := s.told(receiver, groupName(a.PartOf))
			if t == nil || t.Last.IsZero() || slices.Contains(t.Firing, a.ID) || a.Severity >= s.worst(t) {
				continue
			}
			last, first := t.Last, t.First
			after := s.told(receiver, afterName(a.PartOf))
			if after == nil {
				s.Groups = append(s.Groups, Told{Receiver: receiver, Group: afterName(a.PartOf), First: first, Last: last})
				after = &s.Groups[len(s.Groups)-1]
			}
			if !slices.Contains(after.Quiet, a.ID) && !slices.Contains(after.Firing, a.ID) {
				after.Quiet, changed = append(slices.Clone(after.Quiet), a.ID), true
			}
		}
	}
	return changed
}

// worst returns the severity of the most urgent alert that a receiver was told of in a group.
func (s *State) worst(t *Told) Severity {
	worst := Info
	for _, id := range t.Firing {
		if a, _ := s.find(id); a != nil {
			worst = max(worst, a.Severity)
		}
	}
	return worst
}

// isNews reports whether an alert that a receiver was not told of, in a group that it was told of, is worth a message: not what it knows by
// another name, and not what is less urgent than the incident that it is part of. That is named when a message is sent anyway.
func (s *State) isNews(t *Told, a *Alert, worst Severity) bool {
	lesser := a.Severity < worst && t.Group == groupName(a.PartOf)
	return !lesser && !s.knownAs(t, a) && !slices.Contains(t.Quiet, a.ID)
}

// changeOf says whether a group that was told before is to be told again, why and when; "" for not at all.
func (s *State) changeOf(t *Told, alerts []*Alert, timing *Timing) (Reason, time.Time) {
	flaps, more := false, false
	worst, next := s.worst(t), t.Last.Add(timing.GroupInterval)
	for _, a := range alerts {
		known := slices.Contains(t.Firing, a.ID)
		switch {
		case !known && !s.isNews(t, a, worst):
		case a.Flapping && !slices.Contains(t.Flapping, a.ID):
			flaps = true
		case !known:
			more = true
			if urgent := a.FiredAt.Add(timing.GroupWait); a.Severity > worst && urgent.Before(next) {
				next = urgent // what is more urgent than all that was told does not wait for the interval
			}
		}
	}
	switch {
	case flaps:
		return ReasonFlapping, next
	case more:
		return ReasonMore, next
	case slices.ContainsFunc(alerts, func(a *Alert) bool { return a.Flapping || a.Unsteady }):
		return "", next // nothing more until it stays one way
	case len(t.Firing) == 0:
		return "", next // only what is quiet
	}
	return ReasonRepeat, t.Last.Add(timing.Repeat)
}

// knownAs reports whether a receiver knows an incident's alert by the name of one that follows it.
func (s *State) knownAs(t *Told, a *Alert) bool {
	return a.Labels.Incident != 0 && slices.ContainsFunc(t.Firing, func(id uint64) bool {
		other, _ := s.find(id)
		return other != nil && other.Follows == a.Labels.Incident && other.Rule == a.Rule
	})
}

// holdsBack reports whether alerts that a receiver was told of still fire, unseen behind a silence.
func (s *State) holdsBack(t *Told, now time.Time) bool {
	for _, id := range t.Firing {
		if a, _ := s.find(id); a != nil && a.Active() && s.SilencedBy(a, now) != nil {
			return true
		}
	}
	return false
}

// ended returns the alerts of a group that is over.
func (s *State) ended(ids []uint64) []Alert {
	var list []Alert
	for _, id := range ids {
		if a, _ := s.find(id); a != nil {
			list = append(list, *a)
		}
	}
	return list
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

// giveUp drops notifications that nobody took for too long.
func (e *Engine) giveUp(s *State, now time.Time) (changed bool) {
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

// told returns what a receiver was told of a group, nil where nothing.
func (s *State) told(receiver, group string) *Told {
	for i := range s.Groups {
		if s.Groups[i].Receiver == receiver && s.Groups[i].Group == group {
			return &s.Groups[i]
		}
	}
	return nil
}

// knows reports whether a receiver was told of an alert.
func (s *State) knows(receiver string, alert uint64) bool {
	return slices.ContainsFunc(s.Groups, func(t Told) bool { return t.Receiver == receiver && slices.Contains(t.Firing, alert) })
}

func (e *Engine) receiver(name string) *Receiver {
	for i := range e.options.Receivers {
		if e.options.Receivers[i].Name == name {
			return &e.options.Receivers[i]
		}
	}
	return nil
}

// wants reports whether an alert is for the receiver.
func (r *Receiver) wants(a *Alert) bool {
	if a.Severity < r.Severity {
		return false
	}
	return len(r.Targets) == 0 || slices.ContainsFunc(r.Targets, func(pattern string) bool {
		ok, _ := path.Match(pattern, a.Labels.Target)
		return ok
	})
}

// open reports whether the receiver is told anything at a moment.
func (r *Receiver) open(now time.Time) bool {
	if r.From == r.To {
		return true
	}
	if r.Location != nil {
		now = now.In(r.Location)
	}
	minute := now.Hour()*60 + now.Minute()
	if r.From < r.To {
		return minute >= r.From && minute < r.To
	}
	return minute >= r.From || minute < r.To // over midnight
}
