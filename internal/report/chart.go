package report

import (
	"cmp"
	"slices"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// Chart is counts over time, with what happened meanwhile.
type Chart struct {
	Title string    `json:"title"`
	Kind  ChartKind `json:"kind"`
	Step  int       `json:"step_seconds"`
	Bars  []Bar     `json:"bars"`

	Onset    *time.Time `json:"onset,omitempty"`
	Earliest *time.Time `json:"onset_earliest,omitempty"` // with latest, where the onset is uncertain
	Latest   *time.Time `json:"onset_latest,omitempty"`
	End      *time.Time `json:"end,omitempty"`
	Marks    []Mark     `json:"marks,omitempty"`
	Gaps     []Gap      `json:"gaps,omitempty"`
}

// ChartKind says what a chart shows.
type ChartKind string

// The kinds of charts.
const (
	ChartFailures ChartKind = "failures" // failed requests of each step
	ChartRequests ChartKind = "requests" // all requests of each step
	ChartLatency  ChartKind = "latency"  // its quantiles in each step
)

// Bar is one step of a chart.
type Bar struct {
	Start    time.Time `json:"start"`
	Requests uint32    `json:"requests"`
	Errors   uint32    `json:"errors"`
	P50      float64   `json:"p50_ms,omitempty"`
	P95      float64   `json:"p95_ms,omitempty"`
	Known    bool      `json:"known"` // whether anything is known of the step; false is no zero
}

// Gap is time that nobody lived through.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Why  string    `json:"why"`
}

// charts returns the charts of an incident's worst target: by the minute where that is still known, else by the hour.
func (in *Input) charts(i *tracker.Incident) []Chart {
	snap := in.Snapshot
	lead := i.Lead().Name
	end := cmp.Or(i.End, snap.At)
	if after := end.Add(10 * time.Minute); !i.End.IsZero() && snap.At.Sub(after) > 30*time.Minute && in.At != nil {
		if earlier := in.At(after); earlier != nil && targetIn(earlier, lead) != nil {
			snap = earlier
		}
	}
	t := targetIn(snap, lead)
	if t == nil {
		return nil
	}
	byHour := snap.At.Sub(i.Onset.At) > minutesDrawn*time.Minute-beforeOnset
	var charts []Chart
	add := func(kind ChartKind, hours bool) {
		c := newChart(kind, t.Name, &t.Activity, snap, hours)
		if len(c.Bars) == 0 {
			return
		}
		if !hours {
			in.extend(&c, t.Name, i.Onset.At.Add(-beforeOnset))
		}
		c.note(in.Snapshot, t.Name, i)
		charts = append(charts, c)
	}
	switch {
	case i.Signals.Has(tracker.SignalFailures) || i.Signals == 0:
		add(ChartFailures, false)
		if byHour {
			add(ChartFailures, true)
		}
	case i.Signals.Has(tracker.SignalSilence):
		add(ChartRequests, false)
		if byHour {
			add(ChartRequests, true)
		}
	}
	if i.Signals.Has(tracker.SignalLatency) {
		add(ChartLatency, false)
		if c := quarters(t.Name, &t.Activity, snap); len(c.Bars) > 0 && snap.At.Sub(i.Onset.At) > time.Hour-beforeOnset {
			c.note(in.Snapshot, t.Name, i)
			charts = append(charts, c)
		}
	}
	return charts
}

// quarters lays out the latencies of the last day by the quarter of an hour: by the minute they are known of an hour only. It has no bars where
// there is nothing to show.
func quarters(name string, act *tracker.Activity, snap *tracker.Snapshot) Chart {
	const step = 15 * time.Minute
	c := Chart{Kind: ChartLatency, Step: int(step / time.Second), Title: line(name) + ": latency a quarter of an hour"}
	if act.Latencies == nil {
		return Chart{}
	}
	running := snap.At.UTC().Truncate(step) // of which there is none yet
	list := act.Latencies.Quarters[:]
	for i := range list {
		bar := Bar{Start: running.Add(-time.Duration(len(list)-i) * step), P50: milliseconds(list[i].P50()), P95: milliseconds(list[i].P95())}
		if bar.Known = list[i] != (tracker.LatencyBar{}); bar.Known || len(c.Bars) > 0 { // from the first that is known
			c.Bars = append(c.Bars, bar)
		}
	}
	return c
}

const (
	minutesDrawn = 240              // of an incident at most
	beforeOnset  = 10 * time.Minute // that are drawn too, for what was usual
)

// extend puts minutes before those of a chart, until it begins at a moment or has as many as are drawn.
func (in *Input) extend(c *Chart, target string, from time.Time) {
	for len(c.Bars) < minutesDrawn && in.At != nil && from.Before(c.Bars[0].Start) {
		first := c.Bars[0].Start
		snap := in.At(first)
		if snap == nil {
			return
		}
		t := targetIn(snap, target)
		if t == nil {
			return
		}
		earlier := newChart(c.Kind, target, &t.Activity, snap, false).Bars
		for len(earlier) > 0 && !earlier[len(earlier)-1].Start.Before(first) {
			earlier = earlier[:len(earlier)-1]
		}
		for len(earlier) > 0 && earlier[0].Start.Before(from) {
			earlier = earlier[1:]
		}
		if len(earlier) == 0 || !earlier[len(earlier)-1].Start.Equal(first.Add(-time.Minute)) {
			return
		}
		c.Bars = append(earlier, c.Bars...)
	}
}

// overview returns the charts of everything that the report is about.
func (in *Input) overview(act *tracker.Activity) []Chart {
	name := in.Target
	if name == "" {
		name = "all targets"
	}
	var charts []Chart
	for _, hours := range []bool{false, true} {
		c := newChart(ChartFailures, name, act, in.Snapshot, hours)
		if len(c.Bars) > 0 {
			if c.note(in.Snapshot, in.Target, nil); hours {
				c.Marks = nil // they stand too close for hours
			}
			charts = append(charts, c)
		}
	}
	if c := newChart(ChartLatency, name, act, in.Snapshot, false); len(c.Bars) > 0 {
		charts = append(charts, c)
	}
	return charts
}

func targetIn(snap *tracker.Snapshot, name string) *tracker.Target {
	for _, t := range snap.Targets {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// newChart lays out the last hour by the minute, or the last day by the hour. It has no bars where there is nothing to show.
func newChart(kind ChartKind, name string, act *tracker.Activity, snap *tracker.Snapshot, hours bool) Chart {
	step, word, bars := time.Minute, " a minute", act.Minutes[:]
	if hours {
		step, word, bars = time.Hour, " an hour", act.Hours[:]
	}
	c := Chart{Kind: kind, Step: int(step / time.Second)}
	running := snap.At.UTC().Truncate(step)
	something := false
	for i, b := range bars {
		bar := Bar{Start: running.Add(-time.Duration(len(bars)-1-i) * step), Requests: b.Requests, Errors: b.Errors}
		bar.Known = !act.Since.IsZero() && bar.Start.Add(step).After(act.Since)
		if kind == ChartLatency {
			bar.Known = false
			if act.Latencies != nil && !hours && i < len(act.Latencies.Minutes) { // of the running minute there is none
				q := &act.Latencies.Minutes[i]
				bar.P50, bar.P95, bar.Known = milliseconds(q.P50()), milliseconds(q.P95()), *q != (tracker.LatencyBar{})
			}
		}
		c.Bars = append(c.Bars, bar)
		something = something || bar.Known
	}
	if !something {
		return Chart{}
	}
	c.Title = line(name) + ": " + string(kind) + word
	return c
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// note adds what happened while the chart lasts: the onset and end of an incident, what was done, and gaps.
func (c *Chart) note(snap *tracker.Snapshot, target string, i *tracker.Incident) {
	from, to := c.Bars[0].Start, c.Bars[len(c.Bars)-1].Start.Add(time.Duration(c.Step)*time.Second)
	within := func(t time.Time) *time.Time {
		if t.Before(from) || !t.Before(to) {
			return nil
		}
		t = t.UTC()
		return &t
	}
	if i != nil {
		if !i.Onset.Before {
			c.Onset = within(i.Onset.At)
		}
		if i.Onset.Uncertain() {
			c.Earliest, c.Latest = within(i.Onset.Earliest), within(i.Onset.Latest)
		}
		if !i.Ongoing() {
			c.End = within(i.End)
		}
	}
	for _, m := range snap.Marks {
		if at := within(m.At); at != nil && (target == "" || m.Target == "" || m.Target == target) {
			c.Marks = append(c.Marks, Mark{*at, line(m.Text), line(m.Target), line(m.Version), line(m.Source)})
		}
	}
	for _, g := range snap.Gaps {
		if g.To.After(from) && g.From.Before(to) && g.To.After(g.From) {
			c.Gaps = append(c.Gaps, Gap{g.From.UTC(), g.To.UTC(), line(g.Why)})
		}
	}
}

// top returns the largest value of the chart, and how values are written.
func (c *Chart) top() (top float64, write func(float64) string) {
	for i := range c.Bars {
		top = max(top, c.value(&c.Bars[i]))
	}
	if c.Kind == ChartLatency {
		return top, func(ms float64) string {
			if ms == 0 {
				return "0"
			}
			return human.Latency(time.Duration(ms * float64(time.Millisecond)))
		}
	}
	return top, func(n float64) string { return human.Count(uint64(n + 0.5)) }
}

// value is what the chart draws of a bar.
func (c *Chart) value(b *Bar) float64 {
	switch c.Kind {
	case ChartLatency:
		return b.P95
	case ChartRequests:
		return float64(b.Requests)
	default:
		return float64(b.Errors)
	}
}

// sortNotes sorts by time.
func sortNotes(notes []Note) {
	slices.SortStableFunc(notes, func(a, b Note) int { return a.At.Compare(b.At) })
}
