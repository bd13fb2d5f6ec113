package tui

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
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
func parseFilter(text string) (*filter, error) {
	f := &filter{text: strings.TrimSpace(text)}
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
				err = fmt.Errorf(`%s: the closing " is missing`, rest)
			}
			t.holds, rest = wordTerm(phrase), after
		default:
			var word string
			word, rest, _ = strings.Cut(rest, " ")
			t.holds, err = plainTerm(word)
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

func regexpTerm(text string) (holds func(*facts, time.Time) bool, rest string, err error) {
	end := 1
	for end < len(text) && text[end] != '/' {
		if text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(text) {
		return nil, "", fmt.Errorf("%s: the closing / is missing", text)
	}
	re, err := regexp.Compile("(?i)" + strings.ReplaceAll(text[1:end], `\/`, "/"))
	if err != nil {
		return nil, "", fmt.Errorf("not a regular expression: %w", err)
	}
	return func(f *facts, _ time.Time) bool { return f.anyText(re.MatchString) }, text[end+1:], nil
}

func wordTerm(word string) func(*facts, time.Time) bool {
	word = strings.ToLower(word)
	return func(f *facts, _ time.Time) bool {
		return f.anyText(func(s string) bool { return containsFold(s, word) })
	}
}

// containsFold reports whether lower, which is in lower case, is in s in any case.
func containsFold(s, lower string) bool {
	if !plain(s) || !plain(lower) {
		return strings.Contains(strings.ToLower(s), lower)
	}
	for i := 0; i+len(lower) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}

func plainTerm(word string) (func(*facts, time.Time) bool, error) {
	key, value, keyed := strings.Cut(word, ":")
	if !keyed {
		if word == "" {
			return nil, fmt.Errorf("! excludes what stands right after it")
		}
		return wordTerm(word), nil
	}
	if get := fieldNamed(key); get != nil {
		lower := strings.ToLower(value)
		return func(f *facts, _ time.Time) bool { return containsFold(get(f), lower) && get(f) != "" }, nil
	}
	switch key {
	case "status":
		return statusTerm(value)
	case "kind":
		kind, ok := tracker.ParseKind(value)
		if !ok {
			return nil, fmt.Errorf("kind:%s: there is no such kind; there are %s", value, kindNames())
		}
		return func(f *facts, _ time.Time) bool {
			return f.anyOutcome(func(o tracker.Outcome) bool { return o.Kind == kind })
		}, nil
	case "since":
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return nil, fmt.Errorf("since:%s: expected a span like 30s, 10m or 2h", value)
		}
		return func(f *facts, now time.Time) bool { return !f.at.IsZero() && !f.at.Before(now.Add(-d)) }, nil
	}
	if strings.Contains(value, "/") || strings.ContainsAny(key, "./") || isDigits(key) {
		return wordTerm(word), nil // a URL, a host and port, or a time: just text
	}
	return nil, fmt.Errorf("%s: no such field; there are status, target, kind, method, route, origin, source, state, badge, since", key)
}

// fieldNamed returns what reads a field that is text, nil where there is none of that name.
func fieldNamed(key string) func(*facts) string {
	switch key {
	case "target":
		return func(f *facts) string { return f.target }
	case "method":
		return func(f *facts) string { return f.method }
	case "route":
		return func(f *facts) string { return f.route }
	case "origin":
		return func(f *facts) string { return f.origin }
	case "source":
		return func(f *facts) string { return f.source }
	case "state":
		return func(f *facts) string { return f.state }
	case "badge":
		return func(f *facts) string { return f.badge }
	default:
		return nil
	}
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// statusTerm understands 429, 5xx, 400-499 and >=500.
func statusTerm(value string) (func(*facts, time.Time) bool, error) {
	from, to := 0, 0
	if class, ok := strings.CutSuffix(strings.ToLower(value), "xx"); ok && len(class) == 1 && isDigits(class) {
		from = int(class[0]-'0') * 100
		to = from + 99
	} else if low, high, ok := strings.Cut(value, "-"); ok && isDigits(low) && isDigits(high) {
		from, _ = strconv.Atoi(low)
		to, _ = strconv.Atoi(high)
	} else if low, ok := strings.CutPrefix(value, ">="); ok && isDigits(low) {
		from, _ = strconv.Atoi(low)
		to = 999
	} else if isDigits(value) {
		from, _ = strconv.Atoi(value)
		to = from
	} else {
		return nil, fmt.Errorf("status:%s: expected 429, 5xx, 400-499 or >=500", value)
	}
	return func(f *facts, _ time.Time) bool {
		return f.anyOutcome(func(o tracker.Outcome) bool { return o.Status >= from && o.Status <= to && o.Status > 0 })
	}, nil
}

func kindNames() string {
	kinds := tracker.Kinds()
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	return strings.Join(names, ", ")
}
