package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// document is a TOML file: its values, and where each of them stands. A path is a key in full: "targets[1].headers.Accept".
type document struct {
	file   string
	values map[string]any
	keys   map[string]position // of a path's last part
	places map[string]position // of a path's value
	lines  []int               // offsets of the starts of lines
}

// position is a place in a file, counted from 1. The zero value is none.
type position struct{ line, column int }

// parse reads a TOML file that is called file in messages.
func parse(file string, text []byte) (*document, error) {
	d := &document{file: file, keys: map[string]position{}, places: map[string]position{}, lines: []int{0}}
	for i, b := range text {
		if b == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	if err := toml.Unmarshal(text, &d.values); err != nil {
		m := Mistake{File: file, Line: 1, Column: 1, Problem: shownText(strings.TrimPrefix(err.Error(), "toml: "))}
		if wrong, ok := errors.AsType[*toml.DecodeError](err); ok {
			m.Line, m.Column = wrong.Position()
			m.Key = strings.Join(wrong.Key(), ".")
		}
		m.Problem = "not TOML: " + m.Problem
		return nil, &Error{Mistakes: []Mistake{m}}
	}
	d.locate(text)
	return d, nil
}

// locate walks the syntax of text, which has been found to be valid, and notes where things stand.
func (d *document) locate(text []byte) {
	var p unstable.Parser
	p.Reset(text)
	prefix := ""
	elements := map[string]int{} // how many [[tables]] of that path there were
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			prefix = d.header(e, elements)
		case unstable.KeyValue:
			d.keyValue(prefix, e)
		default: // comments hold nothing
		}
	}
}

// longestPath is how far into keys within keys places are noted, in bytes. No setting is as deep, and each level has a path of its own: with
// thousands of them a small file would take gigabytes.
const longestPath = 1024

// header notes a [table] or [[table]] and returns its path.
func (d *document) header(e *unstable.Node, elements map[string]int) string {
	path := ""
	for key := e.Key(); key.Next() && len(path) < longestPath; {
		path = join(path, string(key.Node().Data))
		d.note(path, key.Node())
		if e.Kind == unstable.ArrayTable && key.IsLast() {
			elements[path]++
		}
		if n := elements[path]; n > 0 {
			path = fmt.Sprintf("%s[%d]", path, n-1)
			d.note(path, key.Node())
		}
	}
	return path
}

// keyValue notes a key, dotted or not, and its value.
func (d *document) keyValue(path string, e *unstable.Node) {
	var last *unstable.Node
	for key := e.Key(); key.Next() && len(path) < longestPath; {
		last = key.Node()
		path = join(path, string(last.Data))
		d.note(path, last)
	}
	d.value(path, e.Value())
}

func (d *document) value(path string, v *unstable.Node) {
	if len(path) > longestPath {
		return
	}
	if v.Raw.Length > 0 { // the parser does not say where a list begins
		d.places[path] = d.position(v.Raw)
	}
	i := 0
	for children := v.Children(); children.Next(); {
		switch v.Kind {
		case unstable.InlineTable:
			d.keyValue(path, children.Node())
		default: // a list; nothing else has children
			d.value(fmt.Sprintf("%s[%d]", path, i), children.Node())
			i++
		}
	}
}

// note keeps where a path is mentioned first.
func (d *document) note(path string, key *unstable.Node) {
	if _, ok := d.keys[path]; !ok {
		d.keys[path] = d.position(key.Raw)
	}
}

func (d *document) position(r unstable.Range) position {
	line, exact := slices.BinarySearch(d.lines, int(r.Offset))
	if !exact {
		line--
	}
	return position{line: line + 1, column: int(r.Offset) - d.lines[line] + 1}
}

// has reports whether the file sets the path.
func (d *document) has(path string) bool { _, ok := d.keys[path]; return ok }

// keyAt returns where the path's key stands, or the nearest one around it.
func (d *document) keyAt(path string) position { return nearest(path, d.keys) }

// valueAt returns where the path's value stands, or the nearest value or key around it.
func (d *document) valueAt(path string) position { return nearest(path, d.places, d.keys) }

func nearest(path string, places ...map[string]position) position {
	for ; path != ""; path = parent(path) {
		for _, known := range places {
			if at, ok := known[path]; ok {
				return at
			}
		}
	}
	return position{1, 1}
}

// join appends a key to a path, quoted as TOML requires where it is not a bare key.
func join(path, key string) string {
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return !bareKey(r) }) {
		key = fmt.Sprintf("%q", key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func bareKey(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_'
}

// parent returns the path without its last part.
func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

// withoutBOM returns text without the byte order mark that some editors put before it.
func withoutBOM(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\ufeff")) }
