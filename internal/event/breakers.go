package event

import (
	"maps"
	"slices"
	"time"

	"errtop/tracker"
)

type breakerID struct {
	target string
	role   tracker.BreakerRole
}

// transitions adds that breakers left or reached CLOSED. A trial that failed is the same outage.
func (d *Detector) transitions(list []Event, now *tracker.Snapshot) []Event {
	told := map[breakerID]time.Time{}
	tell := func(id breakerID, tr tracker.Transition) {
		if !tr.At.After(d.breakers[id]) {
			return
		}
		if tr.At.After(told[id]) {
			told[id] = tr.At
		}
		if tr.From != tracker.BreakerClosed && tr.To != tracker.BreakerClosed {
			return
		}
		e := Event{Kind: Breaker, At: tr.At, Target: id.target, Text: TransitionText(id.role, tr)}
		if !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	// The list of all keeps more of a breaker's story than the breaker does, but forgets it over others'.
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
	maps.Copy(d.breakers, told)
	return list
}

// TransitionText says what a breaker did: "gate breaker CLOSED to OPEN: 5 failures in a row". An observed one stops nothing:
// "observed breaker would be OPEN, was CLOSED: 5 failures in a row".
func TransitionText(role tracker.BreakerRole, tr tracker.Transition) string {
	if role == tracker.RoleObserved {
		return role.String() + " breaker would be " + tr.To.String() + ", was " + tr.From.String() + ": " + tr.Why
	}
	return role.String() + " breaker " + tr.From.String() + " to " + tr.To.String() + ": " + tr.Why
}
