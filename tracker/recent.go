package tracker

import (
	"math"
	"time"
)

const (
	recentKept = 5  // outcomes judged where there are few
	runsKept   = 20 // and kept, to tell a run of luck from the end of trouble
	leastRun   = 3  // successes in a row that end trouble where all failed
	luck       = 0.01

	missedTurn   = 3               // intervals without a probe after which a target is stale
	leastSilence = 5 * time.Minute // silence that is never stale
	thinSilence  = time.Hour       // the same for a target seen less than thinResults times
	thinResults  = 20
	gapFactor    = 3 // times the longest usual gap is stale
	gapMemory    = 7 * 24 * time.Hour
)

// recent is the last outcomes of one origin.
type recent struct {
	outcomes [runsKept]outcomeKey
	next     uint8
	count    uint8  // of outcomes that are there
	heard    uint64 // outcomes ever
	trouble  uint64 // of heard: the first failure of the trouble that was judged last
	last     instant
	results  uint64
	gaps     gaps
	unlived  time.Duration // of gaps in the clock since last
	judged   verdictOnOrigin
}

func (r *recent) add(at instant, key outcomeKey) {
	r.outcomes[r.next] = key
	r.heard++
	if r.next++; r.next == runsKept {
		r.next = 0
	}
	if r.count < runsKept {
		r.count++
	}
	r.results++
	if at > r.last {
		if r.last > 0 {
			r.gaps.add(at, at.sub(r.last)-r.unlived)
		}
		r.last, r.unlived = at, 0
	}
}

// back returns the i-th newest outcome.
func (r *recent) back(i int) outcomeKey {
	return r.outcomes[(int(r.next)+2*runsKept-1-i)%runsKept]
}

// gaps remembers the longest silence between two results for one to two weeks.
type gaps struct {
	began         instant
	before, since time.Duration
}

func (g *gaps) add(at instant, gap time.Duration) {
	if g.began == 0 {
		g.began = at
	}
	if at.sub(g.began) >= gapMemory {
		g.began, g.before, g.since = at, g.since, 0
	}
	g.since = max(g.since, gap)
}

func (g *gaps) longest() time.Duration { return max(g.before, g.since) }

// silence returns how long an origin may say nothing before that is news. A probe has an interval; traffic has its habit:
// three times the longest gap of the last week or two, so that a night without requests, once seen, is never stale again.
func (r *recent) silence(interval time.Duration) time.Duration {
	switch {
	case interval > 0:
		return missedTurn * interval
	case r.results < thinResults:
		return max(thinSilence, gapFactor*r.gaps.longest())
	default:
		return max(leastSilence, gapFactor*r.gaps.longest())
	}
}

// judgeRecent judges by the last outcomes.
func (r *recent) judgeRecent() verdictOnOrigin {
	v, limited, last := r.failures(recentKept)
	was := r.judged.state
	switch {
	case v.n >= 4, v.n == v.of && v.of >= 2, was == StateFailing && v.n >= 3:
		v.state = StateFailing
	case v.n >= 2, v.of == 1 && v.n == 1, was >= StateThrottled && v.n > 0 && last < leastRun:
		v.state = StateDegraded
	case was >= StateThrottled && !r.recovered(): // a run of luck
		v, limited, _ = r.failures(r.sinceTrouble())
		v.state = StateDegraded
		if was == StateFailing && 2*v.n >= v.of {
			v.state = StateFailing
		}
	}
	if v.state >= StateThrottled && (limited == v.n || was == StateThrottled && limited+1 >= v.n && limited > 0) {
		v.state = StateThrottled
	}
	return v
}

// failures counts those among the newest outcomes, those of them that are 429, and the successes that came after the last one.
func (r *recent) failures(newest int) (v verdictOnOrigin, limited uint64, run int) {
	newest = min(newest, int(r.count))
	v = verdictOnOrigin{state: StateOK, of: uint64(newest)} //nolint:gosec // at most 20
	for i := range newest {
		key := r.back(i)
		if !key.kind().Failed() {
			continue
		}
		if v.n == 0 {
			run, v.kind = i, key
		} else if v.kind != key {
			v.kind = 0
		}
		if v.n++; key.kind() == KindRateLimited {
			limited++
		}
	}
	if v.n == 0 {
		run = newest
	}
	return v, limited, run
}

// judge keeps a verdict, and from where trouble counts that begins with it.
func (r *recent) judge(v verdictOnOrigin) {
	if v.state >= StateThrottled && r.judged.state < StateThrottled {
		r.trouble = r.heard
		for i := range min(int(r.count), recentKept) {
			if r.back(i).kind().Failed() {
				r.trouble = r.heard - uint64(i) - 1
			}
		}
	}
	r.judged = v
}

// sinceTrouble is how many of the kept outcomes came since trouble began.
func (r *recent) sinceTrouble() int { return int(min(r.heard-r.trouble, uint64(r.count))) } //nolint:gosec // at most 20

// recovered reports whether the newest outcomes succeeded so often in a row that chance would rarely bring that about, at the
// share of failures since the trouble began: three where all failed, six where six of ten did.
func (r *recent) recovered() bool {
	v, _, run := r.failures(r.sinceTrouble())
	if r.judged.state < StateThrottled || v.n == 0 {
		return v.n == 0 || run >= recentKept
	}
	before := float64(v.of) - float64(run)
	share := (float64(v.n) + 0.5) / (before + 1)
	return run >= leastRun && math.Pow(1-share, float64(run)) < luck
}
