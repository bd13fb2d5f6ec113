package tui

import (
	"time"

	"errtop/tracker"
)

// markKind says what a mark on a chart is. Of several in one column the lowest kind shows.
type markKind uint8

const (
	markOnset     markKind = iota // an incident began
	markAround                    // it may have begun here as well
	markFired                     // an alert fired
	markDone                      // something was done: a deploy or the like
	markOpened                    // a breaker opened
	markWould                     // an observed breaker would have
	markLost                      // nobody lived through it
	markKindCount = iota
)

// chartMark is something that happened in a step of a chart.
type chartMark struct {
	step int
	kind markKind
}

// markSteps finds the steps of a chart that ends at a moment.
type markSteps struct {
	end   time.Time
	step  time.Duration
	n     int
	marks []chartMark
}

func (m *markSteps) add(at time.Time, kind markKind) {
	age := int(m.end.Truncate(m.step).Sub(at.Truncate(m.step)) / m.step)
	if !at.IsZero() && age >= 0 && age < m.n {
		m.marks = append(m.marks, chartMark{m.n - 1 - age, kind})
	}
}

// marksOf returns what happened to a target, or with "" to any, in the newest n steps before the snapshot's moment.
func marksOf(marks []chartMark, snap *tracker.Snapshot, target string, step time.Duration, n int) []chartMark {
	m := markSteps{end: snap.At, step: step, n: n, marks: marks}
	for i := range snap.Incidents {
		in := &snap.Incidents[i]
		if in.Onset.Before || in.Scan && target == "" {
			continue
		}
		onset := in.Onset
		if target != "" {
			onset = tracker.Onset{}
			for t := range in.Targets {
				if in.Targets[t].Name == target {
					onset = in.Targets[t].Onset
				}
			}
		}
		m.add(onset.At, markOnset)
		if onset.Uncertain() {
			for at := onset.Earliest; !at.After(onset.Latest); at = at.Add(step) {
				m.add(at, markAround)
			}
		}
	}
	for i := range snap.Marks {
		if mark := &snap.Marks[i]; target == "" || mark.Target == "" || mark.Target == target {
			m.add(mark.At, markDone)
		}
	}
	for i, lost := range lostSteps(snap, step, n) {
		if lost {
			m.marks = append(m.marks, chartMark{i, markLost})
		}
	}
	m.addBreakers(snap, target)
	return m.marks
}

// addBreakers adds when breakers of a target, or with "" of any, opened.
func (m *markSteps) addBreakers(snap *tracker.Snapshot, target string) {
	for i := range snap.Breakers {
		e := &snap.Breakers[i]
		switch {
		case e.To != tracker.BreakerOpen || e.From == tracker.BreakerHalfOpen: // a trial that failed is the same outage
		case target != "" && e.Target != target:
		case e.Role == tracker.RoleObserved:
			m.add(e.At, markWould)
		default:
			m.add(e.At, markOpened)
		}
	}
}

// markName is what a legend calls a kind of mark; "" where it needs none.
func markName(kind markKind) string {
	return [markKindCount]string{"incident", "", "alert", "deploy", "breaker opened", "would open", "not watched"}[kind]
}

// markStyle is the look of a kind of mark.
func (s *Styles) markStyle(kind markKind) Style {
	switch kind {
	case markOnset, markAround:
		return s.Strong
	case markFired:
		return s.Failing
	case markDone:
		return s.Accent
	case markLost:
		return s.Muted
	default:
		return s.Degraded
	}
}

// markLegend says which signs stand on a chart, as far as there is room.
func markLegend(p *pen, marks []chartMark) {
	var present [markKindCount]bool
	for _, m := range marks {
		present[m.kind] = true
	}
	for kind := range present {
		name := markName(markKind(kind))
		if !present[kind] || name == "" || p.left() < len(name)+4 {
			continue
		}
		p.space(1)
		p.text(p.styles.markStyle(markKind(kind)), p.glyphs.marks[kind])
		p.text(p.styles.Muted, " "+name)
	}
}
