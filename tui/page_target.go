package tui

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/tracker"
)

// targetPage shows a target: state, windows, charts, breakers, objective and groups.
type targetPage struct {
	target  tracker.Target
	minutes latencyChart
	day     latencyChart
	largest []*tracker.Group
}

func targetPageOf(t *tracker.Target) page {
	if t == nil {
		return nil
	}
	return &targetPage{target: *t}
}

func (t *targetPage) title() string { return "TARGET " + t.target.Name }

func (t *targetPage) request() *tracker.Request {
	if t.target.Cause == nil {
		return nil
	}
	return requestOf(t.target.Cause.Example)
}

func (t *targetPage) write(d *doc, snap *tracker.Snapshot) {
	for i := range snap.Targets {
		if snap.Targets[i].Name == t.target.Name {
			t.target = *snap.Targets[i]
		}
	}
	target := &t.target
	d.line(
		run{d.styles.State(target.State), d.glyphs.state(target.State) + " " + target.State.String()},
		run{d.styles.Text, d.holdsSince(target.Since)},
	)
	if target.Reason != "" {
		d.text(d.styles.Text, target.Reason)
	}
	if target.Disagreement != "" {
		d.text(d.styles.Degraded, target.Disagreement)
	}
	writeAlone(d, snap)
	d.field("where", d.styles.Text, target.Where)
	d.field("url", d.styles.Text, target.URL)
	d.field("origin", d.styles.Text, origin(target))
	if n := target.Activity.Hour.NotSent; n > 0 {
		d.field("never sent", d.styles.Text, human.Count(n)+" in the last hour: held back by a breaker, or not valid")
	}
	if n := target.Activity.Inconclusive; n > 0 {
		d.field("inconclusive", d.styles.Text, human.Count(n)+" in the last hour, while our own network looked down: they do not count")
	}
	if target.UsualKnown {
		d.field("usually", d.styles.Text, human.Percent(target.Usual)+" fail")
	}
	d.when("last seen", target.LastSeen)
	d.when("last ok", target.LastOK)
	d.when(nextTry(target), target.NextTry)
	writeCertificate(d, target.CertExpiry)
	if target.Cause != nil && target.State > tracker.StateOK {
		d.field("cause", d.styles.Outcome(target.Cause.Outcome), titleOf(target.Cause))
		writeAdvice(d, adviceForTarget(d, snap, target))
	}
	writePlaces(d, target.Places)
	writeWindows(d, &target.Activity)
	t.writeMinutes(d, snap)
	t.writeLatency(d, snap)
	writeHistory(d, &target.Activity, snap.At, snap.Marks)
	for i := range target.Breakers {
		d.heading("BREAKER")
		writeBreaker(d, &target.Breakers[i])
	}
	writeSLO(d, target.SLO)
	t.groups(d, snap)
}

// The certificate of a target is told apart where it expires soon, and sooner.
const (
	certSoon   = 14 * 24 * time.Hour
	certSooner = 3 * 24 * time.Hour
)

// writeCertificate writes when the first certificate of a target expires, as far as probes saw one.
func writeCertificate(d *doc, expires time.Time) {
	if expires.IsZero() {
		return
	}
	left, look := expires.Sub(d.now), d.styles.Text
	switch {
	case left < certSooner:
		look = d.styles.Failing
	case left < certSoon:
		look = d.styles.Degraded
	}
	word := "expires in " + human.Span(left)
	if left <= 0 {
		word = "expired " + human.Span(-left) + " ago"
	}
	d.field("certificate", look, word+", "+d.clock(expires))
}

// writeWindows writes a table of requests, errors and latency over the four windows.
func writeWindows(d *doc, act *tracker.Activity) {
	d.heading("WINDOWS")
	windows := [...]struct {
		name string
		*tracker.Window
	}{{"minute", &act.Minute}, {"5 minutes", &act.FiveMinutes}, {"hour", &act.Hour}, {"day", &act.Day}}
	d.picture(len(windows)+1, func(a area) {
		each := min((a.w-labels)/7, 9)
		p := a.row(0)
		p.to(labels)
		titles := []string{"REQUESTS", "ERRORS", "ERR%", "P50", "P90", "P95", "P99"}
		if act.Latencies == nil {
			titles = titles[:3]
		}
		for _, title := range titles {
			p.cellRight(a.styles.Muted, append(p.scratch[:0], title...), each)
		}
		for i, w := range windows {
			p := a.row(i + 1)
			p.cell(a.styles.Muted, w.name, labels)
			p.cellRight(a.styles.Text, human.AppendCount(p.scratch[:0], w.Requests), each)
			p.cellRight(a.styles.Text, human.AppendCount(p.scratch[:0], w.Errors), each)
			if w.Requests == 0 {
				p.cellRight(a.styles.Muted, append(p.scratch[:0], a.glyphs.dash...), each)
				continue
			}
			p.cellRight(a.styles.Text, human.AppendPercent(p.scratch[:0], w.ErrorRatio()), each)
			if w.Latency.Count == 0 {
				continue
			}
			for _, q := range [...]time.Duration{w.Latency.P50, w.Latency.P90, w.Latency.P95, w.Latency.P99} {
				p.cellRight(a.styles.Text, human.AppendLatency(p.scratch[:0], q), each)
			}
		}
	})
}

// writeMinutes draws the errors of each minute, by status where groups tell them apart.
func (t *targetPage) writeMinutes(d *doc, snap *tracker.Snapshot) {
	act := &t.target.Activity
	n := reach(&act.Minutes)
	d.heading("ERRORS A MINUTE, LAST " + strconv.Itoa(n) + " MIN")
	if layers := layersOf(snap, t.target.Name); len(layers) > 0 {
		end := endOf(snap)
		d.picture(9, func(a area) { stack(a, layers, n, end) })
		return
	}
	d.picture(1, func(a area) {
		p := a.row(0)
		p.stretchedShares(a.styles.Failing, act.Minutes[60-n:], min(a.w, 120))
	})
}

// writeLatency draws the latency of each minute, and where it is remembered for longer than that, of the day.
func (t *targetPage) writeLatency(d *doc, snap *tracker.Snapshot) {
	act := &t.target.Activity
	if act.Latencies == nil {
		return
	}
	n := reach(&act.Minutes)
	t.minutes.plot.scale, t.day.plot.scale = pageScale, pageScale
	t.minutes.setMinutes(act, endOf(snap), n)
	t.minutes.mark(snap, t.target.Name)
	if !t.minutes.empty() {
		d.heading("LATENCY A MINUTE, LAST "+strconv.Itoa(n)+" MIN", t.minutes.legend(d.frame)...)
		if lost := n - 1 - act.Latencies.MinutesKnown; lost > 0 {
			d.text(d.styles.Muted, "(of the oldest "+human.Plural(lost, "minute")+" only the quarter of an hour is known)")
		}
		d.picture(8, t.minutes.View)
	}
	t.day.setDay(act, endOf(snap))
	t.day.mark(snap, t.target.Name)
	if !t.day.empty() && remembersMore(act.Latencies) {
		d.heading("LATENCY, 24 H", t.day.legend(d.frame)...)
		d.picture(7, t.day.View)
	}
}

// writeHistory draws the last day by hour, and the hour's failures by status.
func writeHistory(d *doc, act *tracker.Activity, at time.Time, done []tracker.Mark) {
	d.heading("ERRORS BY HOUR")
	d.picture(6, func(a area) { hourBars(a, act, at, done) })
	if counts := act.Hour.ByOutcome; len(counts) > 0 {
		d.heading("BY STATUS, LAST HOUR")
		d.picture(len(counts), func(a area) { outcomeBars(a, counts) })
	}
}

func writeSLO(d *doc, slo *tracker.SLO) {
	if slo == nil {
		return
	}
	d.heading("OBJECTIVE")
	d.field("objective", d.styles.Text, strconv.FormatFloat(slo.Objective*100, 'f', -1, 64)+" % over "+human.Span(slo.Period))
	st := d.styles.Text
	if slo.BudgetLeft < 0 {
		st = d.styles.Failing
	}
	d.field("budget left", st, strconv.FormatFloat(slo.BudgetLeft*100, 'f', 1, 64)+" % (over what is remembered)")
	d.field("burn rate", d.styles.Text, "5m "+human.Rate(slo.Burn5m)+", 1h "+human.Rate(slo.Burn1h)+", 6h "+human.Rate(slo.Burn6h))
}

// groups lists the target's groups of errors, the largest first.
func (t *targetPage) groups(d *doc, snap *tracker.Snapshot) {
	t.largest = t.largest[:0]
	for i := range snap.Groups {
		if g := snap.Groups[i]; g.Target == t.target.Name {
			t.largest = append(t.largest, g)
		}
	}
	if len(t.largest) == 0 {
		return
	}
	slices.SortStableFunc(t.largest, func(a, b *tracker.Group) int { return cmp.Compare(b.Count, a.Count) })
	d.heading("GROUPS, THE LARGEST FIRST")
	for _, g := range t.largest {
		short, rest := event.Saying(g.Outcome, g.Error, g.Message)
		if short != "" && rest != "" {
			short += ". "
		}
		d.line(
			run{d.styles.Strong, d.pad(d.glyphs.times+human.Count(g.Count), 8)},
			run{d.styles.Outcome(g.Outcome), d.pad(g.Outcome.Label(), 9)},
			run{d.styles.Muted, d.pad(g.Badge.String(), 10)},
			run{d.styles.Text, short}, run{d.styles.Muted, rest},
		)
	}
}

// adviceForTarget is the advice for its incident, as the headline has it, where it leads one; else that for its cause.
func adviceForTarget(d *doc, snap *tracker.Snapshot, target *tracker.Target) event.Advice {
	for i := range snap.Incidents {
		if in := &snap.Incidents[i]; in.ID == target.Incident && in.Ongoing() && in.Lead().Name == target.Name {
			return d.advisor.ForWorded(snap, in)
		}
	}
	return d.advisor.ForGroup(target.Cause)
}
