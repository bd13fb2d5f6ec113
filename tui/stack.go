package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// layer is one outcome's errors by minute.
type layer struct {
	outcome tracker.Outcome
	letter  string
	minutes [60]uint32
	total   uint64
}

// layersShown is the number of outcomes with a layer of their own; the others share one.
const layersShown = 5

// layersOf sums up the groups of a target (of all, with "") by outcome, the most frequent first.
func layersOf(snap *tracker.Snapshot, target string) []layer {
	var layers []layer
	for i := range snap.Groups {
		g := snap.Groups[i]
		if target != "" && g.Target != target {
			continue
		}
		at := slices.IndexFunc(layers, func(l layer) bool { return l.outcome == g.Outcome })
		if at < 0 {
			at = len(layers)
			layers = append(layers, layer{outcome: g.Outcome})
		}
		for m, n := range g.Minutes {
			layers[at].minutes[m] += n
			layers[at].total += uint64(n)
		}
	}
	layers = slices.DeleteFunc(layers, func(l layer) bool { return l.total == 0 })
	slices.SortFunc(layers, func(a, b layer) int {
		return cmp.Or(cmp.Compare(b.total, a.total), strings.Compare(a.outcome.Label(), b.outcome.Label()))
	})
	for len(layers) > layersShown {
		last := layers[len(layers)-1]
		layers = layers[:len(layers)-1]
		rest := &layers[layersShown-1]
		for m, n := range last.minutes {
			rest.minutes[m] += n
		}
		rest.total += last.total
		rest.letter = "+"
	}
	for i := range layers {
		if layers[i].letter == "" {
			layers[i].letter = string(rune('a' + i))
		}
	}
	return layers
}

// stackPanel draws the failures of all targets by status and minute. It adds them up only when it is drawn.
type stackPanel struct {
	snap   *tracker.Snapshot
	of     *tracker.Snapshot // that the layers are of
	layers []layer
}

// SetSnapshot takes new figures.
func (s *stackPanel) SetSnapshot(snap *tracker.Snapshot) { s.snap = snap }

// View draws the layers with their heading.
func (s *stackPanel) View(a area) {
	if s.of != s.snap {
		s.of, s.layers = s.snap, layersOf(s.snap, "")
	}
	n := reach(&s.snap.Overall.Minutes)
	section(a, "BY STATUS, EACH MINUTE", "last "+strconv.Itoa(n)+" min")
	stack(a.below(), s.layers, n, endOf(s.snap))
}

// stack draws the layers of the newest n minutes on top of each other, each with a letter and a colour, in the same columns as a plot
// on a page. The last two rows are the time axis and the legend.
func stack(a area, layers []layer, n int, end chartEnd) {
	rows := a.h - 2
	highest := uint32(1)
	for m := 60 - n; m < 60; m++ {
		sum := uint32(0)
		for i := range layers {
			sum += layers[i].minutes[m]
		}
		highest = max(highest, sum)
	}
	cols := a.w - 2 - pageScale
	for r := range rows {
		p := a.row(r)
		switch r {
		case 0:
			p.space(1)
			p.cellRight(a.styles.Faint, human.AppendCount(p.scratch[:0], uint64(highest)), pageScale-2)
			p.space(1)
			p.text(a.styles.Faint, axisSign(a.glyphs.ascii, true))
		default:
			p.to(pageScale)
			p.text(a.styles.Faint, axisSign(a.glyphs.ascii, false))
		}
		// A row shows the layer at the middle of its height.
		level := float64(highest) * (float64(rows-1-r) + 0.5) / float64(rows)
		for from := 0; from < cols; {
			to := from + 1
			m := 60 - n + from*n/cols
			for to < cols && 60-n+to*n/cols == m {
				to++
			}
			if l := layerAt(layers, m, level, r == rows-1); l != nil {
				p.repeat(p.styles.Outcome(l.outcome), l.letter, to-from)
			} else if r == rows-1 && a.lost.minutes[m] {
				p.repeat(a.styles.markStyle(markLost), a.glyphs.marks[markLost], to-from)
			} else {
				p.space(to - from)
			}
			from = to
		}
	}
	timeAxis(a.row(rows), end, n, time.Minute, pageScale, cols)
	p := a.row(rows + 1)
	p.space(1)
	for i := range layers {
		name := layers[i].outcome.Label()
		if layers[i].letter == "+" {
			name = "others"
		}
		p.text(p.styles.Outcome(layers[i].outcome), layers[i].letter)
		p.space(1)
		p.text(p.styles.Outcome(layers[i].outcome), name)
		p.space(1)
		p.bytes(p.styles.Muted, append(human.AppendCount(p.scratch[:0], layers[i].total), "  "...))
	}
}

// layerAt returns the layer of minute m at a level, nil above the topmost. The lowest row shows a layer for any value above 0.
func layerAt(layers []layer, m int, level float64, lowest bool) *layer {
	sum := 0.0
	for i := range layers {
		sum += float64(layers[i].minutes[m])
		if sum > level {
			return &layers[i]
		}
	}
	if lowest && sum > 0 {
		return &layers[slices.IndexFunc(layers, func(l layer) bool { return l.minutes[m] > 0 })]
	}
	return nil
}
