package tui

import (
	"slices"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/tracker"
)

// trouble is a row of the incidents' view: an incident with its alerts, an alert that belongs to none, or a silence.
type trouble struct {
	incident *tracker.Incident
	alerts   []*Alert // the most urgent first
	silence  *Silence
	title    string        // of the incident, in words
	older    *PastIncident // incident is of the history; nil: it is of the snapshot
}

// troubleKey tells rows apart.
type troubleKey struct {
	kind byte
	id   uint64
}

func (t *trouble) key() troubleKey {
	switch {
	case t.incident != nil:
		return troubleKey{'i', t.incident.ID}
	case t.silence != nil:
		return troubleKey{'s', t.silence.ID}
	default:
		return troubleKey{'a', t.alerts[0].ID}
	}
}

// troublesOf lists what the incidents' view shows: incidents that go on, alerts without one that fire or are about to, silences, then
// what is over.
func troublesOf(snap *tracker.Snapshot, alerts *Alerts, now time.Time) []*trouble {
	var open, over []*trouble
	taken := map[uint64]bool{}
	for i := range snap.Incidents {
		in := &snap.Incidents[i]
		t := &trouble{incident: in, alerts: alertsOfIncident(alerts, snap, in), title: event.IncidentTitleIn(snap, in)}
		for _, a := range t.alerts {
			taken[a.ID] = true
		}
		if in.Ongoing() {
			open = append(open, t)
		} else {
			over = append(over, t)
		}
	}
	if alerts == nil {
		return append(open, over...)
	}
	alone := make([]*Alert, 0, len(alerts.List))
	for i := range alerts.List {
		if a := &alerts.List[i]; !taken[a.ID] {
			alone = append(alone, a)
		}
	}
	slices.SortStableFunc(alone, moreUrgent)
	for _, a := range alone {
		t := &trouble{alerts: []*Alert{a}}
		if a.Phase == AlertResolved {
			over = append(over, t)
		} else {
			open = append(open, t)
		}
	}
	for i := range alerts.Silences {
		if s := &alerts.Silences[i]; now.Before(s.Ends) {
			open = append(open, &trouble{silence: s})
		}
	}
	slices.SortStableFunc(over, func(x, y *trouble) int { return y.end().Compare(x.end()) })
	return append(open, over...)
}

// alertsOfIncident returns the alerts that belong to an incident.
func alertsOfIncident(alerts *Alerts, snap *tracker.Snapshot, in *tracker.Incident) []*Alert {
	return alerts.ofIncident(in.ID, func(a *Alert) bool {
		if a.Incident != 0 && slices.ContainsFunc(snap.Incidents, func(other tracker.Incident) bool { return other.ID == a.Incident }) {
			return false // it is of another one
		}
		return in.Ongoing() && slices.ContainsFunc(in.Targets, func(t tracker.IncidentTarget) bool { return t.Name == a.Target })
	})
}

// begin returns since when the row's trouble holds.
func (t *trouble) begin() time.Time {
	switch {
	case t.incident != nil:
		return t.incident.Onset.At
	case t.silence != nil:
		return t.silence.Starts
	default:
		return t.alerts[0].Since
	}
}

// end returns when it ended; the zero time while it goes on.
func (t *trouble) end() time.Time {
	switch {
	case t.incident != nil:
		return t.incident.End
	case t.silence != nil:
		return time.Time{}
	default:
		return t.alerts[0].EndedAt
	}
}

// goesOn reports whether the row is of something that is not over.
func (t *trouble) goesOn() bool {
	switch {
	case t.incident != nil:
		return t.incident.Ongoing()
	case t.silence != nil:
		return true
	default:
		return t.alerts[0].Phase != AlertResolved
	}
}

// alertWord says in a word how alerts are, together: the first of flapping, firing, acked, silenced, pending and over that holds for
// one of them; "" without alerts.
func alertWord(alerts []*Alert, now time.Time) string {
	words := map[string]bool{}
	for _, a := range alerts {
		words[a.word(now)] = true
	}
	for _, word := range [...]string{"firing", "flapping", "acked", "silenced", "pending", "over"} {
		if words[word] {
			return word
		}
	}
	return ""
}

// word says in a word how an alert is. What somebody has seen or silenced is called that before it is called firing.
func (a *Alert) word(now time.Time) string {
	switch {
	case a.Phase == AlertResolved:
		return "over"
	case a.silence(now) != nil:
		return "silenced"
	case a.Phase == AlertPending:
		return "pending"
	case a.Acknowledged != nil:
		return "acked"
	case a.Flapping:
		return "flapping"
	default:
		return "firing"
	}
}

// alertStyle is the look of an alert's word.
func (s *Styles) alertStyle(word string) Style {
	switch word {
	case "firing":
		return s.Failing
	case "flapping":
		return s.Degraded
	case "pending":
		return s.Stale
	default:
		return s.Muted
	}
}

// subjectName is what an alert is about: its target, its source, or its rule.
func (a *Alert) subjectName() string {
	switch {
	case a.Target != "":
		return a.Target
	case a.Source != "":
		return a.Source
	default:
		return a.Rule
	}
}

// says is what an alert is about in words, with its rule.
func (a *Alert) says() string {
	if a.Text == "" {
		return a.Rule
	}
	return a.Rule + ": " + a.Text
}

// matcherWords says which alerts a silence is for.
func matcherWords(alerts *Alerts, m *Matcher) string {
	var parts []string
	if m.Incident != 0 {
		name := ""
		for _, a := range alerts.matching(&Matcher{Incident: m.Incident}) {
			name = " of " + a.Target
			break
		}
		parts = append(parts, "the incident"+name)
	}
	if m.Group != 0 {
		parts = append(parts, "one group of errors")
	}
	if m.Target != "" {
		parts = append(parts, "target "+m.Target)
	}
	if m.Rule != "" {
		parts = append(parts, "rule "+m.Rule)
	}
	return strings.Join(parts, ", ")
}

// ackedTargets returns the targets that alerts fire for of which every one has been acknowledged.
func ackedTargets(snap *tracker.Snapshot, alerts *Alerts) map[string]bool {
	if alerts == nil {
		return nil
	}
	acked := map[string]bool{}
	note := func(target string, yes bool) {
		if before, known := acked[target]; !known || before {
			acked[target] = yes
		}
	}
	for i := range alerts.List {
		a := &alerts.List[i]
		if !a.Active() {
			continue
		}
		note(a.Target, a.Acknowledged != nil)
		for j := range snap.Incidents {
			if in := &snap.Incidents[j]; in.ID == a.Incident {
				for k := range in.Targets {
					note(in.Targets[k].Name, a.Acknowledged != nil)
				}
			}
		}
	}
	return acked
}

// seenWords says who has acknowledged or silenced all alerts that fire, "" where one of them is open.
func seenWords(f *frame, alerts []*Alert) (text string) {
	for _, a := range alerts {
		if !a.Active() {
			continue
		}
		switch s := a.silence(f.now); {
		case s != nil:
			text = "silenced until " + human.HourMinute(s.Ends, f.now, f.loc)
		case a.Acknowledged != nil:
			text = "acked " + by(a.Acknowledged.By)
		default:
			return ""
		}
	}
	return text
}
