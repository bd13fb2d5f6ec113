package event

import (
	"cmp"
	"slices"

	"errtop/tracker"
)

// GroupsOf returns the groups that belong to an incident: of its targets, with an error since its onset. The cause's comes first,
// then the largest.
func GroupsOf(snap *tracker.Snapshot, in *tracker.Incident) []*tracker.Group {
	var list []*tracker.Group
	for n := range snap.Groups {
		if g := snap.Groups[n]; Belongs(g, in) {
			list = append(list, g)
		}
	}
	slices.SortStableFunc(list, func(a, b *tracker.Group) int {
		if first := a.ID == in.Cause.Group; first != (b.ID == in.Cause.Group) {
			if first {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.Count, a.Count)
	})
	return list
}

// Belongs reports whether a group belongs to an incident.
func Belongs(g *tracker.Group, in *tracker.Incident) bool {
	if g.ID == in.Cause.Group {
		return true
	}
	if g.Last.Before(in.Onset.At) || !in.End.IsZero() && g.First.After(in.End) {
		return false
	}
	return slices.ContainsFunc(in.Targets, func(t tracker.IncidentTarget) bool { return t.Name == g.Target })
}

// IncidentTitleIn is [IncidentTitle] in the words of the newest error of the cause's group, where the snapshot has one; see [Worded].
func IncidentTitleIn(snap *tracker.Snapshot, in *tracker.Incident) string {
	return IncidentTitle(Worded(snap, in))
}
