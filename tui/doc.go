package tui

import (
	"strings"
	"time"

	"errtop/internal/human"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// run is text in one style.
type run struct {
	style Style
	text  string
}

// lineKind says what a line of a page is, for other forms than a screen, such as Markdown.
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

	handedOn bool // it is read later and elsewhere

	// Kept from picture to picture, so that drawing a page again makes little garbage.
	runs   []run
	parts  []string
	padded map[padding]string
}

type padding struct {
	text string
	w    int
}

// begin clears the page and sets its width.
func (d *doc) begin(f *frame, w int) {
	d.frame, d.w, d.lines, d.runs = f, w, d.lines[:0], d.runs[:0]
	if len(d.padded) > 500 {
		clear(d.padded)
	}
}

// line writes a line of text.
func (d *doc) line(runs ...run) { d.add(textLine, runs...) }

func (d *doc) add(kind lineKind, runs ...run) {
	from := len(d.runs)
	d.runs = append(d.runs, runs...)
	d.lines = append(d.lines, docLine{kind: kind, runs: d.runs[from:len(d.runs):len(d.runs)]})
}

func (d *doc) gap() {
	if n := len(d.lines); n > 0 && (len(d.lines[n-1].runs) > 0 || d.lines[n-1].draw != nil) {
		d.line()
	}
}

// heading starts a section. Further runs stand between its name and the rule.
func (d *doc) heading(name string, more ...run) {
	d.gap()
	rest := d.w - width(name) - 1
	for _, r := range more {
		rest -= width(r.text)
	}
	from := len(d.runs)
	d.runs = append(append(append(d.runs, run{d.styles.Title, name}), more...), run{d.styles.Faint, d.glyphs.ruler(rest + 1)})
	d.lines = append(d.lines, docLine{kind: headingLine, runs: d.runs[from:len(d.runs):len(d.runs)]})
}

// labels is the width of a field's name.
const labels = 13

// field writes a name and its value, wrapped in its column. It writes nothing for an empty value.
func (d *doc) field(name string, st Style, value string) {
	if value == "" {
		return
	}
	for i, text := range d.wrap(value, d.w-labels) {
		if i > 0 {
			name = ""
		}
		d.add(fieldLine, run{d.styles.Muted, d.pad(name, labels)}, run{st, text})
	}
}

// when writes a field with a time and how long ago it was.
func (d *doc) when(name string, at time.Time) {
	if at.IsZero() {
		return
	}
	age := " (" + human.Span(d.now.Sub(at)) + " ago)"
	if at.After(d.now) {
		age = " (in " + human.Countdown(at.Sub(d.now)) + ")"
	}
	d.field(name, d.styles.Text, d.clock(at)+age)
}

// clock formats a moment: the time of day on the screen, the full date and zone in a page that is handed on.
func (d *doc) clock(at time.Time) string {
	if d.handedOn {
		return at.In(d.loc).Format("2006-01-02 15:04:05 MST")
	}
	return human.Clock(at, d.now, d.loc)
}

// holdsSince says since when and for how long something holds.
func (d *doc) holdsSince(at time.Time) string {
	if at.IsZero() || !d.handedOn {
		return human.Since(at, d.now, d.loc)
	}
	return " since " + d.clock(at) + " (" + human.Span(d.now.Sub(at)) + ")"
}

// stamp formats a moment in a list of moments; the oldest one decides the width of all.
func (d *doc) stamp(at, oldest time.Time) run {
	w := human.TimeWidth
	if !human.SameDay(oldest, d.now, d.loc) {
		w = len("22 Nov 15:04:05")
	}
	return run{d.styles.Muted, d.pad(d.clock(at), w+2)}
}

// text writes a paragraph.
func (d *doc) text(st Style, s string) {
	for _, text := range d.wrap(s, d.w) {
		d.line(run{st, text})
	}
}

// item writes one entry of a list.
func (d *doc) item(st Style, s string) {
	lead := d.glyphs.dot
	for _, text := range d.wrap(s, d.w-2) {
		d.add(itemLine, run{d.styles.Faint, d.pad(lead, 2)}, run{st, text})
		lead = ""
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

// wrap cuts s into lines of at most w columns. The slice holds until the next call.
func (d *doc) wrap(s string, w int) []string {
	d.parts = d.parts[:0]
	if plain(s) && len(s) <= w {
		d.parts = append(d.parts, s)
		return d.parts
	}
	for line := range strings.SplitSeq(cellWidth.Wrap(safetext.Line(s), max(w, 1), ""), "\n") {
		d.parts = append(d.parts, line)
	}
	return d.parts
}

// picture puts drawn rows (bars, sparklines) into the page, h of them.
func (d *doc) picture(h int, draw func(a area)) {
	for part := range h {
		d.lines = append(d.lines, docLine{kind: pictureLine, draw: draw, part: part, parts: h})
	}
}

// pad brings s to w columns.
func (d *doc) pad(s string, w int) string {
	n := w - width(s)
	if n <= 0 {
		return s
	}
	text, known := d.padded[padding{s, w}]
	if !known {
		text = s + strings.Repeat(" ", n)
		if d.padded == nil {
			d.padded = map[padding]string{}
		}
		d.padded[padding{s, w}] = text
	}
	return text
}

// page is the detail of an error, group, target, breaker, incident or source. It keeps a copy, so that it can be read after the
// thing has left the snapshot.
type page interface {
	title() string
	write(d *doc, snap *tracker.Snapshot)
	request() *tracker.Request // nil where there is none
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
