package tui

import (
	"math"
	"slices"
	"strconv"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// latencyChart draws the median and the 95th percentile of a target's latency, or of all, over time. The two differ in
// colour and in the weight of their lines. A step in which nothing had a latency is a gap.
type latencyChart struct {
	plot     plot
	p50, p95 []float64
	step     time.Duration
	end      chartEnd
	newest   tracker.Quantiles
	marks    []chartMark

	from *tracker.LatencySeries // what the lines were made of
	wide int
}

// setMinutes shows the newest n minutes; the last is the last sixty seconds.
func (c *latencyChart) setMinutes(act *tracker.Activity, end chartEnd, n int) {
	c.set(act.Latencies, act.Minute.Latency, end, time.Minute, n)
}

// setDay shows 24 hours by quarters of an hour; the last is the last five minutes.
func (c *latencyChart) setDay(act *tracker.Activity, end chartEnd) {
	c.set(act.Latencies, act.FiveMinutes.Latency, end, 15*time.Minute, 96)
}

func (c *latencyChart) set(series *tracker.LatencySeries, newest tracker.Quantiles, end chartEnd, step time.Duration, n int) {
	same := series == c.from && n == c.wide && newest == c.newest
	c.end, c.step = end, step
	if same {
		return
	}
	c.from, c.wide, c.newest = series, n, newest
	bars := seriesBars(series, step)
	bars = bars[max(len(bars)-(n-1), 0):]
	c.p50, c.p95 = c.p50[:0], c.p95[:0]
	for range n - 1 - len(bars) {
		c.add(tracker.LatencyBar{})
	}
	for _, bar := range bars {
		c.add(bar)
	}
	c.add(tracker.NewLatencyBar(newest.P50, newest.P95, 0))
	c.plot.most = 0
	for _, v := range c.p95 {
		if v > c.plot.most { // and is no gap
			c.plot.most = v
		}
	}
	c.plot.lines = append(c.plot.lines[:0], plotLine{values: c.p95, heavy: true}, plotLine{values: c.p50})
	c.plot.label = func(v float64) string {
		if v == 0 {
			return "0"
		}
		return human.Latency(time.Duration(v))
	}
	c.plot.stale = true
}

// mark puts on the chart what happened to a target, or with "" to any.
func (c *latencyChart) mark(snap *tracker.Snapshot, target string) {
	c.marks = marksOf(c.marks[:0], snap, target, c.step, c.wide)
	if !slices.Equal(c.marks, c.plot.marks) {
		c.plot.marks, c.plot.stale = slices.Clone(c.marks), true
	}
}

// seriesBars returns the known steps of that length.
func seriesBars(s *tracker.LatencySeries, step time.Duration) []tracker.LatencyBar {
	switch {
	case s == nil:
		return nil
	case step == time.Minute:
		return s.Minutes[len(s.Minutes)-s.MinutesKnown:]
	default:
		return s.Quarters[len(s.Quarters)-s.QuartersKnown:]
	}
}

func (c *latencyChart) add(bar tracker.LatencyBar) {
	p50, p95 := float64(bar.P50()), float64(bar.P95())
	if bar.P50() == 0 {
		p50, p95 = math.NaN(), math.NaN()
	}
	c.p50, c.p95 = append(c.p50, p50), append(c.p95, p95)
}

// remembersMore reports whether a series goes back further than the last hour.
func remembersMore(s *tracker.LatencySeries) bool {
	for _, bar := range s.Quarters[:len(s.Quarters)-4] {
		if bar != (tracker.LatencyBar{}) {
			return true
		}
	}
	return false
}

// empty reports whether there is nothing to show.
func (c *latencyChart) empty() bool { return c.plot.most == 0 }

// legend names the lines and their newest values.
func (c *latencyChart) legend(f *frame) []run {
	runs := make([]run, 0, 8)
	for _, line := range [...]struct {
		name  string
		style Style
		sign  string
		now   time.Duration
	}{{" p95", f.styles.Text, f.glyphs.heavy, c.newest.P95}, {" p50", f.styles.Muted, f.glyphs.light, c.newest.P50}} {
		now := line.name
		if c.newest.Count > 0 {
			now += " " + human.Latency(line.now)
		}
		runs = append(runs, run{f.styles.Text, "  "}, run{line.style, line.sign}, run{line.style, line.sign}, run{f.styles.Muted, now})
	}
	return runs
}

// latencyPanel draws the latency of all targets together.
type latencyPanel struct {
	chart latencyChart
	n     int
}

// SetSnapshot takes new figures.
func (l *latencyPanel) SetSnapshot(snap *tracker.Snapshot) {
	l.set(&snap.Overall, endOf(snap))
	l.chart.mark(snap, "")
}

func (l *latencyPanel) set(act *tracker.Activity, end chartEnd) {
	l.n = reach(&act.Minutes)
	l.chart.setMinutes(act, end, l.n)
}

// View draws the chart with its heading.
func (l *latencyPanel) View(a area) {
	p := beginSection(a, "LATENCY A MINUTE", "last "+strconv.Itoa(l.n)+" min")
	for _, r := range l.chart.legend(a.frame) {
		p.text(r.style, r.text)
	}
	p.rule()
	l.chart.View(a.below())
}

// View draws the lines without a heading.
func (c *latencyChart) View(a area) {
	c.plot.view(a, c.end, c.step, a.styles.Text, a.styles.Muted)
}
