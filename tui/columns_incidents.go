package tui

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/filter"
	"errtop/internal/human"
	"errtop/tracker"
)

// newIncidentsTable lists incidents: the open ones first, the most harmful on top, then those that are over.
func newIncidentsTable() *table[tracker.Incident, uint64] {
	return &table[tracker.Incident, uint64]{
		empty: "no incidents: nothing got significantly worse than it usually is",
		key:   func(i *tracker.Incident) uint64 { return i.ID },
		facts: func(i *tracker.Incident) filter.Facts {
			return filter.Facts{
				Target: i.Lead().Name, Method: i.Cause.Method, Route: i.Cause.Route, Error: i.Cause.Error, Message: i.Cause.Message,
				Outcome: i.Cause.Outcome, State: i.State.String(), At: i.Onset.At, Texts: [3]string{i.Cause.Class.String(), event.IncidentTitle(i), i.Common},
			}
		},
		columns: []column[tracker.Incident]{
			{
				title: "SINCE", min: len("15:04"), keep: 95, at: func(i *tracker.Incident) time.Time { return i.Onset.At },
				order: func(a, b *tracker.Incident) int { return b.Onset.At.Compare(a.Onset.At) },
				draw: func(p *pen, i *tracker.Incident, w int) {
					p.cell(p.styles.Text, human.HourMinute(i.Onset.At, p.now, p.loc), w)
				},
			},
			{
				title: "STATE", min: 10, keep: 90,
				order: func(a, b *tracker.Incident) int { return cmp.Compare(a.State, b.State) },
				draw: func(p *pen, i *tracker.Incident, w int) {
					if !i.Ongoing() {
						p.cell(p.styles.Muted, i.State.String(), w)
						return
					}
					state := incidentState(i, nil)
					p.cell(p.styles.State(state), i.State.String(), w)
				},
			},
			{
				title: "TARGET", min: 12, max: 26, least: 10, keep: keepAlways, fit: func(i *tracker.Incident) int { return width(leadName(i)) },
				order: func(a, b *tracker.Incident) int { return strings.Compare(a.Lead().Name, b.Lead().Name) },
				draw: func(p *pen, i *tracker.Incident, w int) {
					look := p.styles.Muted
					if i.Ongoing() {
						look = p.styles.Strong
					}
					p.cell(look, leadName(i), w)
				},
			},
			{
				title: "LASTED", min: 6, right: true, keep: 85,
				order: func(a, b *tracker.Incident) int {
					return cmp.Compare(b.End.Sub(b.Onset.At), a.End.Sub(a.Onset.At))
				},
				draw: func(p *pen, i *tracker.Incident, w int) {
					p.cellRight(p.styles.Text, human.AppendSpan(p.scratch[:0], event.Duration(i, p.now)), w)
				},
			},
			{
				title: "FAILED", min: 6, right: true, keep: 75,
				order: func(a, b *tracker.Incident) int { return cmp.Compare(b.Failed, a.Failed) },
				draw: func(p *pen, i *tracker.Incident, w int) {
					p.cellRight(p.styles.Text, human.AppendCount(p.scratch[:0], i.Failed), w)
				},
			},
			{
				title: "OF", min: 6, right: true, keep: 40,
				draw: func(p *pen, i *tracker.Incident, w int) {
					p.cellRight(p.styles.Muted, human.AppendCount(p.scratch[:0], i.Requests), w)
				},
			},
			{
				title: "TREND", min: 14, keep: 60,
				draw: func(p *pen, i *tracker.Incident, w int) { p.cell(p.styles.Text, event.TrendWords(i, p.now), w) },
			},
			{
				title: "BUDGET", min: 6, right: true, keep: 35, has: func(i *tracker.Incident) bool { return i.BudgetSpent > 0 },
				draw: func(p *pen, i *tracker.Incident, w int) {
					p.cellRight(p.styles.Text, append(human.AppendPercent(p.scratch[:0], i.BudgetSpent), '%'), w)
				},
			},
			{
				title: "WHAT", min: 20, least: 12, keep: 99, grow: true,
				draw: func(p *pen, i *tracker.Incident, w int) { p.cell(p.styles.Text, event.IncidentTitle(i), w) },
			},
			{
				title: "AFTER", min: 16, keep: 20, has: func(i *tracker.Incident) bool { return i.Mark != nil },
				draw: func(p *pen, i *tracker.Incident, w int) { p.cell(p.styles.Muted, event.MarkBefore(i), w) },
			},
		},
	}
}

// leadName is the worst target, and how many more there are.
func leadName(i *tracker.Incident) string {
	name := i.Lead().Name
	if n := len(i.Targets); n > 1 {
		name += " +" + strconv.Itoa(n-1)
	}
	return name
}
