package tracker

import (
	"encoding/binary"
	"math"
	"slices"
)

// minutes are the counts of an hour's minutes, in as few bytes as they need, because most of what a target holds are these:
// pairs of a minute and its count while there are few, then a byte a minute, then two, then four. The length says which.
type minutes struct{ bytes []byte }

const (
	fewMinutes  = 2 * 12 // bytes: more pairs than that are laid out by minute
	byteMinutes = 60
	wordMinutes = 2 * 60
	longMinutes = 4 * 60
)

func (m *minutes) at(minute int64) uint32 {
	switch len(m.bytes) {
	case byteMinutes:
		return uint32(m.bytes[minute])
	case wordMinutes:
		return uint32(binary.LittleEndian.Uint16(m.bytes[2*minute:]))
	case longMinutes:
		return binary.LittleEndian.Uint32(m.bytes[4*minute:])
	}
	for i := 0; i < len(m.bytes); i += 2 {
		if int64(m.bytes[i]) == minute {
			return uint32(m.bytes[i+1])
		}
	}
	return 0
}

func (m *minutes) add(minute int64, n uint32) {
	sum := uint64(m.at(minute)) + uint64(n)
	if len(m.bytes) <= fewMinutes {
		if sum <= math.MaxUint8 && m.addPair(minute, uint8(sum)) {
			return
		}
		m.widen(byteMinutes)
	}
	if sum > math.MaxUint8 && len(m.bytes) == byteMinutes {
		m.widen(wordMinutes)
	}
	if sum > math.MaxUint16 && len(m.bytes) == wordMinutes {
		m.widen(longMinutes)
	}
	m.put(minute, uint32(sum)) //nolint:gosec // a counter may wrap around after four thousand million a minute
}

// addPair sets a count among few and reports whether there was room.
func (m *minutes) addPair(minute int64, n uint8) bool {
	for i := 0; i < len(m.bytes); i += 2 {
		if int64(m.bytes[i]) == minute {
			m.bytes[i+1] = n
			return true
		}
	}
	if len(m.bytes) == fewMinutes {
		return false
	}
	m.bytes = append(m.bytes, uint8(minute), n) //nolint:gosec // below 60
	return true
}

func (m *minutes) put(minute int64, n uint32) {
	switch len(m.bytes) {
	case byteMinutes:
		m.bytes[minute] = uint8(n) //nolint:gosec // it fits, or it would be wider
	case wordMinutes:
		binary.LittleEndian.PutUint16(m.bytes[2*minute:], uint16(n)) //nolint:gosec // likewise
	default:
		binary.LittleEndian.PutUint32(m.bytes[4*minute:], n)
	}
}

func (m *minutes) widen(length int) {
	wide := minutes{make([]byte, length)}
	m.each(0, 60, func(minute int64, n uint32) { wide.put(minute, n) })
	*m = wide
}

// each calls do for every minute with a count, from one up to, without, another; in no order while there are few.
func (m *minutes) each(from, to int64, do func(minute int64, n uint32)) {
	if len(m.bytes) <= fewMinutes {
		for i := 0; i < len(m.bytes); i += 2 {
			if at := int64(m.bytes[i]); at >= from && at < to && m.bytes[i+1] > 0 {
				do(at, uint32(m.bytes[i+1]))
			}
		}
		return
	}
	for at := from; at < to; at++ {
		if n := m.at(at); n > 0 {
			do(at, n)
		}
	}
}

// absorb adds the counts of another hour.
func (m *minutes) absorb(b *minutes) {
	switch {
	case len(m.bytes) == 0:
		m.bytes = slices.Clone(b.bytes)
	case len(b.bytes) <= fewMinutes:
		b.each(0, 60, m.add)
	default:
		var counts [60]uint32
		b.addTo(&counts)
		m.addTo(&counts)
		m.set(&counts)
	}
}

// addTo adds the counts to others.
func (m *minutes) addTo(counts *[60]uint32) {
	switch len(m.bytes) {
	case byteMinutes:
		for i, n := range m.bytes {
			counts[i] += uint32(n)
		}
	case wordMinutes:
		for i := range counts {
			counts[i] += uint32(binary.LittleEndian.Uint16(m.bytes[2*i:]))
		}
	case longMinutes:
		for i := range counts {
			counts[i] += binary.LittleEndian.Uint32(m.bytes[4*i:])
		}
	default:
		for i := 0; i < len(m.bytes); i += 2 {
			counts[m.bytes[i]] += uint32(m.bytes[i+1])
		}
	}
}

// set lays out counts, in as few bytes as they need.
func (m *minutes) set(counts *[60]uint32) {
	some, most := 0, uint32(0)
	for _, n := range counts {
		if n > 0 {
			some, most = some+1, max(most, n)
		}
	}
	length := longMinutes
	switch {
	case most <= math.MaxUint8 && 2*some <= fewMinutes:
		m.bytes = make([]byte, 0, 2*some)
		for minute, n := range counts {
			if n > 0 {
				m.bytes = append(m.bytes, uint8(minute), uint8(n)) //nolint:gosec // below 60, and it fits
			}
		}
		return
	case most <= math.MaxUint8:
		length = byteMinutes
	case most <= math.MaxUint16:
		length = wordMinutes
	}
	if len(m.bytes) != length {
		m.bytes = make([]byte, length)
	}
	for minute, n := range counts {
		m.put(int64(minute), n)
	}
}

// clearAfter forgets what lies after a minute.
func (m *minutes) clearAfter(minute int64) {
	kept := minutes{}
	m.each(0, minute+1, func(at int64, n uint32) { kept.add(at, n) })
	*m = kept
}

// A daily counts by the minute over the last 24 hours: 25 hours of minutes, because a day that ends within an hour touches
// as many. It has no edge of its own: who owns it clears the hours that another takes the place of. Hours without a count cost
// a fifth of a pointer: most of what is known of a target that is young, or rare, are such hours.
type daily struct {
	blocks [hourSlots / hoursPerBlock]*[hoursPerBlock]minutes
}

const hoursPerBlock = 5

// hour returns the minutes of an hour, nil where there is none.
func (d *daily) hour(hour int64) *minutes {
	slot := hour % hourSlots
	if block := d.blocks[slot/hoursPerBlock]; block != nil {
		return &block[slot%hoursPerBlock]
	}
	return nil
}

func (d *daily) add(minute int64, n uint32) {
	d.of(minute/60).add(minute%60, n)
}

// of returns the minutes of an hour, made on first use.
func (d *daily) of(hour int64) *minutes {
	slot := hour % hourSlots
	block := &d.blocks[slot/hoursPerBlock]
	if *block == nil {
		*block = new([hoursPerBlock]minutes)
	}
	return &(*block)[slot%hoursPerBlock]
}

// at returns the count of a minute, which must be one of the hours remembered.
func (d *daily) at(minute int64) uint32 {
	if h := d.hour(minute / 60); h != nil {
		return h.at(minute % 60)
	}
	return 0
}

// each calls do for each minute with a count, from one up to, without, another, which must be of the hours remembered.
func (d *daily) each(from, to int64, do func(minute int64, n uint32)) {
	for from < to {
		end := min(to, (from/60+1)*60)
		if h := d.hour(from / 60); h != nil && len(h.bytes) > 0 {
			hour := from / 60 * 60
			h.each(from-hour, end-hour, func(m int64, n uint32) { do(hour+m, n) })
		}
		from = end
	}
}

// sum counts the minutes from one to before another, which must be of the hours remembered.
func (d *daily) sum(from, to int64) (n uint64) {
	var counts [60]uint32
	for from < to {
		hour := from / 60
		end := min(to, (hour+1)*60)
		if h := d.hour(hour); h != nil && len(h.bytes) > 0 {
			clear(counts[:])
			h.addTo(&counts)
			for _, count := range counts[from-hour*60 : end-hour*60] {
				n += uint64(count)
			}
		}
		from = end
	}
	return n
}

// drop clears an hour.
func (d *daily) drop(hour int64) {
	h := d.hour(hour)
	if h == nil {
		return
	}
	*h = minutes{}
	block := &d.blocks[hour%hourSlots/hoursPerBlock]
	for i := range *block {
		if len((*block)[i].bytes) > 0 {
			return
		}
	}
	*block = nil
}

// advance clears the hours between two edges, given as minutes.
func (d *daily) advance(from, to int64) {
	for h := from/60 + 1; h <= min(to/60, from/60+hourSlots); h++ {
		d.drop(h)
	}
}

// rewind forgets what lies after an edge that moved back from one minute to another.
func (d *daily) rewind(from, to int64) {
	for h := max(to/60+1, from/60-hourSlots+1); h <= from/60; h++ {
		d.drop(h)
	}
	if h := d.hour(to / 60); h != nil {
		h.clearAfter(to % 60)
	}
}

// absorb adds the counts of another that ends with the minute other, as far as they lie in the hours that end with edge.
func (d *daily) absorb(b *daily, edge, other int64) {
	oldest := max(firstMinute(other), firstMinute(edge), 0) // which begins an hour
	for h := oldest / 60; h <= other/60; h++ {
		if from := b.hour(h); from != nil && len(from.bytes) > 0 {
			d.of(h).absorb(from)
		}
	}
}
