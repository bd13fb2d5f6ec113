// Package filter is the one language that errtop filters with: what / takes in the dashboard and --filter in errtop stats.
//
// A filter is a list of terms that must all hold: words (found in any field, in any case), "phrases", /regular expressions/,
// key:value, and ! before any of them to exclude; or, where it starts with =, one expression of [expr-lang]. The = may be left
// out where an operator such as >= or && stands between spaces.
//
// [expr-lang]: https://expr-lang.org/docs/language-definition
package filter

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"errtop/tracker"
)

// Facts are what a filter may ask of anything that can be listed or counted. A field that a thing does not have is empty,
// and no term about it matches.
type Facts struct {
	Target, Method, Route, Origin, Source, State, Badge string
	Host, Upstream, Error, Message, Agent               string
	Place                                               string // of a fleet; of something in several, all of them

	Outcome  tracker.Outcome        // of one request
	Outcomes []tracker.OutcomeCount // of many
	At       time.Time
	Latency  time.Duration // 0 where unknown
	Texts    [3]string     // what else can be read in its row
	Evidence *tracker.Evidence
}

func (f *Facts) anyOutcome(match func(tracker.Outcome) bool) bool {
	if f.Outcome != (tracker.Outcome{}) && match(f.Outcome) {
		return true
	}
	for _, o := range f.Outcomes {
		if match(o.Outcome) {
			return true
		}
	}
	return false
}

func (f *Facts) anyText(match func(string) bool) bool {
	for _, s := range [...]string{f.Target, f.Method, f.Route, f.Origin, f.Source, f.State, f.Badge, f.Host, f.Upstream, f.Error, f.Message, f.Agent} {
		if s != "" && match(s) {
			return true
		}
	}
	for _, s := range f.Texts {
		if s != "" && match(s) {
			return true
		}
	}
	if e := f.Evidence; e != nil {
		for _, s := range [...]string{e.Host, e.Upstream, e.Line, e.Details, e.Body} {
			if s != "" && match(s) {
				return true
			}
		}
		if slices.ContainsFunc(e.Errors, match) {
			return true
		}
	}
	return f.anyOutcome(func(o tracker.Outcome) bool { return match(o.Label()) || match(o.Kind.String()) })
}

// Filter is a filter that was understood: every term must hold.
type Filter struct {
	text     string
	terms    []condition
	relative bool
	places   bool // a term asks for places
}

type condition struct {
	not   bool
	place string // of place:eu-1, in lower case
	holds func(f *Facts, now time.Time) bool
}

// String returns the filter as it was typed, without spaces around it.
func (f *Filter) String() string { return f.text }

// Relative reports whether the filter asks how long before now something was, as since:10m does. A nil filter does not.
func (f *Filter) Relative() bool { return f != nil && f.relative }

// Place returns what the one term place:eu-1 asks for, in lower case; "" where there is none or several, or where it excludes.
func (f *Filter) Place() string {
	if f == nil {
		return ""
	}
	place := ""
	for _, t := range f.terms {
		if t.place == "" {
			continue
		}
		if t.not || place != "" {
			return ""
		}
		place = t.place
	}
	return place
}

// AsksPlaces reports whether a filter asks in which places something is. A nil filter does not.
func (f *Filter) AsksPlaces() bool { return f != nil && f.places }

// WithoutPlace returns the filter without what it asks of places: for a picture of nothing but one place. It is nil where nothing is left.
func (f *Filter) WithoutPlace() *Filter {
	if f == nil {
		return nil
	}
	out := *f
	out.terms = slices.DeleteFunc(slices.Clone(f.terms), func(t condition) bool { return t.place != "" })
	if len(out.terms) == 0 {
		return nil
	}
	return &out
}

// Match reports whether all terms hold for what the facts are of. Spans like since:10m end at now.
func (f *Filter) Match(of *Facts, now time.Time) bool {
	for _, t := range f.terms {
		if t.holds(of, now) == t.not {
			return false
		}
	}
	return true
}

// Help is the language in one line.
const Help = `words  "a phrase"  /regexp/  status:5xx  target:kling  kind:timeout  since:10m  !excluded  =expression`

// Fields says which fields a filter knows.
const Fields = "Fields: status (429, 5xx, 400-499, >=500), target, kind, method, route, agent, origin, source, state, badge, place, since. " +
	"All terms must hold. After = stands one expression over these and failed, latency, time, host, upstream, error, message: " +
	"=status >= 500 && latency > duration(\"2s\")."

// Parse understands a filter. An empty one is nil. The error is for the person who typed it.
func Parse(text string) (*Filter, error) { return parse(text, false) }

// ParseTyped understands a filter that somebody may go on typing: where its last term may become another one, the error is
// an [UnfinishedError], so that no other list flashes by on the way to status:5xx.
func ParseTyped(text string) (*Filter, error) { return parse(text, true) }

func parse(text string, typing bool) (*Filter, error) {
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	if source, ok := strings.CutPrefix(text, "="); ok {
		return parseExpression(source, typing)
	}
	f, err := parseTerms(text, typing)
	if errors.Is(err, errOperator) {
		if f, wrong := parseExpression(text, typing); wrong == nil || typing {
			return f, wrong
		}
	}
	return f, err
}

// parseTerms understands everything but expressions.
func parseTerms(text string, typing bool) (*Filter, error) {
	f := &Filter{text: strings.TrimSpace(text)}
	typing = typing && !strings.HasSuffix(text, " ")
	for rest := f.text; rest != ""; rest = strings.TrimLeft(rest, " ") {
		var t condition
		var err error
		rest, t.not = strings.CutPrefix(rest, "!")
		switch {
		case strings.HasPrefix(rest, "/"):
			t.holds, rest, err = regexpTerm(rest)
		case strings.HasPrefix(rest, `"`):
			phrase, after, closed := strings.Cut(rest[1:], `"`)
			if !closed {
				err = UnfinishedError(rest + `: the closing " is missing`)
			}
			t.holds, rest = wordTerm(phrase), after
		default:
			var word string
			word, rest, _ = strings.Cut(rest, " ")
			if typing && rest == "" {
				err = unfinished(word)
			}
			if err == nil {
				t.holds, err = plainTerm(word)
				if place, ok := strings.CutPrefix(word, "place:"); ok {
					t.place, f.places = strings.ToLower(place), true
				}
				f.relative = f.relative || strings.HasPrefix(word, "since:")
			}
		}
		if err != nil {
			return nil, err
		}
		f.terms = append(f.terms, t)
	}
	if len(f.terms) == 0 {
		return nil, nil //nolint:nilnil // no filter is not a mistake
	}
	return f, nil
}
