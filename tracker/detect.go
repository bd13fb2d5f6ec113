package tracker

import "math"

// When an episode begins. One false alarm a week over 50 targets is what may be: half a million minutes, each with a few
// classes and windows that overlap.
const (
	leastFailures = 5    // fewer are never an episode
	alpha         = 2e-8 // chance that what is usual looks like this
	alphaPartial  = 1e-7 // the same for a minute that is not over

	aloneFailures, aloneShare = 30, 0.5 // failures of one minute that are no clump: one is enough
	largeExcess, largeMost    = 12, 10  // beyond the usual, or where most fail: two are enough
	largeSigma                = 5.5     // standard deviations that they are above it

	unknownAlpha  = 1e-4 // where there is no baseline: chance that the threshold share looks like this
	becomesUsual  = 60   // minutes after which what has failed ever since the first result is usual
	usualRequests = 20   // and so many requests
	usualAtLatest = 6 * 60
)

// windows are the lengths, in minutes, that are held against the baseline.
var windows = [...]int64{1, 2, 3, 4, 5, 6, 8, 12, 16, 32, 64}

// threshold is the share that is trouble where a target has no past.
func (k class) threshold() float64 {
	switch k {
	case classServer, classProbe:
		return 0.05
	case classNotFound:
		return 0.4
	default:
		return 0.15
	}
}

// step takes one minute and reports whether an episode began or changed. A partial minute is not over yet.
func (tr *track) step(c *counts, first, minute int64, partial bool) bool {
	if tr.ep != nil {
		was := tr.ep.bad
		tr.ep.step(c, max(tr.clear, minute-lookBack), minute)
		if !tr.ep.bad && !was && tr.found(c, first, minute, partial) { // trouble again, of another size
			tr.ep.relapse(minute)
			tr.ep.relevel(c, minute+1)
		}
		tr.becomeUsual(c, first, minute)
		return true
	}
	if !tr.found(c, first, minute, partial) {
		return false
	}
	tr.ep.begin(minute, tr.base.known())
	tr.ep.place(c, max(first, tr.clear, minute-lookBack), minute)
	if tr.ep.before {
		tr.base, tr.next = baseline{}, first // it had begun to learn from what it takes for trouble now
	}
	return true
}

// found reports whether some window that ends with a minute is significantly worse than usual.
func (tr *track) found(c *counts, first, minute int64, partial bool) bool {
	tr.aim()
	y, n := c.of(tr.class, tr.slow(), minute, minute+1)
	if y == 0 {
		return false
	}
	from := max(first, tr.clear, minute-lookBack)
	if tr.ep != nil {
		from = max(from, tr.ep.calmFrom)
	}
	if !tr.base.known() {
		return tr.ep == nil && tr.foundByThreshold(c, from, minute)
	}
	if y <= n*tr.base.share() {
		return false
	}
	limit := alpha
	if partial {
		limit = alphaPartial
	}
	for _, w := range windows {
		if minute+1-w < from {
			break
		}
		y, n := c.of(tr.class, tr.slow(), minute+1-w, minute+1)
		if !tr.base.clear(y, n) || !tr.matters(y/n) || !tr.lasts(c, minute+1-w, minute+1) {
			continue
		}
		if tr.base.surprising(y, n) < limit && !tr.usualYesterday(c, y/n, w, minute) {
			tr.fill(c, y, n, minute)
			return true
		}
	}
	return false
}

// fill notes what the episode that begins is held against; while one is calm it has its own.
func (tr *track) fill(c *counts, y, n float64, minute int64) {
	if tr.ep != nil {
		return
	}
	tr.ep = &episode{
		class: tr.class, slow: tr.slow(), usual: tr.base.share(), thin: tr.base.minutes < thinMinutes, baseline: tr.base,
		level: max((y+0.5)/(n+1), tr.base.share()), rate: c.requests(minute-lagMinutes-thinMinutes, minute-lagMinutes) / thinMinutes,
	}
}

// matters reports whether a share is one that somebody would call slow; failures always matter.
func (tr *track) matters(share float64) bool { return tr.class != classSlow || share >= 0.05 }

// lasts reports whether enough minutes of a window are bad, and not only one or two in which failures came in clumps. Of
// minutes with very many, more than one client makes, one or two are enough.
func (tr *track) lasts(c *counts, from, to int64) bool {
	share := tr.base.share()
	var hits [badLevels]int
	of, large, succeeded := 0, 0, 0.0
	for m := from; m < to; m++ {
		y, n := c.of(tr.class, tr.slow(), m, m+1)
		if n == 0 {
			continue
		}
		if y >= aloneFailures && y >= aloneShare*n {
			return true
		}
		if excess := y - n*share; (excess >= largeExcess || excess >= largeMost && y >= aloneShare*n) && excess > largeSigma*math.Sqrt(n*share*tr.base.phi()) {
			large++
		}
		of++
		succeeded += n - y
		for i, hit := range badness(y, n, n*share) {
			if hit {
				hits[i]++
			}
		}
	}
	return large >= 2 || tr.base.bad.rare(hits, of, succeeded == 0)
}

// goesOn reports whether failures are of more than one minute: without the worst one there is still more than a share.
func (tr *track) goesOn(c *counts, from, to int64, y, n, share float64) bool {
	var worst, worstOf float64
	for m := from; m < to; m++ {
		if y1, n1 := c.of(tr.class, tr.slow(), m, m+1); y1 > worst {
			worst, worstOf = y1, n1
		}
	}
	if worst >= aloneFailures && worst >= aloneShare*worstOf {
		return true
	}
	y, n = y-worst, n-worstOf
	return y >= 2 && y > share*n
}

// usualYesterday reports whether the same hour of yesterday had a share like it: of some failures, for a short time. What lost
// most of its requests yesterday is not usual.
func (tr *track) usualYesterday(c *counts, share float64, w, minute int64) bool {
	if share >= aloneShare || minute-minutesPerDay < c.oldest {
		return false
	}
	for m := minute - minutesPerDay; m <= minute-minutesPerDay+30; m += 5 {
		if y, n := c.before(tr.class, tr.slow(), m, m+max(w, 5)); y >= leastFailures && !oddsRise(y/n, share) {
			return true
		}
	}
	return false
}

// foundByThreshold judges a target without a past: what has failed since its first result, or nearly.
func (tr *track) foundByThreshold(c *counts, from, minute int64) bool {
	if tr.class == classSlow {
		return false
	}
	threshold := tr.class.threshold()
	for _, w := range windows {
		start := max(from, minute+1-w)
		y, n := c.of(tr.class, 0, start, minute+1)
		if y >= 4 && (y >= leastFailures || y >= 0.8*n) && y > 2*threshold*n && betaInc(threshold, y, n-y+1) < unknownAlpha && tr.goesOn(c, start, minute+1, y, n, 2*threshold) {
			tr.ep = &episode{class: tr.class, first: true, usual: threshold / 10, level: y / n}
			return true
		}
		if start == from {
			break
		}
	}
	return false
}

// becomeUsual gives up an episode that has lasted so long that it is what is usual: an hour where it had begun before the
// first result, else a day.
func (tr *track) becomeUsual(c *counts, first, minute int64) {
	e := tr.ep
	if e == nil || !e.bad {
		return
	}
	if e.before {
		_, n := c.of(tr.class, e.slow, first, minute+1)
		if age := minute - first; age >= becomesUsual && n >= usualRequests || age >= usualAtLatest {
			tr.ep = nil
			tr.base, tr.next = baseline{}, max(first, minute-lookBack)
		}
		return
	}
	if minute-e.started >= lastsADay {
		e.calm(minuteStart(minute), minute)
	}
}

// slow is the octave from which an answer is slow.
func (tr *track) slow() int {
	if tr.speed == nil {
		return octaveSlots
	}
	return tr.speed.from
}

// absorb takes a minute into the baseline.
func (tr *track) absorb(c *counts, minute int64) {
	if tr.class == classSlow {
		if tr.speed == nil {
			tr.speed = &speed{from: octaveSlots}
		}
		tr.aim()
		y, n := c.of(tr.class, tr.slow(), minute, minute+1)
		tr.base.absorb(y, n)
		tr.speed.absorb(c, minute)
		return
	}
	y, n := c.of(tr.class, 0, minute, minute+1)
	tr.base.absorb(y, n)
}

// aim sets from where an answer is slow, by how fast they usually are.
func (tr *track) aim() {
	if tr.speed != nil {
		tr.speed.aim()
		tr.base.failures, tr.base.requests = tr.speed.slower(tr.speed.from)
	}
}
