package tui

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/filter"
	"errtop/internal/human"
	"errtop/tracker"
)

// newIncidentsTable lists incidents with their alerts, alerts of no incident, and silences: what goes on first.
func newIncidentsTable() *table[trouble, troubleKey] {
	return &table[trouble, troubleKey]{
		empty: "no incidents: nothing got significantly worse than it usually is",
		key:   (*trouble).key,
		facts: troubleFacts,
		columns: append([]column[trouble]{
			{
				title: "SINCE", min: len("15:04"), keep: 95, at: (*trouble).begin,
				order: func(a, b *trouble) int { return b.begin().Compare(a.begin()) },
				draw: func(p *pen, t *trouble, w int) {
					p.cell(p.styles.Text, human.HourMinute(t.begin(), p.now, p.loc), w)
				},
			},
			{
				title: "STATE", min: 10, keep: 90,
				order: func(a, b *trouble) int { return cmp.Compare(a.rank(), b.rank()) },
				draw: func(p *pen, t *trouble, w int) {
					word, look := t.state(p.styles)
					p.cell(look, word, w)
				},
			},
			{
				title: "ALERT", min: len("silenced"), keep: 92, has: func(t *trouble) bool { return len(t.alerts) > 0 },
				draw: func(p *pen, t *trouble, w int) {
					word := alertWord(t.alerts, p.now)
					p.cell(p.styles.alertStyle(word), cmp.Or(word, p.glyphs.dash), w)
				},
			},
			{
				title: "TARGET", min: 12, max: 26, least: 10, keep: keepAlways, fit: func(t *trouble) int { return width(t.name()) },
				order: func(a, b *trouble) int { return strings.Compare(a.name(), b.name()) },
				draw: func(p *pen, t *trouble, w int) {
					look := p.styles.Muted
					if t.goesOn() {
						look = p.styles.Strong
					}
					p.cell(look, t.name(), w)
				},
			},
			{
				title: "LASTED", min: 6, right: true, keep: 85,
				order: func(a, b *trouble) int { return cmp.Compare(b.end().Sub(b.begin()), a.end().Sub(a.begin())) },
				draw: func(p *pen, t *trouble, w int) {
					p.cellRight(p.styles.Text, human.AppendSpan(p.scratch[:0], t.lasted(p.now)), w)
				},
			},
		}, incidentColumns()...),
	}
}

// incidentColumns are the columns that are mostly of incidents.
func incidentColumns() []column[trouble] {
	return []column[trouble]{
		{
			title: "FAILED", min: 6, right: true, keep: 75, has: func(t *trouble) bool { return t.failed() > 0 },
			order: func(a, b *trouble) int { return cmp.Compare(b.failed(), a.failed()) },
			draw: func(p *pen, t *trouble, w int) {
				if t.incident == nil && t.failed() == 0 {
					p.cellRight(p.styles.Faint, []byte(p.glyphs.dash), w)
					return
				}
				p.cellRight(p.styles.Text, human.AppendCount(p.scratch[:0], t.failed()), w)
			},
		},
		{
			title: "OF", min: 6, right: true, keep: 40, has: func(t *trouble) bool { return t.incident != nil },
			draw: func(p *pen, t *trouble, w int) {
				if t.incident != nil {
					p.cellRight(p.styles.Muted, human.AppendCount(p.scratch[:0], t.incident.Requests), w)
				}
			},
		},
		{
			title: "TREND", min: 14, keep: 60, has: func(t *trouble) bool { return t.incident != nil },
			draw: func(p *pen, t *trouble, w int) {
				if t.incident != nil {
					p.cell(p.styles.Text, event.TrendWords(t.incident, p.now), w)
				}
			},
		},
		{
			title: "BUDGET", min: 6, right: true, keep: 35, has: func(t *trouble) bool { return t.incident != nil && t.incident.BudgetSpent > 0 },
			draw: func(p *pen, t *trouble, w int) {
				if t.incident != nil {
					p.cellRight(p.styles.Text, append(human.AppendPercent(p.scratch[:0], t.incident.BudgetSpent), '%'), w)
				}
			},
		},
		{
			title: "WHAT", min: 20, least: 12, keep: 99, grow: true,
			draw: func(p *pen, t *trouble, w int) { p.cell(p.styles.Text, t.what(p.frame), w) },
		},
		{
			title: "AFTER", min: 16, keep: 20, has: func(t *trouble) bool { return t.incident != nil && t.incident.Mark != nil },
			draw: func(p *pen, t *trouble, w int) {
				if t.incident != nil {
					p.cell(p.styles.Muted, event.MarkBefore(t.incident), w)
				}
			},
		},
	}
}

// troubleFacts is what a filter sees of a row.
func troubleFacts(t *trouble) filter.Facts {
	f := filter.Facts{Target: t.name(), At: t.begin()}
	switch i := t.incident; {
	case i != nil:
		f = filter.Facts{
			Target: i.Lead().Name, Method: i.Cause.Method, Route: i.Cause.Route, Error: i.Cause.Error, Message: i.Cause.Message,
			Outcome: i.Cause.Outcome, State: i.State.String(), At: i.Onset.At, Texts: [3]string{i.Cause.Class.String(), event.IncidentTitle(i), i.Common}, Place: i.Where,
		}
		for c := range i.Contrasts {
			if i.Contrasts[c].Field == "agent" {
				f.Agent = i.Contrasts[c].Value
			}
		}
	case t.silence != nil:
		f.Target, f.State, f.Texts = t.silence.Matcher.Target, "silence", [3]string{t.silence.By, t.silence.Note, t.silence.Matcher.Rule}
	default:
		a := t.alerts[0]
		f.Target, f.Message, f.State, f.Texts = a.Target, a.Text, a.Phase.String(), [3]string{a.Rule, a.Severity.String(), a.Source}
	}
	return f
}

// rank orders rows by their state.
func (t *trouble) rank() int {
	switch {
	case t.incident != nil:
		return int(t.incident.State)
	case t.silence != nil:
		return 100
	default:
		return 50 + int(t.alerts[0].Phase)
	}
}

// state is the word of a row's state, with its look: how an incident is, how urgent an alert without one is.
func (t *trouble) state(s *Styles) (string, Style) {
	switch {
	case t.silence != nil:
		return "silence", s.Muted
	case t.incident == nil && t.goesOn():
		return t.alerts[0].Severity.String(), s.severity(t.alerts[0].Severity)
	case t.incident == nil:
		return t.alerts[0].Severity.String(), s.Muted
	case !t.incident.Ongoing():
		return t.incident.State.String(), s.Muted
	default:
		return t.incident.State.String(), s.State(incidentState(t.incident, nil))
	}
}

// severity is the look of a severity.
func (s *Styles) severity(severity Severity) Style {
	return s.State([...]tracker.TargetState{tracker.StateStale, tracker.StateDegraded, tracker.StateFailing}[min(severity, SeverityCritical)])
}

// name is what a row is about.
func (t *trouble) name() string {
	switch {
	case t.incident != nil:
		return leadName(t.incident)
	case t.silence != nil && t.silence.Matcher.Target != "":
		return t.silence.Matcher.Target
	case t.silence != nil && t.silence.Matcher.Rule != "":
		return t.silence.Matcher.Rule
	case t.silence != nil && t.silence.Matcher.Incident != 0:
		return "an incident"
	case t.silence != nil:
		return "a group"
	default:
		return t.alerts[0].subjectName()
	}
}

// lasted is how long a row's trouble lasts or lasted; of a silence how long it has held.
func (t *trouble) lasted(now time.Time) time.Duration {
	switch end := t.end(); {
	case t.incident != nil:
		return event.Duration(t.incident, now)
	case !end.IsZero():
		return end.Sub(t.begin())
	default:
		return max(now.Sub(t.begin()), 0)
	}
}

// failed is how many requests have failed.
func (t *trouble) failed() uint64 {
	switch {
	case t.incident != nil:
		return t.incident.Failed
	case t.silence != nil:
		return 0
	default:
		return t.alerts[0].Failed
	}
}

// what says in words what a row is.
func (t *trouble) what(f *frame) string {
	switch {
	case t.incident != nil:
		return t.title
	case t.silence != nil:
		return silenceWords(f, t.silence)
	default:
		return t.alerts[0].says()
	}
}

// silenceWords says until when a silence holds, who made it, and why: "until 16:30 by ann: deploy".
func silenceWords(f *frame, s *Silence) string {
	text := "until " + human.HourMinute(s.Ends, f.now, f.loc)
	if s.By != "" {
		text += " by " + s.By
	}
	if s.Note != "" {
		text += ": " + s.Note
	}
	return text
}

// leadName is the worst target, and how many more there are.
func leadName(i *tracker.Incident) string {
	name := i.Lead().Name
	if n := len(i.Targets); n > 1 {
		name += " +" + strconv.Itoa(n-1)
	}
	return name
}
