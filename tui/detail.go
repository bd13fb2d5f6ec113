package tui

import (
	"errtop/internal/human"
	"errtop/tracker"
)

// detail is an open page with its scroll position.
type detail struct {
	page page
	doc  doc

	top  int
	last int // the largest top that is worth it: from there on everything is in sight
	rows int // lines on the screen
	all  int // lines in the page
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
		v.top = v.last
	default:
		return false
	}
	v.top = max(min(v.top, v.last), 0)
	return true
}

// twoColumns is the width from which a page continues in a second column.
const twoColumns = 170

// View draws the visible part of the page and how many lines follow.
func (v *detail) View(a area, snap *tracker.Snapshot) {
	head, body := a.top(1)
	left, right := body, area{}
	if body.w >= twoColumns {
		left, right = body.left((body.w - 1) / 2)
	}
	d := &v.doc
	d.begin(a.frame, max(min(left.w-2, 120), 10))
	v.page.write(d, snap)
	v.all = len(d.lines)
	for v.last = max(v.all-left.h-right.h, 0); d.spread(v.last, left.h, right.h).end < v.all; {
		v.last++
	}
	v.top = min(v.top, v.last)
	shown := d.spread(v.top, left.h, right.h)
	v.rows = shown.end - v.top
	v.heading(head, v.all-shown.end)
	left, _ = left.top(shown.turn - v.top)
	d.show(left.inset(1), v.top)
	if right.w > 0 && shown.next < v.all {
		d.show(divide(right).inset(1), shown.next)
	}
}

// heading draws the page's title, and how many lines are below.
func (v *detail) heading(a area, below int) {
	note := ""
	if below > 0 {
		note = a.glyphs.down + " " + human.Plural(below, "more line")
	} else if v.top > 0 {
		note = "end"
	}
	p := a.row(0)
	p.space(1)
	p.end -= width(note) + 2
	p.text(a.styles.Title, v.page.title())
	p.end += width(note) + 2
	p.space(1)
	p.repeat(a.styles.Faint, a.glyphs.rule, p.left()-width(note)-1)
	p.text(a.styles.Muted, note)
}

// spread is the visible range of lines: the first column ends before line turn, the second starts at line next and ends before
// line end.
type spread struct{ turn, next, end int }

// spread returns the visible range from line top on, in columns of so many rows; the second may have none. The first column ends
// early rather than separate a picture from its heading.
func (d *doc) spread(top, left, right int) spread {
	all := len(d.lines)
	turn := min(top+left, all)
	if right == 0 || turn == all {
		return spread{turn, all, turn}
	}
	for turn > top+left/2 && d.torn(turn) {
		turn--
	}
	if d.torn(turn) {
		turn = top + left
	}
	next := turn
	if d.lines[next].blank() {
		next++
	}
	return spread{turn, next, min(next+right, all)}
}

// torn reports whether a column break before a line would separate what belongs together.
func (d *doc) torn(line int) bool {
	l := &d.lines[line]
	return l.part > 0 || d.lines[line-1].kind == headingLine || d.lines[line-1].blank() && !l.blank()
}

// blank reports whether a line is empty.
func (l *docLine) blank() bool { return l.draw == nil && len(l.runs) == 0 }
