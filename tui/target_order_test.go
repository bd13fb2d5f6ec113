package tui

import (
	"slices"
	"testing"
	"time"

	"errtop/tracker"
)

func TestATargetNearAThresholdKeepsItsPlaceForAWhile(t *testing.T) {
	a, b := &tracker.Target{Name: "a", State: tracker.StateDegraded}, &tracker.Target{Name: "b", State: tracker.StateDegraded}
	snap := &tracker.Snapshot{At: noon, Targets: []*tracker.Target{a, b}}
	of := incidentsByTarget{"b": {Harm: 0.5}}
	var o targetOrder
	first := func(after time.Duration) string {
		snap.At = noon.Add(after)
		o.take(snap, of)
		targets := slices.Clone(snap.Targets)
		slices.SortStableFunc(targets, o.compare)
		return targets[0].Name
	}
	if got := first(0); got != "b" {
		t.Errorf("%s stands first, not the one with an incident", got)
	}
	delete(of, "b")
	if got := first(time.Minute); got != "b" {
		t.Errorf("%s stands first a minute after the incident let b go", got)
	}
	if got := first(6 * time.Minute); got != "a" {
		t.Errorf("%s stands first six minutes after", got)
	}
	of["b"] = &tracker.Incident{Harm: 0.5}
	first(7 * time.Minute)
	delete(of, "b")
	b.State = tracker.StateOK
	if got := first(8 * time.Minute); got != "a" {
		t.Errorf("%s stands first although it is well", got)
	}
}
