package tui

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// alertPage is an alert that belongs to no incident: its rule, the figures of its target, a chart, what was told to whom, and what
// waits.
type alertPage struct {
	alert Alert
	chart minutesChart
}

func (a *alertPage) title() string { return "ALERT " + a.alert.subjectName() }

func (a *alertPage) request() *tracker.Request { return nil }

// runbook returns the URL of the runbook, "" without one.
func (a *alertPage) runbook(*frame) string { return a.alert.URL }

func (a *alertPage) write(d *doc, snap *tracker.Snapshot) {
	if d.alerts != nil {
		for i := range d.alerts.List {
			if d.alerts.List[i].ID == a.alert.ID {
				a.alert = d.alerts.List[i]
			}
		}
	}
	one := &a.alert
	word := one.word(d.now)
	d.line(run{d.styles.alertStyle(word), word}, run{d.styles.Text, ", " + one.Severity.String() + ", " + lasting(d, one)})
	d.text(d.styles.Strong, one.says())
	target := targetOf(snap, one.Target)
	if target != nil {
		a.figures(d, target)
	}
	writeAlert(d, one)
	if target == nil {
		return
	}
	a.chart.plot.scale = pageScale
	a.chart.set(snap, &target.Activity, target.Name, func(b tracker.Bar) uint32 { return b.Errors })
	a.chart.plot.marks = alertMarks(a.chart.plot.marks, []*Alert{one}, snap, time.Minute, len(a.chart.values))
	d.heading("FAILURES A MINUTE, "+target.Name, markRuns(d.frame, a.chart.plot.marks)...)
	d.picture(9, a.chart.lines)
}

// figures writes how the alert's target is now.
func (a *alertPage) figures(d *doc, t *tracker.Target) {
	five := &t.Activity.FiveMinutes
	d.field("target", d.styles.State(t.State), t.State.String()+d.holdsSince(t.Since))
	if five.Requests > 0 {
		d.field("last 5 min", d.styles.Text, human.Thousands(five.Errors)+" of "+human.Thousands(five.Requests)+" requests failed, "+human.Percent(five.ErrorRatio()))
	}
	if five.Latency.Count > 0 {
		d.field("p95", d.styles.Text, human.Latency(five.Latency.P95))
	}
	if slo := t.SLO; slo != nil {
		d.field("budget", d.styles.Text, human.Percent(slo.BudgetLeft)+" left; burns "+human.Rate(slo.Burn1h)+"× over 1h, "+human.Rate(slo.Burn5m)+"× over 5m")
	}
	writeCertificate(d, t.CertExpiry)
}

// lasting says since when an alert holds, or how long it did.
func lasting(d *doc, a *Alert) string {
	if a.Phase == AlertResolved {
		return "since " + d.clock(a.Since) + ", over since " + d.clock(a.EndedAt) + ", after " + human.Span(a.EndedAt.Sub(a.Since))
	}
	return "since " + d.clock(a.Since) + " (" + human.Span(max(d.now.Sub(a.Since), 0)) + ")"
}

// writeAlerts writes the alerts of an incident.
func writeAlerts(d *doc, alerts []*Alert) {
	if len(alerts) == 0 {
		return
	}
	d.heading("ALERTS")
	brief := 0
	for i, a := range alerts {
		word := a.word(d.now)
		head := run{d.styles.alertStyle(word), d.pad(word, labels)}
		if a.Active() { // what fires has its whole story, the others a line
			if i > 0 {
				d.gap()
			}
			d.line(head, run{d.styles.Strong, a.Rule}, run{d.styles.Text, ", " + a.Severity.String() + ", " + lasting(d, a)})
			writeAlert(d, a)
			continue
		}
		if brief++; brief == 1 {
			d.gap()
		}
		if brief <= briefAlerts {
			d.line(head, run{d.styles.Strong, a.Rule}, run{d.styles.Text, ", " + a.Severity.String() + ", since " + d.clock(a.Since)}, run{d.styles.Muted, "  " + a.Text})
		}
	}
	if brief > briefAlerts {
		d.text(d.styles.Muted, "and "+strconv.Itoa(brief-briefAlerts)+" more that do not fire")
	}
}

// briefAlerts is how many alerts that do not fire an incident's page lists.
const briefAlerts = 6

// writeAlert writes the rule of an alert, who has seen or silenced it, what happened and was told, and what waits.
func writeAlert(d *doc, a *Alert) {
	text := d.styles.Text
	d.field("rule", text, ruleWords(a))
	if a.Failed > 0 {
		d.field("failed", text, human.Thousands(a.Failed)+" requests")
	}
	if a.Flapping {
		d.field("comes, goes", text, "fired "+human.Plural(a.Turns, "time")+" since it began to flap")
	}
	if !a.NoDataAt.IsZero() {
		d.field("no data", text, "since "+d.clock(a.NoDataAt)+": it stays as it was")
	}
	if ack := a.Acknowledged; ack != nil {
		d.field("acked", text, by(ack.By)+" at "+d.clock(ack.At)+note(ack.Note))
	}
	if s := a.silence(d.now); s != nil {
		d.field("silenced", text, silenceWords(d.frame, s))
	}
	d.field("first action", text, a.Advice)
	d.field("runbook", d.styles.Accent, a.URL)
	for i := range a.Story {
		e := &a.Story[i]
		what, more := e.What, e.Text
		if e.Receiver != "" {
			more = e.Receiver + ": " + e.Text
		}
		d.line(d.stamp(e.At, a.Story[0].At), run{d.styles.Text, d.pad(clipped(d, what, 11), 12)}, run{d.styles.Muted, clipped(d, more, max(d.w-30, 12))})
	}
	if a.Phase == AlertResolved && len(a.Waiting) == 0 {
		return
	}
	for i := range a.Waiting {
		w := &a.Waiting[i]
		value := w.Why
		if w.Receiver != "" {
			value = w.Receiver + ": " + value
		}
		if w.Until.After(d.now) {
			value += ", in " + human.Countdown(w.Until.Sub(d.now))
		}
		name := "waits"
		if i > 0 {
			name = " "
		}
		d.field(name, d.styles.Degraded, value)
	}
}

// ruleWords says what the rule of an alert asks for.
func ruleWords(a *Alert) string {
	text := a.Condition
	if a.For > 0 {
		text += "; for " + human.Span(a.For)
	}
	if a.KeepFiringFor > 0 {
		text += "; over after " + human.Span(a.KeepFiringFor) + " without it"
	}
	return text
}

func by(who string) string { return "by " + cmp.Or(who, "somebody") }

func note(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// alertMarks adds to the marks of a chart when alerts fired.
func alertMarks(marks []chartMark, alerts []*Alert, snap *tracker.Snapshot, step time.Duration, n int) []chartMark {
	m := markSteps{end: snap.At, step: step, n: n, marks: marks}
	for _, a := range alerts {
		m.add(a.FiredAt, markFired)
	}
	return m.marks
}

// silencePage is a silence: what it is for, until when, who made it, and what it hides.
type silencePage struct{ silence Silence }

func (s *silencePage) title() string { return "SILENCE " + strconv.FormatUint(s.silence.ID, 10) }

func (s *silencePage) request() *tracker.Request { return nil }

func (s *silencePage) write(d *doc, _ *tracker.Snapshot) {
	one := &s.silence
	if d.alerts != nil {
		if i := slices.IndexFunc(d.alerts.Silences, func(other Silence) bool { return other.ID == one.ID }); i >= 0 {
			*one = d.alerts.Silences[i]
		}
	}
	if one.Active(d.now) {
		d.text(d.styles.Strong, "Alerts of "+matcherWords(d.alerts, &one.Matcher)+" are told to nobody.")
	} else {
		d.text(d.styles.Strong, "This silence has ended.")
	}
	d.when("from", one.Starts)
	d.when("until", one.Ends)
	d.field("by", d.styles.Text, one.By)
	d.field("note", d.styles.Text, one.Note)
	hidden := d.alerts.matching(&one.Matcher)
	d.heading("WHAT IT HIDES")
	if len(hidden) == 0 {
		d.text(d.styles.Muted, "no alert fires or is about to that it would hide")
	}
	for _, a := range hidden {
		d.item(d.styles.Text, a.subjectName()+", "+a.says())
	}
}

// troublePageOf opens a row of the incidents' view.
func troublePageOf(t *trouble) page {
	switch {
	case t == nil:
		return nil
	case t.older != nil:
		return &pastIncidentPage{incidentPage: incidentPage{incident: *t.incident}, past: t.older}
	case t.incident != nil:
		return incidentPageOf(t.incident)
	case t.silence != nil:
		return &silencePage{*t.silence}
	default:
		return &alertPage{alert: *t.alerts[0]}
	}
}
