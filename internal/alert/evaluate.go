package alert

import (
	"maps"
	"slices"
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
	Place     string  // of this machine in a fleet: where everything is that has no place of its own
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
	places    placed

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
	e.places.index(snapshot)
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
		e.scope.Incident.Places = e.places.of(incident)
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
			e.scope.Target.Places = e.places.targets[target.Name]
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

// Problems returns why rules could not be evaluated, by their names.
func (e *Engine) Problems() map[string]string { return e.problem }
