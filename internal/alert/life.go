package alert

import (
	"slices"
	"time"
)

// Timing says how long things take. A zero field means its default.
type Timing struct {
	GroupWait     time.Duration // from the first alert of a group until its receivers are told, 30 s
	GroupInterval time.Duration // between two notifications of a group, 5 min
	Repeat        time.Duration // until a group that goes on is told again, 4 h
	FlapWithin    time.Duration // an alert that fires again so soon after it was resolved is flapping, 15 min
	FlapCalm      time.Duration // a flapping alert ends when it has not changed for so long, 30 min
	MaxAge        time.Duration // a notification that nobody took for so long is given up, 24 h
}

func (t Timing) withDefaults() Timing {
	for _, field := range [...]struct {
		value     *time.Duration
		byDefault time.Duration
	}{
		{&t.GroupWait, 30 * time.Second},
		{&t.GroupInterval, 5 * time.Minute},
		{&t.Repeat, 4 * time.Hour},
		{&t.FlapWithin, 15 * time.Minute},
		{&t.FlapCalm, 30 * time.Minute},
		{&t.MaxAge, 24 * time.Hour},
	} {
		if *field.value <= 0 {
			*field.value = field.byDefault
		}
	}
	return t
}

// move takes an alert one step through its life.
func (e *Engine) move(s *State, a *Alert, rule *compiled, holds bool, now time.Time) (changed bool) {
	switch a.Phase {
	case Pending:
		if !holds {
			_, at := s.find(a.ID)
			s.Alerts = slices.Delete(s.Alerts, at, at+1)
			return true
		}
		if now.Sub(a.Since) < rule.For {
			e.wake(a.Since.Add(rule.For))
			return false
		}
		s.fire(a, now)
		return true
	case Firing:
		return e.moveFiring(s, a, rule, holds, now)
	case Recovering:
		if holds {
			a.Phase, a.CalmAt = Firing, time.Time{}
			s.note(a.event(EventFiring, now))
			return true
		}
		if now.Sub(a.CalmAt) < rule.KeepFiringFor {
			e.wake(a.CalmAt.Add(rule.KeepFiringFor))
			return false
		}
		s.resolve(a, now)
		return true
	case Resolved:
		if !holds {
			return false
		}
		if now.Sub(a.EndedAt) > e.options.Timing.FlapWithin {
			*a = Alert{ID: a.ID, Rule: a.Rule, Severity: a.Severity, Labels: a.Labels, Since: now, Text: a.Text, Advice: a.Advice, URL: a.URL, Failed: a.Failed, seen: true}
			return e.move(s, a, rule, holds, now) || true
		}
		a.Flapping, a.Turns = true, max(a.Turns, 1)+1
		a.Since, a.EndedAt = now, time.Time{}
		s.fire(a, now)
		s.note(a.event(EventFlapping, now))
		return true
	}
	return false
}

// moveFiring moves an alert that fires. One that flaps goes on firing until it has been one way for long enough, and ends with the way
// that is.
func (e *Engine) moveFiring(s *State, a *Alert, rule *compiled, holds bool, now time.Time) (changed bool) {
	if !a.Flapping {
		if holds {
			return false
		}
		a.CalmAt = now
		if rule.KeepFiringFor > 0 {
			a.Phase = Recovering
			s.note(a.event(EventRecovering, now))
			e.wake(now.Add(rule.KeepFiringFor))
			return true
		}
		s.resolve(a, now)
		return true
	}
	if calm := !a.CalmAt.IsZero(); holds == calm { // it turned
		a.CalmAt = time.Time{}
		if !holds {
			a.CalmAt = now
		}
		a.Since = now
		a.Turns++
		e.wake(now.Add(e.options.Timing.FlapCalm))
		return true
	}
	if now.Sub(a.Since) < e.options.Timing.FlapCalm {
		e.wake(a.Since.Add(e.options.Timing.FlapCalm))
		return false
	}
	a.Flapping = false
	if holds {
		s.note(a.event(EventFiring, now))
		return true
	}
	s.resolve(a, now)
	return true
}

// fire begins to tell an alert.
func (s *State) fire(a *Alert, now time.Time) {
	a.Phase, a.CalmAt = Firing, time.Time{}
	if a.FiredAt.IsZero() || !a.Flapping {
		a.FiredAt = now
	}
	s.note(a.event(EventFiring, now))
}

// resolve ends an alert.
func (s *State) resolve(a *Alert, now time.Time) {
	a.Phase, a.EndedAt, a.Flapping, a.NoDataAt = Resolved, now, false, time.Time{}
	s.note(a.event(EventResolved, now))
}

// event is a change of the alert.
func (a *Alert) event(kind EventKind, now time.Time) Event {
	return Event{At: now, Kind: kind, Alert: a.ID, Rule: a.Rule, Labels: a.Labels, Text: a.Text}
}

// expire forgets what was over long ago: resolved alerts, ended silences and acknowledgements.
func (s *State) expire(now time.Time, e *Engine) (changed bool) {
	before := len(s.Alerts) + len(s.Silences) + len(s.Acks)
	s.Alerts = slices.DeleteFunc(s.Alerts, func(a Alert) bool { return a.Phase == Resolved && now.Sub(a.EndedAt) > resolvedKept })
	s.Silences = slices.DeleteFunc(s.Silences, func(silence Silence) bool { return now.Sub(silence.Ends) > resolvedKept })
	s.Acks = slices.DeleteFunc(s.Acks, func(ack Ack) bool {
		a, _ := s.find(ack.Alert)
		return a == nil || a.Phase == Resolved
	})
	for _, silence := range s.Silences {
		if silence.Ends.After(now) {
			e.wake(silence.Ends)
		}
	}
	return len(s.Alerts)+len(s.Silences)+len(s.Acks) != before
}
