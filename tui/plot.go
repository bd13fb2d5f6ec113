package tui

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guptarohit/asciigraph"
)

// plotLine is one line of a plot: a value for each step of time, NaN where there is none.
type plotLine struct {
	values []float64
	heavy  bool // drawn with the thicker of two pens, so that two lines differ by more than their colour
}

// plot draws lines over a common scale from 0. A step of time takes one or more columns; if there is less room, a column shows the
// highest of its steps. A step without a value is a gap. asciigraph makes the rows when figures or size change.
type plot struct {
	lines []plotLine
	marks []chartMark          // what happened, shown on the zero line
	most  float64              // the highest value
	whole bool                 // values are counts: a row is at least one, so that few do not look like many
	label func(float64) string // of the scale
	scale int                  // columns that the scale takes at least

	w, h  int
	ascii bool
	signs [markKindCount]string
	stale bool      // the figures have changed
	rows  []plotRow // the topmost first; nil where there is no room
	text  string    // that the rows are pieces of
	axis  int       // columns of the scale
	cols  int       // columns of the lines
}

// plotRow is a row of the plot, cut where the line changes.
type plotRow struct {
	label string
	sign  string
	runs  []plotRun
}

// plotRun is a piece of a line: of none (-1) for blanks, of len(lines) and more for marks, by their kind.
type plotRun struct{ line, from, to int }

// niceSteps are the values that a row of the scale may stand for, times a power of ten.
var niceSteps = [...]float64{1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10}

// niceStep returns the smallest nice number that is not below x.
func niceStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, n := range niceSteps {
		if n*power >= x*(1-1e-9) {
			return n * power
		}
	}
	return 10 * power
}

// fit makes the plot suit w columns and h rows.
func (p *plot) fit(w, h int, g *glyphs) {
	if w == p.w && h == p.h && g.ascii == p.ascii && !p.stale {
		return
	}
	p.w, p.h, p.ascii, p.rows, p.stale = w, h, g.ascii, nil, false
	p.signs = g.marks
	if h < 2 || len(p.lines) == 0 || len(p.lines[0].values) == 0 {
		return
	}
	step := niceStep(max(p.most, 1) / float64(h-1))
	if p.whole {
		step = max(math.Ceil(step), 1)
	}
	p.rows, p.axis = make([]plotRow, h), 0
	every := 1
	if h > 6 {
		every = 2
	}
	for i := range p.rows {
		if n := h - 1 - i; n%every == 0 {
			p.rows[i].label = p.label(float64(n) * step)
			p.axis = max(p.axis, width(p.rows[i].label))
		}
	}
	p.axis = max(p.axis+2, p.scale)
	p.cols = w - p.axis
	if p.cols < 2 {
		p.rows = nil
		return
	}
	for i := range p.rows {
		p.rows[i].sign = axisSign(p.ascii, p.rows[i].label != "")
	}
	p.draw(step * float64(h-1))
}

func axisSign(ascii, labelled bool) string {
	switch {
	case ascii && labelled:
		return "+"
	case ascii:
		return "|"
	case labelled:
		return "┤"
	default:
		return "│"
	}
}

// pageScale is the width of the scale of every chart on a page, so that their minutes line up.
const pageScale = 8

// view draws the plot and, in the last row of the area, the times of its n steps. The styles are those of the lines.
func (p *plot) view(a area, end chartEnd, step time.Duration, styles ...Style) {
	p.fit(a.w-2, a.h-1, a.glyphs)
	for i := range p.rows {
		row := &p.rows[i]
		line := a.row(i)
		line.space(1 + p.axis - 2 - width(row.label))
		line.text(a.styles.Faint, row.label)
		line.space(1)
		line.text(a.styles.Faint, row.sign)
		for _, run := range row.runs {
			switch kind := run.line - len(p.lines); {
			case run.line < 0:
				line.space(run.to - run.from)
			case kind >= 0:
				line.text(a.styles.markStyle(markKind(kind)), p.text[run.from:run.to]) //nolint:gosec // a kind
			default:
				line.text(styles[run.line], p.text[run.from:run.to])
			}
		}
	}
	if len(p.rows) == 0 {
		return
	}
	timeAxis(a.row(a.h-1), end, len(p.lines[0].values), step, p.axis, p.cols)
}

// timeAxis labels the first, middle and last of n steps below a chart of cols columns that starts after its scale.
func timeAxis(p pen, end chartEnd, n int, step time.Duration, scale, cols int) {
	first, middle, last := end.labels(p.loc, n, step)
	p.to(1 + scale)
	p.text(p.styles.Faint, first)
	if at := 1 + scale + cols/2 - width(middle)/2; cols > 24 && at > p.at() {
		p.to(at)
		p.text(p.styles.Faint, middle)
	}
	p.to(1 + scale + cols - width(last))
	p.text(p.styles.Faint, last)
}

// draw lets asciigraph draw the lines and takes its rows apart.
func (p *plot) draw(most float64) {
	data, pens, something := make([][]float64, len(p.lines)), make([]asciigraph.CharSet, len(p.lines)), false
	room := make([]float64, len(p.lines)*(p.cols+1))
	for i := range p.lines {
		// asciigraph draws the way from one value to the next: the first column leads to the first value.
		values := room[i*(p.cols+1) : (i+1)*(p.cols+1)]
		for c := range p.cols {
			values[c+1] = p.at(&p.lines[i], c)
			something = something || !math.IsNaN(values[c+1])
		}
		values[0] = values[1]
		data[len(data)-1-i], pens[len(data)-1-i] = values, penFor(p.lines[i].heavy, p.ascii) // the first above the others
	}
	text := ""
	if something {
		text = asciigraph.PlotMany(data, asciigraph.Height(p.h-1), asciigraph.LowerBound(0), asciigraph.UpperBound(most),
			asciigraph.SeriesChars(pens...), asciigraph.YAxisValueFormatter(func(float64) string { return "" }))
	}
	var buf strings.Builder
	buf.Grow(2 * len(text))
	runs := make([]plotRun, 0, 8*len(p.rows))
	for i := range p.rows {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if axis := strings.IndexAny(line, "┤┼"); axis >= 0 {
			line = line[axis+len("┤"):]
		}
		from := len(runs)
		runs = p.cut(runs, &buf, line, i == len(p.rows)-1)
		p.rows[i].runs = runs[from:len(runs):len(runs)]
	}
	p.text = buf.String()
}

// at returns a line's value in a column.
func (p *plot) at(l *plotLine, col int) float64 {
	n := len(l.values)
	from, to := col*n/p.cols, max((col+1)*n/p.cols, col*n/p.cols+1)
	v := math.NaN()
	for _, x := range l.values[from:to] {
		if math.IsNaN(v) || x > v {
			v = x
		}
	}
	return v
}

// column returns the column in the middle of a step.
func (p *plot) column(step int) int {
	n := len(p.lines[0].values)
	next := ((step+1)*p.cols + n - 1) / n
	if p.cols < n {
		return next - 1
	}
	return ((step*p.cols+n-1)/n + next - 1) / 2
}

// cut appends the pieces of a row; marks stand over everything on the zero line.
func (p *plot) cut(runs []plotRun, buf *strings.Builder, row string, zero bool) []plotRun {
	first := len(runs)
	for c := range p.cols {
		of, sign := -1, ""
		r := ' '
		if row != "" {
			var size int
			r, size = utf8.DecodeRuneInString(row)
			row = row[size:]
		}
		if r != ' ' {
			of = p.lineOf(r)
		}
		if kind, marked := p.markAt(c); zero && marked {
			of, sign = len(p.lines)+int(kind), p.signs[kind]
		}
		from := buf.Len()
		if sign != "" {
			buf.WriteString(sign)
		} else {
			buf.WriteRune(r)
		}
		if last := len(runs) - 1; last >= first && runs[last].line == of {
			runs[last].to = buf.Len()
		} else {
			runs = append(runs, plotRun{of, from, buf.Len()})
		}
	}
	return runs
}

// markAt returns the kind of the mark in a column.
func (p *plot) markAt(col int) (kind markKind, marked bool) {
	kind = markKindCount
	for _, m := range p.marks {
		here := p.column(m.step) == col
		if m.kind == markLost { // it fills its step
			n := len(p.lines[0].values)
			here = m.step >= col*n/p.cols && m.step < max((col+1)*n/p.cols, col*n/p.cols+1)
		}
		if m.kind < kind && here {
			kind = m.kind
		}
	}
	return kind, kind < markKindCount
}

// lineOf returns which line a character was drawn for: no two lines share a pen.
func (p *plot) lineOf(r rune) int {
	for i := range p.lines {
		if p.lines[i].heavy == strings.ContainsRune("━┃┏┓┗┛#", r) {
			return i
		}
	}
	return 0
}

// penFor returns the characters of a line. It leaves the column after the end of a line empty.
func penFor(heavy, ascii bool) asciigraph.CharSet {
	switch {
	case ascii && heavy:
		pen := asciigraph.CreateCharSet("#")
		pen.EndCap = " "
		return pen
	case ascii:
		return asciigraph.CharSet{
			Horizontal: "-", VerticalLine: "|", ArcDownRight: "+", ArcDownLeft: "+", ArcUpRight: "+", ArcUpLeft: "+", StartCap: "-", EndCap: " ",
		}
	case heavy:
		return asciigraph.CharSet{
			Horizontal: "━", VerticalLine: "┃", ArcDownRight: "┏", ArcDownLeft: "┓", ArcUpRight: "┗", ArcUpLeft: "┛", StartCap: "━", EndCap: " ",
		}
	default:
		return asciigraph.CharSet{StartCap: "─", EndCap: " "}
	}
}
