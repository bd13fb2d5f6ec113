package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
	"time"
)

// The measures of a chart, in pixels of its own.
const (
	chartW, chartH = 720, 190
	plotX, plotY   = 52, 22 // upper left corner of where values are drawn
	plotW, plotH   = 656, 128
)

// svg draws charts. Every text in it goes through text, which escapes it.
type svg struct {
	strings.Builder
	chart    *Chart
	from, to time.Time
	top      float64
}

// drawChart returns a chart as inline SVG. It has no script, no style of its own and no address: colours are classes of the page.
func drawChart(c *Chart, n int) template.HTML {
	d := &svg{chart: c, from: c.Bars[0].Start, to: c.Bars[len(c.Bars)-1].Start.Add(time.Duration(c.Step) * time.Second)}
	top, write := c.top()
	d.top = niceTop(top)
	_, _ = fmt.Fprintf(d, `<svg viewBox="0 0 %d %d" role="img" aria-labelledby="c%d-t c%d-d"><title id="c%d-t">%s</title><desc id="c%d-d">%s</desc>`,
		chartW, chartH, n, n, n, html.EscapeString(c.Title), n, html.EscapeString(c.describe(write)))
	d.grid(write)
	d.gaps()
	if c.Earliest != nil && c.Latest != nil {
		d.band("unsure", *c.Earliest, *c.Latest)
	}
	switch c.Kind {
	case ChartLatency:
		d.line("p50", func(b *Bar) float64 { return b.P50 })
		d.line("p95", func(b *Bar) float64 { return b.P95 })
	case ChartRequests:
		d.bars("requests")
	default:
		d.bars("failed")
	}
	d.moments()
	_, _ = d.WriteString("</svg>")
	return template.HTML(d.String()) //nolint:gosec // made of numbers, fixed text, and what was escaped above
}

// niceTop rounds the top of an axis up to 1, 2, 4 or 5 times a power of ten.
func niceTop(top float64) float64 {
	if top <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(top)))
	for _, n := range [...]float64{1, 2, 4, 5, 8, 10} {
		if top <= n*power {
			return n * power
		}
	}
	return 10 * power
}

func (d *svg) x(t time.Time) float64 {
	share := t.Sub(d.from).Seconds() / d.to.Sub(d.from).Seconds()
	return plotX + plotW*min(max(share, 0), 1)
}

func (d *svg) y(v float64) float64 { return plotY + plotH*(1-min(max(v/d.top, 0), 1)) }

func (d *svg) text(class string, x, y float64, anchor, s string) {
	_, _ = fmt.Fprintf(d, `<text class="%s" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, class, x, y, anchor, html.EscapeString(s))
}

// grid draws the axes: values at the left, times below.
func (d *svg) grid(write func(float64) string) {
	for _, share := range [...]float64{0, 0.5, 1} {
		y := d.y(share * d.top)
		_, _ = fmt.Fprintf(d, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, plotX, plotX+plotW, y, y)
		if share*d.top == math.Trunc(share*d.top) || d.chart.Kind == ChartLatency {
			d.text("axis", plotX-6, y+4, "end", write(share*d.top))
		}
	}
	step := 10 * time.Minute
	switch span := d.to.Sub(d.from); {
	case span > 5*time.Hour:
		step = 4 * time.Hour
	case span > 100*time.Minute:
		step = 30 * time.Minute
	}
	for t := d.from.Truncate(step); !t.After(d.to); t = t.Add(step) {
		if t.Before(d.from) {
			continue
		}
		x := d.x(t)
		_, _ = fmt.Fprintf(d, `<line class="tick" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x, x, plotY+plotH, plotY+plotH+4)
		d.text("axis", min(max(x, plotX+14), plotX+plotW-14), plotY+plotH+18, "middle", t.UTC().Format("15:04"))
	}
}

// gaps draws where nothing is known.
func (d *svg) gaps() {
	for _, g := range d.chart.Gaps {
		d.band("gap", g.From, g.To)
	}
	known := d.from
	for i := range d.chart.Bars {
		if d.chart.Bars[i].Known || d.chart.Kind == ChartLatency {
			break
		}
		known = d.chart.Bars[i].Start.Add(time.Duration(d.chart.Step) * time.Second)
	}
	if known.After(d.from) {
		d.band("gap", d.from, known)
	}
}

func (d *svg) band(class string, from, to time.Time) {
	_, _ = fmt.Fprintf(d, `<rect class="%s" x="%.1f" y="%d" width="%.1f" height="%d"/>`, class, d.x(from), plotY, max(d.x(to)-d.x(from), 1), plotH)
}

func (d *svg) bars(class string) {
	w := float64(plotW) / float64(len(d.chart.Bars))
	for i := range d.chart.Bars {
		b := &d.chart.Bars[i]
		if v := d.chart.value(b); v > 0 {
			y := min(d.y(v), plotY+plotH-1)
			_, _ = fmt.Fprintf(d, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, class, plotX+float64(i)*w+0.5, y, max(w-1, 1), plotY+plotH-y)
		}
	}
}

// line draws values as a line that breaks where nothing is known.
func (d *svg) line(class string, value func(*Bar) float64) {
	w := float64(plotW) / float64(len(d.chart.Bars))
	var points []string
	flush := func() {
		if len(points) == 1 {
			points = append(points, points[0])
		}
		if len(points) > 0 {
			_, _ = fmt.Fprintf(d, `<polyline class="%s" points="%s"/>`, class, strings.Join(points, " "))
		}
		points = nil
	}
	for i := range d.chart.Bars {
		b := &d.chart.Bars[i]
		if !b.Known {
			flush()
			continue
		}
		points = append(points, fmt.Sprintf("%.1f,%.1f", plotX+(float64(i)+0.5)*w, d.y(value(b))))
	}
	flush()
}

// moments draws the onset, the end, and what was done.
func (d *svg) moments() {
	const label = 110 // room for one
	rule := func(class string, t time.Time, left bool, y float64, text string) {
		x := d.x(t)
		_, _ = fmt.Fprintf(d, `<line class="%s" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, class, x, x, plotY-4, plotY+plotH)
		anchor, shift := "start", 4.0
		if left {
			anchor, shift = "end", -4
		}
		d.text("moment "+class+"-text", x+shift, y, anchor, text)
	}
	const above, inside = plotY - 8, plotY + 12
	began, over := d.chart.Onset, d.chart.End
	if began != nil {
		rule("onset", *began, d.x(*began) > plotX+label, above, "began "+clock(*began))
	}
	if over != nil {
		y := float64(above)
		if began != nil && d.x(*began) <= plotX+label && d.x(*over) < plotX+2*label || d.x(*over) > plotX+plotW-label && began != nil {
			y = inside // beside the other one
		}
		rule("end", *over, d.x(*over) > plotX+plotW-label, y, "over "+clock(*over))
	}
	for i, m := range d.chart.Marks {
		x, y := d.x(m.At), float64(plotY+plotH)
		_, _ = fmt.Fprintf(d, `<path class="mark" d="M%.1f %.1f l5 9 h-10 z"><title>%s</title></path>`, x, y, html.EscapeString(clock(m.At)+" "+m.Text))
		d.text("mark-text", x, y+30, "middle", fmt.Sprintf("%d", i+1))
	}
}

// describe says what a chart shows to those who do not see it.
func (c *Chart) describe(write func(float64) string) string {
	top, at := 0.0, c.Bars[0].Start
	for i := range c.Bars {
		if v := c.value(&c.Bars[i]); v > top {
			top, at = v, c.Bars[i].Start
		}
	}
	text := "From " + stamp(c.Bars[0].Start) + " to " + clock(c.Bars[len(c.Bars)-1].Start.Add(time.Duration(c.Step)*time.Second)) + " UTC; "
	if top == 0 {
		return text + "nothing all the time."
	}
	return text + "the most at " + clock(at) + ": " + write(top) + "."
}
