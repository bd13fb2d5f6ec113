package tui

import (
	"fmt"
	"io"
	"time"

	"errtop/internal/human"
	"errtop/internal/safetext"
)

// alertTeller finds what changed in alerts since it was last asked.
type alertTeller struct {
	alerts   map[uint64]string // the word told of each
	silences map[uint64]bool   // whether each held
}

// alertLine is a line of --plain about alerts.
type alertLine struct {
	at     time.Time
	target string
	text   string
}

// next returns what changed: alerts that are pending, fire, flap, are acknowledged, silenced or over, and silences that begin or end.
// What was over before the first call is not told.
func (t *alertTeller) next(alerts *Alerts, now time.Time, loc *time.Location) (lines []alertLine) {
	if alerts == nil {
		return nil
	}
	if t.alerts == nil {
		t.alerts, t.silences = map[uint64]string{}, map[uint64]bool{}
	}
	for i := range alerts.Silences {
		s := &alerts.Silences[i]
		held, holds := t.silences[s.ID], s.Active(now)
		t.silences[s.ID] = holds
		switch {
		case holds && !held:
			lines = append(lines, alertLine{s.Starts, s.Matcher.Target, "silence of " + matcherWords(alerts, &s.Matcher) + silenceNote(s, loc)})
		case held && !holds:
			lines = append(lines, alertLine{earlier(s.Ends, now), s.Matcher.Target, "silence of " + matcherWords(alerts, &s.Matcher) + " has ended"})
		}
	}
	seen := make(map[uint64]string, len(alerts.List))
	for i := range alerts.List {
		a := &alerts.List[i]
		word := a.word(now)
		seen[a.ID] = word
		if was := t.alerts[a.ID]; was == word || word == "pending" || was == "" && word == "over" {
			continue
		}
		lines = append(lines, alertLine{a.changed(word, now), a.subjectName(), "alert " + a.told(word)})
	}
	t.alerts = seen
	return lines
}

func silenceNote(s *Silence, loc *time.Location) string {
	text := " until " + s.Ends.In(loc).Format(time.RFC3339)
	if s.By != "" {
		text += " by " + s.By
	}
	return text + note(s.Note)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// changed returns when an alert became what a word says.
func (a *Alert) changed(word string, now time.Time) time.Time {
	switch {
	case word == "over" && !a.EndedAt.IsZero():
		return a.EndedAt
	case word == "firing" && !a.FiredAt.IsZero():
		return a.FiredAt
	case word == "acked":
		return a.Acknowledged.At
	default:
		return now
	}
}

// told says of an alert what it became.
func (a *Alert) told(word string) string {
	text := word + ", " + a.Severity.String() + ", " + a.says()
	switch word {
	case "over":
		text = "resolved after " + human.Span(a.EndedAt.Sub(a.Since)) + ", " + a.Rule
		if a.Failed > 0 {
			text += ", " + human.Thousands(a.Failed) + " requests failed"
		}
	case "acked":
		text = "acknowledged " + by(a.Acknowledged.By) + note(a.Acknowledged.Note) + ", " + a.Rule
	case "silenced":
		text = "silenced, " + a.Rule
	}
	if word == "firing" && a.Advice != "" {
		text += "; " + a.Advice
	}
	return text
}

// writeAlertLines writes what changed in alerts, a line each.
func writeAlertLines(w io.Writer, lines []alertLine, loc *time.Location) error {
	for i := range lines {
		l := &lines[i]
		target := l.target
		if target == "" {
			target = "-"
		}
		if _, err := fmt.Fprintln(w, l.at.In(loc).Format(time.RFC3339), safetext.Line(target), safetext.Line(l.text)); err != nil {
			return fmt.Errorf("plain output: %w", err)
		}
	}
	return nil
}
