package tui

import (
	"strings"

	"errtop/internal/human"
	"errtop/tracker"
)

// Footnotes stand below a list and say what it does not show, or what it adds up to. They return "" where there is nothing
// to say.

// ringNote is what the reference API's own tracker would say of the errors that are kept.
func ringNote(snap *tracker.Snapshot) string {
	ring := &snap.Ring
	if ring.Total == 0 {
		return ""
	}
	text := "kept: " + human.Count(uint64(ring.Total)) + ", of the last hour " + human.Count(uint64(ring.LastHour)) //nolint:gosec // counts
	by := make([]string, 0, len(ring.ByStatus))
	for _, c := range ring.ByStatus {
		by = append(by, c.Label()+" "+human.Count(c.Count))
	}
	if len(by) > 0 {
		text += ": " + strings.Join(by, ", ")
	}
	return text + "; the groups count older ones too"
}

// groupsNote says how many errors have no group of their own, and how many have lost evidence.
func groupsNote(snap *tracker.Snapshot) string {
	var notes []string
	if snap.GroupsDropped > 0 {
		notes = append(notes, human.Count(snap.GroupsDropped)+" errors beyond [tracker] max_groups stand under (other)")
	}
	if snap.Evidence.Cut > 0 {
		notes = append(notes, human.Count(snap.Evidence.Cut)+" errors have lost evidence beyond [tracker] evidence_mb")
	}
	return strings.Join(notes, "; ")
}

// targetsNote says how many results have no target of their own.
func targetsNote(snap *tracker.Snapshot) string {
	if snap.TargetsDropped == 0 {
		return fleetNote(snap)
	}
	return human.Count(snap.TargetsDropped) + " results of targets beyond [tracker] max_targets stand under (other)"
}
