package alert

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"

	"errtop/tracker"
)

// History answers what the tracker no longer knows: requests and errors of a target over a longer window; known is false where they
// are not kept for so long.
type History func(target string, window time.Duration) (requests, errors uint64, known bool)

// Advice says what to do about an incident, and the URL of a runbook; both may be empty.
type Advice func(incident *tracker.Incident) (firstAction, url string)

// Options say what an [Engine] decides by.
type Options struct {
	Rules     []Rule
	Receivers []Receiver
	Timing    Timing
	History   History // nil: nothing is known beyond the tracker
	Advice    Advice  // nil: none
}

// Engine evaluates rules. It keeps nothing that is not in its [State] but buffers; it serves one goroutine.
type Engine struct {
	options Options
	rules   []compiled
	vm      vm.VM
	scope   *scope

	version   uint64    // of the snapshot last evaluated
	due       time.Time // when time alone may change something; zero: at once
	stepped   bool
	bySubject [ofSource + 1][]*compiled
	members   map[string]member // target → its ongoing incident
	problem   map[string]string // rule → why it could not be evaluated last
	budgets   map[string]budget // target → what History said last; nil where no rule asks

	burnUnknown bool // of a target in this evaluation
}

// member is a target's ongoing incident.
type member struct {
	incident uint64
	calm     bool // it recovers: what fires now is told by itself
}

// New returns an engine. Its error is that of [Check].
func New(o Options) (*Engine, error) {
	rules, err := compileAll(o.Rules)
	if err != nil {
		return nil, err
	}
	o.Timing = o.Timing.withDefaults()
	e := &Engine{options: o, rules: rules, scope: newScope(), members: map[string]member{}, problem: map[string]string{}}
	for i := range rules {
		rule := &rules[i]
		e.bySubject[rule.subject] = append(e.bySubject[rule.subject], rule)
		if rule.usesHistory && e.budgets == nil {
			e.budgets = map[string]budget{}
		}
	}
	return e, nil
}

// Evaluate brings the state to a moment: it judges every rule by the snapshot, moves alerts through their lives, and puts what
// receivers are to be told into the outbox. It reports whether anything changed, so that a state without changes need not be saved.
//
// Only what is live is told: with a snapshot of the past or of a finished log, or while a log's past is still being read, alerts are
// shown but the outbox stays as it is.
func (e *Engine) Evaluate(s *State, snapshot *tracker.Snapshot, now time.Time) (changed bool) {
	if e.stepped && snapshot.Version == e.version && now.Before(e.due) {
		return false
	}
	e.version, e.stepped = snapshot.Version, true
	e.due = now.Add(time.Minute)
	e.indexIncidents(snapshot)
	changed = s.expire(now, e)
	for i := range s.Alerts {
		s.Alerts[i].seen = false
	}
	changed = e.evaluateIncidents(s, snapshot, now) || changed
	changed = e.evaluateTargets(s, snapshot, now) || changed
	changed = e.evaluateRest(s, snapshot, now) || changed
	changed = e.unseen(s, snapshot, now) || changed
	if live(snapshot) {
		changed = e.tell(s, now) || changed
	}
	if !maps.Equal(s.Unjudged, e.problem) {
		s.Unjudged, changed = maps.Clone(e.problem), true
	}
	return changed
}

// live reports whether a snapshot shows what is happening now, and not a past that is being looked at or read.
func live(s *tracker.Snapshot) bool {
	if s.LogTime || s.Past {
		return false
	}
	for i := range s.Sources {
		source := &s.Sources[i]
		if source.State == tracker.SourceReading && source.BytesTotal > 0 && source.BytesRead < source.BytesTotal-source.BytesTotal/50 {
			return false
		}
	}
	return true
}

// Due returns when time alone may change something, as of the last Evaluate: with an unchanged snapshot nothing happens before it.
func (e *Engine) Due() time.Time { return e.due }

// wake makes Evaluate look again at a moment.
func (e *Engine) wake(at time.Time) {
	if at.Before(e.due) {
		e.due = at
	}
}

// indexIncidents notes which targets are part of an ongoing incident.
func (e *Engine) indexIncidents(s *tracker.Snapshot) {
	clear(e.members)
	for i := range s.Incidents {
		if incident := &s.Incidents[i]; incident.Ongoing() {
			calm := incident.State == tracker.IncidentRecovering
			for j := range incident.Targets {
				if name := incident.Targets[j].Name; e.members[name].incident == 0 || e.members[name].calm && !calm {
					e.members[name] = member{incident.ID, calm}
				}
			}
		}
	}
}

// evaluateIncidents judges every incident by the rules that speak of incidents.
func (e *Engine) evaluateIncidents(s *State, snapshot *tracker.Snapshot, now time.Time) (changed bool) {
	if len(e.bySubject[ofIncident]) == 0 {
		return false
	}
	for i := range snapshot.Incidents {
		incident := &snapshot.Incidents[i]
		e.scope.Incident.set(incident, now)
		holds := incident.State != tracker.IncidentOver && incident.State != tracker.IncidentRecovering
		for _, rule := range e.bySubject[ofIncident] {
			if rule.coversIncident(incident) {
				changed = e.judge(s, rule, Labels{Incident: incident.ID, Target: incident.Lead().Name}, holds, incident, now) || changed
			}
		}
	}
	return changed
}

// evaluateTargets judges every target, and its breakers.
func (e *Engine) evaluateTargets(s *State, snapshot *tracker.Snapshot, now time.Time) (changed bool) {
	ofTargets, ofBreakers := e.bySubject[ofTarget], e.bySubject[ofBreaker]
	e.burnUnknown = false
	for _, target := range snapshot.Targets {
		if len(ofTargets) > 0 {
			e.scope.Target.set(target, now)
			e.askHistory(target, now)
			known := target.State != tracker.StateStale && target.State != tracker.StateUnknown
			for _, rule := range ofTargets {
				if rule.covers(target.Name) {
					changed = e.judgeKnown(s, rule, Labels{Target: target.Name}, known, now) || changed
				}
			}
		}
		for i := range target.Breakers {
			e.scope.Breaker.set(target.Name, &target.Breakers[i])
			for _, rule := range ofBreakers {
				if rule.covers(target.Name) {
					changed = e.judge(s, rule, Labels{Target: target.Name, Breaker: target.Breakers[i].Role.String()}, true, nil, now) || changed
				}
			}
		}
	}
	e.sayUnknown()
	return changed
}

// evaluateRest judges the groups of errors and the sources.
func (e *Engine) evaluateRest(s *State, snapshot *tracker.Snapshot, now time.Time) (changed bool) {
	if rules := e.bySubject[ofGroup]; len(rules) > 0 {
		for _, group := range snapshot.Groups {
			e.scope.Group.set(group)
			for _, rule := range rules {
				if rule.covers(group.Target) {
					changed = e.judge(s, rule, Labels{Target: group.Target, Group: group.ID}, true, nil, now) || changed
				}
			}
		}
	}
	if rules := e.bySubject[ofSource]; len(rules) > 0 {
		for i := range snapshot.Sources {
			e.scope.Source.set(&snapshot.Sources[i])
			for _, rule := range rules {
				changed = e.judge(s, rule, Labels{Source: snapshot.Sources[i].Name}, true, nil, now) || changed
			}
		}
	}
	return changed
}

// coversIncident reports whether a rule is for any of an incident's targets.
func (c *compiled) coversIncident(i *tracker.Incident) bool {
	if len(c.Targets) == 0 {
		return true
	}
	return slices.ContainsFunc(i.Targets, func(t tracker.IncidentTarget) bool { return c.covers(t.Name) })
}

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
	}
	if incident != nil {
		a.Failed = incident.Failed
		if unsteady := incident.State == tracker.IncidentFlapping; unsteady != a.Unsteady {
			a.Unsteady, changed = unsteady, true
		}
	}
	return e.move(s, a, rule, holds, now) || changed
}

// describe says what the alert is of, in words too.
func (e *Engine) describe(a *Alert, rule *compiled, labels Labels, incident *tracker.Incident) {
	if a.Phase == Pending || a.Phase == Resolved {
		a.Labels = labels // the worst of an incident's targets may change, but not once receivers know the alert by it
	}
	a.Text = e.text(rule)
	if incident != nil && e.options.Advice != nil {
		var url string
		if a.Advice, url = e.options.Advice(incident); url != "" {
			a.URL = url
		}
	}
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

// Problems returns why rules could not be evaluated, by their names.
func (e *Engine) Problems() map[string]string { return e.problem }

// text returns what an alert of the scope says.
func (e *Engine) text(rule *compiled) string {
	if len(rule.message) == 0 {
		return e.scope.describe(rule.subject)
	}
	var b strings.Builder
	for _, part := range rule.message {
		if part.program == nil {
			b.WriteString(part.text)
			continue
		}
		value, err := e.vm.Run(part.program, e.scope)
		if err != nil {
			b.WriteString("?")
			continue
		}
		switch value := value.(type) {
		case float64:
			b.WriteString(strconv.FormatFloat(value, 'g', 3, 64))
		case time.Duration:
			b.WriteString(value.Round(roundTo(value)).String())
		default:
			fmt.Fprint(&b, value)
		}
	}
	return b.String()
}

// roundTo is the precision that a duration is said with.
func roundTo(d time.Duration) time.Duration {
	switch {
	case d >= time.Hour:
		return time.Minute
	case d >= time.Second:
		return 10 * time.Millisecond
	default:
		return 10 * time.Microsecond
	}
}

// describe says in words what the scope's subject is.
func (s *scope) describe(of subject) string {
	switch of {
	case ofIncident:
		i := s.Incident
		what := "fails"
		switch {
		case i.Silence && !i.Failures:
			return i.Target + ": far less traffic than usual"
		case i.Latency && !i.Failures:
			what = "is slow"
		}
		text := i.Target + " " + what
		if i.Targets > 1 {
			text = fmt.Sprintf("%s and %d more: %s", i.Target, i.Targets-1, what)
		}
		if i.Message != "" {
			text += ": " + i.Message
		}
		return text
	case ofTarget:
		return fmt.Sprintf("%s: %.3g %% of %d requests failed in five minutes", s.Target.Name, 100*s.Target.Share, s.Target.Requests)
	case ofGroup:
		return fmt.Sprintf("%s error on %s: %s", s.Group.Badge, s.Group.Target, s.Group.what())
	case ofBreaker:
		return fmt.Sprintf("%s: %s breaker is %s", s.Breaker.Target, s.Breaker.Role, s.Breaker.State)
	case ofSource:
		return strings.TrimSuffix(fmt.Sprintf("source %s is %s: %s", s.Source.Name, s.Source.State, s.Source.Problem), ": ")
	case ofNothing:
	}
	return ""
}

// what says in words which error a group is of.
func (g *groupScope) what() string {
	if g.Message != "" {
		return g.Message
	}
	outcome := g.Kind
	if g.Status > 0 {
		outcome = strconv.Itoa(g.Status)
	}
	return strings.TrimSpace(outcome + " " + strings.TrimSpace(g.Method+" "+g.Route))
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
