package tui

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/internal/safefile"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// report is what a snapshot says, to be handed on. A snapshot holds no secrets, and all text in it is harmless.
type report struct {
	Title     string           `json:"title"`
	Made      time.Time        `json:"made"`
	At        time.Time        `json:"at"` // the moment it is of
	Headline  []string         `json:"headline"`
	Incidents []incidentReport `json:"incidents"` // the open ones first
	Requests  uint64           `json:"requests_last_hour"`
	Errors    uint64           `json:"errors_last_hour"`
	ByStatus  []statusCount    `json:"by_status_last_hour"`
	Timeline  []dated          `json:"timeline"` // the newest first
	Targets   []targetReport   `json:"targets"`
	Groups    []groupReport    `json:"groups"` // the largest first
	Latency   []latencyBar     `json:"latency_by_minute"`

	chart, hours string
	slow         []titled
}

// latencyBar is the latency of a minute in milliseconds; minutes without any are left out.
type latencyBar struct {
	Start time.Time `json:"start"`
	P50   float64   `json:"p50_ms"`
	P95   float64   `json:"p95_ms"`
	P99   float64   `json:"p99_ms"`
}

// titled is a chart with its name.
type titled struct{ title, chart string }

type statusCount struct {
	Status string `json:"status"`
	Count  uint64 `json:"count"`
}

// dated is something that changed.
type dated struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

type targetReport struct {
	Name     string    `json:"name"`
	State    string    `json:"state"`
	Since    time.Time `json:"since"`
	Reason   string    `json:"reason,omitempty"`
	Breaker  string    `json:"breaker,omitempty"`
	Requests uint64    `json:"requests_last_hour"`
	Errors   uint64    `json:"errors_last_hour"`
	P95      string    `json:"p95_last_hour,omitempty"`

	Latency []latencyBar `json:"latency_by_minute,omitempty"` // of a target in trouble
}

type groupReport struct {
	Count  uint64    `json:"count"`
	Target string    `json:"target"`
	Status string    `json:"status"`
	Text   string    `json:"text"`
	Badge  string    `json:"badge"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
	Causes []string  `json:"usual_causes"`
	Action string    `json:"first_action"`
}

// newReport makes a report of a snapshot. Its times are UTC, since readers may be in another zone.
func newReport(o *Options, snap *tracker.Snapshot, made time.Time) *report {
	f := unstyled(snap.At, time.UTC)
	f.advisor = o.Advisor
	var h headline
	h.SetSnapshot(snap)
	r := &report{
		Title: safetext.Line(o.Title), Made: made.UTC(), At: snap.At.UTC(), Requests: snap.Overall.Hour.Requests, Errors: snap.Overall.Hour.Errors,
		ByStatus: []statusCount{}, Incidents: []incidentReport{}, Timeline: timeline(o, snap), Targets: []targetReport{}, Groups: []groupReport{},
	}
	subjects := h.subjects
	for i := range max(len(subjects), 1) {
		h.subjects = subjects[i:min(i+1, len(subjects))]
		for line := range strings.SplitSeq(f.drawn(300, 3, h.View), "\n") {
			if line = strings.Join(strings.Fields(line), " "); line != "" {
				r.Headline = append(r.Headline, line)
			}
		}
	}
	for i := range snap.Incidents {
		r.Incidents = append(r.Incidents, reportIncident(snap, &snap.Incidents[i], o.Advisor))
	}
	for _, c := range snap.Overall.Hour.ByOutcome {
		r.ByStatus = append(r.ByStatus, statusCount{c.Label(), c.Count})
	}
	for i := range snap.Targets {
		r.Targets = append(r.Targets, reportTarget(snap.Targets[i]))
	}
	for i := range snap.Groups {
		r.Groups = append(r.Groups, reportGroup(snap.Groups[i], o.Advisor))
	}
	slices.SortStableFunc(r.Groups, func(a, b groupReport) int { return int(min(max(int64(b.Count)-int64(a.Count), -1), 1)) }) //nolint:gosec // only the sign counts
	f.lost = lostOf(snap)
	var c minutesChart
	c.SetSnapshot(snap)
	c.end.now = false // by the time it is read
	r.chart = f.drawn(chartWidth, 12, c.View)
	r.hours = f.drawn(chartWidth, 8, func(a area) { hourBars(a, &snap.Overall, snap.At, snap.Marks) })
	r.latencies(f, snap)
	return r
}

// slowest is the number of targets whose latency a report draws.
const slowest = 5

// latencies adds the latency of all and of the targets in trouble, with charts of the first few.
func (r *report) latencies(f *frame, snap *tracker.Snapshot) {
	draw := func(name string, act *tracker.Activity) {
		var c latencyPanel
		if c.set(act, chartEnd{at: snap.At}); !c.chart.empty() {
			r.slow = append(r.slow, titled{safetext.Line(name), f.drawn(chartWidth, 11, c.View)})
		}
	}
	r.Latency = latencyBars(&snap.Overall, snap.At)
	draw("All targets", &snap.Overall)
	for i := range snap.Targets {
		if t := snap.Targets[i]; t.State > tracker.StateOK {
			r.Targets[i].Latency = latencyBars(&t.Activity, snap.At)
			if len(r.slow) <= slowest {
				draw(t.Name, &t.Activity)
			}
		}
	}
}

func latencyBars(act *tracker.Activity, at time.Time) []latencyBar {
	bars := []latencyBar{}
	if act.Latencies == nil {
		return bars
	}
	running := at.UTC().Truncate(time.Minute)
	minutes := &act.Latencies.Minutes
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	for i, bar := range minutes {
		if bar != (tracker.LatencyBar{}) {
			bars = append(bars, latencyBar{running.Add(-time.Duration(len(minutes)-i) * time.Minute), ms(bar.P50), ms(bar.P95), ms(bar.P99)})
		}
	}
	return bars
}

func reportTarget(t *tracker.Target) targetReport {
	r := targetReport{
		Name: safetext.Line(t.Name), State: t.State.String(), Since: t.Since.UTC(), Reason: safetext.Line(t.Reason),
		Requests: t.Activity.Hour.Requests, Errors: t.Activity.Hour.Errors,
	}
	if b := worstBreaker(t); b != nil {
		r.Breaker = b.State.String()
	}
	if q := &t.Activity.Hour.Latency; q.Count > 0 {
		r.P95 = human.Latency(q.P95)
	}
	return r
}

func reportGroup(g *tracker.Group, advisor *event.Advisor) groupReport {
	what := advisor.ForGroup(g)
	return groupReport{
		Count: g.Count, Target: safetext.Line(g.Target), Status: g.Outcome.Label(), Text: safetext.Line(event.GroupTitle(g)), Badge: g.Badge.String(),
		First: g.First.UTC(), Last: g.Last.UTC(), Causes: what.Causes, Action: what.Action,
	}
}

// timeline lists what changed by the moment of a snapshot, the newest first.
func timeline(o *Options, snap *tracker.Snapshot) []dated {
	list := []dated{}
	for _, e := range event.NewDetector(o.Advisor).Next(snap) {
		if e.At.IsZero() || e.At.After(snap.At) || e.Kind == event.Source { // a source's health is that of now
			continue
		}
		what := e.Text
		if e.Target != "" {
			what = e.Target + ": " + what
		}
		list = append(list, dated{e.At.UTC(), safetext.Line(what)})
	}
	slices.Reverse(list)
	return list
}

// markdown writes the report for people.
func (r *report) markdown() string {
	var out strings.Builder
	line := func(parts ...string) { out.WriteString(strings.Join(parts, "") + "\n") }
	line(strings.TrimSuffix("# Incident report: "+escapeMarkdown(r.Title), ": "), "\n")
	line("As of ", r.At.Format(time.RFC3339), ", made ", r.Made.Format(time.RFC3339), " by errtop. ", human.Count(r.Errors), " of ", human.Count(r.Requests), " requests failed in the last hour. All times are UTC.\n")
	for _, h := range r.Headline {
		line("> ", escapeMarkdown(h), "  ")
	}
	for i := range r.Incidents {
		if i == 0 {
			line("\n## Incidents\n")
		}
		r.Incidents[i].markdown(line)
	}
	line("\n## Failures by status, last hour\n\n| status | count |\n| --- | ---: |")
	for _, c := range r.ByStatus {
		line("| ", escapeMarkdown(c.Status), " | ", strconv.FormatUint(c.Count, 10), " |")
	}
	line("\n~~~~\n", r.chart, "\n~~~~\n\n~~~~\nErrors by hour\n", r.hours, "\n~~~~")
	for i, s := range r.slow {
		if i == 0 {
			line("\n## Latency")
		}
		line("\n", escapeMarkdown(s.title), ":\n\n~~~~\n", s.chart, "\n~~~~")
	}
	line("\n## Targets\n\n| target | state | since | breaker | requests/h | errors/h | p95 |\n| --- | --- | --- | --- | ---: | ---: | ---: |")
	for _, t := range r.Targets {
		line("| ", escapeMarkdown(t.Name), " | ", t.State, " | ", t.Since.Format(time.RFC3339), " | ", escapeMarkdown(t.Breaker), " | ", strconv.FormatUint(t.Requests, 10), " | ", strconv.FormatUint(t.Errors, 10), " | ", t.P95, " |")
	}
	line("\n## Groups of errors\n")
	for _, g := range r.Groups {
		line("- **", strconv.FormatUint(g.Count, 10), "×** ", escapeMarkdown(g.Target), ": ", escapeMarkdown(g.Text), " (", g.Badge, ", first ", g.First.Format(time.RFC3339), ", last ", g.Last.Format(time.RFC3339), ")  ")
		line("  Usual causes: ", escapeMarkdown(join(g.Causes)), " First: ", escapeMarkdown(g.Action))
	}
	line("\n## Timeline\n")
	for _, e := range r.Timeline {
		line("- ", e.At.Format(time.RFC3339), " ", escapeMarkdown(e.What))
	}
	return out.String()
}

// WriteReport writes a report of the state as of now, as Markdown or JSON. Of the options it takes the engine, the title, the clock
// and the advice.
func WriteReport(w io.Writer, o Options, asJSON bool) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	now := o.Now()
	r := newReport(&o, o.Engine.Snapshot(now), now)
	text := []byte(r.markdown())
	if asJSON {
		if text, err = json.MarshalIndent(r, "", "  "); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		text = append(text, '\n')
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// save writes the report as Markdown and as JSON beside it, both or neither, readable for their owner only and never over a
// file that exists: two reports of one second get names of their own. It returns the Markdown's path.
func (r *report) save(dir string) (string, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	path, err := safefile.CreateSet(dir, "errtop-report-"+r.Made.Format("20060102T150405Z"),
		safefile.File{Suffix: ".md", Content: []byte(r.markdown())}, safefile.File{Suffix: ".json", Content: append(data, '\n')})
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	return path + ".md", nil
}
