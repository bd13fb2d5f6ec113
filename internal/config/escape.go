package config

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"

	"errtop/internal/safetext"
)

// EscapeTOML returns a TOML document that means the same and is harmless on a terminal: every key and string that holds a control,
// bidirectional or otherwise invisible character is written with escapes (TOML 1.0, "String").
func EscapeTOML(text []byte) []byte {
	var spots []spot
	note := func(n *unstable.Node) {
		if value := string(n.Data); n.Raw.Length > 0 && safetext.Block(value) != value {
			spots = append(spots, spot{int(n.Raw.Offset), int(n.Raw.Offset + n.Raw.Length), basicString(value)})
		}
	}
	var p unstable.Parser
	p.Reset(text)
	for p.NextExpression() {
		eachString(p.Expression(), note)
	}
	var b []byte
	done := 0
	for _, s := range spots {
		b = append(append(b, text[done:s.lo]...), s.with...)
		done = s.hi
	}
	return append(b, text[done:]...)
}

// spot is a part of a document and what takes its place.
type spot struct {
	lo, hi int
	with   string
}

// eachString calls visit for the keys and strings below an expression, in the order of the document.
func eachString(n *unstable.Node, visit func(*unstable.Node)) {
	switch n.Kind {
	case unstable.Table, unstable.ArrayTable, unstable.KeyValue:
		for key := n.Key(); key.Next(); {
			visit(key.Node())
		}
		if n.Kind == unstable.KeyValue {
			eachString(n.Value(), visit)
		}
	case unstable.String:
		visit(n)
	case unstable.Array, unstable.InlineTable:
		for children := n.Children(); children.Next(); {
			eachString(children.Node(), visit)
		}
	default: // numbers, dates and comments
	}
}

// basicString writes a string on one line, between quotes, in characters that can be seen.
func basicString(value string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range value {
		shown := string(r)
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError || safetext.Line(shown) == shown:
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
