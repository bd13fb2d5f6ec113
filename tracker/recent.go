package tracker

import "time"

const (
	recentKept = 5 // outcomes judged where there are few

	missedTurn   = 3               // intervals without a probe after which a target is stale
	leastSilence = 5 * time.Minute // silence that is never stale
	thinSilence  = time.Hour       // the same for a target seen less than thinResults times
	thinResults  = 20
	gapFactor    = 3 // times the longest usual gap is stale
	gapMemory    = 7 * 24 * time.Hour
)

// recent is the last outcomes of one origin.
type recent struct {
	outcomes [recentKept]outcomeKey
	next     uint8
	count    uint8 // of outcomes that are there
	last     instant
	results  uint64
	gaps     gaps
	judged   verdictOnOrigin
}

func (r *recent) add(at instant, key outcomeKey) {
	r.outcomes[r.next] = key
	if r.next++; r.next == recentKept {
		r.next = 0
	}
	if r.count < recentKept {
		r.count++
	}
	r.results++
	if at > r.last {
		if r.last > 0 {
			r.gaps.add(at, at.sub(r.last))
		}
		r.last = at
	}
}

// back returns the i-th newest outcome.
func (r *recent) back(i int) outcomeKey {
	return r.outcomes[(int(r.next)+2*recentKept-1-i)%recentKept]
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
	v := verdictOnOrigin{state: StateOK, of: uint64(r.count)}
	limited, run := uint64(0), 0
	for i := range int(r.count) {
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
	was := r.judged.state
	switch {
	case v.n == 0:
		return v
	case v.n >= 4, v.n == v.of && v.of >= 2, was == StateFailing && v.n >= 3:
		v.state = StateFailing
	case v.n >= 2, v.of == 1, was >= StateThrottled && run < 3:
		v.state = StateDegraded
	}
	if v.state >= StateThrottled && limited == v.n {
		v.state = StateThrottled
	}
	return v
}
