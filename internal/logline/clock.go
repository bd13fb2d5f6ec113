package logline

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"
)

// clock reads the times of a log. It remembers the leading bytes of the last stamp, since from one line to the next
// rarely more than the seconds change. The zero value is ready.
type clock struct {
	reference time.Time // for stamps without a year or a date: the latest moment they can mean, within a day

	local       *time.Location // of stamps that name no zone; nil: UTC
	localHour   int64          // the hour, in local seconds, that localOffset was worked out for
	localOffset int64
	zoneless    bool // a stamp without a zone was read

	isoPrefix [2]uint64 // "2026-11-22T12:00"
	isoBase   int64
	clfPrefix [2]uint64 // "22/Nov/2026:12:0"
	clfMinute [2]byte   // "0:"
	clfBase   int64
	clfZone   string // " +0000" and what it means
	clfOffset int64
}

// stamp reads a time in any form that stands as text: RFC 3339 and its looser variants, CLF, epoch numbers, Go, RFC 1123,
// ANSI C.
func (c *clock) stamp(b []byte) (sec int64, nsec int32, ok bool) {
	if len(b) >= 19 && b[4] == '-' || len(b) >= 19 && b[4] == '/' {
		if sec, nsec, ok = c.iso(b); ok {
			return sec, nsec, true
		}
	}
	if len(b) >= 20 && b[2] == '/' {
		return c.clf(b)
	}
	if len(b) > 0 && (b[0] >= '0' && b[0] <= '9') {
		if sec, nsec, ok = epoch(b); ok {
			return sec, nsec, true
		}
	}
	return c.rare(b)
}

// iso reads "2006-01-02T15:04:05" with a blank or "T" between, "/" or "-" in the date, any fraction after "." or ",",
// and "Z", an offset or nothing (UTC) behind.
func (c *clock) iso(b []byte) (sec int64, nsec int32, ok bool) {
	if len(b) < 19 || b[16] != ':' {
		return 0, 0, false
	}
	if prefix := ([2]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}); prefix != c.isoPrefix {
		base, ok := minuteOf(b)
		if !ok {
			return 0, 0, false
		}
		c.isoBase, c.isoPrefix = base, prefix
	}
	second, ok := twoDigits(b[17], b[18])
	if !ok || second > 60 { // 60 is a leap second; it counts as the next minute's first
		return 0, 0, false
	}
	if len(b) == 24 && b[23] == 'Z' && b[19] == '.' { // the common case: milliseconds, UTC
		if milli, ok := digits(b[20:23]); ok {
			return c.isoBase + int64(second), int32(milli) * 1e6, true //nolint:gosec // below 1e9
		}
	}
	nsec, rest := fraction(b[19:])
	if len(rest) == 0 {
		return c.inZone(c.isoBase + int64(second)), nsec, true
	}
	offset, ok := zone(rest)
	return c.isoBase + int64(second) - offset, nsec, ok
}

// isMinute reports whether b starts as the last stamp that iso has read, up to the colon after the minute.
func (c *clock) isMinute(b []byte) bool {
	return b[4] == '-' && b[16] == ':' && binary.LittleEndian.Uint64(b) == c.isoPrefix[0] && binary.LittleEndian.Uint64(b[8:]) == c.isoPrefix[1]
}

// utc is iso for formats whose stamps are UTC without saying so.
func (c *clock) utc(b []byte) (sec int64, nsec int32, ok bool) {
	local, zoneless := c.local, c.zoneless
	c.local = nil
	sec, nsec, ok = c.iso(b)
	c.local, c.zoneless = local, zoneless
	return sec, nsec, ok
}

// inZone returns the moment that a stamp without a zone means, which is local seconds since 1970.
func (c *clock) inZone(sec int64) int64 {
	c.zoneless = true
	if c.local == nil {
		return sec
	}
	if hour := sec / 3600; hour != c.localHour || c.localHour == 0 {
		at := time.Unix(sec, 0).UTC()
		at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), 0, 0, 0, c.local)
		_, offset := at.Zone()
		c.localHour, c.localOffset = hour, int64(offset)
	}
	return sec - c.localOffset
}

// minuteOf reads "2006-01-02T15:04:" and returns it in seconds since 1970.
func minuteOf(b []byte) (int64, bool) {
	year, okY := digits(b[0:4])
	month, okM := digits(b[5:7])
	day, okD := digits(b[8:10])
	hour, okH := digits(b[11:13])
	minute, okN := digits(b[14:16])
	if !okY || !okM || !okD || !okH || !okN || !onCalendar(year, month, day, hour, minute) ||
		b[7] != b[4] || b[13] != ':' || b[10] != 'T' && b[10] != ' ' && b[10] != 't' {
		return 0, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, 0, 0, time.UTC).Unix(), true
}

// onCalendar reports whether there is such a minute.
func onCalendar(year, month, day, hour, minute int) bool {
	return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour <= 23 && minute <= 59
}

// clf reads "02/Jan/2006:15:04:05 -0700", the zone optional, a fraction before it allowed (HAProxy).
func (c *clock) clf(b []byte) (sec int64, nsec int32, ok bool) {
	if len(b) < 20 {
		return 0, 0, false
	}
	prefix := [2]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
	if prefix != c.clfPrefix || b[16] != c.clfMinute[0] || b[17] != c.clfMinute[1] {
		base, ok := clfMinute(b)
		if !ok {
			return 0, 0, false
		}
		c.clfBase = base
		c.clfPrefix, c.clfMinute = prefix, [2]byte(b[16:18])
	}
	second, ok := twoDigits(b[18], b[19])
	if !ok || second > 60 {
		return 0, 0, false
	}
	if len(b) == 26 && string(b[20:]) == c.clfZone {
		return c.clfBase + int64(second) - c.clfOffset, 0, true
	}
	nsec, rest := fraction(b[20:])
	if len(rest) == 0 {
		return c.inZone(c.clfBase + int64(second)), nsec, true
	}
	offset, ok := zone(rest)
	if ok && len(rest) == 6 {
		c.clfZone, c.clfOffset = string(rest), offset
	}
	return c.clfBase + int64(second) - offset, nsec, ok
}

// clfMinute reads "02/Jan/2006:15:04:" and returns it in seconds since 1970.
func clfMinute(b []byte) (int64, bool) {
	day, okD := digits(b[0:2])
	month := monthOf(b[3:6])
	year, okY := digits(b[7:11])
	hour, okH := digits(b[12:14])
	minute, okN := digits(b[15:17])
	if !okD || !okY || !okH || !okN || !onCalendar(year, month, day, hour, minute) ||
		b[2] != '/' || b[6] != '/' || b[11] != ':' || b[14] != ':' || b[17] != ':' {
		return 0, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, 0, 0, time.UTC).Unix(), true
}

// syslog reads "Jan _2 15:04:05", which has no year: the one that puts it nearest before the reference.
func (c *clock) syslog(b []byte) (sec int64, ok bool) {
	if len(b) < 15 || b[3] != ' ' || b[6] != ' ' || b[9] != ':' || b[12] != ':' {
		return 0, false
	}
	month := monthOf(b[0:3])
	dayText := b[4:6]
	if dayText[0] == ' ' {
		dayText = dayText[1:]
	}
	day, okD := digits(dayText)
	hour, okH := digits(b[7:9])
	minute, okN := digits(b[10:12])
	second, okS := digits(b[13:15])
	if month == 0 || !okD || !okH || !okN || !okS || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 {
		return 0, false
	}
	at := time.Date(c.reference.Year(), time.Month(month), day, hour, minute, second, 0, time.UTC)
	if at.After(c.reference.Add(24 * time.Hour)) {
		at = time.Date(c.reference.Year()-1, time.Month(month), day, hour, minute, second, 0, time.UTC)
	}
	return c.inZone(at.Unix()), true
}

// rare reads the forms that are too rare for a parser of their own.
func (c *clock) rare(b []byte) (sec int64, nsec int32, ok bool) {
	if len(b) > 64 {
		return 0, 0, false
	}
	if n := len(b); n > 2 && b[0] == '[' && b[n-1] == ']' { // Tomcat
		return c.stamp(b[1 : n-1])
	}
	if sec, ok = c.syslog(b); ok && len(b) == 15 {
		return sec, 0, true
	}
	for _, layout := range [...]string{time.ANSIC, "02 Jan 2006 15:04:05"} {
		if at, err := time.Parse(layout, string(b)); err == nil {
			return c.inZone(at.Unix()), int32(at.Nanosecond()), true //nolint:gosec // below 1e9
		}
	}
	for _, layout := range [...]string{
		time.UnixDate, time.RFC1123, time.RFC1123Z, time.RFC850, time.RFC3339Nano, "2006-01-02 15:04:05.999999999 -0700 MST",
		"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST", "2006-01-02T15:04Z07:00",
	} {
		if at, err := time.Parse(layout, string(b)); err == nil {
			return at.Unix(), int32(at.Nanosecond()), true //nolint:gosec // below 1e9
		}
	}
	return 0, 0, false
}

// epoch reads seconds, milliseconds, microseconds or nanoseconds since 1970, distinguished by their size: below 1e11
// seconds (until the year 5138), below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds.
func epoch(b []byte) (sec int64, nsec int32, ok bool) {
	point := len(b)
	var whole int64
	for i, ch := range b {
		if ch == '.' {
			point = i
			break
		}
		if ch < '0' || ch > '9' {
			return epochFloat(b)
		}
		if i >= 19 {
			return 0, 0, false
		}
		whole = whole*10 + int64(ch-'0')
	}
	if point == 0 {
		return 0, 0, false
	}
	perSecond := int64(1)
	switch {
	case whole >= 1e17:
		perSecond = 1e9
	case whole >= 1e14:
		perSecond = 1e6
	case whole >= 1e11:
		perSecond = 1e3
	}
	sec = whole / perSecond
	nsec = int32(whole % perSecond * (1e9 / perSecond)) //nolint:gosec // below 1e9
	if point < len(b) {
		part, rest := fraction(b[point:])
		if len(rest) != 0 {
			return epochFloat(b)
		}
		nsec += part / int32(perSecond)
	}
	return sec, nsec, true
}

// epochFloat reads an epoch with an exponent.
func epochFloat(b []byte) (sec int64, nsec int32, ok bool) {
	value, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.IsNaN(value) || value < 0 || value > 1e18 {
		return 0, 0, false
	}
	for value >= 1e11 {
		value /= 1e3
	}
	return int64(value), int32(math.Mod(value, 1) * 1e9), true
}

// fraction reads ".123" or ",123" and returns it in nanoseconds, with what follows.
func fraction(b []byte) (nsec int32, rest []byte) {
	if len(b) < 2 || b[0] != '.' && b[0] != ',' {
		return 0, b
	}
	scale := int32(1e8)
	for i := 1; i < len(b); i++ {
		digit := b[i] - '0'
		if digit > 9 {
			return nsec, b[i:]
		}
		nsec += int32(digit) * scale
		scale /= 10
	}
	return nsec, nil
}

// zone reads "Z", "+02:00", "+0200", " +0200", "+02" or nothing, and returns the seconds east of UTC.
func zone(b []byte) (offset int64, ok bool) {
	if len(b) == 0 || len(b) == 1 && (b[0] == 'Z' || b[0] == 'z') {
		return 0, true
	}
	if b[0] == ' ' {
		b = b[1:]
	}
	if string(b) == "UTC" || string(b) == "GMT" || string(b) == "Z" {
		return 0, true
	}
	if len(b) < 3 || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	hours, okH := digits(b[1:3])
	minutes, okM := zoneMinutes(b[3:])
	if !okH || !okM || hours > 23 || minutes > 59 {
		return 0, false
	}
	offset = int64(hours)*3600 + int64(minutes)*60
	if b[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// zoneMinutes reads "30", ":30" or nothing.
func zoneMinutes(b []byte) (int, bool) {
	if len(b) == 3 && b[0] == ':' {
		b = b[1:]
	}
	if len(b) == 0 {
		return 0, true
	}
	n, ok := digits(b)
	return n, ok && len(b) == 2
}

// twoDigits reads two decimal digits.
func twoDigits(tens, ones byte) (int, bool) {
	tens, ones = tens-'0', ones-'0'
	return int(tens)*10 + int(ones), tens <= 9 && ones <= 9
}

// digits reads up to four decimal digits.
func digits(b []byte) (int, bool) {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0
}

// monthOf returns the month of a three-letter English name, 0 for none.
func monthOf(b []byte) int {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	for i := 0; i < len(names); i += 3 {
		if string(b) == names[i:i+3] {
			return i/3 + 1
		}
	}
	return 0
}

// daysIn returns the length of a month.
func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
