package logline

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// Some things no single line says: the unit of a bare number, the zone of stamps that name none. A decoder learns them from some of
// a log's lines before it reads them all.

const (
	maxStudied   = 1000             // lines that a decoder learns from at a time
	zoneSlack    = 10 * time.Minute // by which a log's newest line may be older than its last write
	maxZoneAhead = 2 * time.Minute
)

// zoneBasis says how the zone of a log's stamps is known, for --explain.
type zoneBasis uint8

const (
	zoneAssumed zoneBasis = iota // UTC, because nothing says another
	zoneSet                      // by a setting
	zoneChecked                  // the machine's own or UTC, by when the log was written to
)

// Learn learns from some of a log's lines, without their results. newest says that the last of them is the newest of the log, which
// was written at about the decoder's reference: then the zone of stamps that name none is the machine's or UTC, whichever fits.
func (d *Decoder) Learn(lines []byte, newest bool) {
	scratch := d.Sibling(d.clock.reference)
	scratch.Rec.learner = d.Rec.learner
	scratch.w3c = d.w3c
	scratch.clock.local, scratch.zone = d.clock.local, d.zone
	for n := 0; len(lines) > 0 && n < maxStudied; n++ {
		end := bytes.IndexByte(lines, '\n')
		if end < 0 {
			end = len(lines) // cut, most likely; then it is not read
		}
		scratch.clock.zoneless = false
		if kind, _ := scratch.Decode(lines[:end]); newest && (kind == LineResult || kind == LineReason) {
			scratch.SettleZone()
		}
		lines = lines[min(end+1, len(lines)):]
	}
	d.Rec.learner.settle()
	d.clock.local, d.zone = scratch.clock.local, scratch.zone
	d.takeRelations(scratch)
}

// takeRelations takes what another decoder knows of how lines of the log belong together, but none of the lines.
func (d *Decoder) takeRelations(from *Decoder) {
	d.learned |= from.learned
	if from.related != nil && from.related.paired {
		d.relation().paired = true
	}
}

// Adopt takes what another decoder of the same options has learned of the log that both read. It learns no more by itself, so that
// several that read parts of one log understand it alike.
func (d *Decoder) Adopt(from *Decoder) {
	d.Rec.learner = &unitLearner{keys: from.Rec.learner.keys, tail: from.Rec.learner.tail, frozen: true}
	d.clock.local, d.zone = from.clock.local, from.zone
	if d != from {
		d.takeRelations(from)
	}
}

// SettleZone decides in which zone the stamps that name none are, if the last line that was read has such a stamp and is the newest
// of its log: in the machine's, if by that the line was written when the log was, else in UTC. The line's own time follows.
func (d *Decoder) SettleZone() {
	if d.zone == zoneSet || !d.clock.zoneless || !d.Rec.HasTime || d.clock.local != nil {
		return
	}
	wall := d.Rec.Sec
	here := clock{local: time.Local}
	local := here.inZone(wall)
	written := d.clock.reference.Unix()
	fits := func(sec int64) bool {
		return written-sec <= int64(zoneSlack.Seconds()) && sec-written <= int64(maxZoneAhead.Seconds())
	}
	switch {
	case fits(wall):
		d.zone = zoneChecked
	case fits(local):
		d.zone, d.clock.local = zoneChecked, time.Local
		d.Rec.Sec = local
	}
}

// setZone takes the zone of a setting: "UTC", "Local", a name such as "Europe/Berlin", or an offset such as "+02:00".
func (d *Decoder) setZone(name string) error {
	if name == "" {
		return nil
	}
	location, err := parseZone(name)
	if err != nil {
		return err
	}
	d.clock.local, d.zone = location, zoneSet
	return nil
}

// parseZone reads the name of a zone or an offset from UTC.
func parseZone(name string) (*time.Location, error) {
	if strings.EqualFold(name, "local") {
		return time.Local, nil
	}
	if name[0] == '+' || name[0] == '-' {
		offset, ok := zone([]byte(name))
		if !ok {
			return nil, fmt.Errorf("zone %q: an offset is +02:00 or -0700", name)
		}
		return time.FixedZone(name, int(offset)), nil
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("zone %q: known are UTC, Local, names such as Europe/Berlin, and offsets such as +02:00", name)
	}
	return location, nil
}
