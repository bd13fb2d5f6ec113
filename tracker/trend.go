package tracker

import (
	"math"
	"slices"
)

const (
	trendSpan   = 10 // minutes that are held against the twenty before
	trendBefore = 20
	trendLong   = 60 // minutes over which a slow change shows
	trendYoung  = 3  // minutes before which nothing can be said

	trendSigma     = 3.3 // standard errors that the spans differ by
	trendLongSigma = 4   // or the slope over the long span, and
	trendStill     = 2   // that over both short ones, so that what changed long ago is not said to change still

	trendLeast    = 0.003 // a smaller change of a share is none
	trendRelative = 0.15  // of the larger share, less where both are near 1
	trendOfLarge  = 0.05  // and so much of the larger share in any case: 93 % and 96 % are the same outage
)

// develop says how a part goes.
func (p *part) develop(c *counts) (Trend, string) {
	switch p.state {
	case IncidentOver:
		return TrendOver, ""
	case IncidentFlapping:
		return TrendFlapping, p.rhythm(c)
	case IncidentRecovering:
		return TrendBetter, ""
	default:
	}
	if p.ep.class == classSilence {
		return TrendSteady, ""
	}
	now, from := p.minute+1, max(p.from+1, p.ep.phase(0).from+1)
	age := now - from
	if age < trendYoung {
		return TrendUnknown, ""
	}
	// The older of the halves is compared where there is no more.
	split := max(now-trendSpan, from+age/2)
	return p.compareSpans(c, from, split, now), ""
}

// compareSpans holds the share from a minute on against that of the twenty before it. from is where the trouble begins.
func (p *part) compareSpans(c *counts, from, split, to int64) Trend {
	first := max(split-trendBefore, from)
	y1, n1 := c.of(p.ep.class, p.ep.slow, first, split)
	y2, n2 := c.of(p.ep.class, p.ep.slow, split, to)
	if n1 == 0 || n2 == 0 {
		return TrendSteady
	}
	before, after, pooled := y1/n1, y2/n2, (y1+y2+0.5)/(n1+n2+1)
	more, less := max(before, after), min(before, after)
	if more-less < max(trendLeast, trendRelative*more*(1-less), trendOfLarge*more) {
		return TrendSteady
	}
	sigmas := (after - before) / math.Sqrt(pooled*(1-pooled)*(1/n1+1/n2)*p.scatter(c, first, split, to))
	long, short := p.slope(c, max(to-trendLong, from), to), p.slope(c, first, to)
	switch {
	case sigmas > trendSigma, long > trendLongSigma && short > trendStill:
		return TrendWorse
	case sigmas < -trendSigma, long < -trendLongSigma && short < -trendStill:
		return TrendBetter
	}
	return TrendSteady
}

// slope returns by how many standard errors the share rises, or falls below 0, over the minutes from one up to, without, another:
// the test for a linear trend in proportions of Cochran and Armitage, its variance widened by how much the minutes scatter around
// the line.
func (p *part) slope(c *counts, from, to int64) float64 {
	var failed, requests, moment float64
	for m := from; m < to; m++ {
		y, n := c.of(p.ep.class, p.ep.slow, m, m+1)
		failed, requests, moment = failed+y, requests+n, moment+n*float64(m-from)
	}
	if requests == 0 {
		return 0
	}
	share, middle := (failed+0.5)/(requests+1), moment/requests
	var rise, spread float64
	for m := from; m < to; m++ {
		y, n := c.of(p.ep.class, p.ep.slow, m, m+1)
		x := float64(m-from) - middle
		rise, spread = rise+x*(y-n*share), spread+n*x*x
	}
	if spread == 0 {
		return 0
	}
	slope, chi, df := rise/spread, 0.0, -2.0
	for m := from; m < to; m++ {
		if y, n := c.of(p.ep.class, p.ep.slow, m, m+1); n > 0 {
			line := min(max(share+slope*(float64(m-from)-middle), 0.01*share), 1-0.01*(1-share))
			chi += (y - n*line) * (y - n*line) / (n * line * (1 - line))
			df++
		}
	}
	return slope / math.Sqrt(share*(1-share)/spread*max(1, min(chi/max(df, 1), trendScatter)))
}

// trendScatter is the most times the variance of chance that single minutes are taken to have.
const trendScatter = 25

// scatter is how many times the variance of chance the minutes of two spans have, each around its own mean.
func (p *part) scatter(c *counts, from, split, to int64) float64 {
	chi, df := 0.0, 0.0
	for _, span := range [...][2]int64{{from, split}, {split, to}} {
		y, n := c.of(p.ep.class, p.ep.slow, span[0], span[1])
		share := (y + 0.5) / (n + 1)
		df--
		for m := span[0]; m < span[1]; m++ {
			if y, n := c.of(p.ep.class, p.ep.slow, m, m+1); n > 0 {
				chi += (y - n*share) * (y - n*share) / (n * share * (1 - share))
				df++
			}
		}
	}
	return max(1, min(chi/max(df, 1), trendScatter))
}

// phaseRhythm is rhythm by phases alone.
func (e *episode) phaseRhythm() string {
	var down, cycle []int64
	for i := 1; i < e.phasesThere(); i++ {
		down = append(down, e.phase(i).to-e.phase(i).from)
		cycle = append(cycle, e.phase(i-1).from-e.phase(i).from)
	}
	if len(down) == 0 {
		return ""
	}
	slices.Sort(down)
	slices.Sort(cycle)
	return rhythmText(float64(down[len(down)/2]), float64(cycle[len(cycle)/2]))
}

func logOnePlus(x float64) float64 { return math.Log1p(max(x, 0)) }
