package ingest

import "time"

// moment is a point in time, quicker to compare than a time.Time.
type moment struct {
	sec  int64
	nsec int32
}

// before reports whether m comes before other.
func (m moment) before(other moment) bool {
	return m.sec < other.sec || m.sec == other.sec && m.nsec < other.nsec
}

// time returns m in UTC.
func (m moment) time() time.Time { return time.Unix(m.sec, int64(m.nsec)).UTC() }

// period spans the moments it was widened to. The zero value holds none.
type period struct {
	first, last moment
	known       bool // first and last are set
}

// widen makes p hold a moment.
func (p *period) widen(at moment) {
	switch {
	case !p.known:
		p.first, p.last, p.known = at, at, true
	case p.last.before(at): // logs mostly go forwards
		p.last = at
	case at.before(p.first):
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
	return p.first.time(), p.last.time()
}
