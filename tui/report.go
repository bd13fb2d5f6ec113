package tui

import (
	"fmt"
	"io"
	"time"

	"errtop/internal/report"
	"errtop/internal/safefile"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// reportOf makes a report of a snapshot, with the alerts that are known.
func reportOf(o *Options, snap *tracker.Snapshot, alerts *Alerts, made time.Time) *report.Report {
	in := report.Input{
		Title: o.Title, Made: made, Snapshot: snap, Advisor: o.Advisor, Alerts: ReportAlerts(alerts), Drawings: Drawings(snap),
	}
	if !snap.Past && o.Player == nil {
		in.At = func(at time.Time) *tracker.Snapshot { return o.Engine.SnapshotAt(snap.At, at) }
	}
	return report.New(in)
}

// Drawings returns the charts of a snapshot as text, for a report: failures by the minute and by the hour, and the latency of all
// and of the targets in trouble.
func Drawings(snap *tracker.Snapshot) []report.Drawing {
	f := unstyled(snap.At, time.UTC)
	f.lost = lostOf(snap)
	var c minutesChart
	c.SetSnapshot(snap)
	c.end.now = false // by the time it is read
	list := []report.Drawing{
		{Text: f.drawn(chartWidth, 12, c.View)},
		{Text: "Errors by hour\n" + f.drawn(chartWidth, 8, func(a area) { hourBars(a, &snap.Overall, snap.At, snap.Marks) })},
	}
	slow := 0
	draw := func(name string, act *tracker.Activity) {
		var c latencyPanel
		if c.set(act, chartEnd{at: snap.At}); !c.chart.empty() {
			list = append(list, report.Drawing{Title: safetext.Line(name), Text: f.drawn(chartWidth, 11, c.View)})
			slow++
		}
	}
	draw("All targets", &snap.Overall)
	for _, t := range snap.Targets {
		if t.State > tracker.StateOK && slow <= slowest {
			draw(t.Name, &t.Activity)
		}
	}
	return list
}

// slowest is the number of targets whose latency a report draws.
const slowest = 5

// ReportAlerts returns alerts as a report has them: those that have fired.
func ReportAlerts(alerts *Alerts) []report.Alert {
	if alerts == nil {
		return nil
	}
	var list []report.Alert
	for i := range alerts.List {
		a := &alerts.List[i]
		if a.FiredAt.IsZero() {
			continue
		}
		out := report.Alert{
			Rule: a.Rule, Severity: a.Severity.String(), Target: a.Target, Incident: a.Incident, Phase: a.Phase.String(), Text: a.Text,
			Since: a.Since, Fired: a.FiredAt, Ended: a.EndedAt,
		}
		for _, e := range a.Story {
			if e.Receiver != "" {
				out.Told = append(out.Told, report.Told{At: e.At, Receiver: e.Receiver, What: toldWhat(&e)})
			}
		}
		if ack := a.Acknowledged; ack != nil {
			out.Acks = []report.Note{{At: ack.At, By: ack.By, Text: ack.Note, Incident: a.Incident, Target: a.Target}}
		}
		list = append(list, out)
	}
	return list
}

// toldWhat says what a receiver was told: "firing", "resolved".
func toldWhat(e *AlertEvent) string {
	if e.What == "told" && e.Text != "" {
		return e.Text
	}
	return e.What
}

// saveReport writes a report as Markdown, as JSON and as a page, all or none, readable for their owner only and never over a file
// that exists: two reports of one second get names of their own. It returns the path without a suffix.
func saveReport(r *report.Report, dir string) (string, error) {
	data, err := r.JSON()
	if err != nil {
		return "", err
	}
	page, err := r.HTML()
	if err != nil {
		return "", err
	}
	path, err := safefile.CreateSet(dir, "errtop-report-"+r.Made.Format("20060102T150405Z"),
		safefile.File{Suffix: ".md", Content: []byte(r.Markdown())}, safefile.File{Suffix: ".json", Content: data}, safefile.File{Suffix: ".html", Content: []byte(page)})
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	return path, nil
}

// WriteReport writes a report of the state as of now, in the format "md", "json" or "html". Of the options it takes the engine, the
// alerts, the title, the clock and the advice.
func WriteReport(w io.Writer, o Options, format string) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	var alerts *Alerts
	if o.Alerting != nil {
		alerts = o.Alerting.Alerts()
	}
	now := o.Now()
	r := reportOf(&o, o.Engine.Snapshot(now), alerts, now)
	var text string
	switch format {
	case "html":
		text, err = r.HTML()
	case "json":
		var data []byte
		data, err = r.JSON()
		text = string(data)
	default:
		text = r.Markdown()
	}
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
