package tui

import (
	"math"
	"slices"
	"time"

	"errtop/tracker"
)

// reach returns how many of the 60 minutes to show: the smallest of 15, 30 and 60 that includes every minute with a request, so that
// a young history fills the chart.
func reach(minutes *[60]tracker.Bar) int {
	for i, bar := range minutes {
		if bar.Requests > 0 || bar.Errors > 0 {
			switch age := 60 - i; {
			case age <= 15:
				return 15
			case age <= 30:
				return 30
			default:
				return 60
			}
		}
	}
	return 15
}

// spark draws a sparkline of exactly w columns on a scale from 0 to most, which the lines of a list share. The height is the square
// root of the share of most, so that small values stay visible. A column shows the highest of its values; zero is the faint sign for
// nothing. The values are of the newest minutes; those that nobody lived through are blank.
func (p *pen) spark(st Style, values []uint32, w int, nothing string, most uint32) {
	w = min(w, p.left())
	if w <= 0 || len(values) == 0 {
		return
	}
	grid := p.gridOf(len(values), w)
	p.space(w - grid.columns)
	for c := range grid.columns {
		from, to := grid.minutes(c)
		if v := slices.Max(values[from:to]); v == 0 && p.lost.all(from-len(values), to-len(values)) {
			p.space(1)
		} else if v == 0 {
			p.repeat(p.styles.Faint, nothing, 1)
		} else {
			p.level(st, float64(v)/float64(max(most, 1)))
		}
	}
}

// shares draws a sparkline of the failing share, on a scale from none to all: a stray error on a healthy target stays low. The fewer
// requests a column has, the lower its share is drawn. A column without requests is blank.
func (p *pen) shares(st Style, bars []tracker.Bar, w int) {
	w = min(w, p.left())
	if w <= 0 || len(bars) == 0 {
		return
	}
	grid := p.gridOf(len(bars), w)
	p.space(w - grid.columns)
	for c := range grid.columns {
		from, to := grid.minutes(c)
		p.share(st, bars[from:to])
	}
}

// stretchedShares is shares over all of w columns, in which a minute takes several where there is room: so its minutes stand below those
// of a plot.
func (p *pen) stretchedShares(st Style, bars []tracker.Bar, w int) {
	w = min(w, p.left())
	for c := range w {
		from, to := stepsOf(c, len(bars), w)
		p.share(st, bars[from:to])
	}
}

// share draws one column.
func (p *pen) share(st Style, bars []tracker.Bar) {
	var sum tracker.Bar
	for _, bar := range bars {
		sum.Requests, sum.Errors = sum.Requests+bar.Requests, sum.Errors+bar.Errors
	}
	switch {
	case sum.Errors > 0:
		p.level(st, float64(sum.Errors)/(float64(sum.Requests)+fewRequests))
	case sum.Requests > 0:
		p.repeat(p.styles.Faint, p.glyphs.spark[0], 1)
	default:
		p.space(1)
	}
}

// sparkGrid says which minutes a column of a sparkline shows. Each column shows the same number of whole minutes, from a multiple of that
// number of minutes since 1970 on: what happened stays in one column, which moves to the left once in so many minutes.
type sparkGrid struct {
	n       int // minutes, of which the last is the running one
	columns int
	each    int // minutes of a column
	newest  int // minutes of the last column so far
}

// gridOf lays the newest n minutes into at most w columns.
func (f *frame) gridOf(n, w int) sparkGrid {
	g := sparkGrid{n: n, each: (n + w - 1) / w}
	g.columns = (n + g.each - 1) / g.each
	g.newest = int(f.minute%int64(g.each)) + 1
	return g
}

// minutes returns the minutes of a column, as indexes. The last column never shows a part of a minute alone, where columns show several.
func (g sparkGrid) minutes(column int) (from, to int) {
	to = g.n - g.newest - (g.columns-2-column)*g.each
	from = max(to-g.each, 0)
	if column == g.columns-1 && g.each > 1 && g.n > 1 {
		from = min(from, g.n-2)
	}
	return from, min(to, g.n)
}

// barsOf copies the newest n minutes of an activity into dst. A running minute without a request yet is the last sixty seconds.
func barsOf(dst []tracker.Bar, act *tracker.Activity, n int) []tracker.Bar {
	dst = append(dst[:0], act.Minutes[len(act.Minutes)-n:]...)
	if last := &dst[n-1]; last.Requests == 0 {
		last.Requests, last.Errors = uint32(act.Minute.Requests), uint32(act.Minute.Errors) //nolint:gosec // of one minute
	}
	return dst
}

// fewRequests is added to the requests of a column, so that one failure of one request is not drawn as an outage.
const fewRequests = 1

// stepsOf returns which of n steps column c of w shows.
func stepsOf(c, n, w int) (from, to int) {
	return c * n / w, max((c+1)*n/w, c*n/w+1)
}

// level draws one column of a sparkline, at least the second lowest sign.
func (p *pen) level(st Style, share float64) {
	levels := p.glyphs.spark
	top := len(levels) - 1
	p.repeat(st, levels[min(max(int(math.Ceil(math.Sqrt(share)*float64(top)-1e-9)), 1), top)], 1)
}

// p95sOf copies the 95th percentiles of latency of the newest n minutes into dst, in microseconds; 0 is none.
func p95sOf(dst []uint32, act *tracker.Activity, n int) []uint32 {
	dst = dst[:0]
	if act.Latencies == nil {
		return dst
	}
	micros := func(d time.Duration) uint32 {
		if d <= 0 {
			return 0
		}
		return uint32(min(max(d.Microseconds(), 1), math.MaxUint32))
	}
	minutes := &act.Latencies.Minutes
	for _, bar := range minutes[max(len(minutes)-n+1, 0):] {
		dst = append(dst, micros(bar.P95()))
	}
	return append(dst, micros(act.Minute.Latency.P95))
}

// bar draws value/highest of w columns, to an eighth of a column, and at least an eighth for any value above 0.
func (p *pen) bar(st Style, value, highest uint64, w int) {
	if highest == 0 || value == 0 || w <= 0 {
		return
	}
	steps := uint64(len(p.glyphs.bars))
	eighths := max(value*uint64(w)*steps/highest, 1)
	full := p.glyphs.bars[steps-1]
	p.repeat(st, full, int(eighths/steps)) //nolint:gosec // at most w
	if part := eighths % steps; part > 0 {
		p.repeat(st, p.glyphs.bars[part-1], 1)
	}
}
