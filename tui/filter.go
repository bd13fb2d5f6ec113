package tui

import (
	"slices"
	"strings"
	"time"

	"errtop/tracker"
)

// facts are what a filter may ask of anything that can be listed. A field that a thing does not have is empty, and no term
// about it matches.
type facts struct {
	target, method, route, origin, source, state, badge string

	outcome  tracker.Outcome        // of one request
	outcomes []tracker.OutcomeCount // of many
	at       time.Time
	texts    [4]string // what else can be read in its row
	evidence *tracker.Evidence
}

func (f *facts) anyOutcome(match func(tracker.Outcome) bool) bool {
	if f.outcome != (tracker.Outcome{}) && match(f.outcome) {
		return true
	}
	for _, o := range f.outcomes {
		if match(o.Outcome) {
			return true
		}
	}
	return false
}

func (f *facts) anyText(match func(string) bool) bool {
	for _, s := range [...]string{f.target, f.method, f.route, f.origin, f.source, f.state, f.badge} {
		if s != "" && match(s) {
			return true
		}
	}
	for _, s := range f.texts {
		if s != "" && match(s) {
			return true
		}
	}
	if e := f.evidence; e != nil {
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

// filter is a filter that was understood: every term must hold.
type filter struct {
	text  string
	terms []condition
}

type condition struct {
	not   bool
	holds func(f *facts, now time.Time) bool
}

// match reports whether all terms hold for what the facts are of. Spans like since:10m end at now.
func (f *filter) match(of *facts, now time.Time) bool {
	for _, t := range f.terms {
		if t.holds(of, now) == t.not {
			return false
		}
	}
	return true
}

// filterHelp is the language in one line.
const filterHelp = `words  "a phrase"  /regexp/  status:5xx  target:kling  kind:timeout  since:10m  !excluded`

// parseFilter understands a filter: words (found in any field, in any case), "phrases", /regular expressions/, key:value, and
// ! before any of them. An empty filter is nil. The error is for the person who typed it.
func parseFilter(text string) (*filter, error) { return parse(text, false) }

// parseTyped understands a filter that somebody may go on typing: where its last term may become another one, the error is
// an unfinishedError, so that nothing flashes by on the way to status:5xx.
func parseTyped(text string) (*filter, error) { return parse(text, true) }

func parse(text string, typing bool) (*filter, error) {
	f := &filter{text: strings.TrimSpace(text)}
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
				err = unfinishedError(rest + `: the closing " is missing`)
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
