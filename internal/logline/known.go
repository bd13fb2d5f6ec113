package logline

import "encoding/binary"

// Most lines of a log have the shape of one that was read before. Known reads such lines from the marks of a chunk: it finds the
// fields at once, without searching for the line's end before. What it accepts, Decode understands alike; everything else it leaves
// to Decode.

// Known reads the line of c that starts at a place into d.Rec, if it is of a known shape, and returns where it ends, without its line
// end, and what Decode would have said of it. end is -1 if the line is left to Decode; d.Rec then holds nothing.
func (d *Decoder) Known(c *Chunk, at int) (end int, v LineKind, reason string) {
	if at+64 > len(c.data) {
		return -1, 0, ""
	}
	isJSON := c.data[at] == '{'
	if isJSON {
		if !d.json.shape.guesses() || d.format != "" {
			return -1, 0, ""
		}
	} else if d.Format != Access || d.format != "" && d.format != Access || d.w3c.active() {
		return -1, 0, ""
	}
	if !c.marked {
		c.mark()
	}
	if c.carriage {
		return -1, 0, ""
	}
	d.start()
	r := &d.Rec
	r.reset(nil)
	if isJSON {
		end = d.json.shape.readAt(c, at, r)
	} else {
		end = d.accessAt(c, at, r)
	}
	if end < 0 || end-at > MaxLine {
		d.json.missed = isJSON
		return -1, 0, ""
	}
	if isJSON {
		if v, reason = d.scanned(0); v == LineResult && d.Format == "" {
			d.Format = JSON
		}
	} else {
		d.Format = Access
	}
	v, reason = d.decided(r.line, v, reason)
	return end, v, reason
}

// guesses reports whether lines may be read by their shape.
func (s *shapes) guesses() bool { return s.pause == 0 && len(s.pieces) > 0 }

// readAt is read for the line that starts somewhere in a chunk. It returns where the line ends, or -1 if it does not know its shape.
func (s *shapes) readAt(c *Chunk, start int, rec *Record) (end int) {
	data := c.data
	i, at := start, s.pieces[0].child
	for {
		if i+24 > len(data) || i-start > MaxLine {
			return -1
		}
		p := s.pieceAt(data, i, at)
		if p == nil {
			return -1
		}
		i += p.length
		if p.last {
			rec.hints = p.hints
			rec.line = data[start:i]
			s.tried++
			s.fitted++
			return i
		}
		at = p.child
		switch ch := data[i]; {
		case ch == '"':
			closing := c.next(i + 1)
			if closing < 0 {
				return -1
			}
			if data[closing] != '"' { // most likely an escape
				if i = readScalar(data[start:], i-start, p.slot, rec); i < 0 {
					return -1
				}
				i += start
				continue
			}
			if p.slot.meta != 0 {
				value := span{lo: int32(i + 1 - start), hi: int32(closing - start), meta: p.slot.meta} //nolint:gosec // a line is at most 1 MiB
				if !rec.first(p.slot.field, value) {
					rec.compete(p.slot.field, value)
				}
			}
			i = closing + 1
		case ch-'0' <= 9:
			after := plainNumberEnd(data, i)
			if after < 0 {
				return -1
			}
			if p.slot.meta != 0 {
				value := makeSpan(p.slot, i-start, after-start, formNumber)
				if !rec.first(p.slot.field, value) {
					rec.compete(p.slot.field, value)
				}
			}
			i = after
		default:
			if i = readScalar(data[start:], i-start, p.slot, rec); i < 0 {
				return -1
			}
			i += start
		}
	}
}

// pieceAt is match for a piece within a chunk: behind i there are at least sixteen bytes.
func (s *shapes) pieceAt(data []byte, i int, at int32) *piece {
	both := data[i : i+16]
	head, tail := binary.LittleEndian.Uint64(both), binary.LittleEndian.Uint64(both[8:])
	for at != 0 {
		p := &s.pieces[at]
		if (head&p.inHead^p.head)|(tail&p.inTail^p.tail) == 0 && (!p.odd || p.startsAt(data, i)) {
			return p
		}
		at = p.sibling
	}
	return nil
}

// startsAt is starts for a piece within a chunk, where the last one is followed by the line's end. Eight bytes at least follow it.
func (p *piece) startsAt(data []byte, i int) bool {
	end := i + p.length
	if end+8 > len(data) || p.last && data[end] != '\n' {
		return false
	}
	return p.length <= 16 || string(data[i:end]) == p.text
}
