package fleet

import (
	"slices"
	"time"
)

const (
	// aheadTaken is how far ahead of ours the clock of an agent may be for its sums to be taken at once.
	aheadTaken = 2 * time.Minute
	// aheadMost is how far it may be for them to be taken when our clock has come to where they are.
	aheadMost = 10 * time.Minute
	// heldMost is how many bytes of an agent are held until then.
	heldMost = 16 << 20
	// agentHourMost is how many bytes of an agent are kept of an hour, those of all its runs.
	agentHourMost = 64 << 20
)

// heldSum is a sum of an agent whose clock is ahead of ours. Its minutes lie in the future: they are shown where the agent places them,
// once that time has come.
type heldSum struct {
	address
	piece
}

// hold keeps a sum until our clock has come to where it is; where an agent sends too much of it, the oldest go. The lock is held.
func (v *Viewer) hold(a address, p piece) {
	bytes := len(p.body)
	for i := range slices.Backward(v.ahead) {
		if v.ahead[i].agent != a.agent {
			continue
		}
		if bytes += len(v.ahead[i].body); bytes > heldMost {
			v.ahead = slices.Delete(v.ahead, i, i+1)
		}
	}
	v.ahead = append(v.ahead, heldSum{a, p})
}

// redo notes that a sum counts something that lies ahead of our clock, which a picture leaves out: it is made anew when our clock has come
// to it. The lock is held.
func (v *Viewer) redo(at, now time.Time) {
	const step = 10 * time.Second // that a tracker counts in
	if at.After(now) && at.Add(step).After(v.redoAt) {
		v.redoAt = at.Add(step)
	}
}

// release takes the sums to whose time our clock has come. The lock is held.
func (v *Viewer) release(now time.Time) {
	if !v.redoAt.IsZero() && now.After(v.redoAt) {
		v.redoAt, v.dirty = time.Time{}, true
		for _, at := range v.hours {
			if at.pieces != nil {
				at.revision++
			}
		}
	}
	v.ahead = slices.DeleteFunc(v.ahead, func(h heldSum) bool {
		if h.At.After(now.Add(aheadTaken)) {
			return false
		}
		if h.Hour <= newestHour(now)-hotHours {
			v.again(h.Hour, now)
		} else {
			v.keep(h.address, h.piece)
		}
		return true
	})
}
