package engine

import (
	"time"

	"errtop/tracker"
)

// ledger counts requests and errors of targets by the minute, for windows that are longer than what the tracker remembers.
type ledger map[string]*account

// account is a target's: a ring of minutes.
type account struct {
	first   int64 // minute of its first result
	newest  int64
	minutes []tracker.Bar
}

// ledgerMinutes is how far back a ledger goes: an objective's period of 30 days, and a little.
const ledgerMinutes = 31 * 24 * 60

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

// count adds a result.
func (l ledger) count(r *tracker.Result) {
	if !r.Kind.Sent() || r.Inconclusive {
		return
	}
	minute := minuteOf(r.Time)
	a := l[r.Target]
	if a == nil {
		a = &account{first: minute, newest: minute, minutes: make([]tracker.Bar, 1440)}
		l[r.Target] = a
	}
	a.advance(minute)
	if minute <= a.newest-int64(len(a.minutes)) {
		return
	}
	bar := &a.minutes[minute%int64(len(a.minutes))]
	weight := uint32(max(r.Weight, 1))
	bar.Requests += weight
	if r.Kind.Failed() {
		bar.Errors += weight
	}
}

// advance moves on to a minute. The ring grows with the log, so that a short one costs little.
func (a *account) advance(minute int64) {
	if minute <= a.newest {
		return
	}
	size := int64(len(a.minutes))
	if minute-a.first >= size && size < ledgerMinutes {
		grown := min(max(2*size, 1440), ledgerMinutes)
		larger := make([]tracker.Bar, grown)
		for m := max(a.first, a.newest-size+1); m <= a.newest; m++ {
			larger[m%grown] = a.minutes[m%size]
		}
		a.minutes, size = larger, grown
	}
	for m := max(a.newest+1, minute-size+1); m <= minute; m++ {
		a.minutes[m%size] = tracker.Bar{}
	}
	a.newest = minute
}

// sum adds up the minutes of a window that ends at now; known is false where the log does not reach back so far.
func (l ledger) sum(target string, now time.Time, window time.Duration) (requests, errors uint64, known bool) {
	a := l[target]
	if a == nil {
		return 0, 0, false
	}
	last := minuteOf(now.Add(-1))
	from := last - int64(window/time.Minute) + 1
	if a.first > from+1 || window > ledgerMinutes*time.Minute { // a minute that has only begun counts as one
		return 0, 0, false
	}
	size := int64(len(a.minutes))
	for m := max(from, a.newest-size+1, a.first); m <= min(last, a.newest); m++ {
		requests += uint64(a.minutes[m%size].Requests)
		errors += uint64(a.minutes[m%size].Errors)
	}
	return requests, errors, true
}
