package tui

import (
	"cmp"
	"math"
	"time"

	"errtop/tracker"
)

// targetOrder orders targets as the headline does: those of incidents by harm, then other trouble, scans, what fails as usual,
// and what is well. Within these the tracker's order stays. A target that is still in trouble keeps its place for a while, so
// that rows near a threshold do not swap places all the time.
type targetOrder struct {
	ranks, old map[string]targetRank
	at         time.Time
}

type targetRank struct {
	rank int
	harm int       // of its incident, in steps of a factor of two
	seen time.Time // when it last was so
}

// wellRank is the rank of targets that are well, or fail as usual.
const wellRank = 3

// keepsPlace is how long a target in trouble keeps a place that it has lost.
const keepsPlace = 5 * time.Minute

// take takes the targets of a snapshot.
func (o *targetOrder) take(snap *tracker.Snapshot, incidents incidentsByTarget) {
	if o.ranks == nil {
		o.ranks, o.old = make(map[string]targetRank, len(snap.Targets)), make(map[string]targetRank, len(snap.Targets))
	}
	o.ranks, o.old = o.old, o.ranks
	clear(o.ranks)
	if snap.At.Before(o.at) { // the past has an order of its own
		clear(o.old)
	}
	o.at = snap.At
	for _, t := range snap.Targets {
		now := rankOf(t, incidents[t.Name])
		now.seen = snap.At
		if was, known := o.old[t.Name]; known && t.State > tracker.StateOK && was.before(now) && snap.At.Sub(was.seen) < keepsPlace {
			now = was
		}
		if now.rank == wellRank {
			continue // as one that is not known: most are well
		}
		o.ranks[t.Name] = now
	}
}

func rankOf(t *tracker.Target, in *tracker.Incident) targetRank {
	switch {
	case in != nil && !in.Scan:
		return targetRank{rank: 0, harm: int(math.Round(math.Log2(max(in.Harm, 1e-6))))}
	case in != nil:
		return targetRank{rank: 2}
	case t.State > tracker.StateOK && !asUsual(t):
		return targetRank{rank: 1}
	default:
		return targetRank{rank: wellRank}
	}
}

// before reports whether a rank stands above another.
func (r targetRank) before(other targetRank) bool {
	return cmp.Or(cmp.Compare(r.rank, other.rank), cmp.Compare(other.harm, r.harm)) < 0
}

// of returns the rank of a target.
func (o *targetOrder) of(t *tracker.Target) targetRank {
	if r, known := o.ranks[t.Name]; known {
		return r
	}
	return targetRank{rank: wellRank}
}

// compare orders two targets.
func (o *targetOrder) compare(a, b *tracker.Target) int {
	x, y := o.of(a), o.of(b)
	return cmp.Or(cmp.Compare(x.rank, y.rank), cmp.Compare(y.harm, x.harm))
}
