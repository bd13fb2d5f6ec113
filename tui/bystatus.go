package tui

import (
	"slices"

	"errtop/tracker"
)

// byStatus draws the failures of the last hour by status or kind: those that were answered, the most frequent first, then
// those that were never sent.
type byStatus struct{ counts []tracker.OutcomeCount }

// SetSnapshot takes new figures.
func (b *byStatus) SetSnapshot(snap *tracker.Snapshot) {
	b.counts = append(b.counts[:0], snap.Overall.Hour.ByOutcome...)
	slices.SortStableFunc(b.counts, func(a, b tracker.OutcomeCount) int { return unsent(a) - unsent(b) })
}

// unsent is 1 for what never reached the network.
func unsent(c tracker.OutcomeCount) int {
	if c.Kind.Sent() {
		return 0
	}
	return 1
}

// View draws one bar a row; what does not fit is summed up in the last.
func (b *byStatus) View(a area) {
	section(a, "BY STATUS", "last hour")
	outcomeBars(a.below(), b.counts)
}

// below is the area below a heading.
func (a area) below() area {
	_, rest := a.top(1)
	return rest
}

func outcomeBars(a area, counts []tracker.OutcomeCount) {
	if len(counts) == 0 {
		p := a.row(0)
		p.space(2)
		p.text(a.styles.Muted, "no failures")
		return
	}
	labels, highest := 0, uint64(0)
	for _, c := range counts[:min(len(counts), a.h)] {
		labels = max(labels, len(c.Label()))
		highest = max(highest, c.Count)
	}
	figures := len(count(highest)) + 1
	for i, c := range counts {
		p := a.row(i)
		p.space(2)
		if i == a.h-1 && len(counts) > a.h {
			var rest uint64
			for _, c := range counts[i:] {
				rest += c.Count
			}
			p.text(a.styles.Muted, plural(len(counts)-i, "other")+": "+count(rest))
			return
		}
		st := a.styles.Outcome(c.Outcome)
		p.cell(st, c.Label(), labels+1)
		p.bar(st, c.Count, highest, a.w-labels-4-figures)
		p.space(1)
		p.bytes(a.styles.Text, appendCount(p.scratch[:0], c.Count))
	}
}
