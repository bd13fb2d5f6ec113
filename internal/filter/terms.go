package filter

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"errtop/tracker"
)

func regexpTerm(text string) (holds func(*Facts, time.Time) bool, rest string, err error) {
	end := 1
	for end < len(text) && text[end] != '/' {
		if text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(text) {
		return nil, "", UnfinishedError(text + ": the closing / is missing")
	}
	re, err := regexp.Compile("(?i)" + strings.ReplaceAll(text[1:end], `\/`, "/"))
	if err != nil {
		return nil, "", fmt.Errorf("not a regular expression: %w", err)
	}
	return func(f *Facts, _ time.Time) bool { return f.anyText(re.MatchString) }, text[end+1:], nil
}

func wordTerm(word string) func(*Facts, time.Time) bool {
	word = strings.ToLower(word)
	return func(f *Facts, _ time.Time) bool {
		return f.anyText(func(s string) bool { return containsFold(s, word) })
	}
}

// containsFold reports whether lower, which is in lower case, is in s in any case.
func containsFold(s, lower string) bool {
	if !isASCII(s) || !isASCII(lower) {
		return strings.Contains(strings.ToLower(s), lower)
	}
	for i := 0; i+len(lower) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}

func plainTerm(word string) (func(*Facts, time.Time) bool, error) {
	key, value, keyed := strings.Cut(word, ":")
	if isOperator(word) {
		return nil, fmt.Errorf("%s: %w", word, errOperator)
	}
	if !keyed {
		if word == "" {
			return nil, errors.New("! excludes what stands right after it")
		}
		return wordTerm(word), nil
	}
	if get := fieldNamed(key); get != nil {
		lower := strings.ToLower(value)
		return func(f *Facts, _ time.Time) bool { return containsFold(get(f), lower) && get(f) != "" }, nil
	}
	switch key {
	case "status":
		return statusTerm(value)
	case "kind":
		kind, ok := tracker.ParseKind(value)
		if !ok {
			return nil, fmt.Errorf("kind:%s: there is no such kind; there are %s", value, kindNames(""))
		}
		return func(f *Facts, _ time.Time) bool {
			return f.anyOutcome(func(o tracker.Outcome) bool { return o.Kind == kind })
		}, nil
	case "since":
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return nil, fmt.Errorf("since:%s: expected a span like 30s, 10m or 2h", value)
		}
		return func(f *Facts, now time.Time) bool { return !f.At.IsZero() && !f.At.Before(now.Add(-d)) }, nil
	}
	if strings.Contains(value, "/") || strings.ContainsAny(key, "./") || isDigits(key) {
		return wordTerm(word), nil // a URL, a host and port, or a time: just text
	}
	return nil, fmt.Errorf("%s: no such field; there are status, target, kind, method, route, agent, origin, source, state, badge, place, since", key)
}

// fieldNamed returns what reads a field that is text, nil where there is none of that name.
func fieldNamed(key string) func(*Facts) string {
	switch key {
	case "target":
		return func(f *Facts) string { return f.Target }
	case "method":
		return func(f *Facts) string { return f.Method }
	case "route":
		return func(f *Facts) string { return f.Route }
	case "agent":
		return func(f *Facts) string { return f.Agent }
	case "origin":
		return func(f *Facts) string { return f.Origin }
	case "source":
		return func(f *Facts) string { return f.Source }
	case "state":
		return func(f *Facts) string { return f.State }
	case "badge":
		return func(f *Facts) string { return f.Badge }
	case "place":
		return func(f *Facts) string { return f.Place }
	default:
		return nil
	}
}

// errOperator says that a term is an operator of expressions.
var errOperator = errors.New("an expression starts with =, as =status >= 500")

// isOperator reports whether a word is an operator of expressions and nothing else.
func isOperator(word string) bool { return word != "" && strings.Trim(word, "<>=!&|") == "" }

// isASCII reports whether every byte of s is ASCII.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// statusTerm understands 429, 5xx, 400-499 and >=500.
func statusTerm(value string) (func(*Facts, time.Time) bool, error) {
	m := wholeStatus.FindStringSubmatch(value)
	if m == nil {
		return nil, fmt.Errorf("status:%s: expected 429, 5xx, 400-499 or >=500", value)
	}
	from, _ := strconv.Atoi(m[1] + m[2] + m[4])
	to := from
	switch {
	case m[1] != "":
		from *= 100
		to = from + 99
	case m[3] != "":
		to, _ = strconv.Atoi(m[3])
	case m[4] != "":
		to = 999
	}
	return func(f *Facts, _ time.Time) bool {
		return f.anyOutcome(func(o tracker.Outcome) bool { return o.Status >= from && o.Status <= to && o.Status > 0 })
	}, nil
}

// wholeStatus matches 5xx, 429 or 400-499, >=500.
var wholeStatus = regexp.MustCompile(`^(?:([1-9])[xX]{2}|([0-9]{3})(?:-([0-9]{3}))?|>=([0-9]{3}))$`)

// kindNames lists the kinds whose name begins so.
func kindNames(begin string) string {
	var names []string
	for _, k := range tracker.Kinds() {
		if strings.HasPrefix(k.String(), begin) {
			names = append(names, k.String())
		}
	}
	return strings.Join(names, ", ")
}
