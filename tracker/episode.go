package tracker

import (
	"cmp"
	"time"
)

const (
	phasesKept = 12

	refineFor  = 5 // minutes after an episode was found during which its onset is estimated anew; then it stays
	lookBack   = 3 * 60
	levelOver  = 10 // minutes that the level of trouble is measured over
	turned     = 5  // log likelihood ratio at which calm, or trouble, is believed: 150 to 1
	holdOver   = 5  // minutes of calm before an episode is over
	reopenFor  = 15 // minutes after its end in which trouble is the same episode again
	nothingFor = 2 * 60
	lastsADay  = 24 * 60 // minutes after which trouble is what is usual
)

// A phase is a span of trouble within an episode, in minutes; one that goes on has no end.
type phase struct{ from, to int64 }

// An episode is a time in which one class of a target was worse than usual.
type episode struct {
	class    class
	slow     int   // of classSlow: the octave from which an answer is slow
	detected int64 // minute in which it was found
	onset    change
	before   bool // it began before what is remembered
	started  int64

	known, thin bool // what was usual rests on enough of the past; on little of it
	first       bool // there was nothing to compare with: judged by thresholds
	usual       float64
	rate        float64 // usual requests a minute
	baseline    baseline

	bad      bool    // it goes on
	level    float64 // share of failures while it is bad, lately
	evidence float64 // of the other state, as a log likelihood ratio
	turn     int64   // the minute since which there is evidence
	end      instant // when it last became calm
	calmFrom int64   // the minute after it
	heard    int64   // the last minute with requests

	phases     [phasesKept]phase // the newest, in a ring
	phaseCount int

	peak peakMinute
}

type peakMinute struct {
	minute int64
	share  float64
	failed float64
}

// phase returns the i-th newest phase.
func (e *episode) phase(i int) *phase { return &e.phases[(e.phaseCount-1-i)%phasesKept] }

func (e *episode) phasesThere() int { return min(e.phaseCount, phasesKept) }

// over reports whether it has been calm for long enough by the end of a minute.
func (e *episode) over(minute int64) bool {
	return !e.bad && minute-e.calmFrom >= e.hold()
}

// hold is how many minutes of calm end the episode: longer than those it has come back after.
func (e *episode) hold() int64 {
	if e.phaseCount < 3 {
		return holdOver
	}
	return max(holdOver, 2*e.longestCalm())
}

// longestCalm returns the longest of the calms between its phases, in minutes.
func (e *episode) longestCalm() (longest int64) {
	for i := range e.phasesThere() - 1 {
		longest = max(longest, e.phase(i).from-e.phase(i+1).to)
	}
	return longest
}

// begin starts an episode that was found in a minute.
func (e *episode) begin(minute int64, known bool) {
	e.detected, e.bad, e.known, e.heard = minute, true, known, minute
}

// place estimates when the episode began, and what follows from it. Later than refineFor after it was found nothing changes.
func (e *episode) place(c *counts, from, minute int64) {
	before, after := e.usual, e.level
	for range 2 {
		at := changePoint(c, e.class, e.slow, from, minute+1, before, after)
		if e.first {
			// Nothing is known of what was usual: what lies before the change is.
			y, n := c.of(e.class, e.slow, from, at.at.minute())
			before = (y + 0.5) / (n + 1)
		}
		e.onset = at
		if y, n := c.of(e.class, e.slow, at.at.minute(), minute+1); n > 0 {
			after = max((y+0.5)/(n+1), e.usual)
		}
	}
	if e.first {
		e.usual = before
		// So few requests before the change may have succeeded by chance: then it has been so from the start.
		y, n := c.of(e.class, e.slow, from, e.onset.at.minute())
		if e.before = e.onset.first || n < knownRequests/2 || y > e.class.threshold()*n || betaInc(1-after, n-y, y+1) > 1e-4; e.before {
			at := minuteStart(from)
			e.onset = change{at: at, earliest: at, latest: e.onset.latest, first: true}
			e.usual = min(before, e.class.threshold()/2) // nothing came before it: calm is what is well below the threshold
		}
	}
	e.started = e.onset.at.minute()
	e.phaseCount = 1
	e.phases[0] = phase{from: e.started}
	e.peak = peakMinute{}
	for m := e.started; m <= minute; m++ {
		e.look(c, m)
	}
	e.relevel(c, minute+1)
}

// look notes a minute of trouble.
func (e *episode) look(c *counts, minute int64) {
	y, n := c.of(e.class, e.slow, minute, minute+1)
	if n == 0 {
		return
	}
	if failed, _ := c.all(e.class, e.slow, minute, minute+1); y >= 3 {
		e.peak = e.peak.worse(peakMinute{minute, y / n, failed})
	}
}

// worse returns the worse of two minutes: the one that lost more, by share and number.
func (p peakMinute) worse(than peakMinute) peakMinute {
	if cmp.Or(cmp.Compare(than.share*than.failed, p.share*p.failed), cmp.Compare(than.share, p.share)) > 0 {
		return than
	}
	return p
}

// relevel measures the level of trouble in the last minutes of the running phase, before a minute.
func (e *episode) relevel(c *counts, before int64) {
	from := max(before-levelOver, e.phase(0).from)
	y, n := c.of(e.class, e.slow, from, before)
	if from == e.started && before-from > 1 { // the first minute was bad for a part only
		if y1, n1 := c.of(e.class, e.slow, from+1, before); n1 >= 5 {
			y, n = y1, n1
		}
	}
	if n > 0 {
		e.level = max((y+0.5)/(n+1), e.usual)
	}
}

// bounds are the shares that calm and trouble are told apart by: near what is usual, and a good part of what was seen.
func (e *episode) bounds() (calm, trouble float64) {
	calm = min(max(1.3*e.usual, e.usual+0.02*(e.level-e.usual)), 0.98)
	trouble = e.usual + 0.4*(e.level-e.usual)
	return calm, min(max(trouble, calm*1.05), 0.99)
}

// step takes the next minute of the episode.
func (e *episode) step(c *counts, from, minute int64) {
	y, n := c.of(e.class, e.slow, minute, minute+1)
	if n > 0 {
		e.heard = minute
	}
	if e.bad && minute-e.detected <= refineFor && e.phaseCount == 1 {
		e.place(c, from, minute)
	}
	calm, trouble := e.bounds()
	ratio := logLikelihood(y, n, calm) - logLikelihood(y, n, trouble)
	if !e.bad {
		ratio = -ratio
	}
	if e.evidence == 0 {
		e.turn = minute
	}
	e.evidence = max(0, e.evidence+ratio)
	switch {
	case e.bad:
		e.stepBad(c, minute)
	default:
		e.stepCalm(c, minute)
	}
}

func (e *episode) stepBad(c *counts, minute int64) {
	if e.evidence == 0 {
		e.look(c, minute)
		e.relevel(c, minute+1)
		return
	}
	if minute-e.heard >= nothingFor { // nobody has asked for so long that nothing can be said of it any more
		e.calm(minuteStart(e.heard+1), e.heard+1)
		return
	}
	if e.evidence < turned {
		return
	}
	y, n := c.of(e.class, e.slow, e.turn, minute+1)
	if e.stillUnusual(y, n, minute) { // less than it was, but not what is usual
		e.evidence = 0
		e.level = (y + 0.5) / (n + 1)
		return
	}
	calm, _ := e.bounds()
	back := changePoint(c, e.class, e.slow, max(e.phase(0).from, e.turn-levelOver), minute+1, e.level, calm)
	e.calm(max(back.at, minuteStart(e.phase(0).from)), minute)
}

// stillUnusual reports whether y failures in n requests since the turn, up to a minute, are more than what is usual; without a baseline, more than the share
// from which a target without a past is in trouble.
func (e *episode) stillUnusual(y, n float64, minute int64) bool {
	if e.first && y > e.class.threshold()*n {
		return true
	}
	if e.class != classSlow && !ofSize(e.usual, y, n, minute+1-e.turn) {
		return false
	}
	return oddsRise(e.usual, y/n) && e.baseline.surprising(y, n) < 1e-3
}

// calm ends the running phase at a moment; it was believed in a minute.
func (e *episode) calm(at instant, minute int64) {
	e.bad, e.evidence = false, 0
	e.end, e.calmFrom = at, min(at.add(time.Minute-1).minute(), minute)
	e.phase(0).to = e.calmFrom
}

func (e *episode) stepCalm(c *counts, minute int64) {
	y, n := c.of(e.class, e.slow, e.turn, minute+1)
	if e.evidence < turned || y < 3 || !oddsRise(e.usual, y/n) {
		return
	}
	e.relapse(e.turn)
	e.relevel(c, minute+1)
}

// relapse begins another phase.
func (e *episode) relapse(minute int64) {
	e.bad, e.evidence = true, 0
	e.phaseCount++
	*e.phase(0) = phase{from: minute}
	e.end, e.calmFrom = 0, 0
}

// forgotten reports whether a calm episode is so long over that trouble is another one.
func (e *episode) forgotten(minute int64) bool {
	reopen := int64(reopenFor)
	if e.phaseCount >= 3 {
		reopen = max(reopen, min(3*e.longestCalm(), 60))
	}
	return !e.bad && minute-e.calmFrom > reopen
}
