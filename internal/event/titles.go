package event

import (
	"net/http"
	"strings"

	"errtop/tracker"
)

// GroupTitle is a group in one line: "429 Rate limit exceeded. Try again in {n} seconds".
func GroupTitle(g *tracker.Group) string { return Title(g.Outcome, g.Error, g.Message) }

// Title is an error in one line: its status or kind, its type, and its message.
func Title(o tracker.Outcome, kind, message string) string {
	s := o.Label()
	short, message := Saying(o, kind, message)
	if !o.Kind.Failed() { // what is counted together beyond a bound has no outcome of its own
		return strings.TrimSpace(short + " " + message)
	}
	if short != "" && short != s {
		s += " " + short
	}
	if message != "" {
		if s != o.Label() {
			s += "."
		}
		s += " " + message
	}
	return s
}

// Saying returns an error's type and message without saying anything twice. A status that came without words has those of
// the standard (RFC 9110).
func Saying(o tracker.Outcome, kind, message string) (short, rest string) {
	switch {
	case kind == "" && message == "" && o.Kind == tracker.KindOf(o.Status):
		return http.StatusText(o.Status), ""
	case kind != "" && strings.HasPrefix(message, kind):
		return "", message
	case repeats(message, kind):
		return kind, ""
	default:
		return kind, message
	}
}

// repeats reports whether a normalised message only says what an error's type says more exactly: "refused by {addr}".
func repeats(message, kind string) bool {
	before, _, cut := strings.Cut(message, "{")
	return cut && len(before) >= 8 && strings.HasPrefix(kind, before)
}
