package tui

import (
	"time"

	"errtop/tracker"
)

// change is something that became different between two snapshots, in words.
type change struct {
	at      time.Time
	target  string // or the source's name
	what    string
	failing bool // a target has begun to fail
}

func sourceChanges(list []change, before, now *tracker.Snapshot) []change {
	sources := make(map[string]tracker.SourceState, len(before.Sources))
	for i := range before.Sources {
		sources[before.Sources[i].Name] = before.Sources[i].State
	}
	for i := range now.Sources {
		s := &now.Sources[i]
		if was, known := sources[s.Name]; !known || was != s.State {
			what := "source is " + s.State.String()
			if s.Problem != "" {
				what += ": " + s.Problem
			}
			list = append(list, change{at: now.At, target: s.Name, what: what})
		}
	}
	return list
}

func stateChanges(list []change, before, now *tracker.Snapshot) []change {
	states := make(map[string]tracker.State, len(before.Targets))
	for i := range before.Targets {
		states[before.Targets[i].Name] = before.Targets[i].State
	}
	for i := range now.Targets {
		t := &now.Targets[i]
		was := states[t.Name]
		if was == t.State {
			continue
		}
		c := change{at: t.Since, target: t.Name, what: t.State.String(), failing: t.State == tracker.StateFailing}
		if was != tracker.StateUnknown {
			c.what += ", was " + was.String()
		}
		if t.Reason != "" {
			c.what += ": " + t.Reason
		}
		c.what += cause(t)
		list = append(list, c)
	}
	return list
}

// cause says what makes a target fail and what to do about it, "" where it does not fail.
func cause(t *tracker.Target) string {
	if t.State <= tracker.StateStale || t.Cause == nil {
		return ""
	}
	return "; " + groupTitle(t.Cause) + "; " + adviceFor(t.Cause.Outcome).Action
}

func breakerChanges(list []change, before, now *tracker.Snapshot) []change {
	type key struct {
		target string
		role   tracker.BreakerRole
	}
	newest := map[key]time.Time{}
	for i := range before.Breakers {
		b := &before.Breakers[i]
		if k := (key{b.Target, b.Role}); b.At.After(newest[k]) {
			newest[k] = b.At
		}
	}
	for i := range now.Breakers {
		b := &now.Breakers[i]
		if b.From != tracker.BreakerClosed && b.To != tracker.BreakerClosed {
			continue // a trial that failed is the same outage
		}
		if b.At.After(newest[key{b.Target, b.Role}]) {
			list = append(list, change{
				at: b.At, target: b.Target,
				what: b.Role.String() + " breaker " + b.From.String() + " to " + b.To.String() + ": " + b.Why,
			})
		}
	}
	return list
}
