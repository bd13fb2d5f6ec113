package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"errtop/tracker"

	"github.com/guptarohit/asciigraph"
)

// failuresChart draws the failures a minute of all targets as a line, with a mark under each minute in which a breaker opened.
// The plot is made when the figures or the size change, not when it is drawn.
type failuresChart struct {
	w, h   int
	values []float64
	opened []int // minutes, as indices into values
	rows   []string
	axis   int // columns left of the plot
	stale  bool
	ascii  bool
}

// SetSize tells the columns and rows it may take, its heading and its time axis included.
func (c *failuresChart) SetSize(w, h int) {
	if w != c.w || h != c.h {
		c.w, c.h, c.stale = w, h, true
	}
}

// SetSnapshot takes new figures.
func (c *failuresChart) SetSnapshot(snap *tracker.Snapshot) {
	n := reach(&snap.Overall.Minutes)
	c.values = c.values[:0]
	for _, bar := range snap.Overall.Minutes[60-n:] {
		c.values = append(c.values, float64(bar.Errors))
	}
	// The running minute is not over: the last sixty seconds say what it will come to.
	c.values[n-1] = max(c.values[n-1], float64(snap.Overall.Minute.Errors))
	c.opened = c.opened[:0]
	for _, e := range snap.Breakers {
		if age := int(snap.At.Truncate(time.Minute).Sub(e.At.Truncate(time.Minute)) / time.Minute); e.From == tracker.Closed && e.To == tracker.Open && age >= 0 && age < n {
			c.opened = append(c.opened, n-1-age)
		}
	}
	c.stale = true
}

func (c *failuresChart) plot() {
	c.stale, c.rows, c.axis = false, nil, 0
	height := c.h - 3 // the heading, the time axis, and the plot has one row more than it is told
	if len(c.opened) > 0 && height > 3 {
		height--
	}
	if height < 1 || len(c.values) == 0 {
		return
	}
	highest := 1.0
	for _, v := range c.values {
		highest = max(highest, v)
	}
	highest = max(highest, float64(height)) // a row is at least one failure, so that few do not look like many
	label := func(v float64) string { return string(appendCount(nil, uint64(v+0.5))) }
	labels := len(label(highest))
	options := []asciigraph.Option{
		asciigraph.Height(height), asciigraph.Width(max(c.w-labels-4, 2)),
		asciigraph.LowerBound(0), asciigraph.UpperBound(highest), asciigraph.YAxisValueFormatter(label),
	}
	if c.ascii {
		options = append(options, asciigraph.SeriesChars(asciigraph.CharSet{
			Horizontal: "-", VerticalLine: "|", ArcDownRight: "+", ArcDownLeft: "+", ArcUpRight: "+", ArcUpLeft: "+", EndCap: "-", StartCap: "-",
		}))
	}
	c.rows = strings.Split(asciigraph.Plot(c.values, options...), "\n")
	for i, row := range c.rows {
		axis := strings.IndexAny(row, "┤┼")
		if axis < 0 {
			continue
		}
		c.axis = width(row[:axis]) + 1
		if c.ascii {
			c.rows[i] = strings.NewReplacer("┤", "|", "┼", "+").Replace(row)
		}
	}
}

// View draws the chart.
func (c *failuresChart) View(a area) {
	c.SetSize(a.w, a.h)
	c.ascii = a.glyphs.ascii
	if c.stale {
		c.plot()
	}
	section(a, "FAILURES A MINUTE", "last "+strconv.Itoa(len(c.values))+" min")
	for i, text := range c.rows {
		p := a.row(i + 1)
		p.space(1)
		cut := 0
		for range c.axis {
			cut += len(firstRune(text[cut:]))
		}
		p.text(a.styles.Faint, text[:cut])
		p.text(a.styles.Failing, text[cut:])
	}
	if len(c.rows) > 0 {
		c.marks(a.row(len(c.rows) + 1))
		c.times(a.row(a.h - 1))
	}
}

// times draws the time axis.
func (c *failuresChart) times(p pen) {
	from := c.axis + 1
	room := p.left() - from
	n := len(c.values)
	line := []rune(strings.Repeat(" ", max(room, 0)))
	put := func(at int, s string) {
		for i, r := range s {
			if at+i >= 0 && at+i < len(line) {
				line[at+i] = r
			}
		}
	}
	put(0, "-"+strconv.Itoa(n)+"m")
	if room > 24 {
		put(room/2-2, "-"+strconv.Itoa(n/2)+"m")
	}
	put(room-3, "now")
	p.to(from)
	p.text(p.styles.Faint, string(line))
}

// marks draws a mark under each minute in which a breaker opened, where there is a row for it.
func (c *failuresChart) marks(p pen) {
	if len(c.opened) == 0 || len(c.rows)+2 >= c.h {
		return
	}
	p.to(1)
	p.cell(p.styles.Degraded, "open", c.axis-1)
	from := c.axis + 1
	room := p.left() - 1
	for minute := range c.values {
		if slices.Contains(c.opened, minute) {
			if at := from + minute*(room-1)/max(len(c.values)-1, 1); at >= p.at() {
				p.to(at)
				p.text(p.styles.Degraded, p.glyphs.mark)
			}
		}
	}
}

func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}

// section draws a panel's heading: its name, what it covers, and a rule to the edge.
func section(a area, name, note string) {
	p := a.row(0)
	p.space(1)
	p.text(a.styles.Title, name)
	if note != "" {
		p.space(1)
		p.text(a.styles.Muted, note)
	}
	p.space(1)
	p.repeat(a.styles.Faint, a.glyphs.rule, p.left()-1)
}
