package tracker

import "math"

// What is usual for a target is a weighted sum of its past: what lies halfLife back counts half, minutes of incidents do not
// count, and other outliers count less.
const (
	baselineHalfLife = 4 * 60 // minutes
	outlier          = 2.58   // Anscombe residual above which a minute weighs less (Noufaily et al.)

	knownRequests = 20 // fewer requests, or minutes, do not make a baseline
	knownMinutes  = 3
	thinMinutes   = 60 // fewer are one "so far"

	longBin = 8 // minutes of the longer bins that dispersion is measured in
)

var baselineDecay = math.Exp2(-1.0 / baselineHalfLife)

// baseline is what is usual of one class of a target.
type baseline struct {
	failures, requests float64 // decayed and weighted
	short, long        dispersion
	minutes            int  // that had requests, not decayed
	declared           bool // known although little is counted: it has been so since the first result
	bad                badMinutes
}

// dispersion measures how much counts vary beyond chance, in bins that are long enough to expect something in each.
type dispersion struct {
	chi, df float64 // Pearson's chi-square and its degrees of freedom, decayed
	y, mean float64 // of the bin that is filling
	minutes int
}

// share returns the usual share of failures, never quite 0: nothing in a hundred is not never.
func (b *baseline) share() float64 { return (b.failures + 0.5) / (b.requests + 1) }

func (b *baseline) known() bool {
	return b.declared || b.requests >= knownRequests && b.minutes >= knownMinutes
}

// phi is how many times the variance of chance the counts have.
func (b *baseline) phi() float64 { return max(b.short.phi(), b.long.phi()) }

// phi starts from chance: a few bins say little.
func (d *dispersion) phi() float64 {
	const prior = 5
	return max(1, (d.chi+prior)/(d.df+prior))
}

// pass lets a minute without requests pass.
func (b *baseline) pass() {
	b.failures *= baselineDecay
	b.requests *= baselineDecay
	b.short.decay()
	b.long.decay()
	b.bad.decay()
}

// absorb takes a minute of y failures in n requests into what is usual.
func (b *baseline) absorb(y, n float64) {
	b.pass()
	if n == 0 {
		return
	}
	weight := 1.0
	if b.known() {
		mean := n * b.share()
		if residual := anscombe(y, mean, b.phi()); residual > outlier {
			weight = outlier / residual * outlier / residual
		}
		b.short.add(mean+weight*(y-mean), mean, 1, 2)
		b.long.add(mean+weight*(y-mean), mean, longBin, 4)
		b.bad.add(badness(y, n, mean))
	}
	b.failures += weight * y
	b.requests += weight * n
	b.minutes++
}

func (d *dispersion) decay() {
	d.chi *= baselineDecay
	d.df *= baselineDecay
}

// add takes a minute into the bin that fills, which is over once it has so many minutes and expects so much.
func (d *dispersion) add(y, mean float64, minutes int, expects float64) {
	d.y += y
	d.mean += mean
	d.minutes++
	if d.minutes < minutes || d.mean < expects {
		return
	}
	d.chi += (d.y - d.mean) * (d.y - d.mean) / d.mean
	d.df++
	d.y, d.mean, d.minutes = 0, 0, 0
}

// badMinutes is how often a minute of what is usual looks bad, by levels: failures come in clumps, because clients try again
// at once, so that a few clumps look like many failures. How many minutes are bad does not depend on how large a clump is.
type badMinutes struct {
	hits    [badLevels]float64 // decayed
	minutes float64
}

const (
	badLevels   = 3
	alphaBad    = 3e-8 // chance that so many minutes of a window look bad
	alphaAllBad = 3e-5 // and that three or more do, in which everything failed
	alphaTwoBad = 1e-4 // and two, where the failures are the target's own and all but impossible by chance
	badPrior    = 0.3  // hits that are taken for granted
	badPriorOf  = 30   // in so many minutes
	badHalf     = 0.5  // share of failures from which a minute is bad at the worst level
	badHalfOf   = 3    // in at least so many requests
	badSigma    = 2.5  // standard deviations above what is expected: the first level
	badTwiceOf  = 6    // the second one, with at least two failures
	badTwoAtOne = 2
	badTwice    = 1 // index of the second level
)

// badness returns the levels that a minute of y failures in n requests reaches, of which so many are expected.
func badness(y, n, mean float64) (levels [badLevels]bool) {
	sigma := math.Sqrt(mean)
	levels[0] = y >= 1 && y > mean+badSigma*sigma
	levels[1] = y >= badTwoAtOne && y > mean+badTwiceOf*sigma
	levels[2] = levels[0] && n >= badHalfOf && y >= badHalf*n && y >= 2*mean
	return levels
}

func (b *badMinutes) decay() {
	b.minutes *= baselineDecay
	for i := range b.hits {
		b.hits[i] *= baselineDecay
	}
}

func (b *badMinutes) add(levels [badLevels]bool) {
	b.minutes++
	for i, hit := range levels {
		if hit {
			b.hits[i]++
		}
	}
}

// rare reports whether so many bad minutes of a window would be rare, at some level. Where nothing succeeded in it less is
// enough: that is not a clump. straight says that so many failures in a row are all but impossible by chance.
func (b *badMinutes) rare(hits [badLevels]int, of int, all, straight bool) bool {
	limit := alphaBad
	switch {
	case all && hits[0] >= 3:
		limit = alphaAllBad
	case all && hits[0] == 2 && straight:
		limit = alphaTwoBad
	}
	for i, k := range hits {
		if q := (b.hits[i] + badPrior) / (b.minutes + badPriorOf); k >= 2 && betaInc(q, float64(k), float64(of-k+1)) < limit {
			return true
		}
	}
	return false
}

// surprising returns the chance that y or more failures in n requests are usual: the larger of the two tails, without and
// with dispersion, as the less surprising one.
func (b *baseline) surprising(y, n float64) float64 {
	tail := predictiveTail(y, n, b.failures, b.requests)
	if phi := b.phi(); phi > 1.05 {
		tail = max(tail, dispersedTail(y, n*b.share(), phi))
	}
	return tail
}

// surprisingOf is surprising for failures that are most of the requests: of n at most n can fail, which the tail of a count
// does not know.
func (b *baseline) surprisingOf(y, n float64) float64 {
	tail := betaBinomialTail(y, n, b.failures+0.5, b.requests-b.failures+0.5)
	if phi := b.phi(); phi > 1.05 && y < n {
		tail = max(tail, dispersedTail(y, n*b.share(), phi))
	}
	return tail
}

// besideLarge reports whether y failures in n requests of a minute are rare enough to confirm a large minute beside it: of a target
// that fails every minute, so that it is known how many are usual.
func (b *baseline) besideLarge(y, n float64) bool {
	mean := n * b.share()
	return mean >= besideMean && y > mean+2*math.Sqrt(mean) && b.surprising(y, n) < alphaBeside
}

// stands reports, at little cost, whether y failures in n requests could be surprising at all.
func (b *baseline) stands(y, n float64) bool {
	mean := n * b.share()
	return y >= leastStraight && (y-mean)*(y-mean) > 9*b.phi()*(mean+1) && oddsRise(b.share(), y/n)
}

// oddsRise reports whether a share is so much larger than another that it matters: the odds of failing have more than
// doubled, and two in a thousand more fail, or five times as many.
func oddsRise(usual, now float64) bool {
	if now >= 1 {
		now = 1 - 1e-9
	}
	if usual >= 1 {
		return false
	}
	return now/(1-now) >= 2.2*usual/(1-usual) && (now-usual >= 0.002 || now >= 4*usual && now-usual >= 0.0005)
}
