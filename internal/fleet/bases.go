package fleet

import (
	"time"

	"errtop/tracker"
)

// baseEvery is how often a running hour is sent as a whole. Between, it is packed against what was last sent as a whole, which takes a
// fraction of the bytes.
const baseEvery = 10 * time.Minute

// outgoing is a message on its way.
type outgoing struct {
	message []byte
	delta   bool
	state   tracker.State // of one that stands alone
}

// bases are the pieces of the running hour as they were last sent as a whole, and confirmed.
type bases struct {
	hour   int64
	at     time.Time
	pieces []base
}

type base struct {
	at    time.Time
	state tracker.State
}

// of returns what a piece can be packed against; nil where it has to stand alone.
func (b *bases) of(hour int64, piece, pieces int, now time.Time) *base {
	if b.hour != hour || len(b.pieces) != pieces || now.Sub(b.at) >= baseEvery || b.pieces[piece].at.IsZero() {
		return nil
	}
	return &b.pieces[piece]
}

// confirmed notes that the servers have messages of an hour: those of the running hour that stand alone are bases from now on.
func (b *bases) confirmed(hour int64, pieces int, messages []outgoing, now time.Time) {
	if hour != newestHour(now) {
		return
	}
	if b.hour != hour || len(b.pieces) != pieces || now.Sub(b.at) >= baseEvery {
		*b = bases{hour: hour, at: now, pieces: make([]base, pieces)}
	}
	for i := range messages {
		if messages[i].message != nil && !messages[i].delta {
			b.pieces[i] = base{now, messages[i].state}
		}
	}
}
