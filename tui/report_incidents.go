package tui

import (
	"strconv"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// incidentReport is an incident as a report has it. Shares are in [0, 1].
type incidentReport struct {
	Targets  []string         `json:"targets"` // the worst first
	State    string           `json:"state"`
	What     string           `json:"what"`
	Class    string           `json:"cause_class"`
	Signals  string           `json:"signals"`
	Since    time.Time        `json:"since"`
	Earliest *time.Time       `json:"since_earliest,omitempty"` // with latest, where the onset is not known to the minute
	Latest   *time.Time       `json:"since_latest,omitempty"`
	Before   bool             `json:"since_before,omitempty"` // it began before what is remembered
	Until    *time.Time       `json:"until,omitempty"`        // of one that is over
	Lasted   string           `json:"lasted"`
	Trend    string           `json:"trend,omitempty"`
	Now      float64          `json:"failing_share"`
	Usual    *float64         `json:"usual_share,omitempty"` // absent without a baseline
	Requests uint64           `json:"requests"`
	Failed   uint64           `json:"failed"`
	Budget   float64          `json:"error_budget_spent,omitempty"`
	After    string           `json:"after,omitempty"` // what was done just before
	Where    string           `json:"where,omitempty"`
	Upstream string           `json:"upstream,omitempty"`
	Common   []contrastReport `json:"in_common,omitempty"`
	Action   string           `json:"first_action"`
	Runbook  string           `json:"runbook,omitempty"`
	Timeline []dated          `json:"timeline,omitempty"` // the oldest first

	extent, usual string
}

type contrastReport struct {
	Field      string  `json:"field"`
	Value      string  `json:"value"`
	OfFailures float64 `json:"of_failures"`
	OfRequests float64 `json:"of_requests"`
}

func reportIncident(snap *tracker.Snapshot, in *tracker.Incident, advisor *event.Advisor) incidentReport {
	advice := advisor.ForIncident(in)
	r := incidentReport{
		State: in.State.String(), What: safetext.Line(incidentTitle(snap, in)), Class: event.ClassOf(in).String(), Signals: in.Signals.String(),
		Since: in.Onset.At.UTC(), Before: in.Onset.Before, Lasted: human.Span(event.Duration(in, snap.At)), Trend: event.TrendWords(in, snap.At),
		Now: in.Now, Requests: in.Requests, Failed: in.Failed, Budget: in.BudgetSpent, After: safetext.Line(event.MarkBefore(in)),
		Where: safetext.Line(strings.TrimSpace(in.Cause.Method + " " + in.Cause.Route)), Upstream: safetext.Line(in.Cause.Upstream),
		Action: safetext.Line(advice.Action), Runbook: safetext.Line(advice.URL), extent: event.Extent(in), usual: event.Usual(in),
	}
	for t := range in.Targets {
		r.Targets = append(r.Targets, safetext.Line(in.Targets[t].Name))
	}
	if in.Onset.Uncertain() {
		earliest, latest := in.Onset.Earliest.UTC(), in.Onset.Latest.UTC()
		r.Earliest, r.Latest = &earliest, &latest
	}
	if !in.Ongoing() {
		until := in.End.UTC()
		r.Until = &until
	}
	if in.BaselineKnown {
		r.Usual = &in.Usual
	}
	for c := range in.Contrasts {
		contrast := &in.Contrasts[c]
		r.Common = append(r.Common, contrastReport{safetext.Line(contrast.Field), safetext.Line(contrast.Value), contrast.OfFailures, contrast.OfRequests})
	}
	for e := range in.Timeline {
		r.Timeline = append(r.Timeline, dated{in.Timeline[e].At.UTC(), safetext.Line(in.Timeline[e].Text)})
	}
	return r
}

// markdown writes the incident for people.
func (i *incidentReport) markdown(line func(...string)) {
	name := ""
	if len(i.Targets) > 0 {
		name = i.Targets[0] + ": "
	}
	line("### ", escapeMarkdown(name+i.What), "\n")
	until := "it goes on (" + i.State + ")"
	if i.Until != nil {
		until = "over at " + i.Until.Format(time.RFC3339)
	}
	since := i.Since.Format(time.RFC3339)
	switch {
	case i.Before:
		since = "before " + since
	case i.Earliest != nil:
		since += " (between " + i.Earliest.Format(time.TimeOnly) + " and " + i.Latest.Format(time.TimeOnly) + ")"
	}
	line("- since ", since, ", ", until, ", ", i.Lasted)
	line("- ", escapeMarkdown(joined(i.extent, i.usual, i.Trend)), "; ", strconv.FormatUint(i.Failed, 10), " of ", strconv.FormatUint(i.Requests, 10), " requests failed")
	for _, fact := range [...]struct{ name, value string }{
		{"", i.After}, {"where: ", i.Where}, {"upstream: ", i.Upstream}, {"targets: ", strings.Join(i.Targets, ", ")}, {"first: ", i.Action}, {"runbook: ", i.Runbook},
	} {
		if fact.value != "" && (fact.name != "targets: " || len(i.Targets) > 1) {
			line("- ", fact.name, escapeMarkdown(fact.value))
		}
	}
	for _, c := range i.Common {
		line("- in common: ", escapeMarkdown(event.ContrastText(&tracker.Contrast{Field: c.Field, Value: c.Value, OfFailures: c.OfFailures, OfRequests: c.OfRequests})))
	}
	for _, e := range i.Timeline {
		line("- ", e.At.Format(time.TimeOnly), " ", escapeMarkdown(e.What))
	}
	line()
}
