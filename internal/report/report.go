// Package report writes what happened for people who were not there: as Markdown, as JSON, and as one HTML page that needs no script
// and asks nobody for anything. It takes a snapshot of the tracker; it never looks at a clock, and one input always gives the same
// bytes.
//
// All text is made harmless and secrets in it are masked once more, whatever was done before, since a report leaves the machine.
package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"errtop/internal/event"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// Input is what a report is made of.
type Input struct {
	Title    string
	Made     time.Time
	Snapshot *tracker.Snapshot
	Advisor  *event.Advisor // nil: without runbooks

	// At returns the state at an earlier moment, for charts of what is long over; nil where there is only the snapshot.
	At func(time.Time) *tracker.Snapshot
	// Drawings are charts as text, for Markdown.
	Drawings []Drawing

	Alerts []Alert // in the order in which they fired
	Older  Older   // what the snapshot does not know any more

	// What the report is about; the zero values bound nothing.
	From     time.Time // what ended before it is left out
	Target   string
	Incident uint64
}

// Older is what is kept from before the time that a snapshot remembers.
type Older struct {
	Incidents []Past
	// Requests and errors of the whole hours from Input.From to those that the snapshot has, of the target that the report is about.
	Requests, Errors uint64
	Known            bool // they were counted; otherwise the report is of no more than the snapshot's day
}

// Past is an incident with its groups as they were kept.
type Past struct {
	Incident tracker.Incident
	Groups   []*tracker.Group
}

// FirstHour returns the start of the first hour of a snapshot's day.
func FirstHour(snap *tracker.Snapshot) time.Time {
	return snap.At.UTC().Truncate(time.Hour).Add(-time.Duration(len(snap.Overall.Hours)-1) * time.Hour)
}

// Drawing is a chart as text.
type Drawing struct{ Title, Text string }

// Report is what there is to say. Shares are in [0, 1], times in UTC.
type Report struct {
	Title     string        `json:"title"`
	Made      time.Time     `json:"made"`
	At        time.Time     `json:"at"` // the moment it is of
	Period    *Period       `json:"period,omitempty"`
	Target    string        `json:"target,omitempty"` // that it is about; "" for all
	Headline  []string      `json:"headline"`         // the whole of it in a few sentences
	Incidents []Incident    `json:"incidents"`        // the open ones first
	Requests  uint64        `json:"requests_last_hour"`
	Errors    uint64        `json:"errors_last_hour"`
	ByStatus  []StatusCount `json:"by_status_last_hour"`
	Timeline  []Dated       `json:"timeline"` // the newest first
	Targets   []Target      `json:"targets"`
	Groups    []Group       `json:"groups"` // the largest first
	Latency   []LatencyBar  `json:"latency_by_minute"`
	Charts    []Chart       `json:"charts,omitempty"`
	Marks     []Mark        `json:"marks,omitempty"`
	Alerts    []Alert       `json:"alerts,omitempty"` // those of no incident above
	Notes     []Note        `json:"notes,omitempty"`  // those of no incident above
	Missing   []string      `json:"missing,omitempty"`

	drawings []Drawing
}

// Period is the time that a report is about.
type Period struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Requests uint64    `json:"requests"`
	Errors   uint64    `json:"errors"`
}

// StatusCount counts failures of one status or kind.
type StatusCount struct {
	Status string `json:"status"`
	Count  uint64 `json:"count"`
}

// Dated is something that changed.
type Dated struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

// Mark is something that was done.
type Mark struct {
	At      time.Time `json:"at"`
	Text    string    `json:"text"`
	Target  string    `json:"target,omitempty"`
	Version string    `json:"version,omitempty"`
	Source  string    `json:"source,omitempty"`
}

// longestLine bounds a text in a report, in bytes.
const longestLine = 4000

// line makes a text harmless and masks secrets in it.
func line(s string) string { return safetext.MaskedLine(s, longestLine) }

// New makes a report. It changes nothing of the input.
func New(in Input) *Report {
	snap := in.Snapshot
	r := &Report{
		Title: line(in.Title), Made: in.Made.UTC(), At: snap.At.UTC(), Target: line(in.Target), drawings: in.Drawings,
		Incidents: []Incident{}, ByStatus: []StatusCount{}, Targets: []Target{}, Groups: []Group{},
	}
	act := in.activity()
	r.Requests, r.Errors = act.Hour.Requests, act.Hour.Errors
	for _, c := range act.Hour.ByOutcome {
		r.ByStatus = append(r.ByStatus, StatusCount{c.Label(), c.Count})
	}
	if !in.From.IsZero() {
		r.Period = in.period(act)
	}
	used := map[int]bool{} // places of the alerts that belong to an incident
	for i := range snap.Incidents {
		if inc := &snap.Incidents[i]; in.covers(inc) {
			r.Incidents = append(r.Incidents, in.incident(inc, event.IncidentTitleIn(snap, inc), event.GroupsOf(snap, inc), used))
		}
	}
	for i := range in.Older.Incidents {
		past := &in.Older.Incidents[i]
		if in.covers(&past.Incident) && !in.known(&past.Incident) {
			r.Incidents = append(r.Incidents, in.incident(&past.Incident, event.IncidentTitle(&past.Incident), past.Groups, used))
		}
	}
	r.lists(&in)
	r.Timeline = in.timeline()
	r.Latency = latencyBars(act, snap.At)
	r.Charts = in.overview(act)
	r.rest(&in, used)
	for _, missing := range snap.Missing {
		r.Missing = append(r.Missing, line(missing))
	}
	r.Headline = r.headline(snap)
	return r
}

// lists adds the targets, groups and marks that the report is about.
func (r *Report) lists(in *Input) {
	snap := in.Snapshot
	for _, t := range snap.Targets {
		if in.Target == "" || t.Name == in.Target {
			r.Targets = append(r.Targets, target(t, snap.At))
		}
	}
	for _, g := range snap.Groups {
		if (in.Target == "" || g.Target == in.Target) && !g.Last.Before(in.From) {
			r.Groups = append(r.Groups, group(g, in.Advisor))
		}
	}
	slices.SortStableFunc(r.Groups, func(a, b Group) int { return compareCounts(b.Count, a.Count) })
	for _, m := range snap.Marks {
		if !m.At.Before(in.From) && (in.Target == "" || m.Target == "" || m.Target == in.Target) {
			r.Marks = append(r.Marks, Mark{m.At.UTC(), line(m.Text), line(m.Target), line(m.Version), line(m.Source)})
		}
	}
}

func compareCounts(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// activity returns that of the target that the report is about, else of all.
func (in *Input) activity() *tracker.Activity {
	for _, t := range in.Snapshot.Targets {
		if t.Name == in.Target {
			return &t.Activity
		}
	}
	if in.Target != "" {
		return &tracker.Activity{}
	}
	return &in.Snapshot.Overall
}

// covers reports whether an incident is one that the report is about.
func (in *Input) covers(i *tracker.Incident) bool {
	if in.Incident != 0 {
		return i.ID == in.Incident
	}
	if !i.Ongoing() && i.End.Before(in.From) {
		return false
	}
	return in.Target == "" || slices.ContainsFunc(i.Targets, func(t tracker.IncidentTarget) bool { return t.Name == in.Target })
}

// Nothing reports whether nothing happened in the time, or to the target or incident, that the report is about.
func (r *Report) Nothing(in *Input) bool {
	switch {
	case len(r.Incidents) > 0:
		return false
	case in.Incident != 0:
		return true
	case r.Period != nil:
		return r.Period.Requests == 0
	default:
		return in.activity().Day.Requests == 0 && in.activity().Day.NotSent == 0
	}
}

// known reports whether the snapshot has an incident.
func (in *Input) known(past *tracker.Incident) bool {
	return slices.ContainsFunc(in.Snapshot.Incidents, func(i tracker.Incident) bool {
		return i.ID == past.ID || i.Lead().Name == past.Lead().Name && i.Onset.At.Sub(past.Onset.At).Abs() < time.Minute
	})
}

// period counts what is known of the time since From: of the snapshot's day, and of what is kept from before.
func (in *Input) period(act *tracker.Activity) *Period {
	first := FirstHour(in.Snapshot)
	if !in.From.Before(first) {
		return periodOf(act, in.From, in.Snapshot.At)
	}
	if !in.Older.Known {
		return periodOf(act, first, in.Snapshot.At)
	}
	p := periodOf(act, first, in.Snapshot.At)
	p.From = in.From.UTC()
	p.Requests, p.Errors = p.Requests+in.Older.Requests, p.Errors+in.Older.Errors
	return p
}

// periodOf counts what is known of a time: by the minute for the last hour, else by the hour.
func periodOf(act *tracker.Activity, from, to time.Time) *Period {
	p := &Period{From: from.UTC(), To: to.UTC()}
	step, bars := time.Minute, act.Minutes[:]
	if to.Sub(from) > time.Hour {
		step, bars = time.Hour, act.Hours[:]
	}
	running := to.UTC().Truncate(step)
	for i, bar := range bars {
		if start := running.Add(-time.Duration(len(bars)-1-i) * step); start.Add(step).After(from) {
			p.Requests += uint64(bar.Requests)
			p.Errors += uint64(bar.Errors)
		}
	}
	return p
}

// timeline lists what changed by the moment of the snapshot, the newest first.
func (in *Input) timeline() []Dated {
	list := []Dated{}
	for _, e := range event.NewDetector(in.Advisor).Next(in.Snapshot) {
		switch {
		case e.At.IsZero() || e.At.After(in.Snapshot.At) || e.At.Before(in.From):
			continue
		case e.Kind == event.Source: // a source's health is that of now
			continue
		case in.Target != "" && e.Target != "" && e.Target != in.Target:
			continue
		}
		what := e.Text
		if e.Target != "" {
			what = e.Target + ": " + what
		}
		list = append(list, Dated{e.At.UTC(), line(what)})
	}
	slices.Reverse(list)
	return list
}

// JSON returns the report for programs.
func (r *Report) JSON() ([]byte, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return append(data, '\n'), nil
}
