package ingest

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// A program that logs writes the same keys in the same order on nearly every line. Shapes remembers what stood between
// the values of the lines before: for a line of a known shape, keys, colons and brackets are compared as whole pieces,
// and only the values are looked at. What a shape accepts, the scanner accepts with the same outcome: a piece was checked
// when it was learned, and all that makes it right (how deep the brackets are nested) stands in the pieces before it.

const (
	maxShapeLength = 128  // values in a line that is learned
	maxPieces      = 2048 // pieces remembered
	maxPiece       = 96   // bytes of a piece
	shapeTrial     = 4096 // lines after which it is judged whether guessing pays
)

// shapes is a tree of the pieces seen, by what came before them. The zero value is ready.
type shapes struct {
	pieces []piece // pieces[0] is the root

	tried, fitted uint32 // since it was judged last
	pause         uint32 // lines for which nothing is guessed
}

// piece is what stood between two values, with what the value behind it means.
type piece struct {
	text    string
	head    uint64 // its first eight bytes
	tail    uint64 // its last eight bytes
	mask    uint64 // which bits of these are its own, where it is shorter
	behind  uint8  // where tail starts
	odd     bool   // longer than sixteen bytes, or last
	slot    slot
	last    bool  // nothing follows
	steady  int8  // above 0 where the strings behind it are of one length
	length  int32 // of the string behind it that was seen last
	child   int32 // first piece that may follow, 0 for none
	sibling int32 // next piece that may stand instead, 0 for none
}

// read reads a line of a known shape into rec; it reports false, with rec half filled, where it does not know the shape.
func (s *shapes) read(line []byte, rec *record) bool {
	if len(s.pieces) == 0 {
		return false
	}
	if s.pause > 0 {
		s.pause--
		return false
	}
	if s.tried++; s.tried == shapeTrial {
		if s.fitted < shapeTrial/2 {
			s.pause = 16 * shapeTrial
			s.pieces = s.pieces[:0] // what fills the tree does not come again
		}
		s.tried, s.fitted = 0, 0
	}
	i, at := 0, int32(0)
	if len(s.pieces) == 0 {
		return false
	}
	for {
		at = s.pieces[at].child
		rest := line[i:]
		for {
			if at == 0 {
				return false
			}
			if s.pieces[at].starts(rest) {
				break
			}
			at = s.pieces[at].sibling
		}
		p := &s.pieces[at]
		i += len(p.text)
		if p.last {
			s.fitted++
			return true
		}
		if i >= len(line) {
			return false
		}
		switch c := line[i]; {
		case c == '"':
			i = p.readString(line, i+1, rec)
		case c-'0' <= 9:
			lo := i
			if i = plainNumberEnd(line, i); p.slot.field != fieldNone {
				rec.put(p.slot.field, makeSpan(p.slot, lo, i, formNumber))
			}
		default:
			i = readScalar(line, i, p.slot, rec)
		}
		if i < 0 {
			return false
		}
	}
}

// readString sets the slot's field to the string that starts at lo (behind its quote) and returns where the string ends
// with its quote, -1 where it is broken. The string is likely as long as the one before it at this place: then all of it
// is checked without a decision that depends on what is in it.
func (p *piece) readString(line []byte, lo int, rec *record) int {
	end, m := lo+int(p.length), p.slot.meta
	var likely bool
	if p.length < 8 && lo+8 <= len(line) { // short ones end in the first word, wherever
		n := bits.TrailingZeros64(stringMarks(binary.LittleEndian.Uint64(line[lo:]))) >> 3
		if likely = n < 8 && line[lo+n] == '"'; likely {
			end = lo + n
		}
	} else if likely = p.steady >= 0 && end+8 <= len(line) && line[end] == '"'; likely {
		var marks uint64
		rest := line[lo:end]
		for len(rest) >= 8 {
			marks |= stringMarks(binary.LittleEndian.Uint64(rest))
			rest = rest[8:]
		}
		marks |= stringMarks(binary.LittleEndian.Uint64(line[end-len(rest):])) & (1<<(8*len(rest)) - 1)
		likely = marks == 0
	}
	if !likely {
		var escaped bool
		if end, escaped = stringEnd(line, lo); end < 0 {
			return -1
		}
		if escaped {
			m |= meta(formEscaped)
		}
		if int(p.length) == end-lo {
			p.steady = min(p.steady+1, 8)
		} else {
			p.steady = max(p.steady-2, -8)
		}
		p.length = int32(min(end-lo, maxPiece)) //nolint:gosec // at most maxPiece
	}
	if p.slot.field != fieldNone {
		rec.put(p.slot.field, span{lo: int32(lo), hi: int32(end), meta: m}) //nolint:gosec // a line is at most 1 MiB
	}
	return end + 1
}

// plainNumberEnd is numberEnd for numbers that start with a digit.
func plainNumberEnd(line []byte, i int) int {
	start := i
	for i < len(line) && line[i]-'0' <= 9 {
		i++
	}
	if line[start] == '0' && i > start+1 {
		return start + 1 // a digit behind a leading zero belongs to no number
	}
	if i < len(line) && line[i] == '.' {
		point := i
		for i++; i < len(line) && line[i]-'0' <= 9; i++ {
		}
		if i == point+1 {
			return -1
		}
	}
	if i < len(line) && line[i]|0x20 == 'e' {
		return numberEnd(line, start)
	}
	return i
}

// starts reports whether rest starts with the piece.
func (p *piece) starts(rest []byte) bool {
	if len(rest) < 16 || p.odd {
		return p.oddStarts(rest)
	}
	return binary.LittleEndian.Uint64(rest)&p.mask == p.head && binary.LittleEndian.Uint64(rest[p.behind:])&p.mask == p.tail
}

// oddStarts is starts for pieces that are not compared in two words, and near the line's end.
func (p *piece) oddStarts(rest []byte) bool {
	n := len(p.text)
	return len(rest) >= n && string(rest[:n]) == p.text && (!p.last || len(rest) == n)
}

// readScalar sets the slot's field to the scalar that starts at i and returns where it ends, -1 where none starts.
func readScalar(line []byte, i int, at slot, rec *record) int {
	if i >= len(line) {
		return -1
	}
	switch c := line[i]; {
	case c == '"':
		hi, escaped := stringEnd(line, i+1)
		if hi < 0 {
			return -1
		}
		if at.field != fieldNone {
			f := formText
			if escaped {
				f = formEscaped
			}
			rec.put(at.field, makeSpan(at, i+1, hi, f))
		}
		return hi + 1
	case c == '-' || c-'0' <= 9:
		hi := numberEnd(line, i)
		if hi >= 0 && at.field != fieldNone {
			rec.put(at.field, makeSpan(at, i, hi, formNumber))
		}
		return hi
	default:
		return wordEnd(line, i)
	}
}

// learn remembers the shape of a sound line with these scalars.
func (s *shapes) learn(line []byte, scalars []scalar) {
	if s.pause > 0 || len(scalars) == 0 || len(s.pieces)+len(scalars)+1 > maxPieces {
		return
	}
	from := 0
	for _, sc := range scalars {
		if sc.lo-from > maxPiece {
			return
		}
		from = sc.hi
	}
	if len(line)-from > maxPiece {
		return
	}
	if len(s.pieces) == 0 {
		s.pieces = append(s.pieces, piece{})
	}
	at := int32(0)
	from = 0
	for _, sc := range scalars {
		at = s.follow(at, line[from:sc.lo], sc.slot, false)
		from = sc.hi
	}
	s.follow(at, line[from:], slot{}, true)
}

// follow returns the piece of that text behind another, made where there was none.
func (s *shapes) follow(at int32, text []byte, meaning slot, last bool) int32 {
	for next := s.pieces[at].child; next != 0; next = s.pieces[next].sibling {
		if p := &s.pieces[next]; p.last == last && p.text == string(text) {
			return next
		}
	}
	// At the end of the siblings: what was seen first is, most of the time, what is seen most.
	next := int32(len(s.pieces)) //nolint:gosec // at most maxPieces
	n := len(text)
	p := piece{text: string(text), slot: meaning, last: last, odd: last || n > 16, mask: math.MaxUint64, behind: uint8(max(0, min(n, 16)-8))}
	if n < 8 {
		p.mask = 1<<(8*n) - 1
	}
	padded := append(slices.Clip(text), make([]byte, 8)...)
	p.head = binary.LittleEndian.Uint64(padded) & p.mask
	p.tail = binary.LittleEndian.Uint64(padded[p.behind:]) & p.mask
	s.pieces = append(s.pieces, p)
	if s.pieces[at].child == 0 {
		s.pieces[at].child = next
		return next
	}
	sibling := s.pieces[at].child
	for s.pieces[sibling].sibling != 0 {
		sibling = s.pieces[sibling].sibling
	}
	s.pieces[sibling].sibling = next
	return next
}
