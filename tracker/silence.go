package tracker

import (
	"math"
	"time"
)

const (
	rateHalfLife  = 30  // minutes: the rate follows the hours of the day
	silentShare   = 0.1 // of the usual requests or fewer are silence
	backShare     = 0.4 // and so many are none any more
	silentExpects = 25  // requests that should have come, beyond how unevenly they come
	silentAlpha   = 1e-9

	dropShare   = 0.4 // of the usual requests, or fewer, are a drop
	dropSurely  = 0.7 // which are significantly fewer than that share
	dropExpects = 100 // requests that should have come

	gapTimes = 3 // longer than that many of the longest gap of the last days
)

var (
	rateDecay      = math.Exp2(-1.0 / rateHalfLife)
	dropWindows    = [...]int64{5, 10, 15}
	silenceWindows = [...]int64{2, 3, 5, 10, 15, 30, 60}
)

// rates is how many requests of traffic are usual.
type rates struct {
	next     int64   // the first minute not taken yet
	sum, all float64 // decayed: requests, and minutes
	spread   dispersion
	minutes  int
	gap      int64 // minutes without requests that run now
	longest  [2]int64
	since    int64 // when the newer of longest began
}

// perMinute returns the usual rate.
func (r *rates) perMinute() float64 {
	if r.all == 0 {
		return 0
	}
	return r.sum / r.all
}

func (r *rates) known() bool { return r.minutes >= 10 }

func (r *rates) absorb(minute int64, n float64) {
	if r.minutes >= 5 {
		mean := max(r.perMinute(), 0.1)
		r.spread.add(n, mean, 1, 1)
	}
	r.spread.decay()
	r.sum, r.all = r.sum*rateDecay+n, r.all*rateDecay+1
	r.minutes++
	if n > 0 {
		r.gap = 0
		return
	}
	r.gap++
	if minute-r.since > minutesPerDay {
		r.since, r.longest = minute, [2]int64{r.longest[1], 0}
	}
	r.longest[1] = max(r.longest[1], r.gap)
}

// learn takes minutes that are old enough and no part of a silence.
func (r *rates) learn(c *counts, ep *episode, first, minute int64) {
	if r.next == 0 {
		r.next = max(first, c.oldest)
	}
	ready := minute - min(lagMinutes/4, (minute-first)/2)
	if ep != nil && ep.bad {
		ready = min(ready, ep.started)
	}
	for ; r.next < ready; r.next++ {
		if ep != nil && r.next >= ep.started && r.next < ep.calmFrom || c.gaps.has(r.next) {
			continue
		}
		r.absorb(r.next, c.requests(r.next, r.next+1))
	}
}

// step looks for silence, and for its end.
func (r *rates) step(c *counts, tr *track, first, minute int64) (changed bool) {
	e := tr.ep
	switch {
	case e == nil || !e.bad:
		from := max(first, tr.clear, minute-lookBack, c.gaps.after(minute))
		if e != nil {
			from = max(from, e.calmFrom)
		}
		rate, left := r.perMinute(), 0.0
		if !r.silent(c, from, minute) {
			if rate, left = r.dropped(c, from, minute); rate == 0 {
				return e != nil
			}
		}
		if e != nil {
			e.level = left
			e.relapse(r.quietSince(c, from, minute, left))
			return true
		}
		e = &episode{class: classSilence, rate: rate, level: left, thin: r.minutes < thinMinutes}
		e.begin(minute, true)
		e.started = r.quietSince(c, from, minute, left)
		e.onset = r.placeSilence(c, e.started, rate, left)
		e.phaseCount, e.phases[0] = 1, phase{from: e.started}
		tr.ep = e
		return true
	case r.back(c, e, minute):
		from := minute
		for from > e.phase(0).from && c.requests(from-1, from) >= max(backShare/2, e.level+0.5*(1-e.level))*e.rate && c.requests(from-1, from) > 0 {
			from--
		}
		e.heard = minute
		e.calm(minuteStart(from), from)
	case minute-e.started >= lastsADay: // nobody asks it any more
		e.calm(minuteStart(minute), minute)
		*r = rates{next: minute}
	}
	return true
}

// quietSince returns the first of the quiet minutes that end with one, in which so large a part of the usual requests is left.
func (r *rates) quietSince(c *counts, from, minute int64, left float64) int64 {
	rate := r.perMinute()
	for minute > from && c.requests(minute-1, minute) <= max(0.3, (1+left)/2)*rate {
		minute--
	}
	return minute
}

// placeSilence estimates when requests stopped, by how many of its usual ones the minute before had beyond the part that is left.
func (r *rates) placeSilence(c *counts, quiet int64, rate, left float64) change {
	rate = max(rate, 0.1)
	part := min(max(c.requests(quiet-1, quiet)/rate-left, 0)/(1-left), 1)
	off := 1 / rate
	if part < 1 {
		off += math.Sqrt((part+left)*rate) / rate
	}
	off /= 1 - left
	at := minuteStart(quiet-1) + instant(part*float64(time.Minute))
	spread := instant(min(2*off, 60) * float64(time.Minute))
	return change{at: at, earliest: at - spread, latest: at + spread}
}

// back reports whether requests come again.
func (r *rates) back(c *counts, e *episode, minute int64) bool {
	w := int64(max(2, math.Ceil(10/max(e.rate, 0.1))))
	y := c.requests(minute+1-w, minute+1)
	return y >= max(backShare, (1+e.level)/2)*e.rate*float64(w) && y >= 3
}

// dropped reports whether traffic fell at once to a part of what is usual, though not to nothing: the usual rate, and the part that
// is left; 0 where it did not. Usual is the least of three spans, so that neither the end of a burst nor the evening is a drop; and
// what was as low in the hours before is no news.
func (r *rates) dropped(c *counts, from, minute int64) (rate, left float64) {
	if r.minutes < thinMinutes {
		return 0, 0
	}
	for _, w := range dropWindows {
		start := minute + 1 - w
		if start-thinMinutes < from {
			return 0, 0
		}
		span := min(start-from, 2*thinMinutes)
		rate = min(r.perMinute(), r.lately(c, start), c.requests(start-span, start)/float64(span))
		expected, y := rate*float64(w), c.requests(start, minute+1)
		if expected < dropExpects || y > dropShare*expected || fewerTail(y, dropSurely*expected, r.spread.phi()) >= silentAlpha {
			continue
		}
		if r.asLow(c, start-span, start, w, y) || r.quietYesterday(c, y, w, minute) {
			continue
		}
		return rate, y / expected
	}
	return 0, 0
}

// asLow reports whether one of the minutes of a window, which had y requests, is too high for a drop, or any window as long of a span
// before it was nearly as low.
func (r *rates) asLow(c *counts, from, to, w int64, y float64) bool {
	for m := to; m < to+w; m++ {
		if c.requests(m, m+1) > 2*y/float64(w)+3 {
			return true
		}
	}
	for m := from; m+w <= to; m++ {
		if c.requests(m, m+w) < 1.5*y {
			return true
		}
	}
	return false
}

// silent reports whether far fewer requests came up to a minute than should have, and in how many minutes.
func (r *rates) silent(c *counts, from, minute int64) bool {
	if !r.known() {
		return false
	}
	rate, phi := r.perMinute(), r.spread.phi()
	for _, w := range silenceWindows {
		start := minute + 1 - w
		if start < from {
			return false
		}
		rate := min(rate, r.lately(c, start))
		expected := rate * float64(w)
		if expected < silentExpects*phi || w <= gapTimes*max(r.longest[0], r.longest[1]) {
			continue
		}
		y := c.requests(start, minute+1)
		if y > silentShare*expected || c.requests(minute, minute+1) > silentShare*rate {
			continue
		}
		// Fewer than y by chance: with the dispersion that was seen.
		if fewerTail(y, expected, phi) < silentAlpha && !r.quietYesterday(c, y, w, minute) {
			return true
		}
	}
	return false
}

// lately is how many requests a minute may be usual by those of the minutes before one, at most: traffic that falls with the hour falls
// faster than what is usual follows.
func (r *rates) lately(c *counts, before int64) float64 {
	const span, sigma = 10, 2
	n := c.requests(before-span, before)
	return (n + sigma*math.Sqrt(n+1)) / span
}

// fewerTail returns the chance of at most y where mean are expected with phi times the variance of chance.
func fewerTail(y, mean, phi float64) float64 {
	phi = max(phi, 1.001)
	return betaInc(1/phi, mean/(phi-1), y+1)
}

// quietYesterday reports whether the same time of yesterday was as quiet.
func (r *rates) quietYesterday(c *counts, y float64, w, minute int64) bool {
	if minute-minutesPerDay < c.oldest {
		return false
	}
	for m := minute - minutesPerDay; m <= minute-minutesPerDay+30; m += 5 {
		if _, n := c.before(classSilence, 0, m, m+w); n <= 2*y+1 {
			return true
		}
	}
	return false
}
