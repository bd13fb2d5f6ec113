package tui

import (
	"cmp"
	"strconv"
	"strings"

	"errtop/internal/filter"
	"errtop/internal/human"
	"errtop/tracker"
)

// newTargetsTable lists targets: what state, what breaker, how much, how bad, how slow, and since when it looks like that.
func newTargetsTable() *table[tracker.Target, string] {
	return &table[tracker.Target, string]{
		empty: "no targets yet: probes of the settings, log lines and pushed results name them",
		key:   func(t *tracker.Target) string { return t.Name },
		facts: targetFacts,
		columns: []column[tracker.Target]{
			{
				title: "TARGET", min: 12, max: 32, keep: keepAlways, grow: true, fit: func(t *tracker.Target) int { return width(t.Name) + 2 },
				order: func(a, b *tracker.Target) int { return strings.Compare(a.Name, b.Name) },
				draw: func(p *pen, t *tracker.Target, w int) {
					p.text(p.styles.State(t.State), p.glyphs.state(t.State))
					p.space(1)
					p.cell(nameStyle(p.styles, t), t.Name, w-2)
				},
			},
			{
				title: "STATE", min: 9, keep: 90,
				order: func(a, b *tracker.Target) int { return cmp.Compare(b.State, a.State) },
				draw: func(p *pen, t *tracker.Target, w int) {
					p.cell(p.styles.State(t.State), t.State.String(), w)
				},
			},
			{
				title: "BREAKER", min: 10, keep: 80,
				order: func(a, b *tracker.Target) int { return cmp.Compare(severity(b), severity(a)) },
				draw:  func(p *pen, t *tracker.Target, w int) { drawBreaker(p, worstBreaker(t), w) },
			},
			{
				title: "REQ/MIN", min: 7, right: true, keep: 60,
				order: func(a, b *tracker.Target) int {
					return cmp.Compare(b.Activity.FiveMinutes.Requests, a.Activity.FiveMinutes.Requests)
				},
				draw: func(p *pen, t *tracker.Target, w int) {
					requests, _ := t.Activity.PerMinute(p.now)
					p.cellRight(p.styles.Text, human.AppendRate(p.scratch[:0], requests), w)
				},
			},
			{
				title: "ERR%", min: 5, right: true, keep: 85,
				order: func(a, b *tracker.Target) int {
					return cmp.Compare(b.Activity.FiveMinutes.ErrorRatio(), a.Activity.FiveMinutes.ErrorRatio())
				},
				draw: drawErrorShare,
			},
			{
				title: "P95", min: 6, right: true, keep: 50, has: func(t *tracker.Target) bool {
					return t.Activity.FiveMinutes.Latency.Count+t.Activity.Day.Latency.Count > 0
				},
				order: func(a, b *tracker.Target) int {
					return cmp.Compare(b.Activity.FiveMinutes.Latency.P95, a.Activity.FiveMinutes.Latency.P95)
				},
				draw: func(p *pen, t *tracker.Target, w int) {
					if q := &t.Activity.FiveMinutes.Latency; q.Count > 0 {
						p.cellRight(p.styles.Text, human.AppendLatency(p.scratch[:0], q.P95), w)
					} else {
						p.cellRight(p.styles.Faint, append(p.scratch[:0], p.glyphs.dash...), w)
					}
				},
			},
			{
				title: "ERRORS/H", min: 8, right: true, keep: 45,
				order: func(a, b *tracker.Target) int { return cmp.Compare(b.Activity.Hour.Errors, a.Activity.Hour.Errors) },
				draw: func(p *pen, t *tracker.Target, w int) {
					p.cellRight(p.styles.Text, human.AppendCount(p.scratch[:0], t.Activity.Hour.Errors), w)
				},
			},
			{
				title: "ERRORS, LAST 60 MIN", min: 20, keep: 70,
				name: func(f *frame) string { return "ERRORS, LAST " + strconv.Itoa(f.reach) + " MIN" },
				draw: func(p *pen, t *tracker.Target, w int) {
					var values [60]uint32
					p.spark(sparkStyle(p.styles, t.State), errorsOf(values[:0], &t.Activity.Minutes, p.reach), w, p.glyphs.spark[0])
				},
			},
			{
				title: "P95, LAST 60 MIN", min: 16, keep: 15, has: func(t *tracker.Target) bool { return t.Activity.Hour.Latency.Count > 0 },
				name: func(f *frame) string { return "P95, LAST " + strconv.Itoa(f.reach) + " MIN" },
				draw: func(p *pen, t *tracker.Target, w int) {
					var values [60]uint32
					p.spark(p.styles.Muted, p95sOf(values[:0], &t.Activity, p.reach), w, " ")
				},
			},
			{
				title: "ORIGIN", min: 13, keep: 20,
				order: func(a, b *tracker.Target) int { return strings.Compare(origin(a), origin(b)) },
				draw:  func(p *pen, t *tracker.Target, w int) { p.cell(p.styles.Muted, origin(t), w) },
			},
		},
	}
}

// sparkStyle keeps the past errors of what is well from drawing the eye.
func sparkStyle(s *Styles, state tracker.TargetState) Style {
	if state <= tracker.StateStale {
		return s.Muted
	}
	return s.State(state)
}

func nameStyle(s *Styles, t *tracker.Target) Style {
	if t.State >= tracker.StateThrottled {
		return s.Strong
	}
	return s.Text
}

func drawErrorShare(p *pen, t *tracker.Target, w int) {
	recent := &t.Activity.FiveMinutes
	if recent.Requests == 0 {
		p.cellRight(p.styles.Faint, append(p.scratch[:0], p.glyphs.dash...), w)
		return
	}
	st := p.styles.Text
	if recent.Errors > 0 && t.State >= tracker.StateThrottled {
		st = p.styles.State(t.State)
	}
	p.cellRight(st, human.AppendPercent(p.scratch[:0], recent.ErrorRatio()), w)
}

func targetFacts(t *tracker.Target) filter.Facts {
	f := filter.Facts{
		Target: t.Name, Origin: origin(t), State: t.State.String(), At: t.LastSeen,
		Outcomes: t.Activity.Hour.ByOutcome, Texts: [3]string{t.Reason, t.URL},
	}
	if b := worstBreaker(t); b != nil {
		f.Texts[2] = b.State.String()
	}
	return f
}

// origin says who asks a target.
func origin(t *tracker.Target) string {
	switch {
	case t.Probed && t.Traffic:
		return "probe+traffic"
	case t.Probed:
		return "probe"
	case t.Traffic:
		return "traffic"
	default:
		return ""
	}
}

// worstBreaker returns the breaker of a target that is furthest from closed, the gate before the others; nil without one.
func worstBreaker(t *tracker.Target) *tracker.Breaker {
	var worst *tracker.Breaker
	rank := [...]int{tracker.BreakerNone: 0, tracker.BreakerClosed: 1, tracker.BreakerHalfOpen: 2, tracker.BreakerOpen: 3}
	for i := range t.Breakers {
		b := &t.Breakers[i]
		if worst == nil || rank[min(b.State, tracker.BreakerHalfOpen)] > rank[min(worst.State, tracker.BreakerHalfOpen)] {
			worst = b
		}
	}
	return worst
}

func severity(t *tracker.Target) int {
	b := worstBreaker(t)
	if b == nil {
		return 0
	}
	switch b.State {
	case tracker.BreakerOpen:
		return 100
	case tracker.BreakerHalfOpen:
		return 99
	default:
		return 1 + min(b.Failures, 90)
	}
}

// drawBreaker writes OPEN 41s, HALF_OPEN, CLOSED 3/5 or CLOSED.
func drawBreaker(p *pen, b *tracker.Breaker, w int) {
	if b == nil {
		p.cell(p.styles.Faint, p.glyphs.dash, w)
		return
	}
	end := p.at() + w
	p.text(p.styles.Breaker(b.State), b.State.String())
	switch {
	case b.State == tracker.BreakerOpen && b.RetryAt.After(p.now):
		p.space(1)
		p.bytes(p.styles.Breaker(b.State), human.AppendCountdown(p.scratch[:0], b.RetryAt.Sub(p.now)))
	case b.State == tracker.BreakerClosed && b.Failures > 0 && b.Threshold > 0:
		p.space(1)
		scratch := human.AppendCount(p.scratch[:0], uint64(b.Failures))
		scratch = human.AppendCount(append(scratch, '/'), uint64(b.Threshold))
		p.bytes(p.styles.Degraded, scratch)
	}
	p.to(end)
}
