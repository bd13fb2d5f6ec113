package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"errtop/internal/filter"
	"errtop/internal/human"
	"errtop/tracker"
)

// newTargetsTable lists targets with their state, breaker, rates, latency and history.
func newTargetsTable() *table[tracker.Target, string] {
	scale := &latencyScale{}
	incidents, figures, order := incidentsByTarget{}, figures{}, &targetOrder{}
	return &table[tracker.Target, string]{
		empty:   "no targets yet: probes, log lines and pushed results bring them",
		key:     func(t *tracker.Target) string { return t.Name },
		facts:   targetFacts,
		natural: order.compare,
		look: func(snap *tracker.Snapshot) {
			incidents.take(snap)
			figures.take(snap)
			order.take(snap, incidents)
		},
		survey:  func(targets []*tracker.Target) { scale.targets, scale.slowest = targets, 0 },
		columns: slices.Concat(stateColumns(incidents), placeColumns(), figureColumns(figures), historyColumns(figures, scale)),
	}
}

// stateColumns say which target it is, how it is, and since when.
func stateColumns(incidents incidentsByTarget) []column[tracker.Target] {
	return []column[tracker.Target]{
		{
			title: "TARGET", min: 12, max: 32, least: 12, keep: keepAlways, grow: true, fit: func(t *tracker.Target) int { return width(t.Name) + 2 },
			order: func(a, b *tracker.Target) int { return strings.Compare(a.Name, b.Name) },
			draw: func(p *pen, t *tracker.Target, w int) {
				sign, style := incidents.sign(p.frame, t)
				p.text(style, sign)
				p.space(1)
				p.cell(nameStyle(p.styles, t), t.Name, w-2)
			},
		},
		{
			title: "NOW", min: 9, keep: 95,
			order: func(a, b *tracker.Target) int { return cmp.Compare(b.State, a.State) },
			draw: func(p *pen, t *tracker.Target, w int) {
				word, style := incidents.now(p.styles, t)
				p.cell(style, word, w)
			},
		},
		{
			title: "SINCE", min: 6, right: true, keep: 88,
			order: func(a, b *tracker.Target) int { return incidents.since(b).Compare(incidents.since(a)) },
			draw: func(p *pen, t *tracker.Target, w int) {
				at := incidents.since(t)
				if at.IsZero() {
					p.cellRight(p.styles.Faint, append(p.scratch[:0], p.glyphs.dash...), w)
					return
				}
				p.cellRight(p.styles.Text, human.AppendShortStamp(p.scratch[:0], at, p.now, p.loc), w)
			},
		},
		{
			title: "BREAKER", min: 13, keep: 65,
			order: func(a, b *tracker.Target) int { return cmp.Compare(severity(b), severity(a)) },
			draw:  func(p *pen, t *tracker.Target, w int) { drawBreaker(p, worstBreaker(t), w) },
		},
	}
}

// figureColumns show the request rate and the failing share, now and usual.
func figureColumns(figures figures) []column[tracker.Target] {
	return []column[tracker.Target]{
		{
			title: "REQ/MIN", min: 7, right: true, keep: 80,
			order: func(a, b *tracker.Target) int {
				return cmp.Compare(b.Activity.FiveMinutes.Requests, a.Activity.FiveMinutes.Requests)
			},
			draw: figures.drawRate,
		},
		{
			title: "ERR%", min: 5, right: true, keep: 90,
			order: func(a, b *tracker.Target) int {
				return cmp.Compare(b.Activity.FiveMinutes.ErrorRatio(), a.Activity.FiveMinutes.ErrorRatio())
			},
			draw: figures.drawShare,
		},
		{
			title: "USUAL", min: 5, right: true, keep: 82,
			order: func(a, b *tracker.Target) int { return cmp.Compare(b.Usual, a.Usual) },
			draw: func(p *pen, t *tracker.Target, w int) {
				if !t.UsualKnown {
					p.cellRight(p.styles.Faint, append(p.scratch[:0], p.glyphs.dash...), w)
					return
				}
				p.cellRight(p.styles.Muted, human.AppendPercent(p.scratch[:0], t.Usual), w)
			},
		},
	}
}

// historyColumns show latency and the last hour. The latency sparklines share a scale.
func historyColumns(figures figures, scale *latencyScale) []column[tracker.Target] {
	return []column[tracker.Target]{
		{
			title: "P95", min: 6, right: true, keep: 78, has: func(t *tracker.Target) bool {
				return t.Activity.FiveMinutes.Latency.Count+t.Activity.Day.Latency.Count > 0
			},
			order: func(a, b *tracker.Target) int {
				return cmp.Compare(b.Activity.FiveMinutes.Latency.P95, a.Activity.FiveMinutes.Latency.P95)
			},
			draw: figures.drawP95,
		},
		{
			title: "ERRORS/H", min: 8, right: true, keep: 45,
			order: func(a, b *tracker.Target) int { return cmp.Compare(b.Activity.Hour.Errors, a.Activity.Hour.Errors) },
			draw: func(p *pen, t *tracker.Target, w int) {
				p.cellRight(p.styles.Text, human.AppendCount(p.scratch[:0], t.Activity.Hour.Errors), w)
			},
		},
		{
			title: "ERR%, 60 MIN", min: 12, max: 20, keep: 76, fit: func(*tracker.Target) int { return 20 }, least: 12,
			name: func(f *frame) string { return "ERR%, " + strconv.Itoa(f.reach) + " MIN" },
			draw: func(p *pen, t *tracker.Target, w int) {
				var bars [60]tracker.Bar
				p.shares(sparkStyle(p.styles, t), barsOf(bars[:0], &t.Activity, p.reach), w)
			},
		},
		{
			title: "P95, LAST 60 MIN", min: 16, keep: 15, has: func(t *tracker.Target) bool { return t.Activity.Hour.Latency.Count > 0 },
			name: func(f *frame) string { return "P95, LAST " + strconv.Itoa(f.reach) + " MIN" },
			draw: func(p *pen, t *tracker.Target, w int) {
				var values [60]uint32
				p.spark(p.styles.Muted, p95sOf(values[:0], &t.Activity, p.reach), w, " ", scale.most())
			},
		},
		{
			title: "ORIGIN", min: 13, keep: 20,
			order: func(a, b *tracker.Target) int { return strings.Compare(origin(a), origin(b)) },
			draw:  func(p *pen, t *tracker.Target, w int) { p.cell(p.styles.Muted, origin(t), w) },
		},
	}
}

// latencyScale is the common scale of the latency sparklines of a list, made when the first is drawn.
type latencyScale struct {
	targets []*tracker.Target
	slowest uint32 // µs, of one minute of one target
}

func (s *latencyScale) most() uint32 {
	if s.slowest > 0 {
		return s.slowest
	}
	s.slowest = 1
	var values [60]uint32
	for _, t := range s.targets {
		for _, v := range p95sOf(values[:0], &t.Activity, 60) {
			s.slowest = max(s.slowest, v)
		}
	}
	return s.slowest
}

// sparkStyle mutes the sparklines of targets that are ok or fail as usual.
func sparkStyle(s *Styles, t *tracker.Target) Style {
	if t.State <= tracker.StateStale || asUsual(t) {
		return s.Muted
	}
	return s.State(t.State)
}

func nameStyle(s *Styles, t *tracker.Target) Style {
	if t.State >= tracker.StateThrottled && !asUsual(t) {
		return s.Strong
	}
	return s.Text
}

func targetFacts(t *tracker.Target) filter.Facts {
	f := filter.Facts{
		Target: t.Name, Origin: origin(t), State: t.State.String(), At: t.LastSeen,
		Outcomes: t.Activity.Hour.ByOutcome, Texts: [3]string{t.Reason, t.URL},
	}
	if b := worstBreaker(t); b != nil {
		f.Texts[2] = b.State.String()
	}
	f.Place = placesOf(t)
	return f
}

// origin returns who sends requests to a target.
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

// breakerWord returns a breaker's state. An observed breaker stops nothing, so it "would be OPEN".
func breakerWord(b *tracker.Breaker) string {
	if b.Role == tracker.RoleObserved && b.State != tracker.BreakerClosed {
		return "would be " + b.State.String()
	}
	return b.State.String()
}

// drawBreaker writes OPEN 41s, HALF_OPEN, CLOSED 3/5 or CLOSED.
func drawBreaker(p *pen, b *tracker.Breaker, w int) {
	if b == nil {
		p.cell(p.styles.Faint, p.glyphs.dash, w)
		return
	}
	end := p.at() + w
	word := breakerWord(b)
	if len(word) > w && b.State == tracker.BreakerHalfOpen {
		word = "would retry"
	}
	p.cell(p.styles.Breaker(b.State), word, min(len(word), w))
	switch {
	case b.State == tracker.BreakerOpen && b.RetryAt.After(p.now):
		if left := human.AppendCountdown(p.scratch[:0], b.RetryAt.Sub(p.now)); p.at()+1+len(left) <= end {
			p.space(1)
			p.bytes(p.styles.Breaker(b.State), left)
		}
	case b.State == tracker.BreakerClosed && b.Failures > 0 && b.Threshold > 0:
		p.space(1)
		scratch := human.AppendCount(p.scratch[:0], uint64(b.Failures))
		scratch = human.AppendCount(append(scratch, '/'), uint64(b.Threshold))
		p.bytes(p.styles.Degraded, scratch)
	}
	p.to(end)
}
