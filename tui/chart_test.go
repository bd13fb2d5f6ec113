package tui

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// plotColumns draws a plot alone and returns its rows below the scale, without the axis of times.
func plotColumns(p *plot, w, h int, ascii bool) []string {
	f := unstyled(noon, time.UTC)
	f.glyphs = newGlyphs(ascii)
	text := f.drawn(w, h, func(a area) { p.view(a, chartEnd{}, time.Minute, Style{}, Style{}) })
	rows := strings.Split(text, "\n")[:h-1]
	for i, row := range rows {
		cells := []rune(row)
		rows[i] = string(cells[min(1+p.axis, len(cells)):])
	}
	return rows
}

// TestAMarkStandsUnderItsMinuteAtEveryWidth puts one failure a minute apart from none, so that the line itself tells which
// columns a minute has.
func TestAMarkStandsUnderItsMinuteAtEveryWidth(t *testing.T) {
	for _, n := range []int{15, 30, 60} {
		for w := 12; w <= 200; w += 7 {
			for _, minute := range []int{0, 1, n / 2, n - 2, n - 1} {
				values := make([]float64, n)
				values[minute] = 10
				p := &plot{lines: []plotLine{{values: values}}, most: 10, label: count10, marks: []chartMark{{minute, markDone}}}
				rows := plotColumns(p, w, 6, false)
				at := slices.Index([]rune(rows[len(rows)-1]), '▲')
				if at < 0 {
					t.Fatalf("%d minutes in %d columns: minute %d has no mark", n, w, minute)
				}
				if from, to := at*n/p.cols, max((at+1)*n/p.cols, at*n/p.cols+1); minute < from || minute >= to {
					t.Errorf("%d minutes in %d columns: the mark of minute %d stands in a column of minutes %d to %d", n, w, minute, from, to)
				}
				if top := []rune(rows[0]); p.cols >= 2*n && (at >= len(top) || top[at] == ' ') {
					t.Errorf("%d minutes in %d columns: the mark of minute %d is not under its peak:\n%s", n, w, minute, strings.Join(rows, "\n"))
				}
			}
		}
	}
}

func count10(v float64) string { return string(human.AppendCount(nil, uint64(v))) }

// TestAMinuteWithoutARequestIsAGapAndNotZero draws two lines with silences of one minute and more.
func TestAMinuteWithoutARequestIsAGapAndNotZero(t *testing.T) {
	silent := func(m int) bool { return m == 0 || m == 7 || m >= 20 && m < 24 || m == 58 }
	high, low := make([]float64, 60), make([]float64, 60)
	for m := range high {
		high[m], low[m] = float64(900+m%5*20), float64(300+m%3*10)
		if silent(m) {
			high[m], low[m] = math.NaN(), math.NaN()
		}
	}
	for _, ascii := range []bool{false, true} {
		for w := 72; w <= 200; w += 16 {
			p := &plot{lines: []plotLine{{values: high, heavy: true}, {values: low}}, most: 980, label: count10}
			rows := plotColumns(p, w, 9, ascii)
			for c := range p.cols {
				drawn := ""
				for _, row := range rows {
					if cells := []rune(row); c < len(cells) && cells[c] != ' ' {
						drawn += string(cells[c])
					}
				}
				if minute := c * 60 / p.cols; silent(minute) != (drawn == "") {
					t.Fatalf("%d columns: column %d of minute %d shows %q\n%s", w, c, minute, drawn, strings.Join(rows, "\n"))
				}
			}
			if last := rows[len(rows)-1]; strings.TrimSpace(last) != "" {
				t.Errorf("something stands on the zero line: %q", last)
			}
		}
	}
}

// TestTwoLinesDifferByMoreThanTheirColour reads which line is which from the characters alone.
func TestTwoLinesDifferByMoreThanTheirColour(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		s := visit(t, 120, 60, incident(), func(o *Options) { o.ASCII = ascii }).press("4", "j", "enter")
		_, chart, found := strings.Cut(s.text(), "LATENCY A MINUTE")
		legend, chart, _ := strings.Cut(chart, "\n")
		chart, _, _ = strings.Cut(chart, "-60m")
		heavy, light := "━┃┏┓┗┛", "─│╭╮╰╯"
		if ascii {
			heavy, light = "#", "-+|"
		}
		if !found || !strings.Contains(legend, string([]rune(heavy)[:1])+" p95 2.1s") || !strings.Contains(legend, string([]rune(light)[:1])+" p50 700ms") {
			t.Errorf("the legend is %q", legend)
		}
		if !strings.ContainsAny(chart, heavy) || !strings.ContainsAny(chart, light) {
			t.Errorf("not both lines are drawn:\n%s", chart)
		}
	}
}

// TestTheScaleReadsInRoundNumbers holds every step of a scale to one to three digits that are easy to count in.
func TestTheScaleReadsInRoundNumbers(t *testing.T) {
	for most := 1e-3; most < 1e12; most *= 1.37 {
		for rows := 1; rows < 30; rows++ {
			step := niceStep(most / float64(rows))
			if step*float64(rows) < most*(1-1e-6) || step > most/float64(rows)*1.7 {
				t.Fatalf("%d rows up to %g: steps of %g", rows, most, step)
			}
		}
	}
}

// TestOpeningsAreMarkedInThePastToo opens a breaker twice and looks from then on, minute by minute, through a tracker.
func TestOpeningsAreMarkedInThePastToo(t *testing.T) {
	tr := tracker.New(tracker.Settings{})
	tr.UpdateSource(noon, tracker.Source{Name: "log", Live: true, State: tracker.SourceReading})
	begin := noon.Truncate(time.Minute)
	var opened []time.Time
	for second := range 30 * 60 {
		now := begin.Add(time.Duration(second) * time.Second)
		r := tracker.Result{Time: now, Target: "api", Source: "log", Status: 200, Latency: time.Second}
		if minute := second / 60; minute == 5 || minute == 17 {
			r.Status, r.Kind = 503, tracker.KindServer
		}
		tr.Record(now, []tracker.Result{r})
		if before := len(opened); second%60 == 30 {
			for _, e := range tr.Snapshot(now).Breakers {
				if e.From == tracker.BreakerClosed && e.To == tracker.BreakerOpen && !slices.Contains(opened, e.At) {
					opened = append(opened, e.At)
				}
			}
			if len(opened) > before && second/60 != 5 && second/60 != 17 {
				t.Fatalf("opened in minute %d", second/60)
			}
		}
	}
	if len(opened) != 2 {
		t.Fatalf("opened %d times", len(opened))
	}
	now := begin.Add(30 * time.Minute)
	for minute := range 30 {
		snap := tr.SnapshotAt(now, begin.Add(time.Duration(minute)*time.Minute))
		var want []int
		for _, at := range []int{5, 17} {
			if first := begin.Add(time.Duration(at) * time.Minute); !snap.At.Before(first.Add(5*time.Second)) && minute-at < 15 {
				want = append(want, 14-(minute-at))
			}
		}
		var got []int
		for _, m := range marksOf(nil, snap, "", time.Minute, 15) {
			if m.kind == markWould { // nothing real stands before somebody else's traffic
				got = append(got, m.step)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("seen from minute %d: marks at %v, want %v", minute, got, want)
		}
		if opens := len(want) > 0; opens {
			var c minutesChart
			c.SetSnapshot(snap)
			for _, size := range [][2]int{{24, 4}, {46, 6}, {80, 15}, {120, 20}} {
				text := unstyled(snap.At, time.UTC).drawn(size[0], size[1], c.View)
				if !strings.ContainsAny(text[strings.Index(text, "\n"):], "○▼") { // where an incident began at once, that mark is shown
					t.Errorf("seen from minute %d at %v there is no mark:\n%s", minute, size, text)
				}
			}
		}
	}
}
