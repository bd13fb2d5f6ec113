package tui

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/tracker"
)

// incidentPage is an incident's whole story: how bad, since when, what to do, its timeline, a chart, what failing requests
// have in common, its targets, groups and examples.
type incidentPage struct {
	incident tracker.Incident
	chart    minutesChart
	latency  latencyChart
	groups   []*tracker.Group
	alerts   []*Alert
}

func incidentPageOf(i *tracker.Incident) page {
	if i == nil {
		return nil
	}
	return &incidentPage{incident: *i}
}

func (i *incidentPage) title() string { return "INCIDENT " + i.incident.Lead().Name }

func (i *incidentPage) request() *tracker.Request {
	for _, g := range i.groups {
		if r := requestOf(g.Example); r != nil {
			return r
		}
	}
	return nil
}

// runbook returns the URL of the runbook, "" without one.
func (i *incidentPage) runbook(f *frame) string { return f.advisor.ForIncident(&i.incident).URL }

// refresh takes the incident from a newer picture.
func (i *incidentPage) refresh(snap *tracker.Snapshot) {
	for n := range snap.Incidents {
		in := &snap.Incidents[n]
		if in.ID == i.incident.ID || in.Lead().Name == i.incident.Lead().Name && in.Onset.At.Sub(i.incident.Onset.At).Abs() < time.Hour && in.Ongoing() == i.incident.Ongoing() {
			i.incident = *in
			return
		}
	}
}

func (i *incidentPage) write(d *doc, snap *tracker.Snapshot) {
	i.refresh(snap)
	in := &i.incident
	state := incidentState(in, targetOf(snap, in.Lead().Name))
	sign := d.glyphs.state(state)
	if in.Scan {
		sign = d.glyphs.scan
	}
	if !in.Ongoing() {
		state, sign = tracker.StateOK, d.glyphs.state(tracker.StateOK)
	}
	d.line(run{d.styles.State(state), sign + " " + in.State.String()}, run{d.styles.Text, "  " + i.lasting(d, snap)})
	d.text(d.styles.Strong, event.IncidentTitleIn(snap, in))
	writeAlone(d, snap)
	i.figures(d)
	writeAdvice(d, d.advisor.ForWorded(snap, in))
	i.alerts = alertsOfIncident(d.alerts, snap, in)
	writeAlerts(d, i.alerts)
	i.timeline(d)
	writeNotes(d, snap, in)
	i.draw(d, snap)
	writePlacesOf(d, snap, in)
	writeContrasts(d, in)
	writeParts(d, in)
	i.writeGroups(d, snap)
}

// lasting says since when and for how long, and whether it gets better.
func (i *incidentPage) lasting(d *doc, snap *tracker.Snapshot) string {
	in := &i.incident
	text := sinceOnset(d.frame, in.Onset, snap.LogTime)
	if d.handedOn {
		text = "since " + d.clock(in.Onset.At)
	}
	if !in.Ongoing() {
		text += ", until " + d.clock(in.End) + ", " + event.Cost(in)
	}
	return joined(text, event.TrendWords(in, snap.At))
}

func (i *incidentPage) figures(d *doc) {
	in := &i.incident
	text := d.styles.Text
	if in.Ongoing() {
		d.field("now", text, joined(event.Extent(in), event.Usual(in)))
	} else {
		d.field("usual", text, event.Usual(in))
	}
	d.field("where", text, in.Where)
	if in.Requests > 0 && in.Signals.Has(tracker.SignalFailures) {
		d.field("failed", text, human.Thousands(in.Failed)+" of "+human.Thousands(in.Requests)+" requests since then")
	}
	if in.BudgetSpent > 0 {
		d.field("error budget", text, human.Percent(in.BudgetSpent)+" of it spent")
	}
	if in.Peak.PerMinute > 0 {
		d.field("worst minute", text, d.clock(in.Peak.At)+", "+human.Percent(in.Peak.Share)+", "+human.Count(in.Peak.PerMinute)+" failed")
	}
	if in.Onset.Uncertain() {
		d.field("began", text, "between "+d.clock(in.Onset.Earliest)+" and "+d.clock(in.Onset.Latest)+", most likely at "+d.clock(in.Onset.At))
	}
	if in.Onset.Before {
		d.field("began", text, "before "+d.clock(in.Onset.At)+", where what is remembered begins")
	}
	d.field("after", text, event.MarkBefore(in))
	d.field("signals", text, in.Signals.String())
	d.field("in common", text, in.Common)
	d.field("comes, goes", text, in.TrendNote)
	d.field("where", text, strings.TrimSpace(in.Cause.Method+" "+in.Cause.Route))
	d.field("upstream", text, in.Cause.Upstream)
	if class := event.ClassOf(in); class != tracker.CauseUnknown {
		d.field("cause class", text, class.String())
	}
}

// eventWords name what an entry of a timeline is.
var eventWords = [...]string{
	tracker.EventOnset: "began", tracker.EventSpread: "spread", tracker.EventMark: "done", tracker.EventBreaker: "breaker",
	tracker.EventPeak: "peak", tracker.EventRecovery: "recovered", tracker.EventEnd: "over",
}

func (i *incidentPage) timeline(d *doc) {
	list := i.incident.Timeline
	if len(list) == 0 {
		return
	}
	d.heading("TIMELINE")
	for n := range list {
		e := &list[n]
		what := e.Text
		if e.Target != "" && !strings.Contains(what, e.Target) {
			what = e.Target + " " + what
		}
		d.line(d.stamp(e.At, list[0].At), run{d.styles.Muted, d.pad(eventWords[min(int(e.Kind), len(eventWords)-1)], 11)}, run{d.styles.Text, what})
	}
}

// draw draws what is wrong with the worst target, by minute while the incident is within the last hour, otherwise by hour.
func (i *incidentPage) draw(d *doc, snap *tracker.Snapshot) {
	target := targetOf(snap, i.incident.Lead().Name)
	if target == nil {
		return
	}
	if snap.At.Sub(i.incident.Onset.At) > time.Hour {
		d.heading("ERRORS BY HOUR, " + target.Name)
		d.picture(7, func(a area) { hourBars(a, &target.Activity, snap.At, snap.Marks) })
	}
	if end := cmp.Or(i.incident.End, snap.At); snap.At.Sub(end) > time.Hour {
		return
	}
	switch in := &i.incident; {
	case in.Signals.Has(tracker.SignalFailures):
		i.drawBars(d, snap, target, "FAILURES A MINUTE, ", func(b tracker.Bar) uint32 { return b.Errors })
	case in.Signals.Has(tracker.SignalSilence):
		i.drawBars(d, snap, target, "REQUESTS A MINUTE, ", func(b tracker.Bar) uint32 { return b.Requests })
	}
	if i.incident.Signals.Has(tracker.SignalLatency) && target.Activity.Latencies != nil {
		i.latency.plot.scale = pageScale
		i.latency.setMinutes(&target.Activity, endOf(snap), reach(&target.Activity.Minutes))
		i.latency.mark(snap, target.Name)
		d.heading("LATENCY A MINUTE, "+target.Name, append(i.latency.legend(d.frame), markRuns(d.frame, i.latency.plot.marks)...)...)
		d.picture(9, i.latency.View)
	}
}

// drawBars draws a count of each minute, with marks.
func (i *incidentPage) drawBars(d *doc, snap *tracker.Snapshot, target *tracker.Target, name string, count func(tracker.Bar) uint32) {
	i.chart.plot.scale = pageScale
	i.chart.set(snap, &target.Activity, target.Name, count)
	i.chart.plot.marks = alertMarks(i.chart.plot.marks, i.alerts, snap, time.Minute, len(i.chart.values))
	d.heading(name+target.Name, markRuns(d.frame, i.chart.plot.marks)...)
	d.picture(9, i.chart.lines)
}

// markRuns is the legend of a chart in a page.
func markRuns(f *frame, marks []chartMark) []run {
	var present [markKindCount]bool
	for _, m := range marks {
		present[m.kind] = true
	}
	var runs []run
	for kind := range present {
		if name := markName(markKind(kind)); present[kind] && name != "" {
			runs = append(runs, run{f.styles.markStyle(markKind(kind)), "  " + f.glyphs.marks[kind]}, run{f.styles.Muted, " " + name})
		}
	}
	return runs
}

// writeContrasts writes what failing requests have in common that the others have not.
func writeContrasts(d *doc, in *tracker.Incident) {
	if len(in.Contrasts) == 0 {
		return
	}
	d.heading("WHAT FAILING REQUESTS HAVE IN COMMON")
	d.line(run{d.styles.Muted, d.pad("", 34)}, run{d.styles.Muted, d.pad("OF FAILURES", 13)}, run{d.styles.Muted, "OF REQUESTS"})
	sampled := false
	for n := range in.Contrasts {
		c := &in.Contrasts[n]
		of := human.Percent(c.OfRequests)
		if c.Sampled {
			sampled = true
			of = "about " + of
		}
		name := clipped(d, c.Field+" "+c.Value, 32)
		d.line(run{d.styles.Text, d.pad(name, 34)}, run{d.styles.Strong, d.pad(human.Percent(c.OfFailures), 13)}, run{d.styles.Text, of})
	}
	if sampled {
		d.text(d.styles.Muted, "(about: of the successes one in 16 is looked at)")
	}
}

// clipped cuts a text to w columns.
func clipped(d *doc, s string, w int) string {
	if width(s) <= w {
		return s
	}
	return cellWidth.Truncate(s, w, d.glyphs.ellipsis)
}

// writeParts writes each target's part, where there are several.
func writeParts(d *doc, in *tracker.Incident) {
	if len(in.Targets) < 2 {
		return
	}
	d.heading("TARGETS")
	for n := range in.Targets {
		part := &in.Targets[n]
		text := "now " + human.Percent(part.Now)
		if part.BaselineKnown {
			text += ", usually " + human.Percent(part.Usual)
		}
		if part.Signals.Has(tracker.SignalLatency) {
			text += ", p95 " + human.Latency(part.LatencyNow) + ", usually " + human.Latency(part.LatencyUsual)
		}
		if part.Signals.Has(tracker.SignalSilence) {
			text += ", " + human.Rate(part.RateNow) + "/min, usually " + human.Rate(part.RateUsual)
		}
		d.line(
			run{d.styles.Strong, d.pad(clipped(d, part.Name, 20), 22)}, run{d.styles.Muted, d.pad(part.State.String(), 11)},
			run{d.styles.Text, "since " + d.clock(part.Onset.At) + ", " + text},
		)
	}
}

// writeGroups lists the groups of its targets that erred since the onset, the largest first, and examples of the cause's.
func (i *incidentPage) writeGroups(d *doc, snap *tracker.Snapshot) {
	i.groups = event.GroupsOf(snap, &i.incident)
	if len(i.groups) == 0 {
		return
	}
	d.heading("GROUPS")
	for _, g := range i.groups[:min(len(i.groups), 12)] {
		short, rest := event.Saying(g.Outcome, g.Error, g.Message)
		if short != "" && rest != "" {
			short += ". "
		}
		d.line(
			run{d.styles.Strong, d.pad(d.glyphs.times+human.Count(g.Count), 8)}, run{d.styles.Outcome(g.Outcome), d.pad(groupLabel(g), 9)},
			run{d.styles.Muted, d.pad(clipped(d, g.Target+" "+g.Route, 28), 30)}, run{d.styles.Text, short}, run{d.styles.Muted, rest},
		)
	}
	if rest := len(i.groups) - 12; rest > 0 {
		d.text(d.styles.Muted, "and "+strconv.Itoa(rest)+" more")
	}
	if first := i.groups[0]; len(first.Exemplars) > 0 {
		d.heading("EXAMPLES")
		writeExemplars(d, first, 0)
		writeWhat(d, first.Example)
	}
}

// groupLabel is a group's status or kind; "" of what is counted together beyond the bound of groups.
func groupLabel(g *tracker.Group) string {
	if !g.Outcome.Kind.Failed() {
		return ""
	}
	return g.Outcome.Label()
}
