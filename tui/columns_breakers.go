package tui

import (
	"cmp"
	"strings"

	"errtop/internal/filter"
	"errtop/internal/human"
	"errtop/tracker"
)

// newBreakersTable lists breakers.
func newBreakersTable() *table[heldBreaker, breakerKey] {
	return &table[heldBreaker, breakerKey]{
		empty: "no breakers yet: every target with probes or traffic gets one",
		key:   func(b *heldBreaker) breakerKey { return breakerKey{b.target.Name, b.Role} },
		facts: func(b *heldBreaker) filter.Facts {
			f := filter.Facts{Target: b.target.Name, State: b.State.String(), Origin: b.Role.String(), At: b.Since}
			if n := len(b.Transitions); n > 0 {
				f.Texts[0] = b.Transitions[n-1].Why
			}
			return f
		},
		columns: []column[heldBreaker]{
			{
				title: "TARGET", min: 12, max: 28, least: 11, keep: keepAlways, fit: func(b *heldBreaker) int { return width(b.target.Name) + 2 },
				order: func(a, b *heldBreaker) int { return strings.Compare(a.target.Name, b.target.Name) },
				draw: func(p *pen, b *heldBreaker, w int) {
					p.text(p.styles.Breaker(b.State), p.glyphs.breakers[min(b.State, tracker.BreakerHalfOpen)])
					p.space(1)
					p.cell(p.styles.Text, b.target.Name, w-2)
				},
			},
			{
				title: "ROLE", min: 8, keep: 90,
				order: func(a, b *heldBreaker) int { return cmp.Compare(a.Role, b.Role) },
				draw:  func(p *pen, b *heldBreaker, w int) { p.cell(p.styles.Muted, b.Role.String(), w) },
			},
			{
				title: "STATE", min: 18, least: 14, keep: keepAlways,
				order: func(a, b *heldBreaker) int { return cmp.Compare(b.State, a.State) },
				draw:  func(p *pen, b *heldBreaker, w int) { drawBreaker(p, b.Breaker, w) },
			},
			{
				title: "FOR", min: 6, right: true, keep: 80,
				order: func(a, b *heldBreaker) int { return b.Since.Compare(a.Since) },
				draw: func(p *pen, b *heldBreaker, w int) {
					if !b.Since.IsZero() {
						p.cellRight(p.styles.Text, human.AppendSpan(p.scratch[:0], p.now.Sub(b.Since)), w)
					}
				},
			},
			{
				title: "OPENED", min: 6, right: true, keep: 70,
				order: func(a, b *heldBreaker) int { return cmp.Compare(b.Opened, a.Opened) },
				draw: func(p *pen, b *heldBreaker, w int) {
					p.cellRight(p.styles.Text, human.AppendCount(p.scratch[:0], b.Opened), w)
				},
			},
			{
				title: "HELD", min: 6, right: true, keep: 50,
				order: func(a, b *heldBreaker) int { return cmp.Compare(b.Skipped, a.Skipped) },
				draw: func(p *pen, b *heldBreaker, w int) {
					p.cellRight(p.styles.Text, human.AppendCount(p.scratch[:0], b.Skipped), w)
				},
			},
			{
				title: "WHY", min: 16, keep: 75, grow: true,
				draw: func(p *pen, b *heldBreaker, w int) {
					if n := len(b.Transitions); n > 0 {
						p.cell(p.styles.Muted, b.Transitions[n-1].Why, w)
					}
				},
			},
		},
	}
}
