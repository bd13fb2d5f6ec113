package alert

import (
	"maps"
	"slices"
	"time"
)

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
