package report

import (
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// LatencyBar is the latency of a minute in milliseconds; minutes without any are left out.
type LatencyBar struct {
	Start time.Time `json:"start"`
	P50   float64   `json:"p50_ms"`
	P95   float64   `json:"p95_ms"`
	P99   float64   `json:"p99_ms"`
}

// Target is how a target stands.
type Target struct {
	Name     string    `json:"name"`
	State    string    `json:"state"`
	Since    time.Time `json:"since"`
	Reason   string    `json:"reason,omitempty"`
	Breaker  string    `json:"breaker,omitempty"`
	Requests uint64    `json:"requests_last_hour"`
	Errors   uint64    `json:"errors_last_hour"`
	P95      string    `json:"p95_last_hour,omitempty"`

	Latency []LatencyBar `json:"latency_by_minute,omitempty"` // of a target in trouble
}

// Group is a group of errors with one fingerprint.
type Group struct {
	Count  uint64    `json:"count"`
	Target string    `json:"target"`
	Where  string    `json:"where,omitempty"` // "POST /api/v1/flux"
	Status string    `json:"status"`
	Text   string    `json:"text"`
	Badge  string    `json:"badge"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
	Causes []string  `json:"usual_causes"`
	Action string    `json:"first_action"`

	Exemplars []Exemplar `json:"exemplars,omitempty"` // the first, then the newest
}

// Exemplar is one error of a group. Secrets in it are masked.
type Exemplar struct {
	At        time.Time `json:"at"`
	Where     string    `json:"where,omitempty"`
	Text      string    `json:"text,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	Host      string    `json:"host,omitempty"`
	Upstream  string    `json:"upstream,omitempty"`
	Details   string    `json:"details,omitempty"`
	Line      string    `json:"line,omitempty"` // of the log, or the start of the answer
}

// exemplarsShown bounds the exemplars of a group: the first error and the newest.
const exemplarsShown = 3

// longestExcerpt bounds what of a log line or an answer is shown, in bytes.
const longestExcerpt = 600

func target(t *tracker.Target, at time.Time) Target {
	r := Target{
		Name: line(t.Name), State: t.State.String(), Since: t.Since.UTC(), Reason: line(t.Reason),
		Requests: t.Activity.Hour.Requests, Errors: t.Activity.Hour.Errors,
	}
	for i := range t.Breakers { // the one that is furthest from CLOSED
		if b := &t.Breakers[i]; b.State > tracker.BreakerClosed || r.Breaker == "" {
			r.Breaker = b.State.String()
		}
	}
	if q := &t.Activity.Hour.Latency; q.Count > 0 {
		r.P95 = human.Latency(q.P95)
	}
	if t.State > tracker.StateOK {
		r.Latency = latencyBars(&t.Activity, at)
	}
	return r
}

func latencyBars(act *tracker.Activity, at time.Time) []LatencyBar {
	bars := []LatencyBar{}
	if act.Latencies == nil {
		return bars
	}
	running := at.UTC().Truncate(time.Minute)
	minutes := &act.Latencies.Minutes
	for i, bar := range minutes {
		if bar != (tracker.LatencyBar{}) {
			bars = append(bars, LatencyBar{running.Add(-time.Duration(len(minutes)-i) * time.Minute), milliseconds(bar.P50()), milliseconds(bar.P95()), milliseconds(bar.P99())})
		}
	}
	return bars
}

func group(g *tracker.Group, advisor *event.Advisor) Group {
	what := advisor.ForGroup(g)
	r := Group{
		Count: g.Count, Target: line(g.Target), Where: line(strings.TrimSpace(g.Method + " " + g.Route)), Status: g.Outcome.Label(),
		Text: line(event.GroupTitle(g)), Badge: g.Badge.String(), First: g.First.UTC(), Last: g.Last.UTC(), Action: line(what.Action),
	}
	for _, cause := range what.Causes {
		r.Causes = append(r.Causes, line(cause))
	}
	for i := range g.Exemplars {
		if i > 0 && i < len(g.Exemplars)-exemplarsShown+1 {
			continue
		}
		r.Exemplars = append(r.Exemplars, exemplar(&g.Exemplars[i].Result))
	}
	return r
}

func exemplar(f *tracker.Result) Exemplar {
	short, rest := event.Saying(f.Outcome(), f.Error, f.Message)
	if short != "" && rest != "" {
		short += ". "
	}
	e := Exemplar{
		At: f.Time.UTC(), Where: line(strings.TrimSpace(f.Method + " " + f.Route)), Text: line(short + rest), RequestID: line(f.RequestID),
	}
	if v := f.Evidence; v != nil {
		e.Host, e.Upstream, e.Details = line(v.Host), line(v.Upstream), safetext.MaskedLine(v.Details, longestExcerpt)
		text := v.Line
		if text == "" {
			text = v.Body
		}
		if e.Line = safetext.MaskedLine(text, longestExcerpt); strings.Contains(e.Line, e.Details) {
			e.Details = ""
		}
	}
	return e
}

// Alert is an alert and what became of it.
type Alert struct {
	Rule     string    `json:"rule"`
	Severity string    `json:"severity"`
	Target   string    `json:"target,omitempty"`
	Incident uint64    `json:"incident,omitempty"`
	Phase    string    `json:"phase"` // "pending", "firing", "recovering", "resolved"
	Text     string    `json:"text,omitempty"`
	Since    time.Time `json:"since"`
	Fired    time.Time `json:"fired,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
	Told     []Told    `json:"told,omitempty"`
	Acks     []Note    `json:"acknowledged,omitempty"`

	// Afterwards says that the rules were evaluated over a log that was written before: nobody was told.
	Afterwards bool `json:"afterwards,omitempty"`
}

// wouldHave is what stands over alerts of rules that were evaluated over a log afterwards.
const wouldHave = "Alerts that the rules would have told"

// alertsTitle is what stands over alerts.
func alertsTitle(title string, alerts []Alert) string {
	if len(alerts) > 0 && alerts[0].Afterwards {
		return wouldHave
	}
	return title
}

// Told is that a receiver was told.
type Told struct {
	At       time.Time `json:"at"`
	Receiver string    `json:"receiver"`
	What     string    `json:"what"` // "firing", "resolved"
}

// Note is what somebody wrote, or that somebody acknowledged something.
type Note struct {
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`
	Text     string    `json:"text,omitempty"`
	Incident uint64    `json:"incident,omitempty"`
	Target   string    `json:"target,omitempty"`
}

func (n Note) harmless() Note {
	n.At, n.By, n.Text, n.Target = n.At.UTC(), line(n.By), line(n.Text), line(n.Target)
	return n
}

func (a *Alert) harmless() Alert {
	out := *a
	out.Rule, out.Severity, out.Target, out.Phase, out.Text = line(a.Rule), line(a.Severity), line(a.Target), line(a.Phase), line(a.Text)
	out.Since, out.Fired, out.Ended = a.Since.UTC(), utc(a.Fired), utc(a.Ended)
	out.Told, out.Acks = nil, nil
	for _, t := range a.Told {
		out.Told = append(out.Told, Told{t.At.UTC(), line(t.Receiver), line(t.What)})
	}
	for _, n := range a.Acks {
		out.Acks = append(out.Acks, n.harmless())
	}
	return out
}

// utc is t.UTC that leaves the zero time as it is.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

// noteOf returns a note as a report has it.
func noteOf(n tracker.Note) Note {
	return Note{At: n.At, By: n.By, Text: n.Text, Incident: n.Incident, Target: n.Target}.harmless()
}

// rest adds the alerts and notes that belong to no incident of the report. used holds the places of the other alerts.
func (r *Report) rest(in *Input, used map[int]bool) {
	if in.Incident != 0 {
		return
	}
	for i := range in.Alerts {
		a := &in.Alerts[i]
		if !used[i] && (in.Target == "" || a.Target == in.Target) && (a.Ended.IsZero() || !a.Ended.Before(in.From)) {
			r.Alerts = append(r.Alerts, a.harmless())
		}
	}
	snap := in.Snapshot
	told := map[tracker.Note]bool{}
	for i := range snap.Incidents {
		for _, n := range snap.NotesOf(&snap.Incidents[i]) {
			told[n] = true
		}
	}
	for _, n := range snap.Notes {
		if !told[n] && (in.Target == "" || n.Target == "" || n.Target == in.Target) && !n.At.Before(in.From) {
			r.Notes = append(r.Notes, noteOf(n))
		}
	}
}
