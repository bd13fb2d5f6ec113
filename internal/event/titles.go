package event

import (
	"cmp"
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
	if first := cmp.Or(short, message); o.Status == 0 && len(first) >= len(s) && strings.EqualFold(first[:len(s)], s) { // not "timeout timeout after 2 s"
		s = ""
	}
	if short != "" && short != s {
		s = strings.TrimSpace(s + " " + short)
	}
	if message != "" {
		if s != o.Label() && s != "" {
			s += "."
		}
		s += " " + message
	}
	return strings.TrimSpace(s)
}

// Saying returns an error's type and message without saying anything twice. A status that came without words has those of
// the standard (RFC 9110).
func Saying(o tracker.Outcome, kind, message string) (short, rest string) {
	switch {
	case kind == "" && message == "" && o.Kind == tracker.KindOf(o.Status):
		return http.StatusText(o.Status), ""
	case kind != "" && strings.HasPrefix(message, kind):
		return "", message
	case kind != "" && dialled(message) != "":
		return kind + " (" + dialled(message) + ")", ""
	case repeats(message, kind):
		return kind, ""
	default:
		return kind, message
	}
}

// dialled returns what Go's net package names in a message that says no more than that it could not be reached: the address of
// "dial tcp 10.4.7.21:8443: connect: connection refused", the name of "lookup api.example: no such host"; "" for other messages.
func dialled(message string) string {
	rest, dial := strings.CutPrefix(message, "dial ")
	if dial {
		_, rest, dial = strings.Cut(rest, " ")
		if name, lookup := strings.CutPrefix(rest, "lookup "); lookup {
			rest = name
		}
	} else if rest, dial = strings.CutPrefix(message, "lookup "); !dial {
		return ""
	}
	name, why, cut := strings.Cut(rest, ": ")
	if name, _, _ = strings.Cut(name, " on "); !dial || !cut || name == "" || strings.ContainsAny(name, " \t") || len(why) > 60 {
		return ""
	}
	return name
}

// repeats reports whether a normalised message only says what an error's type says more exactly: "refused by {addr}".
func repeats(message, kind string) bool {
	before, _, cut := strings.Cut(message, "{")
	return cut && len(before) >= 8 && strings.HasPrefix(kind, before)
}
