package tui

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"errtop/tracker"
)

// next returns what has changed since the last call, the oldest first.
func (s *story) next(now *tracker.Snapshot) []change {
	list := s.newGroups(nil, now) // what happens in one moment begins with its cause
	list = s.transitions(list, now)
	list = s.turns(list, now)
	slices.SortStableFunc(list, func(a, b change) int { return a.at.Compare(b.at) })
	list = sourceChanges(list, s.shown, now) // of now, not of the log's time
	s.shown = now
	return list
}

// turns adds the changes of states. What a state meant then is its reason; what to do about it is said of the last.
func (s *story) turns(list []change, now *tracker.Snapshot) []change {
	for i := range now.Targets {
		t := &now.Targets[i]
		if t.State == tracker.StateUnknown || s.states[t.Name].Equal(t.Since) {
			continue
		}
		turns := s.engine.StateChanges(t.Name, s.states[t.Name])
		for i, turn := range turns {
			c := change{at: turn.At, target: t.Name, what: turn.To.String()}
			if turn.From != tracker.StateUnknown {
				c.what += ", was " + turn.From.String()
			}
			if turn.Reason != "" {
				c.what += ": " + turn.Reason
			}
			if i == len(turns)-1 && turn.To == t.State {
				c.what += cause(t)
			}
			list = append(list, c)
		}
		s.states[t.Name] = t.Since
	}
	return list
}

// newGroups adds the groups of errors that are new, or back after silence.
func (s *story) newGroups(list []change, now *tracker.Snapshot) []change {
	var fresh []change
	current := make(map[uint64]time.Time, len(now.Groups)) // what the tracker has forgotten may be told anew
	for i := range now.Groups {
		g := &now.Groups[i]
		told, known := s.groups[g.ID]
		current[g.ID] = told
		if !known {
			fresh = append(fresh, change{at: g.First, target: g.Target, what: "new error: " + groupTitle(g)})
		}
		if known && g.Badge != tracker.BadgeRegressed {
			continue
		}
		if back := s.engine.RegressedAt(g.ID); back.After(told) {
			fresh = append(fresh, change{at: back, target: g.Target, what: "back after silence: " + groupTitle(g)})
			current[g.ID] = back
		}
	}
	s.groups = current
	slices.SortStableFunc(fresh, func(a, b change) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.target, b.target)) })
	for _, c := range fresh {
		of := burst{c.target, c.at.Truncate(burstSpan)}
		s.bursts[of]++
		switch n := s.bursts[of]; {
		case n <= burstLimit:
			list = append(list, c)
		case n&(n-1) == 0: // 16, 32, 64 …
			c.what = fmt.Sprintf("many new errors: %d within %d minutes, of which the first %d are told", n, int(burstSpan.Minutes()), burstLimit)
			list = append(list, c)
		}
	}
	for of := range s.bursts {
		if now.At.Sub(of.span) > time.Hour { // nothing of then is new any more
			delete(s.bursts, of)
		}
	}
	return list
}

// transitions adds what breakers did: that they left or reached CLOSED. A trial that failed is the same outage.
func (s *story) transitions(list []change, now *tracker.Snapshot) []change {
	told := map[breakerID]time.Time{}
	tell := func(id breakerID, tr tracker.Transition) {
		if !tr.At.After(s.breakers[id]) {
			return
		}
		if tr.At.After(told[id]) {
			told[id] = tr.At
		}
		if tr.From != tracker.BreakerClosed && tr.To != tracker.BreakerClosed {
			return
		}
		c := change{at: tr.At, target: id.target, what: id.role.String() + " breaker " + tr.From.String() + " to " + tr.To.String() + ": " + tr.Why}
		if !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	// The list of all keeps more of one breaker's story than the breaker does, but forgets it over others'.
	for i := range now.Breakers {
		b := &now.Breakers[i]
		tell(breakerID{b.Target, b.Role}, b.Transition)
	}
	for i := range now.Targets {
		for j := range now.Targets[i].Breakers {
			b := &now.Targets[i].Breakers[j]
			for _, tr := range b.Transitions {
				tell(breakerID{now.Targets[i].Name, b.Role}, tr)
			}
		}
	}
	maps.Copy(s.breakers, told)
	return list
}
