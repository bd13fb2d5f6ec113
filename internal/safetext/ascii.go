package safetext

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// ASCII puts a question mark in the place of every cell of a character that is not of ASCII: on a terminal that knows no
// UTF-8, its bytes are other characters each, and some are controls. A letter loses its marks, and µ becomes u. The width
// stays. Escape sequences, as drawing puts them in, stay too.
func ASCII(s string) string {
	foreign := func(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 }
	if !foreign(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for cluster := displaywidth.StringGraphemes(s); cluster.Next(); {
		switch c := cluster.Value(); {
		case !foreign(c):
			b.WriteString(c)
		case c == "µ":
			b.WriteByte('u') // microseconds
		case c[0] < utf8.RuneSelf:
			b.WriteByte(c[0]) // its marks go
		default:
			b.WriteString(strings.Repeat("?", cluster.Width()))
		}
	}
	return b.String()
}
