package alert

import (
	"slices"
	"time"

	"errtop/tracker"
)

// judgeKnown judges a subject, or where nothing is known of it leaves its alert as it is.
func (e *Engine) judgeKnown(s *State, rule *compiled, labels Labels, known bool, now time.Time) bool {
	if known {
		return e.judge(s, rule, labels, true, nil, now)
	}
	return s.noData(labels.id(rule.Name), now)
}

// judge evaluates a rule over the scope and moves the subject's alert. With possible false the condition does not hold whatever the
// expression says.
func (e *Engine) judge(s *State, rule *compiled, labels Labels, possible bool, incident *tracker.Incident, now time.Time) (changed bool) {
	holds := possible && e.holds(rule)
	id := identity(rule.Name, labels)
	a, at := s.find(id)
	if a == nil {
		if !holds || len(s.Alerts) >= maxAlerts {
			return false
		}
		s.Alerts = slices.Insert(s.Alerts, at, Alert{ID: id, Rule: rule.Name, Severity: rule.Severity, Labels: labels, Since: now, URL: rule.URL})
		a = &s.Alerts[at]
		if rule.For > 0 {
			s.note(a.event(EventPending, now))
		}
		changed = true
	}
	a.seen, a.NoDataAt, a.Severity = true, time.Time{}, rule.Severity
	if of := e.members[labels.Target].incident; incident == nil && of != 0 && of != a.PartOf && a.Phase != Resolved {
		a.PartOf, changed = of, true
		a.Along = a.Phase == Pending || now.Sub(a.FiredAt) < e.options.Timing.GroupInterval
	}
	if holds || a.Text == "" {
		e.describe(a, rule, labels, incident)
		changed = e.locate(a, &labels, incident) || changed
	}
	if incident != nil {
		a.Failed = incident.Failed
		if unsteady := incident.State == tracker.IncidentFlapping; unsteady != a.Unsteady {
			a.Unsteady, changed = unsteady, true
		}
	}
	return e.move(s, a, rule, holds, now) || changed
}

// identity returns the identity of a rule's alert. Of an incident the number alone counts: its worst target may change.
func identity(rule string, labels Labels) uint64 {
	if labels.Incident != 0 {
		labels.Target = ""
	}
	return labels.id(rule)
}

// holds runs a rule's expression. One that fails at run time does not hold; why is kept for [Engine.Problems].
func (e *Engine) holds(rule *compiled) bool {
	out, err := e.vm.Run(rule.when, e.scope)
	if err != nil {
		e.problem[rule.Name] = err.Error()
		return false
	}
	if len(e.problem) > 0 && e.problem[rule.Name] != burnUnknownText {
		delete(e.problem, rule.Name)
	}
	holds, _ := out.(bool)
	return holds
}

// noData notes that an alert cannot be judged.
func (s *State) noData(id uint64, now time.Time) (changed bool) {
	a, at := s.find(id)
	switch {
	case a == nil || a.Phase == Resolved:
		return false
	case a.Phase == Pending:
		s.Alerts = slices.Delete(s.Alerts, at, at+1)
		return true
	}
	a.seen = true
	if !a.NoDataAt.IsZero() {
		return false
	}
	a.NoDataAt = now
	return true
}

// unseen moves the alerts whose subject is gone from the picture. One that is pending ends; one that fires stays: that nobody can see
// it any more does not mean that it is over. Three are over all the same: one whose rule was removed, one of a breaker that is gone
// while its target is there, and one of an incident that is no longer listed while its target is well. The alert of an incident that
// became part of another follows that one's.
func (e *Engine) unseen(s *State, snapshot *tracker.Snapshot, now time.Time) (changed bool) {
	for i := 0; i < len(s.Alerts); i++ {
		a := &s.Alerts[i]
		if a.seen || a.Phase == Resolved {
			continue
		}
		rule := e.rule(a.Rule)
		into := e.members[a.Labels.Target].incident
		switch {
		case a.Phase == Pending:
			s.Alerts = slices.Delete(s.Alerts, i, i+1)
			i--
		case rule == nil:
			s.resolve(a, now)
		case a.Labels.Incident != 0 && (a.Follows != 0 || into != 0):
			if a.Follows != 0 {
				into = a.Follows
			}
			changed = e.follow(s, a, rule, into, now) || changed
			continue
		case a.Labels.Breaker != "" && known(snapshot, a.Labels.Target) != tracker.StateUnknown,
			a.Labels.Incident != 0 && known(snapshot, a.Labels.Target) == tracker.StateOK:
			a.NoDataAt = time.Time{}
			changed = e.move(s, a, rule, false, now) || changed
			continue
		case a.NoDataAt.IsZero():
			a.NoDataAt = now
		default:
			continue
		}
		changed = true
	}
	return changed
}

// rule returns the rule of a name; nil where there is none.
func (e *Engine) rule(name string) *compiled {
	for i := range e.rules {
		if e.rules[i].Name == name {
			return &e.rules[i]
		}
	}
	return nil
}

// follow moves the alert of an incident that became part of another with that one's alert of the same rule. It keeps its name, since
// receivers know it by that: they hear of its end when the other ends, and of nothing before.
func (e *Engine) follow(s *State, a *Alert, rule *compiled, incident uint64, now time.Time) (changed bool) {
	lead, _ := s.find(identity(a.Rule, Labels{Incident: incident}))
	if lead == nil || lead == a {
		return e.move(s, a, rule, false, now)
	}
	if a.Follows != incident {
		a.Follows, changed = incident, true
		if lead.PartOf == 0 {
			lead.PartOf = a.Labels.Incident // silences and acknowledgements of the one are of the other too
		}
		if ack := s.AckOf(a.ID); ack != nil && s.AckOf(lead.ID) == nil {
			s.Acks = append(s.Acks, Ack{Alert: lead.ID, At: ack.At, By: ack.By, Note: ack.Note})
		}
	}
	a.NoDataAt, a.Text, a.Failed, a.Advice = lead.NoDataAt, lead.Text, lead.Failed, lead.Advice
	return e.move(s, a, rule, lead.Phase == Pending || lead.Phase == Firing, now) || changed
}

// known returns the state of a target in the picture, and unknown where it is not.
func known(s *tracker.Snapshot, target string) tracker.TargetState {
	for _, t := range s.Targets {
		if t.Name == target {
			return t.State
		}
	}
	return tracker.StateUnknown
}
