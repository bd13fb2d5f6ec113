package tui

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// asciiOnly puts a question mark in the place of every column of a character that is not of ASCII: on a terminal that knows
// no UTF-8, its bytes are other characters each, and some are controls. What other people's messages hold, no theme foresees.
func asciiOnly(s string) string {
	i := strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for rest := s; rest != ""; {
		if c := rest[0]; c < utf8.RuneSelf && (len(rest) == 1 || rest[1] < utf8.RuneSelf) { // and no mark stands over it
			b.WriteByte(c)
			rest = rest[1:]
			continue
		}
		cluster, width := ansi.FirstGraphemeCluster(rest, cellWidth)
		switch {
		case cluster == "µ":
			b.WriteByte('u') // microseconds
		case cluster[0] < utf8.RuneSelf:
			b.WriteByte(cluster[0]) // its marks go
		default:
			b.WriteString(strings.Repeat("?", width))
		}
		rest = rest[len(cluster):]
	}
	return b.String()
}
