package tui

import (
	"math"
	"slices"
	"strconv"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// minutesChart draws a count of each minute, of all targets or of one, with marks on the zero line.
type minutesChart struct {
	plot   plot
	values []float64
	end    chartEnd
}

// SetSnapshot takes the failures of all targets.
func (c *minutesChart) SetSnapshot(snap *tracker.Snapshot) {
	c.set(snap, &snap.Overall, "", func(b tracker.Bar) uint32 { return b.Errors })
}

// set takes the counts of a target, or of all targets if the name is empty.
func (c *minutesChart) set(snap *tracker.Snapshot, act *tracker.Activity, target string, count func(tracker.Bar) uint32) {
	n := reach(&act.Minutes)
	c.end = endOf(snap)
	c.values = c.values[:0]
	for _, bar := range act.Minutes[60-n:] {
		c.values = append(c.values, float64(count(bar)))
	}
	// The current minute is incomplete: the last sixty seconds estimate its total.
	sixty := tracker.Bar{Requests: uint32(act.Minute.Requests), Errors: uint32(act.Minute.Errors)} //nolint:gosec // of one minute
	c.values[n-1] = max(c.values[n-1], float64(count(sixty)))
	most := max(slices.Max(c.values), 1)
	for i, lost := range lostSteps(snap, time.Minute, n) {
		if lost && c.values[i] == 0 {
			c.values[i] = math.NaN() // a gap
		}
	}
	c.plot.lines = append(c.plot.lines[:0], plotLine{values: c.values})
	c.plot.most = most
	c.plot.marks = marksOf(c.plot.marks[:0], snap, target, time.Minute, n)
	c.plot.label = func(v float64) string { return string(human.AppendCount(nil, uint64(v+0.5))) }
	c.plot.whole, c.plot.stale = true, true
}

// View draws the chart with its heading.
func (c *minutesChart) View(a area) {
	p := beginSection(a, "FAILURES A MINUTE", "last "+strconv.Itoa(len(c.values))+" min")
	markLegend(&p, c.plot.marks)
	p.rule()
	c.lines(a.below())
}

// lines draws the chart without a heading.
func (c *minutesChart) lines(a area) { c.plot.view(a, c.end, time.Minute, a.styles.Failing) }

// chartEnd is the moment at the right edge of a chart.
type chartEnd struct {
	at  time.Time
	now bool
}

func endOf(snap *tracker.Snapshot) chartEnd { return chartEnd{snap.At, !snap.LogTime && !snap.Past} }

// labels returns the labels of the left edge, middle and right edge of n steps: how long ago, or the time of day if the chart
// does not end now.
func (e chartEnd) labels(loc *time.Location, n int, step time.Duration) (first, middle, last string) {
	first, middle = e.ago(loc, time.Duration(n)*step), e.ago(loc, time.Duration(n)*step/2)
	if e.now {
		return first, middle, "now"
	}
	return first, middle, e.ago(loc, 0)
}

func (e chartEnd) ago(loc *time.Location, d time.Duration) string {
	switch {
	case !e.now:
		return e.at.Add(-d).In(loc).Format("15:04")
	case d%time.Hour == 0 && d > time.Hour:
		return "-" + strconv.Itoa(int(d/time.Hour)) + "h"
	default:
		return "-" + strconv.Itoa(int(d/time.Minute)) + "m"
	}
}

// section draws a panel's heading: its name, what it covers, and a rule to the edge.
func section(a area, name, note string) {
	p := beginSection(a, name, note)
	p.rule()
}

// beginSection draws a heading without its rule, so that more can stand in it.
func beginSection(a area, name, note string) pen {
	p := a.row(0)
	p.space(1)
	p.text(a.styles.Title, name)
	if note != "" {
		p.space(1)
		p.text(a.styles.Muted, note)
	}
	return p
}

// rule draws the rest of a heading.
func (p *pen) rule() {
	p.space(1)
	p.repeat(p.styles.Faint, p.glyphs.rule, p.left()-1)
}
