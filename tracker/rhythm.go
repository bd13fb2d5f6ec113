package tracker

import (
	"fmt"
	"math"
)

// Trouble that comes and goes is told with its rhythm: so long down of every so long. Phases are no measure of it, because they
// end when calm is believed, which takes some minutes; the minutes themselves are told apart.

const (
	switchPenalty = 4 // log likelihood that a change between up and down must be worth: noise of single minutes is none
	rhythmCycles  = 2 // whole cycles that a rhythm takes
)

// rhythm says how a flapping part comes and goes, "down 5 min of every 10", or "" where that cannot be told.
func (p *part) rhythm(c *counts) string {
	e := p.ep
	from, to := e.phase(e.phasesThere()-1).from, p.minute
	if e.class == classSilence || to-from < 2 {
		return e.phaseRhythm()
	}
	level := p.downLevel(c)
	down := p.downMinutes(c, from, to, level)
	var starts []int
	for i := range down {
		if down[i] && (i == 0 || !down[i-1]) {
			starts = append(starts, i)
		}
	}
	cycles := len(starts) - 1
	if cycles < rhythmCycles {
		return e.phaseRhythm()
	}
	sum := 0.0
	first, last := starts[0], starts[cycles]
	for i := max(first-1, 0); i < last-1; i++ {
		inside := down[i] && i > 0 && down[i-1] && down[i+1]
		switch {
		case inside:
			sum++
		case down[i], i > 0 && down[i-1], down[i+1]: // a minute of which it was down for a part
			if y, n := c.of(e.class, e.slow, from+int64(i), from+int64(i)+1); n > 0 {
				sum += min(max((y/n-e.usual)/(level-e.usual), 0), 1)
			}
		}
	}
	return rhythmText(sum/float64(cycles), float64(last-first)/float64(cycles))
}

// rhythmText rounds to minutes.
func rhythmText(down, cycle float64) string {
	every := max(math.Round(cycle), 2)
	return fmt.Sprintf("down %d min of every %d", int(min(max(math.Round(down), 1), every-1)), int(every))
}

// downLevel is the share that fails while it is down: of the minutes within phases that had the most failures.
func (p *part) downLevel(c *counts) float64 {
	e := p.ep
	var failed, requests float64
	for i := range e.phasesThere() {
		ph := e.phase(i)
		to := ph.to
		if to == 0 {
			to = p.minute
		}
		for m := ph.from; m < to; m++ {
			if y, n := c.of(e.class, e.slow, m, m+1); y > 0.5*(e.usual+e.level)*n {
				failed, requests = failed+y, requests+n
			}
		}
	}
	return max((failed+0.5)/(requests+1), 1.5*e.usual, e.usual+0.01)
}

// downMinutes tells the minutes from one up to, without, another apart into down and up: the likeliest sequence of a share of level
// and of what is usual (Viterbi).
func (p *part) downMinutes(c *counts, from, to int64, level float64) []bool {
	e := p.ep
	n := int(to - from)
	level = min(level, 0.99)
	up := min(max(1.3*e.usual, 0.02*level), level/2)
	came := make([][2]bool, n) // the state before, of each state that a minute may be in
	score := [2]float64{0, 0}
	for i := range n {
		y, of := c.of(e.class, e.slow, from+int64(i), from+int64(i)+1)
		seen := [2]float64{logLikelihood(y, of, up), logLikelihood(y, of, level)}
		var next [2]float64
		for s := range next {
			stay, change := score[s], score[1-s]-switchPenalty
			next[s] = max(stay, change) + seen[s]
			came[i][s] = (s == 1) == (stay >= change)
		}
		score = next
	}
	down := make([]bool, n)
	state := score[1] > score[0]
	for i := n - 1; i >= 0; i-- {
		down[i] = state
		at := 0
		if state {
			at = 1
		}
		state = came[i][at]
	}
	return down
}
