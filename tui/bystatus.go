package tui

import (
	"slices"

	"errtop/internal/human"
	"errtop/tracker"
)

// byStatus draws the failures of the last hour by status or kind: requests that were sent, most frequent first, then those that
// never were.
type byStatus struct{ counts []tracker.OutcomeCount }

// SetSnapshot takes new figures.
func (b *byStatus) SetSnapshot(snap *tracker.Snapshot) {
	b.counts = append(b.counts[:0], snap.Overall.Hour.ByOutcome...)
	slices.SortStableFunc(b.counts, func(a, b tracker.OutcomeCount) int { return unsent(a) - unsent(b) })
}

// unsent is 1 for an outcome that never reached the network, otherwise 0.
func unsent(c tracker.OutcomeCount) int {
	if c.Kind.Sent() {
		return 0
	}
	return 1
}

// View draws one bar per row, and only the count of requests that were never sent. The last row sums up what does not fit.
func (b *byStatus) View(a area) {
	section(a, "BY STATUS", "last hour")
	outcomeBars(a.below(), b.counts)
}

// below returns the area below its first row, the heading.
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
	shown, hidden := fitOutcomes(counts, a.h)
	labels, highest := 0, uint64(0)
	for _, c := range counts {
		labels = max(labels, len(c.Label()))
		if unsent(c) == 0 { // a breaker holds back far more than fails, and says nothing of how often what does
			highest = max(highest, c.Count)
		}
	}
	figures := len(human.Count(highest)) + 1
	row := 0
	for i, c := range counts {
		if i == shown && hidden > 0 {
			var rest uint64
			for _, c := range counts[i : i+hidden] {
				rest += c.Count
			}
			p := a.row(row)
			p.space(2)
			p.text(a.styles.Muted, human.Plural(hidden, "other")+": "+human.Count(rest))
			row++
		}
		if i >= shown && i < shown+hidden {
			continue
		}
		p := a.row(row)
		row++
		p.space(2)
		st := a.styles.Outcome(c.Outcome)
		p.cell(st, c.Label(), labels+1)
		if unsent(c) == 1 {
			p.bytes(a.styles.Text, human.AppendCount(p.scratch[:0], c.Count))
			p.text(a.styles.Muted, " never sent")
			continue
		}
		p.bar(st, c.Count, highest, a.w-labels-4-figures)
		p.space(1)
		p.bytes(a.styles.Text, human.AppendCount(p.scratch[:0], c.Count))
	}
}

// fitOutcomes returns how many outcomes get a row of their own, and how many of the rarest share the summary row after them.
// Outcomes that were never sent come last and keep their rows, unless they would take more than half.
func fitOutcomes(counts []tracker.OutcomeCount, rows int) (shown, hidden int) {
	if len(counts) <= rows {
		return len(counts), 0
	}
	tail := 0
	for tail < len(counts) && unsent(counts[len(counts)-1-tail]) == 1 {
		tail++
	}
	if tail > rows/2 {
		tail = 0
	}
	shown = max(rows-1-tail, 0)
	return shown, len(counts) - tail - shown
}
