package terminal

import "strconv"

// position is a cell of the screen, from 0. An x of -1 is not known: after a character in the last column, or one whose width
// terminals disagree about.
type position struct{ x, y int }

// painter writes the bytes that bring a terminal from the cells that it shows to others.
type painter struct {
	*palette
	out   []byte
	w, h  int
	shown []cell // row by row
	next  []cell // the row being drawn
	at    position
	pen   uint16
	basic bool // obeys nothing that DEC's VT100 had not
	crlf  bool // a line feed may return to the first column
}

// resize takes another size and begins anew.
func (p *painter) resize(w, h int) {
	p.w, p.h = w, h
	p.shown, p.next = make([]cell, w*h), make([]cell, w)
}

// erase empties the screen, whatever stands there.
func (p *painter) erase() {
	p.out = append(p.out, "\x1b[m\x1b[H\x1b[2J"...)
	p.at, p.pen = position{}, 0
	for i := range p.shown {
		p.shown[i] = blank
	}
}

// row makes the terminal show a row.
func (p *painter) row(y int, text string) {
	p.lay(p.next, text)
	shown, next := p.shown[y*p.w:(y+1)*p.w], p.next
	end := len(next) // of what is not blank
	for end > 0 && next[end-1] == blank {
		end--
	}
	for x := 0; x < len(next); x++ {
		if shown[x] == next[x] {
			continue
		}
		if x >= end && p.clear(shown, x, y) {
			break
		}
		for next[x].width == 0 {
			x--
		}
		odd := next[x].odd() || shown[x].odd()
		p.move(next, x, y)
		p.put(next[x])
		if odd { // what is right of it may have moved
			p.at.x = -1
			for i := x + 1; i < len(next); i++ {
				shown[i] = cell{}
			}
		}
		x += int(next[x].width) - 1
	}
	copy(shown, next)
}

// clear empties a row from a column on and reports whether that was worth it.
func (p *painter) clear(shown []cell, x, y int) bool {
	last := len(shown)
	for last > x && shown[last-1] == blank {
		last--
	}
	if last-x < 4 {
		return false
	}
	p.move(nil, x, y)
	p.clean()
	p.out = append(p.out, "\x1b[K"...)
	return true
}

// put writes a cell where the cursor stands. A blank takes any pen that looks the same where nothing is written.
func (p *painter) put(c cell) {
	if c.what != ' ' || p.pens[p.pen].onBlank() != p.pens[c.pen] {
		p.change(c.pen)
	}
	p.out = p.appendCell(p.out, c)
	p.at.x += int(c.width)
	if p.at.x >= p.w || c.odd() {
		p.at.x = -1
	}
}

// change takes another pen.
func (p *painter) change(to uint16) {
	p.out = appendChange(p.out, p.pens[p.pen], p.pens[to])
	p.pen = to
}

// clean takes a pen with which emptied cells are blank.
func (p *painter) clean() {
	if p.pens[p.pen].onBlank() != (pen{}) {
		p.change(0)
	}
}

// move brings the cursor to a column of a row in the fewest bytes. Cells of the row that stand in between may be written once
// more where that is shorter.
func (p *painter) move(row []cell, x, y int) {
	to := position{x, y}
	if p.at == to || p.at.y == y && p.at.x >= 0 && x > p.at.x && p.again(row, x) {
		return
	}
	var absolute, relative, fromLeft [24]byte
	best := appendAbsolute(absolute[:0], to)
	if p.at.x >= 0 {
		if other := p.appendRelative(relative[:0], p.at, to); len(other) < len(best) {
			best = other
		}
	}
	if other := p.appendRelative(append(fromLeft[:0], '\r'), position{0, p.at.y}, to); len(other) < len(best) {
		best = other
	}
	p.out, p.at = append(p.out, best...), to
}

// again writes the cells from the cursor to a column once more, if that takes no more bytes than to skip them.
func (p *painter) again(row []cell, x int) bool {
	if x-p.at.x > 5 || len(row) < x {
		return false
	}
	start := len(p.out)
	for _, c := range row[p.at.x:x] {
		same := c.pen == p.pen || c.what == ' ' && p.pens[p.pen].onBlank() == p.pens[c.pen]
		if !same || c.width != 1 || c.odd() {
			p.out = p.out[:start]
			return false
		}
		p.out = p.appendCell(p.out, c)
	}
	if len(p.out)-start > forward(x-p.at.x) {
		p.out = p.out[:start]
		return false
	}
	p.at.x = x
	return true
}

// forward is the number of bytes that move the cursor n columns.
func forward(n int) int {
	switch {
	case n == 1:
		return len("\x1b[C")
	case n < 10:
		return len("\x1b[9C")
	default:
		return len("\x1b[99C")
	}
}

func appendAbsolute(dst []byte, to position) []byte {
	if to == (position{}) {
		return append(dst, "\x1b[H"...)
	}
	dst = strconv.AppendInt(append(dst, "\x1b["...), int64(to.y+1), 10)
	if to.x > 0 {
		dst = strconv.AppendInt(append(dst, ';'), int64(to.x+1), 10)
	}
	return append(dst, 'H')
}

// appendRelative moves down or up and then along the row. It sends no backspace: what looks through a terminal's bytes for text that was
// not meant to be there trips over it.
func (p *painter) appendRelative(dst []byte, from, to position) []byte {
	switch down := to.y - from.y; {
	case down > 0 && down <= 3 && (from.x == 0 || !p.crlf):
		dst = append(dst, "\n\n\n"[:down]...)
	case down > 0:
		dst = appendSteps(dst, down, 'B')
	case down < 0:
		dst = appendSteps(dst, -down, 'A')
	}
	switch right := to.x - from.x; {
	case right > 0 && !p.basic && right >= 10 && to.x < 9:
		dst = append(strconv.AppendInt(append(dst, "\x1b["...), int64(to.x+1), 10), 'G')
	case right > 0:
		dst = appendSteps(dst, right, 'C')
	case right < 0 && !p.basic && len(strconv.Itoa(to.x+1)) <= len(strconv.Itoa(-right)):
		dst = append(strconv.AppendInt(append(dst, "\x1b["...), int64(to.x+1), 10), 'G')
	case right < 0:
		dst = appendSteps(dst, -right, 'D')
	}
	return dst
}

// appendSteps moves the cursor n cells in a direction.
func appendSteps(dst []byte, n int, direction byte) []byte {
	dst = append(dst, "\x1b["...)
	if n > 1 {
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	return append(dst, direction)
}
