package tracker

import (
	"slices"
	"time"
)

// IncidentsAt returns incidents as they were known at a moment: those that had begun, open where they had not ended, the ones that went on
// first.
func IncidentsAt(incidents []Incident, at time.Time) []Incident {
	list, _ := (&Snapshot{Incidents: incidents}).lookBackAt(at)
	return list
}

// lookBackAt returns a snapshot's incidents and marks as far as they had come at a moment of its past: those that had begun, open
// where they had not ended. What they cost and how they went on is known only as of now, and how they went then is not.
func (s *Snapshot) lookBackAt(at time.Time) (incidents []Incident, marks []Mark) {
	for i := range s.Incidents {
		in := s.Incidents[i]
		if in.Onset.At.After(at) {
			continue
		}
		if in.End.IsZero() || in.End.After(at) {
			in.State, in.End, in.Trend, in.TrendNote = IncidentOpen, time.Time{}, TrendUnknown, ""
		}
		in.Targets = slices.DeleteFunc(slices.Clone(in.Targets), func(tg IncidentTarget) bool { return tg.Onset.At.After(at) })
		for j := range in.Targets {
			if tg := &in.Targets[j]; tg.End.After(at) || tg.End.IsZero() {
				tg.State, tg.End = IncidentOpen, time.Time{}
			}
		}
		in.Timeline = slices.DeleteFunc(slices.Clone(in.Timeline), func(e IncidentEvent) bool { return e.At.After(at) })
		incidents = append(incidents, in)
	}
	slices.SortStableFunc(incidents, func(a, b Incident) int {
		switch {
		case a.Ongoing() == b.Ongoing():
			return 0
		case a.Ongoing():
			return -1
		default:
			return 1
		}
	})
	for _, m := range s.Marks {
		if !m.At.After(at) {
			marks = append(marks, m)
		}
	}
	return incidents, marks
}
