package logline

import "bytes"

// maxDepth bounds how deep objects and arrays may nest in a line.
const maxDepth = 1000

// maxKeyPath bounds the keys of nested objects that are looked up, all of them together.
const maxKeyPath = 256

// mayBeList reports whether the first value of a list is taken for a field.
func (f Field) mayBeList() bool {
	return f == FieldAgent || f == FieldRequestID || f == FieldHost || f == FieldUpstream
}

// jsonScanner reads one JSON object a line, strictly as RFC 8259 has it: every line is checked whole, also where
// nothing in it is wanted. Bytes that are not UTF-8 are let through; text is made harmless when a result is made of it.
type jsonScanner struct {
	keys  *keyTable
	shape shapes
	agent *agents
	quote quotes

	missed  bool // the next line has no known shape, as was found before
	rec     *Record
	line    []byte
	pos     int
	depth   int
	path    []byte // of the key at hand, joined by "."
	scalars []scalar
	plain   bool // the line can be learned as a shape
}

// scalar is one string, number, true, false or null of a line, for learning its shape.
type scalar struct {
	lo, hi int // with quotes
	slot   slot
}

// scan reads a line into rec and returns why it could not, "" if it could.
func (s *jsonScanner) scan(line []byte, rec *Record) (reason string) {
	if missed := s.missed; missed {
		s.missed = false
		s.shape.judge()
	} else if s.shape.read(line, rec, &s.quote) {
		return ""
	}
	rec.forget() // what a shape read before it did not fit
	s.rec, s.line, s.pos, s.depth, s.path = rec, line, 0, 0, s.path[:0]
	s.scalars, s.plain = s.scalars[:0], true
	s.blank()
	if s.pos == len(line) || line[s.pos] != '{' {
		if s.value(slot{}, true) && s.end() {
			return "JSON, but no object"
		}
		return "no JSON"
	}
	if !s.object(false) || !s.end() {
		if s.depth > maxDepth {
			return "JSON nested too deep"
		}
		if bytes.Contains(line, []byte(`\x`)) { // nginx escapes quotes and more as \x22 unless told otherwise
			return `broken JSON: \x is not a JSON escape; nginx needs "log_format NAME escape=json …"`
		}
		return "broken JSON"
	}
	if s.plain {
		s.shape.learn(line, s.scalars)
	}
	return ""
}

// end reports whether nothing but blanks follows.
func (s *jsonScanner) end() bool {
	s.blank()
	return s.pos == len(s.line)
}

// blank skips white space.
func (s *jsonScanner) blank() {
	for s.pos < len(s.line) {
		switch s.line[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// next skips white space and reports whether c follows, which it steps over.
func (s *jsonScanner) next(c byte) bool {
	s.blank()
	if s.pos < len(s.line) && s.line[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

// object reads an object. With skip nothing in it is looked up.
func (s *jsonScanner) object(skip bool) bool {
	if s.depth++; s.depth > maxDepth {
		return false
	}
	s.pos++ // '{'
	if s.next('}') {
		s.depth--
		return true
	}
	parent := len(s.path)
	for {
		s.blank()
		if s.pos == len(s.line) || s.line[s.pos] != '"' {
			return false
		}
		lo := s.pos + 1
		hi, escaped := stringEnd(s.line, lo)
		if hi < 0 {
			return false
		}
		s.pos = hi + 1
		var at slot
		if !skip {
			if parent > 0 {
				s.path = append(s.path, '.')
			}
			if escaped {
				s.path = unescape(s.path, s.line[lo:hi])
			} else {
				s.path = append(s.path, s.line[lo:hi]...)
			}
			at = s.keys.find(s.path)
		}
		if !s.next(':') {
			return false
		}
		s.blank()
		if !s.value(at, skip || s.depth > maxLevels || len(s.path) > maxKeyPath) {
			return false
		}
		s.path = s.path[:parent]
		if s.next(',') {
			continue
		}
		s.depth--
		return s.next('}')
	}
}

// array reads an array. The first of several values counts where a key may have several, as headers may; else nothing in it is
// looked up.
func (s *jsonScanner) array(at slot) bool {
	if s.depth++; s.depth > maxDepth {
		return false
	}
	s.pos++ // '['
	if s.next(']') {
		s.depth--
		return true
	}
	if !at.field.mayBeList() {
		at = slot{}
	}
	for {
		s.blank()
		if s.pos < len(s.line) && s.line[s.pos] == '{' {
			at = slot{}
		}
		if !s.value(at, true) {
			return false
		}
		at = slot{}
		if s.next(',') {
			continue
		}
		s.depth--
		return s.next(']')
	}
}

// value reads the value that stands at pos and sets the field of its slot.
func (s *jsonScanner) value(at slot, skip bool) bool {
	if s.pos == len(s.line) {
		return false
	}
	lo := s.pos
	switch s.line[lo] {
	case '{', '[':
		if s.line[lo] == '{' && !s.object(skip) || s.line[lo] == '[' && !s.array(at) {
			return false
		}
		if at.field == FieldErrors || at.field == FieldDetails || at.field == FieldLine && s.line[lo] == '[' {
			s.plain = false
			s.rec.put(at.field, makeSpan(at, lo, s.pos, formRaw))
		}
		return true
	case '"':
		hi, escaped := stringEnd(s.line, lo+1)
		if hi < 0 {
			return false
		}
		s.pos = hi + 1
		if at.meta != 0 {
			f := formText
			if escaped {
				f = formEscaped
			}
			s.rec.put(at.field, makeSpan(at, lo+1, hi, f))
		}
	case 't', 'f', 'n':
		hi := wordEnd(s.line, lo)
		if hi < 0 {
			return false
		}
		s.pos = hi
		s.rec.hints |= at.meta.hintBit()
	default:
		hi := numberEnd(s.line, lo)
		if hi < 0 {
			return false
		}
		s.pos = hi
		if at.meta != 0 {
			s.rec.put(at.field, makeSpan(at, lo, hi, formNumber))
		}
	}
	if len(s.scalars) < maxShapeLength {
		s.scalars = append(s.scalars, scalar{lo, s.pos, at})
	} else {
		s.plain = false
	}
	return true
}

// makeSpan returns the span of a value after a key.
func makeSpan(at slot, lo, hi int, f form) span {
	return span{lo: int32(lo), hi: int32(hi), meta: at.meta | meta(f)} //nolint:gosec // a line is at most 1 MiB
}
