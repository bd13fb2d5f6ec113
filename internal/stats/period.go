package stats

import (
	"time"

	"errtop/internal/logline"
)

// period spans the moments it was widened to. The zero value holds none.
type period struct {
	first, last logline.Moment
	known       bool // first and last are set
}

// widen makes p hold a moment.
func (p *period) widen(at logline.Moment) {
	switch {
	case !p.known:
		p.first, p.last, p.known = at, at, true
	case p.last.Before(at): // logs mostly go forwards
		p.last = at
	case at.Before(p.first):
		p.first = at
	}
}

// merge makes p hold all that other holds.
func (p *period) merge(other period) {
	if other.known {
		p.widen(other.first)
		p.widen(other.last)
	}
}

// times returns p's ends in UTC, zero times where it holds no moment.
func (p *period) times() (first, last time.Time) {
	if !p.known {
		return first, last
	}
	return p.first.Time(), p.last.Time()
}
