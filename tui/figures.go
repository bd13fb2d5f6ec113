package tui

import (
	"math"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// figures are the rates and shares of each target as shown. They stay the same while a change is only noise of counts, or only
// time passing without a request.
type figures map[string]*shownFigures

type shownFigures struct {
	taken    time.Time
	requests uint64 // in the window, as of then
	age      time.Duration
	rough    bool // watched for less than the window: two digits are all that is known

	perMinute float64
	share     float64 // that fails
	p95       time.Duration

	seen time.Time // the snapshot that it is of
}

const (
	figureWindow = 5 * time.Minute // that figures are counted over, where it was watched for so long
	figureStands = time.Minute     // a figure is as good as exact at least once in so long
	fewFigures   = 8               // requests in the window: with fewer, each changes the figures
	oneBucket    = 0.023           // between the latencies that neighbouring buckets stand for, as a share
)

// take takes the figures of a snapshot.
func (f figures) take(snap *tracker.Snapshot) {
	for i := range snap.Targets {
		t := snap.Targets[i]
		shown := f[t.Name]
		if shown == nil {
			shown = &shownFigures{}
			f[t.Name] = shown
		}
		*shown = next(*shown, t, snap.At)
	}
	if len(f) == len(snap.Targets) {
		return
	}
	for name, shown := range f {
		if !shown.seen.Equal(snap.At) {
			delete(f, name)
		}
	}
}

// next returns the figures to show for a target after was.
func next(was shownFigures, t *tracker.Target, at time.Time) shownFigures {
	five := &t.Activity.FiveMinutes
	now := shownFigures{
		taken: at, requests: five.Requests, age: at.Sub(t.Activity.Since), share: five.ErrorRatio(), p95: five.Latency.P95, seen: at,
	}
	now.rough = now.age < figureWindow
	now.perMinute, _ = t.Activity.PerMinute(at)
	switch passed := at.Sub(was.taken); {
	case was.taken.IsZero() || passed < 0:
		return now
	case now.rough && was.requests == now.requests && now.age < 2*was.age: // nothing came: the rate falls, and says nothing new
		now.perMinute, now.age = was.perMinute, was.age
		return now
	case now.rough && math.Abs(now.perMinute-was.perMinute) <= oneMore(now.perMinute, five.Requests):
		now.perMinute, now.age = was.perMinute, was.age // one request more or less is where the window happens to begin
	}
	if five.Requests < fewFigures {
		return now
	}
	n, noise := float64(five.Requests), 1.0 // in standard deviations of counts
	if at.Sub(was.taken) >= figureStands {
		return now.nearly(was)
	}
	if n < 100 {
		noise = 0.5
	}
	stood := false
	if math.Abs(now.perMinute-was.perMinute) <= now.perMinute/math.Sqrt(n)*noise {
		now.perMinute, stood = was.perMinute, true
	}
	if all := now.share == 0 || now.share == 1; !all && math.Abs(now.share-was.share) <= math.Sqrt(now.share*(1-now.share)/n)*noise {
		now.share, stood = was.share, true
	}
	if math.Abs(float64(now.p95-was.p95)) <= float64(was.p95)/20 {
		now.p95, stood = was.p95, true
	}
	if stood {
		now.taken = was.taken
	}
	return now
}

// nearly returns the exact figures, but for those of was that differ by one request where the window happens to begin, or by one bucket
// of latencies.
func (now shownFigures) nearly(was shownFigures) shownFigures {
	if math.Abs(now.perMinute-was.perMinute) <= oneMore(now.perMinute, now.requests) {
		now.perMinute = was.perMinute
	}
	if math.Abs(float64(now.p95-was.p95)) <= float64(was.p95)*oneBucket {
		now.p95 = was.p95
	}
	return now
}

// oneMore is how much one of n requests adds to a rate.
func oneMore(perMinute float64, n uint64) float64 { return perMinute / float64(max(n, 1)) * 1.001 }

// of returns the figures of a target, zeros for one that was not taken.
func (f figures) of(t *tracker.Target) shownFigures {
	if shown := f[t.Name]; shown != nil {
		return *shown
	}
	return shownFigures{}
}

// drawRate draws the requests a minute.
func (f figures) drawRate(p *pen, t *tracker.Target, w int) {
	if shown := f.of(t); shown.rough {
		p.cellRight(p.styles.Text, human.AppendRoughRate(p.scratch[:0], shown.perMinute), w)
	} else {
		p.cellRight(p.styles.Text, human.AppendRate(p.scratch[:0], shown.perMinute), w)
	}
}

// drawShare draws the share of requests that fail.
func (f figures) drawShare(p *pen, t *tracker.Target, w int) {
	recent := &t.Activity.FiveMinutes
	if recent.Requests == 0 {
		p.cellRight(p.styles.Faint, append(p.scratch[:0], p.glyphs.dash...), w)
		return
	}
	st := p.styles.Text
	if recent.Errors > 0 && t.State >= tracker.StateThrottled {
		st = p.styles.State(t.State)
	}
	p.cellRight(st, human.AppendPercent(p.scratch[:0], f.of(t).share), w)
}

// drawP95 draws the 95th percentile of latency.
func (f figures) drawP95(p *pen, t *tracker.Target, w int) {
	if t.Activity.FiveMinutes.Latency.Count > 0 {
		p.cellRight(p.styles.Text, human.AppendLatency(p.scratch[:0], f.of(t).p95), w)
	} else {
		p.cellRight(p.styles.Faint, append(p.scratch[:0], p.glyphs.dash...), w)
	}
}
