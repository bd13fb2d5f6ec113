package tui

import (
	"math"
	"time"

	"errtop/tracker"
)

// reach returns how many of the 60 minutes are worth showing: the smallest of 15, 30 and 60 that holds every minute in which
// something was asked, so that an incident of the first ten minutes does not hide in a corner.
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

// spark draws a sparkline of exactly w columns over values. Where there are more values than columns, a column shows the
// highest of its values; for 0 it shows the sign for nothing, which is faint, so that silence and one error differ.
func (p *pen) spark(st Style, values []uint32, w int, nothing string) {
	w = min(w, p.left())
	if w <= 0 || len(values) == 0 {
		return
	}
	highest := uint32(1)
	for _, v := range values {
		highest = max(highest, v)
	}
	levels := p.glyphs.spark
	for c := range w {
		from, to := c*len(values)/w, max((c+1)*len(values)/w, c*len(values)/w+1)
		var v uint32
		for _, x := range values[from:to] {
			v = max(v, x)
		}
		if v == 0 {
			p.repeat(p.styles.Faint, nothing, 1)
			continue
		}
		level := int((uint64(v)*uint64(len(levels)-1) + uint64(highest) - 1) / uint64(highest)) //nolint:gosec // at most len(levels)-1
		p.repeat(st, levels[level], 1)
	}
}

// errorsOf copies the errors of the newest n minutes into dst.
func errorsOf(dst []uint32, minutes *[60]tracker.Bar, n int) []uint32 {
	dst = dst[:0]
	for _, bar := range minutes[60-n:] {
		dst = append(dst, bar.Errors)
	}
	return dst
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
		dst = append(dst, micros(bar.P95))
	}
	return append(dst, micros(act.Minute.Latency.P95))
}

// bar draws value/highest of w columns, to an eighth of a column, and never nothing for something.
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
