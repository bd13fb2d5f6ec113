package filter

import (
	"regexp"
	"strings"
	"time"

	"errtop/tracker"
)

// UnfinishedError says what a filter that is still being typed lacks. It is not a mistake yet.
type UnfinishedError string

// Error returns what the filter lacks.
func (e UnfinishedError) Error() string { return string(e) }

// filterKeys are the fields that a term can name, and what may follow them.
var filterKeys = [...]struct{ name, values string }{
	{"status", "429, 5xx, 400-499 or >=500"},
	{"target", "a part of its name"},
	{"kind", ""},
	{"since", "30s, 10m or 2h"},
	{"method", "POST"},
	{"route", "a part of the path"},
	{"agent", "a part of what the client calls itself"},
	{"origin", "probe or traffic"},
	{"source", "a part of its name"},
	{"state", "failing, degraded, throttled, stale, ok, unknown; of breakers OPEN, HALF_OPEN, CLOSED"},
	{"badge", "new, ongoing, regressed, quiet"},
	{"place", "a part of its name, in a fleet"},
}

// unfinished returns what a word lacks that may yet become the name of a field or a field's value, nil where nothing is
// lacking or nothing could help.
func unfinished(word string) error {
	key, value, keyed := strings.Cut(word, ":")
	if word == "" {
		return UnfinishedError("! excludes what stands right after it")
	}
	var begun []string
	known := false
	for _, k := range filterKeys {
		known = known || k.name == key
		switch {
		case !keyed && strings.HasPrefix(k.name, word):
			begun = append(begun, k.name+":")
		case keyed && k.name == key && !finished(key, value):
			values := k.values
			if key == "kind" {
				values = kindNames(value)
			}
			return UnfinishedError(key + ": " + values)
		}
	}
	if keyed && value == "" && !known {
		if _, err := plainTerm(word); err != nil {
			return UnfinishedError(err.Error()) // it may become http://…
		}
	}
	if begun != nil {
		return UnfinishedError(strings.Join(begun, " ") + " or a word: space or enter ends it")
	}
	return nil
}

// finished reports whether a field's value can stand as it is, or is beyond help.
func finished(key, value string) bool {
	switch key {
	case "status":
		return !beginsStatus.MatchString(value)
	case "kind":
		_, known := tracker.ParseKind(value)
		return known || kindNames(value) == ""
	case "since":
		_, err := time.ParseDuration(value + "m")
		return value != "" && err != nil
	default:
		return value != ""
	}
}

// beginsStatus matches what may become a term about the status.
var beginsStatus = regexp.MustCompile(`^([1-9]?[0-9]?|[1-9][xX]|>=?[0-9]{0,2}|[0-9]{3}-[0-9]{0,2})$`)
