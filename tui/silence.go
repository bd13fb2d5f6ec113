package tui

import (
	"strings"
	"time"

	"errtop/internal/human"
	"errtop/tracker"

	tea "charm.land/bubbletea/v2"

	"charm.land/bubbles/v2/textinput"
)

// silenceForm asks for how long, for what and why to silence, shows what that would hide, and asks once more before it is made:
//
//	SILENCE ───────────────────────────────────────────────
//	for      2h                                until 16:32
//	what     ‹ incident ›  the alerts of the incident of kling
//	match    kling-*
//	note     deploy
//	hides    1 alert: kling, incident: 429 Rate limit exceeded
//	enter next  tab field  ←→ choose  esc leave
//
// Of a silence that holds, it asks whether to end it.
type silenceForm struct {
	scopes []silenceScope
	scope  int // the one chosen
	fields [formFields]textinput.Model
	at     int // the field that is typed in
	asked  bool
	wrong  string // why the text is not a silence

	ends *Silence // the silence to end; nil while one is made
}

// The fields of the form.
const (
	formFor = iota
	formWhat
	formMatch
	formNote
	formFields
)

// silenceScope is one way to say what a silence is for.
type silenceScope struct {
	name    string
	says    string
	matcher Matcher
}

// The bounds of what is typed, in characters.
const (
	longestPattern = 200
	longestNote    = 200
	longestSilence = 30 * 24 * time.Hour
)

// newSilenceForm returns the form for what is selected.
func newSilenceForm(scopes []silenceScope) *silenceForm {
	f := &silenceForm{scopes: scopes}
	for i := range f.fields {
		f.fields[i] = newInput(longestPattern)
	}
	f.fields[formNote].CharLimit = longestNote
	f.fields[formFor].SetValue("2h")
	f.fields[formFor].CursorEnd()
	f.choose(0)
	return f
}

// choose chooses what the silence is for.
func (f *silenceForm) choose(i int) {
	f.scope = (i + len(f.scopes)) % len(f.scopes)
	f.fields[formMatch].SetValue(f.scopes[f.scope].pattern())
	f.fields[formMatch].CursorEnd()
}

// pattern is the pattern that can be edited, "" for what has a number.
func (s *silenceScope) pattern() string {
	if s.matcher.Target != "" {
		return s.matcher.Target
	}
	return s.matcher.Rule
}

// quotePattern makes a name a pattern that matches only it.
func quotePattern(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// silenceScopes are the ways to silence what alerts are of: the incident first, then the target, the rules and the group.
func silenceScopes(in *tracker.Incident, alerts []*Alert) (scopes []silenceScope) {
	if in != nil {
		scopes = append(scopes,
			silenceScope{"incident", "the alerts of the incident of " + in.Lead().Name, Matcher{Incident: in.ID}},
			silenceScope{"target", "all alerts of targets like this", Matcher{Target: quotePattern(in.Lead().Name)}})
	}
	seen := map[string]bool{}
	for _, a := range alerts {
		if in == nil && a.Target != "" && !seen["target "+a.Target] {
			seen["target "+a.Target] = true
			scopes = append(scopes, silenceScope{"target", "all alerts of targets like this", Matcher{Target: quotePattern(a.Target)}})
		}
		if a.Group != 0 {
			scopes = append(scopes, silenceScope{"group", "the alerts of this group of errors", Matcher{Group: a.Group}})
		}
		if !seen["rule "+a.Rule] {
			seen["rule "+a.Rule] = true
			scopes = append(scopes, silenceScope{"rule", "all alerts of rules like this", Matcher{Rule: quotePattern(a.Rule)}})
		}
	}
	return scopes
}

// silence returns what stands in the form.
func (f *silenceForm) silence(now time.Time) (s Silence, wrong string) {
	lasts, err := human.ParseSpan(f.fields[formFor].Value())
	s = Silence{Matcher: f.matcher(), Starts: now, Ends: now.Add(lasts), Note: strings.TrimSpace(f.fields[formNote].Value())}
	switch {
	case err != nil || lasts < time.Minute:
		return s, "how long? a duration of at least a minute, such as 30m, 2h or 1d"
	case lasts > longestSilence:
		return s, "at most " + human.Span(longestSilence)
	case s.Matcher == (Matcher{}):
		return s, "match what? a name, or a pattern such as checkout-*"
	default:
		return s, ""
	}
}

// matcher returns what the silence is for, with what was typed.
func (f *silenceForm) matcher() Matcher {
	m := f.scopes[f.scope].matcher
	typed := strings.TrimSpace(f.fields[formMatch].Value())
	switch {
	case m.Target != "":
		m.Target = typed
	case m.Rule != "":
		m.Rule = typed
	}
	return m
}

// edits reports whether a field can be typed in with the scope chosen.
func (f *silenceForm) edits(field int) bool {
	return field == formFor || field == formNote || field == formMatch && f.scopes[f.scope].pattern() != ""
}

// HandleKey edits the form. It reports whether the form is to be closed, and the silence to make or end.
func (f *silenceForm) HandleKey(msg tea.KeyPressMsg, now time.Time) (closed bool, begin, end *Silence) {
	switch key := msg.String(); {
	case key == "ctrl+c" || key == "esc" && !f.asked:
		return true, nil, nil
	case f.ends != nil && key == "enter":
		return true, nil, f.ends
	case f.ends != nil:
	case key == "esc":
		f.asked = false
	case key == "enter":
		s, wrong := f.silence(now)
		if f.wrong = wrong; wrong == "" && f.asked {
			return true, &s, nil
		}
		f.asked = wrong == ""
	case !f.asked: // else enter or esc decide; nothing changes what was shown
		f.fill(msg)
	}
	return false, nil, nil
}

// fill moves between the fields, chooses what the silence is for, or types.
func (f *silenceForm) fill(msg tea.KeyPressMsg) {
	switch key := msg.String(); {
	case key == "tab" || key == "down":
		f.move(1)
	case key == "shift+tab" || key == "up":
		f.move(-1)
	case f.at == formWhat && (key == "left" || key == "h"):
		f.choose(f.scope - 1)
	case f.at == formWhat && (key == "right" || key == "l" || key == "space"):
		f.choose(f.scope + 1)
	default:
		f.edit(msg)
	}
}

// move goes to the next field that there is.
func (f *silenceForm) move(step int) {
	f.at = (f.at + step + formFields) % formFields
	if f.at == formMatch && !f.edits(formMatch) {
		f.at = (f.at + step + formFields) % formFields
	}
}

// edit changes the field as a key or a paste says.
func (f *silenceForm) edit(msg tea.Msg) {
	if !f.asked && f.ends == nil && f.edits(f.at) {
		f.fields[f.at], _ = f.fields[f.at].Update(msg)
		f.wrong = ""
	}
}
