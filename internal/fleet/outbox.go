package fleet

import (
	"slices"
	"time"

	"errtop/tracker"
)

const (
	hoursKept = 25 // of a day that begins within an hour
	// syncWait is how long JetStream may take to write what it has confirmed to the disk (sync_interval, two minutes by default), and
	// as much again: after a loss of power, what was confirmed within it may be gone (nats-server#7564).
	syncWait = 5 * time.Minute
	// settling is how long after its end an hour is sent every minute, because late results still come for it.
	settling = 3 * time.Minute
)

// outbox knows which hours have to be sent: those that no server has confirmed as they are. What they hold stays in the tracker,
// whose memory bounds it: a day.
type outbox struct {
	sent     map[int64]sentHour
	last     uint64 // sequence number in the stream of the newest message that was confirmed
	gone     bool   // the stream has lost what it had confirmed
	version  uint64
	complete bool // all of the day was sent once
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

// hoursOf returns the hours that have anything, the newest first.
func hoursOf(s *tracker.Snapshot) (hours []hourState) {
	newest := s.At.Unix() / 3600
	for i := len(s.Overall.Hours) - 1; i >= 0; i-- {
		hour := newest - int64(len(s.Overall.Hours)-1-i)
		if bar := s.Overall.Hours[i]; bar != (tracker.Bar{}) || hour == newest {
			hours = append(hours, hourState{hour, bar})
		}
	}
	return hours
}

// due returns the hours to be sent, the newest first.
func (o *outbox) due(s *tracker.Snapshot, now time.Time) (hours []hourState) {
	all := hoursOf(s)
	if o.gone {
		clear(o.sent)
		o.gone, o.complete = false, false
	}
	if !o.complete { // the day begins within an hour that the bars do not show
		if newest := s.At.Unix() / 3600; s.Overall.Day.Requests > 0 {
			all = append(all, hourState{hour: newest - hoursKept + 1})
		}
	}
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
	o.complete = o.complete || h.hour <= now.Unix()/3600-hoursKept+1
	for hour := range o.sent {
		if hour <= now.Unix()/3600-2*hoursKept {
			delete(o.sent, hour)
		}
	}
}

// reconnected forgets what was confirmed so lately that the servers may have lost it.
func (o *outbox) reconnected(now time.Time) {
	for hour, sent := range o.sent {
		if now.Sub(sent.at) < syncWait {
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
