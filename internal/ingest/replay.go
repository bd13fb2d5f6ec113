package ingest

import (
	"hash/maphash"
	"maps"
	"time"
)

const (
	replayLines = tailLines        // lines that are remembered, as many as come again
	replayTime  = 30 * time.Second // after a new start, lines may be those that came before
	replayOlder = 5 * time.Second  // a line that is older than the newest one by more than that has come before
)

// replay knows the last lines of a command's output, to leave out those that come again when it is started anew: tail and
// kubectl begin with the last lines each time.
type replay struct {
	seed   maphash.Seed
	ring   []uint64       // hashes of the last lines
	oldest int            // in ring, once it is full
	count  map[uint64]int // of each in ring
	newest time.Time

	until  time.Time      // lines may have come before until then; zero: they have not
	cutoff time.Time      // the newest line's time when the command ended
	left   map[uint64]int // of those, the ones that did not come again yet
}

func newReplay() *replay {
	return &replay{seed: maphash.MakeSeed(), count: map[uint64]int{}}
}

// again notes that the command starts anew.
func (r *replay) again(now time.Time) {
	if len(r.ring) == 0 {
		return
	}
	r.until, r.cutoff = now.Add(replayTime), r.newest
	r.left = maps.Clone(r.count)
}

// seen reports whether a line, of that time where it is known, came before, and notes it where it did not.
func (r *replay) seen(line []byte, at, now time.Time) bool {
	hash := maphash.Bytes(r.seed, line)
	if !r.until.IsZero() {
		if now.After(r.until) {
			r.until, r.left = time.Time{}, nil
		} else if r.left[hash] > 0 {
			r.left[hash]--
			return true
		} else if !at.IsZero() && at.Before(r.cutoff.Add(-replayOlder)) {
			return true
		}
	}
	if len(r.ring) < replayLines {
		r.ring = append(r.ring, hash)
	} else {
		old := r.ring[r.oldest]
		if r.count[old]--; r.count[old] == 0 {
			delete(r.count, old)
		}
		r.ring[r.oldest] = hash
		r.oldest = (r.oldest + 1) % replayLines
	}
	r.count[hash]++
	if at.After(r.newest) {
		r.newest = at
	}
	return false
}
