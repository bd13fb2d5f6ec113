package logline

import "time"

// Moment is a point in time, quicker to compare than a time.Time.
type Moment struct {
	Sec  int64
	Nsec int32
}

// Before reports whether m comes before other.
func (m Moment) Before(other Moment) bool {
	return m.Sec < other.Sec || m.Sec == other.Sec && m.Nsec < other.Nsec
}

// Time returns m in UTC.
func (m Moment) Time() time.Time { return time.Unix(m.Sec, int64(m.Nsec)).UTC() }
