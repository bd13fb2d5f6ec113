package tracker

import (
	"math"
	"slices"
)

const (
	trendSpan   = 10 // minutes that are held against the twenty before
	trendBefore = 20
	trendYoung  = 3 // minutes before which nothing can be said
	trendSigma  = 3 // standard errors
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
	return p.compareSpans(c, max(split-trendBefore, from), split, now), ""
}

// compareSpans holds the share of a span against that of the one before it.
func (p *part) compareSpans(c *counts, from, split, to int64) Trend {
	y1, n1 := c.of(p.ep.class, p.ep.slow, from, split)
	y2, n2 := c.of(p.ep.class, p.ep.slow, split, to)
	if n1 == 0 || n2 == 0 {
		return TrendSteady
	}
	before, after, pooled := y1/n1, y2/n2, (y1+y2+0.5)/(n1+n2+1)
	spread := math.Sqrt(pooled * (1 - pooled) * (1/n1 + 1/n2) * p.scatter(c, from, split, to))
	if math.Abs(after-before) < trendSigma*spread || math.Abs(after-before) < max(0.003, 0.15*max(before, after)*(1-min(before, after))) {
		return TrendSteady
	}
	if after > before {
		return TrendWorse
	}
	return TrendBetter
}

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
	return max(1, min(chi/max(df, 1), 25))
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
