package tui

import (
	"strings"
	"time"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// run is text in one style.
type run struct {
	style Style
	text  string
}

// lineKind says what a line of a page is, for whoever writes the page as something else than a screen.
type lineKind uint8

const (
	textLine lineKind = iota
	headingLine
	fieldLine // the first run is the name
	itemLine  // the first run is the dot
	blockLine // text with lines of its own
	pictureLine
)

// docLine is a line of a page: text, or one row of a picture.
type docLine struct {
	kind        lineKind
	runs        []run
	draw        func(a area)
	part, parts int
}

// doc is a page under construction: lines of styled text for a width, to be scrolled through.
type doc struct {
	*frame
	w     int
	lines []docLine
}

// line writes a line of text.
func (d *doc) line(runs ...run) { d.add(textLine, runs...) }

func (d *doc) add(kind lineKind, runs ...run) {
	d.lines = append(d.lines, docLine{kind: kind, runs: runs})
}

func (d *doc) gap() {
	if n := len(d.lines); n > 0 && (len(d.lines[n-1].runs) > 0 || d.lines[n-1].draw != nil) {
		d.line()
	}
}

// heading starts a section.
func (d *doc) heading(name string) {
	d.gap()
	d.add(headingLine, run{d.styles.Title, name}, run{d.styles.Faint, " " + strings.Repeat(d.glyphs.rule, max(d.w-width(name)-1, 0))})
}

// labels is the width of a field's name.
const labels = 13

// field writes a name and its value, wrapped below itself; without a value it writes nothing.
func (d *doc) field(name string, st Style, value string) {
	if value == "" {
		return
	}
	for i, text := range d.wrap(value, d.w-labels) {
		if i > 0 {
			name = ""
		}
		d.add(fieldLine, run{d.styles.Muted, pad(name, labels)}, run{st, text})
	}
}

// when writes a field with a time and how long ago it was.
func (d *doc) when(name string, at time.Time) {
	if at.IsZero() {
		return
	}
	age := " (" + span(d.now.Sub(at)) + " ago)"
	if at.After(d.now) {
		age = " (in " + countdown(at.Sub(d.now)) + ")"
	}
	d.field(name, d.styles.Text, clock(at, d.now, d.loc)+age)
}

// text writes a paragraph.
func (d *doc) text(st Style, s string) {
	for _, text := range d.wrap(s, d.w) {
		d.line(run{st, text})
	}
}

// item writes one entry of a list.
func (d *doc) item(st Style, s string) {
	lead := d.glyphs.dot + " "
	for _, text := range d.wrap(s, d.w-2) {
		d.add(itemLine, run{d.styles.Faint, lead}, run{st, text})
		lead = "  "
	}
}

// block writes text that has lines of its own, and wraps those that are too long.
func (d *doc) block(st Style, s string) {
	for line := range strings.SplitSeq(safetext.Block(s), "\n") {
		for text := range strings.SplitSeq(cellWidth.Hardwrap(strings.TrimRight(line, " "), max(d.w-2, 1), true), "\n") {
			d.add(blockLine, run{d.styles.Faint, "  "}, run{st, text})
		}
	}
}

func (d *doc) wrap(s string, w int) []string {
	return strings.Split(cellWidth.Wrap(safetext.Line(s), max(w, 1), ""), "\n")
}

// picture puts drawn rows (bars, sparklines) into the page, h of them.
func (d *doc) picture(h int, draw func(a area)) {
	for part := range h {
		d.lines = append(d.lines, docLine{kind: pictureLine, draw: draw, part: part, parts: h})
	}
}

// pad brings s to w columns.
func pad(s string, w int) string {
	if n := w - width(s); n > 0 {
		return s + strings.Repeat(" ", n)
	}
	return s
}

// page is what can be opened: the detail of an error, a group, a target, a breaker or a source. It remembers its thing, so that it
// can still be read after the picture has moved on.
type page interface {
	title() string
	write(d *doc, snap *tracker.Snapshot)
	request() *tracker.Request // nil where there is none
}

// detail is an open page with its place in it.
type detail struct {
	page page
	top  int
	rows int // on the screen
	all  int // in the page
}

// HandleKey scrolls.
func (v *detail) HandleKey(a Action) bool {
	switch a {
	case Up:
		v.top--
	case Down:
		v.top++
	case PageUp:
		v.top -= max(v.rows/2, 1)
	case PageDown:
		v.top += max(v.rows/2, 1)
	case Top:
		v.top = 0
	case Bottom:
		v.top = v.all
	default:
		return false
	}
	v.top = max(min(v.top, v.all-v.rows), 0)
	return true
}

// View draws the part of the page that is in sight, and how much is not.
func (v *detail) View(a area, snap *tracker.Snapshot) {
	head, body := a.top(1)
	d := &doc{frame: a.frame, w: max(min(body.w-2, 120), 10)}
	v.page.write(d, snap)
	v.rows, v.all = body.h, len(d.lines)
	v.top = max(min(v.top, v.all-v.rows), 0)
	note := ""
	if below := v.all - v.top - v.rows; below > 0 {
		note = a.glyphs.down + " " + plural(below, "more line")
	} else if v.top > 0 {
		note = "end"
	}
	p := head.row(0)
	p.space(1)
	p.end -= width(note) + 2
	p.text(a.styles.Title, v.page.title())
	p.end += width(note) + 2
	p.space(1)
	p.repeat(a.styles.Faint, a.glyphs.rule, p.left()-width(note)-1)
	p.text(a.styles.Muted, note)
	d.show(body.inset(1), v.top)
}

// show draws the lines from top on.
func (d *doc) show(a area, top int) {
	for i := range min(a.h, len(d.lines)-top) {
		line := &d.lines[top+i]
		if line.draw == nil {
			p := a.row(i)
			for _, r := range line.runs {
				p.text(r.style, r.text)
			}
		} else if line.part == 0 || i == 0 {
			picture, _ := a.left(d.w)
			line.draw(picture.part(i-line.part, line.parts))
		}
	}
}
