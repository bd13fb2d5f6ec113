package logline

import "bytes"

// words walks over the words of a line, which blanks or tabs part; a quoted text is one word.
type words struct {
	line []byte
	pos  int
}

// next returns where the next word stands, without its quotes; ok is false at the line's end, and where a quote is not
// closed.
func (w *words) next() (lo, hi int, ok bool) {
	for w.pos < len(w.line) && (w.line[w.pos] == ' ' || w.line[w.pos] == '\t') {
		w.pos++
	}
	if w.pos == len(w.line) {
		return 0, 0, false
	}
	lo = w.pos
	if w.line[lo] == '"' {
		hi = w.closing(lo + 1)
		if hi < 0 {
			return 0, 0, false
		}
		w.pos = hi + 1
		return lo + 1, hi, true
	}
	for w.pos < len(w.line) && w.line[w.pos] != ' ' && w.line[w.pos] != '\t' {
		w.pos++
	}
	return lo, w.pos, true
}

// closing returns where the quoted text that starts at i ends; doubled quotes stand for one.
func (w *words) closing(i int) int {
	for {
		end := quoteEnd(w.line, i)
		if end < 0 || end+1 == len(w.line) || w.line[end+1] != '"' {
			return end
		}
		i = end + 2
	}
}

// take reads as many words as to has places for.
func (w *words) take(to []span) bool {
	for i := range to {
		lo, hi, ok := w.next()
		if !ok {
			return false
		}
		to[i] = span{lo: int32(lo), hi: int32(hi)} //nolint:gosec // a line is at most 1 MiB
	}
	return true
}

// of returns the word at s.
func (s span) of(line []byte) []byte { return line[s.lo:s.hi] }

// putWord sets a field to a word, unless it is "-", which stands for nothing.
func (r *Record) putWord(f Field, s span) {
	if word := s.of(r.line); len(word) > 0 && !bytes.Equal(word, []byte{'-'}) {
		r.put(f, s)
	}
}
