package tui

import (
	"math"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// historyPage shows hours of the last month, and this hour beside the same one of before.
type historyPage struct{ target string }

func (p *historyPage) title() string {
	if p.target == "" {
		return "HISTORY"
	}
	return "HISTORY " + p.target
}

func (*historyPage) request() *tracker.Request { return nil }

func (p *historyPage) write(d *doc, snap *tracker.Snapshot) {
	bars, known := d.older.hours[p.target]
	switch {
	case d.older.problem != "":
		d.text(d.styles.Failing, d.older.problem)
		return
	case !known:
		d.text(d.styles.Muted, "reading")
		return
	}
	act := &snap.Overall
	if p.target != "" {
		act = &tracker.Activity{}
		if t := targetOf(snap, p.target); t != nil {
			act = &t.Activity
		}
	}
	g := newHourGrid(bars, act, snap.At, d.loc)
	g.compare(d)
	d.heading("A WEEK, BY HOUR", run{d.styles.Muted, "  failures; the height is the share of the worst hour"})
	g.hours(d)
	g.rows(d, 0, 7)
	d.heading("A MONTH, BY HOUR")
	if !g.rows(d, 7, historyDays) {
		d.text(d.styles.Muted, "nothing is kept from so long ago")
	}
	d.gap()
	d.text(d.styles.Muted, "The view of incidents lists those of the last "+human.Plural(historyDays, "day")+" too; its filter searches them.")
}

// hourGrid is hours by day and hour of the day.
type hourGrid struct {
	by      map[time.Time]HourBar // by the start of the hour, in UTC
	running time.Time
	at      time.Time
	loc     *time.Location
	worst   uint64
}

// newHourGrid puts the hours that a tracker knows, the running one with them, beside those that are kept.
func newHourGrid(bars []HourBar, act *tracker.Activity, at time.Time, loc *time.Location) *hourGrid {
	g := &hourGrid{by: map[time.Time]HourBar{}, running: at.UTC().Truncate(time.Hour), at: at, loc: loc}
	for _, bar := range bars {
		g.by[bar.Start.UTC()] = bar
	}
	for i, bar := range act.Hours {
		start := g.running.Add(-time.Duration(len(act.Hours)-1-i) * time.Hour)
		if _, kept := g.by[start]; start.Equal(g.running) || !kept && bar.Requests > 0 {
			g.by[start] = HourBar{start, uint64(bar.Requests), uint64(bar.Errors)}
		}
	}
	for _, bar := range g.by {
		g.worst = max(g.worst, bar.Errors)
	}
	return g
}

// compare writes this hour beside the same one yesterday and last week.
func (g *hourGrid) compare(d *doc) {
	d.heading("THIS HOUR AND BEFORE")
	for _, hour := range [...]struct {
		name string
		back int // days
	}{{"this hour", 0}, {"yesterday", 1}, {"last week", 7}} {
		local := g.running.In(g.loc)
		start := local.AddDate(0, 0, -hour.back)
		bar, known := g.by[start.UTC()]
		text := d.clock(start) + " "
		switch {
		case !known:
			text += "nothing is known"
		case hour.back == 0:
			text += "to now: " + said(bar)
		default:
			text += "the whole hour: " + said(bar)
		}
		d.field(hour.name, d.styles.Text, text)
	}
}

// said says what failed of an hour: "12 of 600 failed, 2.0 %".
func said(bar HourBar) string {
	text := human.Thousands(bar.Errors) + " of " + human.Thousands(bar.Requests) + " failed"
	if bar.Requests > 0 {
		text += ", " + human.Percent(float64(bar.Errors)/float64(bar.Requests))
	}
	return text
}

// hours writes the hours of the day above the rows.
func (g *hourGrid) hours(d *doc) {
	d.line(run{d.styles.Faint, d.pad("", dayWidth) + "00    06    12    18    "}, run{d.styles.Muted, "  FAILED      OF  SHARE"})
}

// dayWidth is how wide "Wed 25 Nov" is with the space behind it.
const dayWidth = 12

// rows writes a row for each day, the newest first, and reports whether any was known.
func (g *hourGrid) rows(d *doc, from, to int) (something bool) {
	today := g.at.In(g.loc)
	for back := from; back < to; back++ {
		day := time.Date(today.Year(), today.Month(), today.Day()-back, 0, 0, 0, 0, g.loc)
		runs := []run{{d.styles.Muted, d.pad(day.Format("Mon 02 Jan"), dayWidth)}}
		var sum HourBar
		known := false
		for hour := range 24 {
			start := time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, g.loc)
			bar, ok := g.by[start.UTC().Truncate(time.Hour)]
			known = known || ok
			sum.Requests, sum.Errors = sum.Requests+bar.Requests, sum.Errors+bar.Errors
			runs = append(runs, g.cell(d, bar, ok))
		}
		if !known {
			continue
		}
		something = true
		text := pad6(human.Count(sum.Errors)) + "  " + pad6(human.Count(sum.Requests))
		if sum.Requests > 0 {
			text += "  " + human.Percent(float64(sum.Errors)/float64(sum.Requests))
		}
		d.line(append(runs, run{d.styles.Text, "  " + text})...)
	}
	return something
}

// cell is one hour: blank where nothing is known, else a bar whose height is the square root of its share of the worst hour.
func (g *hourGrid) cell(d *doc, bar HourBar, known bool) run {
	switch {
	case !known:
		return run{d.styles.Faint, " "}
	case bar.Errors == 0:
		return run{d.styles.Faint, d.glyphs.spark[0]}
	}
	level := int(math.Sqrt(float64(bar.Errors)/float64(max(g.worst, 1))) * float64(len(d.glyphs.spark)-1))
	return run{d.styles.Failing, d.glyphs.spark[min(max(level, 1), len(d.glyphs.spark)-1)]}
}

// pad6 puts a figure at the right of six columns.
func pad6(s string) string {
	for len(s) < 6 {
		s = " " + s
	}
	return s
}

// pastIncidentPage is the page of an incident that the tracker may have forgotten: in the state that it was in.
type pastIncidentPage struct {
	incidentPage
	past  *PastIncident
	asked bool              // the state is being read
	snap  *tracker.Snapshot // nil: not read yet
}

// moment returns when the page shows it: shortly after its end, so that the chart holds all of it.
func (p *pastIncidentPage) moment() time.Time {
	in := &p.past.Incident
	if in.End.IsZero() {
		return in.Onset.At.Add(30 * time.Minute)
	}
	return in.End.Add(10 * time.Minute)
}

func (p *pastIncidentPage) write(d *doc, now *tracker.Snapshot) {
	snap := tracker.Snapshot{At: p.moment()}
	if p.snap != nil {
		snap = *p.snap
	} else {
		d.text(d.styles.Muted, "reading how it was then")
	}
	snap.Past, snap.LogTime = true, false
	snap.Groups, snap.Incidents, snap.Notes = p.past.Groups, []tracker.Incident{p.past.Incident}, now.Notes
	p.incidentPage.write(d, &snap)
}
