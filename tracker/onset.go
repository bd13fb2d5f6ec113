package tracker

import (
	"math"
	"time"
)

// change is a moment at which a share changed, with the moments that are nearly as likely.
type change struct {
	at, earliest, latest instant
	first                bool // at the beginning of what was looked at: it may have been before
}

const (
	likelyWithin = 1.92 // log likelihood below the best that a 95 % interval takes in: half of the chi-square quantile, 3.84
	slices6      = 6    // of a minute: a change is placed to 10 s
)

// changePoint finds when the share of a class went from one value to another, by maximum likelihood, in the minutes from one
// up to, without, another. A minute in which it changed has a share between the two.
func changePoint(c *counts, k class, slow int, from, to int64, before, after float64) change {
	from, to = max(from, c.from), min(to, c.end())
	n := int(to - from)
	if n <= 0 {
		at := minuteStart(to)
		return change{at: at, earliest: at, latest: at, first: true}
	}
	// atStart[i] is the log likelihood of a change at the start of minute i.
	atStart := make([]float64, n+1)
	for i := range n {
		y, of := c.of(k, slow, from+int64(i), from+int64(i)+1)
		atStart[0] += logLikelihood(y, of, after)
		atStart[i+1] = logLikelihood(y, of, before) - logLikelihood(y, of, after)
	}
	best := math.Inf(-1)
	for i := range atStart {
		if i > 0 {
			atStart[i] += atStart[i-1]
		}
		best = max(best, atStart[i])
	}
	const near = 12 // a change within a minute cannot be more likely by more than that where its ends are that unlikely
	type candidate struct {
		at    int // in slices since from
		value float64
	}
	candidates := make([]candidate, 0, n+slices6)
	top := candidate{value: math.Inf(-1)}
	try := func(at int, value float64) {
		candidates = append(candidates, candidate{at, value})
		if value > top.value {
			top = candidate{at, value}
		}
	}
	for i := range atStart {
		try(i*slices6, atStart[i])
		if i == n || max(atStart[i], atStart[i+1]) < best-near {
			continue
		}
		y, of := c.of(k, slow, from+int64(i), from+int64(i)+1)
		rest := atStart[i] - logLikelihood(y, of, after)
		for f := 1; f < slices6; f++ {
			share := before + (after-before)*float64(slices6-f)/slices6
			try(i*slices6+f, rest+logLikelihood(y, of, share))
		}
	}
	place := func(at int) instant { return minuteStart(from) + instant(at)*instant(time.Minute/slices6) }
	out := change{at: place(top.at), earliest: place(top.at), latest: place(top.at), first: top.at == 0}
	// Minutes without requests make a plateau: its middle is as good a guess as any, and least wrong.
	low, high := top.at, top.at
	for _, x := range candidates {
		if x.value >= top.value-likelyWithin {
			out.earliest, out.latest = min(out.earliest, place(x.at)), max(out.latest, place(x.at))
		}
		if x.value >= top.value-1e-9 {
			low, high = min(low, x.at), max(high, x.at)
		}
	}
	if !out.first {
		out.at = place((low + high) / 2)
	}
	return out
}

func minuteStart(minute int64) instant { return instant(minute * int64(time.Minute)) }
