package tracker

import "math"

// When an episode begins. One false alarm a week over 50 targets is what may be: half a million minutes, each with a few
// classes and windows that overlap.
const (
	leastFailures = 5    // fewer are never an episode
	alpha         = 2e-8 // chance that what is usual looks like this
	alphaPartial  = 8e-9 // stricter for a minute that is not over: what it shows must still hold at its end

	aloneFailures, aloneShare = 30, 0.5 // failures of one minute that do not count as a clump: one is enough
	largeExcess, largeMost    = 12, 10  // beyond the usual, or where most fail: two are enough
	largeSigma                = 5.5     // standard deviations that they are above it
	besideMean                = 1       // failures of a usual minute from which the one beside a large one tells
	pairMean                  = 2       // and from which two of those are enough
	alphaBeside               = 3e-3    // chance that the minute beside a large one is usual: with it two are enough
	hugeExcess                = 24      // beyond the usual in one minute: with another bad one that is enough

	leastStraight = 4    // failures with hardly a success between them that can be enough
	straightShare = 0.8  // of the requests at least
	alphaStraight = 2e-7 // chance that all of so many fail
	alphaSure     = 2e-9 // the same where they are of two minutes only

	leastRow      = 3    // failures in a row that open a breaker: fewer are no evidence
	alphaRow      = 1e-4 // chance that a breaker opens by what is usual
	breakerUsual  = 0.25 // share of failures from which it opens now and then
	breakerRecent = 2    // minutes after which its opening is no news

	unknownAlpha   = 1e-4 // where there is no baseline: chance that the threshold share looks like this
	unknownSooner  = 1e-6 // the same for a minute that is not over
	alphaYesterday = 1e-4 // chance that yesterday's share looks like this

	becomesUsual  = 60 // minutes after which what has failed ever since the first result is usual
	usualRequests = 12 // and so many requests
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

// step takes one minute and reports whether an episode began or changed.
func (tr *track) step(c *counts, first, minute int64) bool {
	if tr.ep != nil {
		was := tr.ep.bad
		tr.ep.step(c, max(tr.clear, minute-lookBack), minute)
		if !tr.ep.bad && !was && tr.found(c, first, minute, false) { // trouble again, of another size
			tr.relapse(c, minute)
		}
		tr.becomeUsual(c, first, minute)
		return true
	}
	if !tr.found(c, first, minute, false) {
		return false
	}
	tr.begin(c, first, minute)
	return true
}

// peek takes the running minute, as far as its whole steps of 10 s go. What the first of them show counts even if the next ones
// hide it again, so that an incident that begins does not end with the next request.
func (tr *track) peek(c *counts, first, minute int64, steps []sums) {
	if len(steps) == 0 {
		return
	}
	was := tr.ep != nil && tr.ep.bad
	if tr.ep != nil {
		c.setLast(steps[len(steps)-1])
		tr.ep.step(c, max(tr.clear, minute-lookBack), minute)
		if tr.ep.bad || was {
			return
		}
	}
	for i := range steps {
		c.setLast(steps[i])
		if !tr.found(c, first, minute, true) {
			continue
		}
		c.setLast(steps[len(steps)-1])
		if tr.ep.phaseCount > 0 {
			tr.relapse(c, minute)
		} else {
			tr.begin(c, first, minute)
		}
		return
	}
}

// begin starts the episode that was found in a minute.
func (tr *track) begin(c *counts, first, minute int64) {
	tr.ep.begin(minute, tr.base.known())
	tr.ep.place(c, max(first, tr.clear, minute-lookBack), minute)
	if tr.ep.before {
		tr.base, tr.next = baseline{}, first // it had begun to learn from what it takes for trouble now
	}
}

func (tr *track) relapse(c *counts, minute int64) {
	tr.ep.relapse(minute)
	tr.ep.relevel(c, minute+1)
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
		return tr.ep == nil && (tr.foundByThreshold(c, from, minute, partial) || tr.foundByBreaker(c, from, minute))
	}
	if y <= n*tr.base.share() {
		return false
	}
	for _, w := range windows {
		start := minute + 1 - w
		if start < from {
			break
		}
		y, n := c.of(tr.class, tr.slow(), start, minute+1)
		if tr.base.stands(y, n) && tr.matters(y, n, w) && tr.surprised(c, y, n, start, minute, partial) && !tr.usualYesterday(c, y, n, w, minute) {
			tr.fill(c, y, n, minute)
			return true
		}
	}
	return tr.foundByBreaker(c, from, minute)
}

// surprised reports whether y failures in n requests, those of the minutes from start to one, are too many to be usual, by any
// of the rules.
func (tr *track) surprised(c *counts, y, n float64, start, minute int64, partial bool) bool {
	limit := alpha
	if partial {
		limit = alphaPartial
	}
	if y >= leastFailures && tr.base.surprising(y, n) < limit && (tr.class == classProbe && y >= aloneShare*n || tr.lasts(c, start, minute+1, false)) {
		return true
	}
	if y < leastStraight {
		return false
	}
	if tr.class == classProbe { // one prober at its interval: its failures come in no clumps
		return y >= aloneShare*n && tr.base.surprisingOf(y, n) < alphaStraight
	}
	if y < straightShare*n || tr.class == classSlow {
		return false
	}
	chance := tr.base.surprisingOf(y, n)
	return chance < alphaStraight && tr.lasts(c, start, minute+1, tr.class == classServer && chance < alphaSure)
}

// foundByBreaker takes the opening of a gate breaker in the last minutes for evidence: so many probes in a row failed, and the
// breaker lets few through that could tell more. It is none where probes usually fail so often that a row of failures is no news.
func (tr *track) foundByBreaker(c *counts, from, minute int64) bool {
	if tr.class != classProbe || tr.base.share() > breakerUsual {
		return false
	}
	opened, row := c.openedBefore(minute)
	if opened < from || row < leastRow || tr.base.known() && tr.base.surprisingOf(float64(row), float64(row)) > alphaRow {
		return false
	}
	y, n := c.of(tr.class, 0, opened, minute+1)
	if y == 0 || y < aloneShare*n && y < float64(row) { // it closed again
		return false
	}
	if tr.base.known() {
		tr.fill(c, y, n, minute)
		return true
	}
	tr.ep = &episode{class: tr.class, first: true, usual: tr.class.threshold() / 10, level: y / n}
	return true
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

// matters reports whether somebody would act on y failures in n requests of w minutes: a share that one would call slow, and failures
// that are of some size, by their share or by how many more there are than usual.
func (tr *track) matters(y, n float64, w int64) bool {
	if tr.class == classSlow {
		return y >= 0.05*n
	}
	return ofSize(tr.base.share(), y, n, w)
}

// ofSize reports whether y failures in n requests of w minutes are so many more than usual that it matters: two in a thousand, or one a
// minute.
func ofSize(usual, y, n float64, w int64) bool {
	return y/n-usual >= 0.002 || y-usual*n >= float64(w)
}

// lasts reports whether enough minutes of a window are bad, and not only one or two in which failures came in clumps. Of
// minutes with very many, more than one client makes, one or two are enough; straight is that of badMinutes.rare.
func (tr *track) lasts(c *counts, from, to int64, straight bool) bool {
	share := tr.base.share()
	var hits [badLevels]int
	of, large, huge, succeeded := 0, 0, false, 0.0
	var before size
	for m := from; m < to; m++ {
		y, n := c.of(tr.class, tr.slow(), m, m+1)
		if n == 0 {
			continue
		}
		if y >= aloneFailures && y >= aloneShare*n {
			return true
		}
		now := tr.sizeOf(y, n)
		if before.confirms(now) {
			return true
		}
		before = now
		if now.large {
			large++
			huge = huge || y-n*share >= hugeExcess
		}
		of++
		if m > from { // in the first minute some may have succeeded before it began
			succeeded += n - y
		}
		for i, hit := range badness(y, n, n*share) {
			if hit {
				hits[i]++
			}
		}
	}
	return large >= 2 || huge && hits[badTwice] >= 2 || tr.base.bad.rare(hits, of, succeeded == 0, straight)
}

// size is how bad a minute is: with very many failures, or with as many as are rare; pairs says that two rare ones are enough.
type size struct{ large, rare, pairs bool }

func (tr *track) sizeOf(y, n float64) size {
	mean := n * tr.base.share()
	excess := y - mean
	large := (excess >= largeExcess || excess >= largeMost && y >= aloneShare*n) && excess > largeSigma*math.Sqrt(mean*tr.base.phi())
	return size{large, tr.class != classSlow && tr.base.besideLarge(y, n), mean >= pairMean}
}

// confirms reports whether a minute and the next one are enough together.
func (s size) confirms(next size) bool {
	return s.large && (next.large || next.rare) || s.rare && (next.large || next.rare && next.pairs)
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

// usualYesterday reports whether the same hour of yesterday had a share that y failures in n requests are not significantly above: of
// some failures, for a short time. What lost most of its requests yesterday is not usual.
func (tr *track) usualYesterday(c *counts, y, n float64, w, minute int64) bool {
	if minute-minutesPerDay < c.oldest {
		return false
	}
	const around = 30 // minutes that yesterday may have been earlier or later
	for end := minute + 1 - minutesPerDay - around; end <= minute+1-minutesPerDay+around+w; end += 5 {
		y0, n0 := c.before(tr.class, tr.slow(), end-max(w, 5), end)
		if y0 < leastFailures || y0 >= aloneShare*n0 {
			continue
		}
		if !oddsRise(y0/n0, y/n) || y < n && betaBinomialTail(y, n, y0+0.5, n0-y0+0.5) > alphaYesterday {
			return true
		}
	}
	return false
}

// foundByThreshold judges a target without a past: what has failed since its first result, or nearly.
func (tr *track) foundByThreshold(c *counts, from, minute int64, partial bool) bool {
	if tr.class == classSlow {
		return false
	}
	limit := unknownAlpha
	if partial {
		limit = unknownSooner
	}
	threshold := tr.class.threshold()
	for _, w := range windows {
		start := max(from, minute+1-w)
		y, n := c.of(tr.class, 0, start, minute+1)
		if y >= leastStraight && (y >= leastFailures || y >= 0.8*n) && y > 2*threshold*n && betaInc(threshold, y, n-y+1) < limit &&
			(tr.class == classProbe || tr.goesOn(c, start, minute+1, y, n, 2*threshold)) {
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
		age := minute - first
		if age < becomesUsual || n < usualRequests && age < usualAtLatest {
			return
		}
		usual := track{class: tr.class, speed: tr.speed, clear: minute, next: max(first, minute-lookBack)}
		usual.learn(c, first, minute)
		usual.base.declared = true // or it would be found again at once
		*tr = usual
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
