package logline

import "encoding/binary"

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

// piece is what stood between two values, with what the value after it means.
type piece struct {
	head, tail     uint64 // its first and its second eight bytes
	inHead, inTail uint64 // which bits of these are its own, where it is shorter
	child          int32  // first piece that may follow, 0 for none
	sibling        int32  // next piece that may stand instead, 0 for none
	slot           slot
	hints          uint32 // of all keys up to it
	odd            bool   // longer than sixteen bytes, or last
	last           bool   // nothing follows
	text           string
	length         int  // of the text
	role           role // of the value after it
	plan           plan // where it is the last one
}

// read reads a line of a known shape into rec; it reports false, with rec half filled, where it does not know the shape.
func (s *shapes) read(line []byte, rec *Record, quote *quotes) bool {
	if len(s.pieces) == 0 {
		return false
	}
	if s.pause > 0 {
		s.pause--
		return false
	}
	s.judge()
	if len(s.pieces) == 0 {
		return false
	}
	plain := quote.mark(line)
	i, at := 0, s.pieces[0].child
	for {
		p := s.match(at, line, i)
		if p == nil {
			return false
		}
		if p.last {
			rec.hints = p.hints
			s.fitted++
			return true
		}
		at = p.child
		i += len(p.text)
		if i >= len(line) {
			return false
		}
		switch c := line[i]; {
		case c == '"' && plain:
			end := quote.next(i + 1)
			if end < 0 {
				return false
			}
			if p.slot.meta != 0 {
				value := span{lo: int32(i + 1), hi: int32(end), meta: p.slot.meta} //nolint:gosec // a line is at most 1 MiB
				if !rec.first(p.slot.field, value) {
					rec.compete(p.slot.field, value)
				}
			}
			i = end + 1
		case c-'0' <= 9:
			end := plainNumberEnd(line, i)
			if end < 0 {
				return false
			}
			if p.slot.meta != 0 {
				value := makeSpan(p.slot, i, end, formNumber)
				if !rec.first(p.slot.field, value) {
					rec.compete(p.slot.field, value)
				}
			}
			i = end
		default:
			if i = readScalar(line, i, p.slot, rec); i < 0 {
				return false
			}
		}
	}
}

// judge counts a line whose shape is guessed, and stops guessing for a while where that does not pay.
func (s *shapes) judge() {
	if s.tried++; s.tried < shapeTrial {
		return
	}
	if s.fitted < s.tried/2 {
		s.pause = 16 * shapeTrial
		s.pieces = s.pieces[:0] // what fills the tree does not come again
	}
	s.tried, s.fitted = 0, 0
}

// match returns the piece that stands at i, of the one at that index and its siblings, or nil if it is not one of them.
func (s *shapes) match(at int32, line []byte, i int) *piece {
	if i+16 > len(line) {
		for ; at != 0; at = s.pieces[at].sibling {
			if p := &s.pieces[at]; p.starts(line[i:]) {
				return p
			}
		}
		return nil
	}
	both := line[i : i+16]
	head, tail := binary.LittleEndian.Uint64(both), binary.LittleEndian.Uint64(both[8:])
	for at != 0 {
		p := &s.pieces[at]
		if (head&p.inHead^p.head)|(tail&p.inTail^p.tail) == 0 && (!p.odd || p.starts(line[i:])) {
			return p
		}
		at = p.sibling
	}
	return nil
}

// plainNumberEnd is numberEnd for numbers that start with a digit.
func plainNumberEnd(line []byte, start int) int {
	if start+16 > len(line) {
		return numberEnd(line, start)
	}
	n := digitRun(binary.LittleEndian.Uint64(line[start:]))
	i := start + n
	if n == 8 || line[start] == '0' && n > 1 {
		return numberEnd(line, start)
	}
	if line[i] == '.' {
		n = digitRun(binary.LittleEndian.Uint64(line[i+1:]))
		if n == 0 || n == 8 {
			return numberEnd(line, start)
		}
		i += 1 + n
	}
	if line[i]|0x20 == 'e' {
		return numberEnd(line, start)
	}
	return i
}

// starts reports whether rest starts with the piece, and, where it is the last one, holds nothing else.
func (p *piece) starts(rest []byte) bool {
	n := len(p.text)
	return len(rest) >= n && string(rest[:n]) == p.text && (!p.last || len(rest) == n)
}

// readScalar sets the slot's field to the scalar that starts at i and returns where it ends, or -1 if none starts.
func readScalar(line []byte, i int, at slot, rec *Record) int {
	if i >= len(line) {
		return -1
	}
	switch c := line[i]; {
	case c == '"':
		hi, escaped := stringEnd(line, i+1)
		if hi < 0 {
			return -1
		}
		if at.meta != 0 {
			f := formText
			if escaped {
				f = formEscaped
			}
			rec.put(at.field, makeSpan(at, i+1, hi, f))
		}
		return hi + 1
	case c == '-' || c-'0' <= 9:
		hi := numberEnd(line, i)
		if hi >= 0 && at.meta != 0 {
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
	at = s.follow(at, line[from:], slot{}, true)
	s.pieces[at].plan = planOf(scalars, s.pieces[at].hints)
}

// follow returns the piece of that text after another, made where there was none.
func (s *shapes) follow(at int32, text []byte, meaning slot, last bool) int32 {
	for next := s.pieces[at].child; next != 0; next = s.pieces[next].sibling {
		if p := &s.pieces[next]; p.last == last && p.text == string(text) {
			return next
		}
	}
	// At the end of the siblings: what was seen first is, most of the time, what is seen most.
	next := int32(len(s.pieces)) //nolint:gosec // at most maxPieces
	n := len(text)
	p := piece{text: string(text), length: n, role: roleOf(meaning), slot: meaning, last: last, odd: last || n > 16}
	head, own := make([]byte, 16), make([]byte, 16)
	copy(head, text)
	for i := range min(n, 16) {
		own[i] = 0xff
	}
	p.head, p.tail = binary.LittleEndian.Uint64(head), binary.LittleEndian.Uint64(head[8:])
	p.inHead, p.inTail = binary.LittleEndian.Uint64(own), binary.LittleEndian.Uint64(own[8:])
	p.hints = s.pieces[at].hints | meaning.meta.hintBit()
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
