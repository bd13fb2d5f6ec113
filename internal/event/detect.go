package event

import (
	"slices"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// Detector finds what changed since it was last asked. It is not safe for use by several goroutines.
type Detector struct {
	advisor *Advisor

	shown     *tracker.Snapshot
	states    map[string]toldState
	breakers  map[breakerID]time.Time
	groups    map[uint64]time.Time // when each was new or came back, as told
	bursts    map[burst]int        // new groups told
	incidents map[uint64]toldIncident
	marked    time.Time
	lost      map[tracker.Gap]bool // told
}

// toldState is the state of a target that was told last.
type toldState struct {
	state tracker.TargetState
	since time.Time
}

// NewDetector returns a detector that has told nothing yet: what the first snapshot holds is all news. Advice comes from the
// advisor, which may be nil.
func NewDetector(advisor *Advisor) *Detector {
	return &Detector{
		advisor: advisor, shown: &tracker.Snapshot{}, states: map[string]toldState{},
		breakers: map[breakerID]time.Time{}, groups: map[uint64]time.Time{}, bursts: map[burst]int{}, incidents: map[uint64]toldIncident{},
	}
}

// Next returns what changed since the last call, oldest first; changes of sources, which are of now and not of a log's time,
// come last.
func (d *Detector) Next(now *tracker.Snapshot) []Event {
	list := d.newGroups(nil, now) // of what happens in one moment, the cause comes first
	list = d.transitions(list, now)
	list = d.turns(list, now)
	list = d.changesOfIncidents(list, now)
	list = d.newMarks(list, now)
	list = d.newGaps(list, now)
	slices.SortStableFunc(list, func(a, b Event) int { return a.At.Compare(b.At) })
	list = sourceChanges(list, d.shown, now)
	d.shown = now
	return list
}

// turns adds the changes of states. What a state meant is its reason; what to do is said of the last one only.
func (d *Detector) turns(list []Event, now *tracker.Snapshot) []Event {
	for i := range now.Targets {
		t := now.Targets[i]
		told := d.states[t.Name]
		if t.State == tracker.StateUnknown || told.state == t.State && told.since.Equal(t.Since) {
			continue
		}
		changes := stateChanges(t, told)
		for i, change := range changes {
			e := Event{Kind: State, At: change.At, Target: t.Name, From: change.From, To: change.To, Text: change.To.String()}
			if change.From != tracker.StateUnknown {
				e.Text += ", was " + change.From.String()
			}
			if change.Reason != "" {
				e.Text += ": " + change.Reason
			}
			if i == len(changes)-1 && change.To == t.State {
				e.Text += d.cause(t)
			}
			list = append(list, e)
		}
		d.states[t.Name] = toldState{t.State, t.Since}
	}
	return list
}

// stateChanges returns how a target's state changed since it was told; where that is not remembered, what it came to.
func stateChanges(t *tracker.Target, told toldState) []tracker.StateChange {
	changes := t.StateChanges
	for len(changes) > 0 && !changes[0].At.After(told.since) {
		changes = changes[1:]
	}
	if len(changes) > 0 {
		return changes
	}
	if told.state == t.State {
		return nil
	}
	return []tracker.StateChange{{At: t.Since, From: told.state, To: t.State, Reason: t.Reason}}
}

// cause says what makes a target fail and what to do about it, "" where it does not fail.
func (d *Detector) cause(t *tracker.Target) string {
	if t.State <= tracker.StateStale || t.Cause == nil {
		return ""
	}
	return "; " + GroupTitle(t.Cause) + "; " + d.advisor.ForGroup(t.Cause).Action
}

// sourceChanges adds the sources that are in another state than before.
func sourceChanges(list []Event, before, now *tracker.Snapshot) []Event {
	if len(now.Sources) == 0 {
		return list
	}
	states := make(map[string]tracker.SourceState, len(before.Sources))
	for i := range before.Sources {
		states[before.Sources[i].Name] = before.Sources[i].State
	}
	for i := range now.Sources {
		s := &now.Sources[i]
		if was, known := states[s.Name]; known && was == s.State {
			continue
		}
		text := "source is " + s.State.String()
		if s.Problem != "" {
			text += ": " + s.Problem
		}
		if s.Timeless() {
			text += "; no times in this log, so its requests count as of when they were read"
		}
		list = append(list, Event{Kind: Source, At: now.At, Target: s.Name, Text: text})
	}
	return list
}

// probesSource is the source of the prober's own marks.
const probesSource = "probes"

// newGaps adds the times that nobody lived through.
func (d *Detector) newGaps(list []Event, now *tracker.Snapshot) []Event {
	if len(now.Gaps) == 0 {
		return list
	}
	told := d.lost
	d.lost = make(map[tracker.Gap]bool, len(now.Gaps))
	for _, g := range now.Gaps {
		if d.lost[g] = true; told[g] {
			continue
		}
		text := g.Why
		if span := g.To.Sub(g.From); span > 0 {
			text = "not watched for " + human.Span(span) + ": " + g.Why
		}
		list = append(list, Event{Kind: TimeLost, At: g.To, Text: text})
	}
	return list
}

// newMarks adds the marks that came since.
func (d *Detector) newMarks(list []Event, now *tracker.Snapshot) []Event {
	for i := range now.Marks {
		if m := &now.Marks[i]; m.At.After(d.marked) && m.Source != probesSource { // those are notices already
			list = append(list, Event{Kind: Marked, At: m.At, Target: m.Target, Text: m.Text})
		}
	}
	if n := len(now.Marks); n > 0 && now.Marks[n-1].At.After(d.marked) {
		d.marked = now.Marks[n-1].At
	}
	return list
}
