package tui

import (
	"slices"
	"strings"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/tracker"
)

// groupPage shows a group of errors: count, first and last, advice, examples.
type groupPage struct{ group tracker.Group }

func groupPageOf(g *tracker.Group) page {
	if g == nil {
		return nil
	}
	return &groupPage{*g}
}

func (g *groupPage) title() string { return "GROUP " + g.group.Target + " " + g.group.Outcome.Label() }

func (g *groupPage) request() *tracker.Request { return requestOf(g.group.Example) }

func (g *groupPage) write(d *doc, snap *tracker.Snapshot) {
	for i := range snap.Groups {
		if snap.Groups[i].ID == g.group.ID {
			g.group = *snap.Groups[i]
		}
	}
	d.text(d.styles.Outcome(g.group.Outcome), withFolded(event.GroupTitle(&g.group), &g.group))
	d.field("target", d.styles.Text, g.group.Target)
	d.field("request", d.styles.Text, strings.TrimSpace(g.group.Method+" "+withFolded(g.group.Route, &g.group)))
	writeGroupFigures(d, &g.group)
	d.picture(1, func(a area) {
		p := a.row(0)
		p.cell(a.styles.Muted, "last hour", labels)
		p.spark(a.styles.Failing, g.group.Minutes[:], min(60, p.left()), a.glyphs.spark[0], slices.Max(g.group.Minutes[:]))
	})
	writeAdvice(d, d.advisor.ForGroup(&g.group))
	if len(g.group.Exemplars) > 0 {
		d.heading("THE FIRST AND THE NEWEST FEW")
		writeExemplars(d, &g.group, 0)
	}
	if g.group.Example != nil {
		d.heading("THE NEWEST")
		writeWhat(d, g.group.Example)
		writeFacts(d, g.group.Example)
	}
}

func writeGroupFigures(d *doc, g *tracker.Group) {
	d.field("badge", d.styles.Text, g.Badge.String())
	d.field("count", d.styles.Strong, human.Count(g.Count)+", "+human.Rate(g.PerMinute)+" a minute now")
	d.when("first", g.First)
	d.when("last", g.Last)
}
