package report

import (
	"fmt"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/tracker"
)

// Incident is an incident as a report has it.
type Incident struct {
	ID       uint64     `json:"id"`
	Targets  []string   `json:"targets"` // the worst first
	State    string     `json:"state"`
	What     string     `json:"what"`
	Class    string     `json:"cause_class"`
	Signals  string     `json:"signals"`
	Since    time.Time  `json:"since"`
	Earliest *time.Time `json:"since_earliest,omitempty"` // with latest, where the onset is not known to the minute
	Latest   *time.Time `json:"since_latest,omitempty"`
	Before   bool       `json:"since_before,omitempty"` // it began before what is remembered
	Until    *time.Time `json:"until,omitempty"`        // of one that is over
	Lasted   string     `json:"lasted"`
	Trend    string     `json:"trend,omitempty"`
	Now      float64    `json:"failing_share"`
	Usual    *float64   `json:"usual_share,omitempty"` // absent without a baseline
	Requests uint64     `json:"requests"`
	Failed   uint64     `json:"failed"`
	Budget   float64    `json:"error_budget_spent,omitempty"`
	After    string     `json:"after,omitempty"` // what was done just before
	Where    string     `json:"where,omitempty"`
	Upstream string     `json:"upstream,omitempty"`
	Common   []Contrast `json:"in_common,omitempty"`
	Action   string     `json:"first_action"`
	Runbook  string     `json:"runbook,omitempty"`
	Timeline []Dated    `json:"timeline,omitempty"` // the oldest first
	Story    string     `json:"story"`              // all of it in a few sentences

	Charts []Chart `json:"charts,omitempty"`
	Groups []Group `json:"groups,omitempty"` // its own, the cause's first
	Alerts []Alert `json:"alerts,omitempty"`
	Done   []Note  `json:"done,omitempty"` // acknowledgements and notes, by time

	extent, usual string
}

// Contrast is what failing requests have in common.
type Contrast struct {
	Field      string  `json:"field"`
	Value      string  `json:"value"`
	OfFailures float64 `json:"of_failures"`
	OfRequests float64 `json:"of_requests"`
	About      bool    `json:"of_requests_estimated,omitempty"`
}

// incident returns an incident, of that title and with those groups, with what belongs to it.
func (in *Input) incident(i *tracker.Incident, title string, groups []*tracker.Group, used map[int]bool) Incident {
	snap := in.Snapshot
	advice := in.Advisor.ForIncident(i)
	r := Incident{
		ID: i.ID, State: i.State.String(), What: line(title), Class: event.ClassOf(i).String(), Signals: i.Signals.String(),
		Since: i.Onset.At.UTC(), Before: i.Onset.Before, Lasted: human.Span(event.Duration(i, snap.At)), Trend: event.TrendWords(i, snap.At),
		Now: i.Now, Requests: i.Requests, Failed: i.Failed, Budget: i.BudgetSpent, After: line(event.MarkBefore(i)),
		Where: line(strings.TrimSpace(i.Cause.Method + " " + i.Cause.Route)), Upstream: line(i.Cause.Upstream),
		Action: line(advice.Action), Runbook: line(advice.URL), extent: event.Extent(i), usual: event.Usual(i),
	}
	for t := range i.Targets {
		r.Targets = append(r.Targets, line(i.Targets[t].Name))
	}
	if i.Onset.Uncertain() {
		earliest, latest := i.Onset.Earliest.UTC(), i.Onset.Latest.UTC()
		r.Earliest, r.Latest = &earliest, &latest
	}
	if !i.Ongoing() {
		until := i.End.UTC()
		r.Until = &until
	}
	if i.BaselineKnown {
		r.Usual = &i.Usual
	}
	for c := range i.Contrasts {
		contrast := &i.Contrasts[c]
		r.Common = append(r.Common, Contrast{line(contrast.Field), line(contrast.Value), contrast.OfFailures, contrast.OfRequests, contrast.Sampled})
	}
	for e := range i.Timeline {
		r.Timeline = append(r.Timeline, Dated{i.Timeline[e].At.UTC(), line(i.Timeline[e].Text)})
	}
	for _, g := range groups {
		if len(r.Groups) == groupsShown {
			break
		}
		of := group(g, in.Advisor)
		if n := len(of.Exemplars); n > 1 && len(r.Groups) > 0 {
			of.Exemplars = of.Exemplars[n-1:] // only the cause's are told apart
		}
		r.Groups = append(r.Groups, of)
	}
	r.Charts = in.charts(i)
	in.told(&r, i, used)
	r.Story = r.story()
	return r
}

// groupsShown bounds the groups of an incident.
const groupsShown = 8

// told adds the alerts of an incident, and what people did and wrote.
func (in *Input) told(r *Incident, i *tracker.Incident, used map[int]bool) {
	for a := range in.Alerts {
		if in.Alerts[a].Incident != i.ID {
			continue
		}
		used[a] = true
		alert := in.Alerts[a].harmless()
		r.Alerts = append(r.Alerts, alert)
		for _, ack := range alert.Acks {
			ack.Text = strings.TrimSuffix("acknowledged "+alert.Rule+": "+ack.Text, ": ")
			r.Done = append(r.Done, ack)
		}
	}
	for _, n := range in.Snapshot.NotesOf(i) {
		r.Done = append(r.Done, noteOf(n))
	}
	sortNotes(r.Done)
}

// lead is the name of the worst target.
func (i *Incident) lead() string {
	if len(i.Targets) == 0 {
		return ""
	}
	return i.Targets[0]
}

// Name is the incident in one line: "billing: connection refused".
func (i *Incident) Name() string {
	if i.lead() == "" {
		return i.What
	}
	return i.lead() + ": " + i.What
}

// Over reports whether the incident has ended.
func (i *Incident) Over() bool { return i.Until != nil }

// story says what happened, since when, how long, what it cost, and whether it is over.
func (i *Incident) story() string {
	var s strings.Builder
	_, _ = fmt.Fprintf(&s, "%s: %s.", strings.Join(i.Targets, ", "), strings.TrimRight(i.What, "."))
	switch {
	case i.Before:
		_, _ = fmt.Fprintf(&s, " It began before %s, where what is remembered begins", stamp(i.Since))
	case i.Earliest != nil:
		_, _ = fmt.Fprintf(&s, " It began at %s, give or take (between %s and %s)", stamp(i.Since), clock(*i.Earliest), clock(*i.Latest))
	default:
		_, _ = fmt.Fprintf(&s, " It began at %s", stamp(i.Since))
	}
	if i.After != "" {
		s.WriteString(", " + i.After)
	}
	if i.Over() {
		_, _ = fmt.Fprintf(&s, ", and was over at %s, after %s.", clock(*i.Until), i.Lasted)
	} else {
		_, _ = fmt.Fprintf(&s, ", and goes on after %s", i.Lasted)
		if i.Trend != "" {
			s.WriteString(" (" + i.Trend + ")")
		}
		s.WriteString(": " + i.extent + ", " + i.usual + ".")
	}
	if i.Failed > 0 {
		_, _ = fmt.Fprintf(&s, " %s of %s requests failed", human.Thousands(i.Failed), human.Thousands(i.Requests))
		if i.Requests > 0 {
			s.WriteString(" (" + human.Percent(float64(i.Failed)/float64(i.Requests)) + ")")
		}
		if i.Over() {
			s.WriteString("; " + i.usual)
		}
		s.WriteString(".")
	}
	if i.Budget > 0 {
		s.WriteString(" It has spent " + human.Percent(i.Budget) + " of the error budget.")
	}
	if i.Where != "" {
		s.WriteString(" Where: " + i.Where + ".")
	}
	return s.String()
}

// headline says how all of it stands, and then each incident.
func (r *Report) headline(snap *tracker.Snapshot) []string {
	open := 0
	for i := range r.Incidents {
		if !r.Incidents[i].Over() {
			open++
		}
	}
	var first string
	switch n := len(r.Incidents); {
	case n == 0:
		first = "There was no incident."
	case open == 0 && n == 1:
		first = "There was one incident. It is over."
	case open == 0:
		first = fmt.Sprintf("There were %d incidents. All are over.", n)
	case n == 1:
		first = "There is one incident. It goes on."
	default:
		first = fmt.Sprintf("There are %d incidents, of which %d go on.", n, open)
		if open == 1 {
			first = fmt.Sprintf("There are %d incidents, of which one goes on.", n)
		}
	}
	if bad := troubled(snap, r.Target); bad != "" {
		first += " Not as usual now: " + bad + "."
	}
	lines := []string{first}
	for i := range r.Incidents {
		lines = append(lines, r.Incidents[i].Story)
		if !r.Incidents[i].Over() && r.Incidents[i].Action != "" {
			lines = append(lines, "First thing to do: "+r.Incidents[i].Action)
		}
	}
	return lines
}

// troubled names the targets in trouble that belong to no incident.
func troubled(snap *tracker.Snapshot, only string) string {
	var names []string
	for _, t := range snap.Targets {
		asUsual := t.State > tracker.StateStale && t.UsualKnown // failures that are usual for it are no news
		if t.State > tracker.StateOK && t.Incident == 0 && !asUsual && (only == "" || t.Name == only) {
			names = append(names, line(t.Name)+" ("+t.State.String()+")")
		}
	}
	const shown = 5
	if rest := len(names) - shown; rest > 0 {
		names = append(names[:shown], fmt.Sprintf("%d more", rest))
	}
	return strings.Join(names, ", ")
}

// stamp and clock write a moment in UTC.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }
func clock(t time.Time) string { return t.UTC().Format(time.TimeOnly) }
