package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"errtop/internal/filter"
	"errtop/internal/human"
	"errtop/tracker"
)

// newestGroup orders by the second of the newest error, so that groups of ongoing errors do not swap places all the time.
func newestGroup(a, b *tracker.Group) int { return cmp.Compare(b.Last.Unix(), a.Last.Unix()) }

// newGroupsTable lists groups of errors with one fingerprint.
func newGroupsTable() *table[tracker.Group, uint64] {
	most := uint32(1) // of one minute of one group, in the list
	return &table[tracker.Group, uint64]{
		empty:   "no groups yet: similar errors are counted together here",
		key:     func(g *tracker.Group) uint64 { return g.ID },
		natural: newestGroup,
		survey: func(groups []*tracker.Group) {
			most = 1
			for _, g := range groups {
				most = max(most, slices.Max(g.Minutes[:]))
			}
		},
		tie: func(a, b *tracker.Group) int {
			return cmp.Or(
				cmp.Compare(b.Count, a.Count), strings.Compare(a.Target, b.Target), strings.Compare(a.Outcome.Label(), b.Outcome.Label()),
				strings.Compare(a.Error, b.Error), strings.Compare(a.Message, b.Message), cmp.Compare(a.ID, b.ID),
			)
		},
		facts: func(g *tracker.Group) filter.Facts {
			return filter.Facts{
				Target: g.Target, Method: g.Method, Route: g.Route, Badge: g.Badge.String(),
				Error: g.Error, Message: g.Message, Outcome: g.Outcome, At: g.Last, Agent: agentOf(g.Example), Place: placesOfGroup(g),
			}
		},
		columns: []column[tracker.Group]{
			{
				title: "LAST", min: human.TimeWidth, keep: 80, at: func(g *tracker.Group) time.Time { return g.Last },
				order: newestGroup,
				draw: func(p *pen, g *tracker.Group, w int) {
					p.bytes(p.styles.Muted, human.AppendStamp(p.scratch[:0], g.Last, p.now, p.loc, w))
				},
			},
			{
				title: "BADGE", min: 9, keep: 70,
				order: func(a, b *tracker.Group) int { return cmp.Compare(a.Badge, b.Badge) },
				draw: func(p *pen, g *tracker.Group, w int) {
					st := p.styles.Muted
					if g.Badge == tracker.BadgeNew || g.Badge == tracker.BadgeRegressed {
						st = p.styles.Degraded
					}
					p.cell(st, g.Badge.String(), w)
				},
			},
			{
				title: "COUNT", min: 6, right: true, keep: keepAlways,
				order: func(a, b *tracker.Group) int { return cmp.Compare(b.Count, a.Count) },
				draw: func(p *pen, g *tracker.Group, w int) {
					p.cellRight(p.styles.Strong, human.AppendCount(p.scratch[:0], g.Count), w)
				},
			},
			{
				title: "/MIN", min: 6, right: true, keep: 60,
				order: func(a, b *tracker.Group) int { return cmp.Compare(b.PerMinute, a.PerMinute) },
				draw: func(p *pen, g *tracker.Group, w int) {
					p.cellRight(p.styles.Text, human.AppendRate(p.scratch[:0], g.PerMinute), w)
				},
			},
			{
				title: "LAST 60 MIN", min: 15, keep: 40,
				name: func(f *frame) string { return "LAST " + strconv.Itoa(f.reach) + " MIN" },
				draw: func(p *pen, g *tracker.Group, w int) {
					p.spark(p.styles.Outcome(g.Outcome), g.Minutes[60-p.reach:], w, p.glyphs.spark[0], most)
				},
			},
			{
				title: "TARGET", min: 6, max: 20, least: 8, keep: 90, fit: func(g *tracker.Group) int { return width(g.Target) },
				order: func(a, b *tracker.Group) int { return strings.Compare(a.Target, b.Target) },
				draw:  func(p *pen, g *tracker.Group, w int) { p.cell(p.styles.Text, g.Target, w) },
			},
			{
				title: "STATUS", min: 6, max: 13, keep: keepAlways, fit: func(g *tracker.Group) int { return len(g.Outcome.Label()) },
				order: func(a, b *tracker.Group) int {
					return cmp.Or(cmp.Compare(a.Outcome.Status, b.Outcome.Status), cmp.Compare(a.Outcome.Kind, b.Outcome.Kind))
				},
				draw: func(p *pen, g *tracker.Group, w int) { p.cell(p.styles.Outcome(g.Outcome), g.Outcome.Label(), w) },
			},
			{
				title: "ROUTE", min: 10, max: 34, keep: 20, fit: func(g *tracker.Group) int { return width(g.Route) },
				order: func(a, b *tracker.Group) int { return strings.Compare(a.Route, b.Route) },
				draw:  func(p *pen, g *tracker.Group, w int) { p.cell(p.styles.Muted, withFolded(g.Route, g), w) },
			},
			{
				title: "ERROR", min: 36, least: 10, keep: keepAlways, grow: true,
				draw: func(p *pen, g *tracker.Group, w int) {
					drawMessage(p, &tracker.Result{Error: g.Error, Message: withFolded(g.Message, g)}, w)
				},
			},
		},
	}
}
