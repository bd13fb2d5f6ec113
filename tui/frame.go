package tui

import (
	"time"

	"errtop/internal/event"
	"errtop/internal/safetext"
	"errtop/internal/terminal"
)

// cellWidth measures text the way the renderer lays it into cells.
const cellWidth = terminal.CellWidth

// frame is one picture being drawn, and the moment it is drawn for. Each row is filled from left to right, so panels that
// stand side by side draw the left one first. The buffers are kept from picture to picture.
type frame struct {
	w, h    int
	rows    []row
	scratch []byte
	joined  []byte

	styles  *Styles
	alerts  *Alerts        // that go with the snapshot shown; nil: none
	older   *older         // what was read of the history; nil: there is none
	advisor *event.Advisor // what to do about a cause
	glyphs  *glyphs
	now     time.Time      // the clock that is shown and that countdowns are counted from
	loc     *time.Location // of every time shown
	reach   int            // minutes that sparklines show
	minute  int64          // that is running, since 1970
	lost    lost           // steps that nobody lived through
}

// row is a line under construction: col columns are drawn so far, and the current look is style over base.
type row struct {
	buf         []byte
	col         int
	style, base Style
}

// reset makes the frame an empty picture of w columns and h rows.
func (f *frame) reset(w, h int) {
	f.w, f.h = max(w, 0), max(h, 0)
	for len(f.rows) < f.h {
		f.rows = append(f.rows, row{})
	}
	for i := range f.rows {
		f.rows[i] = row{buf: f.rows[i].buf[:0]}
	}
}

// String joins the rows. Every row resets its own style, so that a row can be cut out of the picture.
func (f *frame) String() string {
	f.joined = f.joined[:0]
	for i := range f.rows[:f.h] {
		if i > 0 {
			f.joined = append(f.joined, '\n')
		}
		r := &f.rows[i]
		f.joined = append(f.joined, r.buf...)
		if r.style != (Style{}) || r.base != (Style{}) {
			f.joined = append(f.joined, "\x1b[m"...)
		}
	}
	return string(f.joined)
}

// all returns the whole frame as an area.
func (f *frame) all() area { return area{frame: f, w: f.w, h: f.h} }

// area is a rectangle of a frame. Drawing outside of it does nothing.
type area struct {
	*frame
	x, y, w, h int
	from, to   int // with to, only the frame's rows in [from, to) are drawn
}

// part returns an area of h rows that starts at row i of a, which may lie above it, and of which only what lies in a is
// drawn.
func (a area) part(i, h int) area {
	a.from, a.to = a.y, a.y+a.h
	a.y, a.h = a.y+i, h
	return a
}

// top cuts n rows from the top.
func (a area) top(n int) (cut, rest area) {
	n = min(max(n, 0), a.h)
	cut, rest = a, a
	cut.h = n
	rest.y, rest.h = a.y+n, a.h-n
	return cut, rest
}

// bottom cuts n rows from the bottom.
func (a area) bottom(n int) (cut, rest area) {
	n = min(max(n, 0), a.h)
	rest, cut = a.top(a.h - n)
	return cut, rest
}

// left cuts n columns from the left.
func (a area) left(n int) (cut, rest area) {
	n = min(max(n, 0), a.w)
	cut, rest = a, a
	cut.w = n
	rest.x, rest.w = a.x+n, a.w-n
	return cut, rest
}

// inset takes away n columns from the left and the right.
func (a area) inset(n int) area {
	if a.w <= 2*n {
		return a
	}
	a.x, a.w = a.x+n, a.w-2*n
	return a
}

// row returns a pen at the start of the area's row i.
func (a area) row(i int) pen {
	y := a.y + i
	if i < 0 || i >= a.h || a.w <= 0 || a.to > 0 && (y < a.from || y >= a.to) {
		return pen{frame: a.frame}
	}
	return pen{frame: a.frame, row: &a.rows[y], start: a.x, end: a.x + a.w}
}

// pen writes into one row of an area, from left to right. Whatever does not fit is cut, and the cut is shown.
type pen struct {
	*frame
	row        *row
	start, end int
	base       Style // under everything this pen writes: the background of a selected row
}

// left returns how many columns are left.
func (p *pen) left() int {
	if p.row == nil {
		return 0
	}
	return p.end - max(p.row.col, p.start)
}

// at returns the column, counted from the area's left edge.
func (p *pen) at() int {
	if p.row == nil {
		return 0
	}
	return max(p.row.col-p.start, 0)
}

// text writes s, which may be untrusted: it is made harmless here, whatever was done to it before.
func (p *pen) text(st Style, s string) { put(p, st, s, p.left()) }

// bytes writes what one of the append functions of this package made.
func (p *pen) bytes(st Style, b []byte) { put(p, st, b, p.left()) }

// cell writes s into exactly w columns.
func (p *pen) cell(st Style, s string, w int) {
	from := p.at()
	put(p, st, s, min(w, p.left()))
	p.to(from + w)
}

// cellRight writes b against the right edge of exactly w columns.
func (p *pen) cellRight(st Style, b []byte, w int) {
	from := p.at()
	p.space(w - width(b))
	put(p, st, b, min(from+w-p.at(), p.left()))
	p.to(from + w)
}

// space writes n spaces.
func (p *pen) space(n int) {
	if n = min(n, p.left()); n <= 0 {
		return
	}
	p.move(Style{})
	for range n {
		p.row.buf = append(p.row.buf, ' ')
	}
	p.row.col += n
}

// to writes spaces up to the area's column col.
func (p *pen) to(col int) { p.space(col - p.at()) }

// fill writes spaces up to the right edge.
func (p *pen) fill() { p.space(p.left()) }

// repeat writes the one-column glyph n times.
func (p *pen) repeat(st Style, glyph string, n int) {
	if n = min(n, p.left()); n <= 0 {
		return
	}
	p.move(st)
	for range n {
		p.row.buf = append(p.row.buf, glyph...)
	}
	p.row.col += n
}

// move brings the row to where the pen stands and the terminal's pen to st.
func (p *pen) move(st Style) {
	r := p.row
	if r.col < p.start {
		r.setStyle(Style{}, Style{})
		for ; r.col < p.start; r.col++ {
			r.buf = append(r.buf, ' ')
		}
	}
	r.setStyle(st, p.base)
}

func (r *row) setStyle(st, base Style) {
	if r.style == st && r.base == base {
		return
	}
	r.style, r.base = st, base
	r.buf = append(r.buf, "\x1b["...)
	if st.sgr != "" || base.sgr != "" {
		r.buf = append(r.buf, '0')
	}
	for _, sgr := range [...]string{st.sgr, base.sgr} {
		if sgr != "" {
			r.buf = append(append(r.buf, ';'), sgr...)
		}
	}
	r.buf = append(r.buf, 'm')
}

// put writes s into at most limit columns.
func put[T string | []byte](p *pen, st Style, s T, limit int) {
	if limit <= 0 || len(s) == 0 {
		return
	}
	p.move(st)
	if plain(s) {
		if len(s) <= limit {
			p.row.buf = append(p.row.buf, s...)
			p.row.col += len(s)
			return
		}
		p.row.buf = append(append(p.row.buf, s[:limit-1]...), p.glyphs.ellipsis...)
		p.row.col += limit
		return
	}
	if n := narrow(s); n >= 0 {
		if n <= limit {
			p.row.buf = append(p.row.buf, s...)
			p.row.col += n
			return
		}
		p.row.buf = append(append(p.row.buf, s[:columnsIn(s, limit-1)]...), p.glyphs.ellipsis...)
		p.row.col += limit
		return
	}
	clean := safetext.Line(string(s))
	w := cellWidth.StringWidth(clean)
	if w > limit {
		clean = cellWidth.Truncate(clean, limit, p.glyphs.ellipsis)
		w = cellWidth.StringWidth(clean)
	}
	p.row.buf = append(p.row.buf, clean...)
	p.row.col += w
}

// plain reports whether s is printable ASCII only: as many columns as bytes, and nothing that could do harm.
func plain[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i]-' ' > '~'-' ' {
			return false
		}
	}
	return true
}

// narrow returns how many columns s takes where it is only made of ASCII and of signs that this package draws with and that
// are one column wide everywhere; otherwise -1.
func narrow[T string | []byte](s T) (columns int) {
	for i := 0; i < len(s); columns++ {
		switch c := s[i]; {
		case c-' ' <= '~'-' ':
			i++
		case c == 0xc2 && i+1 < len(s) && s[i+1] == 0xb5: // µ
			i += 2
		case c == 0xc3 && i+1 < len(s) && s[i+1] == 0x97: // ×
			i += 2
		case c == 0xe2 && i+2 < len(s) && (ourSign(s[i+1], s[i+2]) || lineOrBlock(s[i+1], s[i+2])):
			i += 3
		default:
			return -1
		}
	}
	return columns
}

// columnsIn returns how many bytes the first n characters of a narrow text take.
func columnsIn[T string | []byte](s T, n int) int {
	for i := range len(s) {
		if s[i]&0xc0 == 0x80 { // within a character
			continue
		}
		if n--; n < 0 {
			return i
		}
	}
	return len(s)
}

// ourSign reports whether the bytes after E2 are those of a sign of ours that is neither a line nor a block.
func ourSign(second, third byte) bool {
	switch uint16(second)<<8 | uint16(third) {
	case 0x8692, 0x8691, 0x8693, 0x8988, // →↑↓≈
		0x96b2, 0x96bc, 0x978f, 0x978b, 0x9786, 0x9787, 0x978c, 0x9790, // ▲▼●○◆◇◌◐
		0x9c96, 0x9c93, // ✖✓
		0x8093, 0x80a2, 0x80a6: // –•…
		return true
	default:
		return false
	}
}

// lineOrBlock reports whether the bytes after E2 are those of U+2500 to U+259F.
func lineOrBlock(second, third byte) bool {
	return third&0xc0 == 0x80 && (second == 0x94 || second == 0x95 || second == 0x96 && third < 0xa0)
}

// width returns how many columns s takes when it is drawn.
func width[T string | []byte](s T) int {
	if n := narrow(s); n >= 0 {
		return n
	}
	return cellWidth.StringWidth(safetext.Line(string(s)))
}
