package fleet

import (
	"slices"
	"time"

	"errtop/tracker"
)

const (
	hoursKept = 25 // of a day that begins within an hour
	// settling is how long after its end an hour is sent every minute, because late results still come for it.
	settling = 3 * time.Minute
)

// outbox knows which hours have to be sent: those that no server has confirmed as they are. What they hold stays in the tracker,
// whose memory bounds it: a day.
type outbox struct {
	sent    map[int64]sentHour
	last    uint64 // sequence number in the stream of the newest message that was confirmed
	gone    bool   // the stream has lost what it had confirmed
	version uint64
}

// sentHour is what was last confirmed of an hour.
type sentHour struct {
	bar tracker.Bar
	at  time.Time
}

// hourState is an hour as it is now.
type hourState struct {
	hour int64
	bar  tracker.Bar
}

func newOutbox() outbox { return outbox{sent: map[int64]sentHour{}} }

// hoursOf returns the hours that have anything, the newest first: those of the bars, and the one before in which the day begins.
func hoursOf(s *tracker.Snapshot) (hours []hourState) {
	newest := s.At.Unix() / 3600
	bars := s.Overall.Hours[:]
	for i := range hoursKept {
		bar := s.Overall.Yesterday
		if i < len(bars) {
			bar = bars[len(bars)-1-i]
		}
		if bar != (tracker.Bar{}) || i == 0 {
			hours = append(hours, hourState{newest - int64(i), bar})
		}
	}
	return hours
}

// due returns the hours to be sent, the newest first.
func (o *outbox) due(s *tracker.Snapshot, now time.Time) (hours []hourState) {
	all := hoursOf(s)
	for _, h := range all {
		sent, known := o.sent[h.hour]
		settles := now.Sub(time.Unix((h.hour+1)*3600, 0)) < settling && s.Version != o.version
		if !known || sent.bar != h.bar || settles {
			hours = append(hours, h)
		}
	}
	o.version = s.Version
	return hours
}

// confirmed notes that a server has an hour as it is.
func (o *outbox) confirmed(h hourState, now time.Time) {
	o.sent[h.hour] = sentHour{h.bar, now}
	for hour := range o.sent {
		if hour <= now.Unix()/3600-2*hoursKept {
			delete(o.sent, hour)
		}
	}
}

// forget has everything sent again.
func (o *outbox) forget() {
	clear(o.sent)
	o.gone = false
}

// reconnected forgets what was confirmed so lately that the servers may have lost it.
func (o *outbox) reconnected(now time.Time, sync time.Duration) {
	for hour, sent := range o.sent {
		if now.Sub(sent.at) < sync {
			delete(o.sent, hour)
		}
	}
}

// sequence takes the number that the stream gave a message. They grow; where they do not, the stream has lost what it had.
func (o *outbox) sequence(n uint64) {
	if n < o.last {
		o.gone = true
	}
	o.last = n
}

// waiting returns how many hours no server has confirmed, and when the earliest begins.
func (o *outbox) waiting(s *tracker.Snapshot) (n int, oldest time.Time) {
	for _, h := range slices.Backward(hoursOf(s)) {
		if sent, ok := o.sent[h.hour]; h.bar != (tracker.Bar{}) && (!ok || sent.bar != h.bar) {
			n++
			if oldest.IsZero() {
				oldest = time.Unix(h.hour*3600, 0)
			}
		}
	}
	return n, oldest
}
