package logline

import (
	"bytes"
	"time"
)

// find returns the first moment that stands in b, in any of the forms that programs write before or in a line, and where it
// ends. A time of day without a date is not a moment.
func (c *clock) find(b []byte) (at Moment, end int, ok bool) {
	for i := 0; i+15 <= len(b)+3 && i < len(b); i++ {
		if i > 0 && isWordByte(b[i-1]) {
			continue
		}
		if at, n, ok := c.momentAt(b[i:], i == 0); ok {
			return at, i + n, true
		}
	}
	return at, 0, false
}

// momentAt reads a moment at the start of b and returns its length. Numbers of seconds or milliseconds since 1970 count only
// at the start of a line.
func (c *clock) momentAt(b []byte, lineStart bool) (at Moment, n int, ok bool) {
	if len(b) < 14 {
		return at, 0, false
	}
	switch first := b[0]; {
	case first >= '0' && first <= '9':
		return c.numericMoment(b, lineStart)
	case first >= 'A' && first <= 'Z':
		return c.namedMoment(b)
	}
	return at, 0, false
}

// numericMoment reads a moment that starts with a digit.
func (c *clock) numericMoment(b []byte, lineStart bool) (at Moment, n int, ok bool) {
	switch {
	case len(b) >= 19 && (b[4] == '-' || b[4] == '/') && b[7] == b[4]:
		return c.yearFirst(b)
	case len(b) >= 20 && (b[2] == '/' || b[2] == '-') && b[6] == b[2] && (b[11] == ':' || b[11] == ' '):
		return c.dayFirst(b)
	case len(b) >= 15 && b[6] == ' ' && b[9] == ':' && b[12] == ':' && digitsEnd(b, 0) == 6: // Tornado: 261125 03:00:01
		stamp := []byte("20yy-mm-ddThh:mm:ss")
		copy(stamp[2:], b[0:2])
		copy(stamp[5:], b[2:4])
		copy(stamp[8:], b[4:6])
		copy(stamp[11:], b[7:15])
		at.Sec, at.Nsec, ok = c.iso(stamp)
		return at, 15, ok
	case lineStart:
		return epochMoment(b)
	}
	return at, 0, false
}

// yearFirst reads 2026-11-25T03:00:01, 2026/11/25 03:00:01, and gin's 2026/11/25 - 03:00:01.
func (c *clock) yearFirst(b []byte) (at Moment, n int, ok bool) {
	from := 11
	if bytes.HasPrefix(b[10:], []byte(" - ")) {
		from = 13
	}
	if len(b) < from+8 {
		return at, 0, false
	}
	n = from + 8 + zoneEnd(b[from+8:])
	var text [40]byte
	at.Sec, at.Nsec, ok = c.iso(append(append(append(text[:0], b[:10]...), 'T'), b[from:min(n, from+28)]...))
	return at, n, ok
}

// dayFirst reads 25/Nov/2026:03:00:01 +0000, and with a blank or "-" as Django and Tomcat have it.
func (c *clock) dayFirst(b []byte) (at Moment, n int, ok bool) {
	n = 20 + zoneEnd(b[20:])
	var text [40]byte
	stamp := append(text[:0], b[:min(n, len(text))]...)
	stamp[2], stamp[6], stamp[11] = '/', '/', ':'
	at.Sec, at.Nsec, ok = c.clf(stamp)
	return at, n, ok
}

// epochMoment reads Squid's 1795575601.123 and its like: seconds or milliseconds since 1970.
func epochMoment(b []byte) (at Moment, n int, ok bool) {
	n = digitsEnd(b, 0)
	if n != 10 && n != 13 {
		return at, 0, false
	}
	for n < len(b) && (b[n] == '.' || b[n] >= '0' && b[n] <= '9') {
		n++
	}
	if n < len(b) && isWordByte(b[n]) {
		return at, 0, false
	}
	at.Sec, at.Nsec, ok = epoch(b[:n])
	return at, n, ok && at.Sec > 1e9 && at.Sec < 5e9
}

// namedMoment reads a moment that starts with the name of a month or of a weekday.
func (c *clock) namedMoment(b []byte) (at Moment, n int, ok bool) {
	if b[3] == ' ' && len(b) >= 15 && monthOf(b[:3]) != 0 { // Nov 25 03:00:01
		if at.Sec, ok = c.syslog(b[:15]); ok {
			at.Nsec, _ = fraction(b[15:])
			return at, 15 + zoneEnd(b[15:]), true
		}
		return at, 0, false
	}
	if !isWeekday(b) {
		return at, 0, false
	}
	for _, form := range [...]struct {
		layout string
		comma  bool
	}{
		{time.RFC1123Z, true},
		{time.RFC1123, true},
		{time.ANSIC, false},
		{"Mon Jan _2 15:04:05.000000 2006", false},
		{time.UnixDate, false},
	} {
		n = len(form.layout)
		if len(b) < n || (b[3] == ',') != form.comma {
			continue
		}
		if parsed, err := time.Parse(form.layout, string(b[:n])); err == nil {
			return Moment{parsed.Unix(), int32(parsed.Nanosecond())}, n, true //nolint:gosec // below 1e9
		}
	}
	return at, 0, false
}

// isWeekday reports whether b starts with the short name of a weekday, in any case.
func isWeekday(b []byte) bool {
	switch [3]byte{b[0] | 0x20, b[1] | 0x20, b[2] | 0x20} {
	case [3]byte{'m', 'o', 'n'}, [3]byte{'t', 'u', 'e'}, [3]byte{'w', 'e', 'd'}, [3]byte{'t', 'h', 'u'}, [3]byte{'f', 'r', 'i'}, [3]byte{'s', 'a', 't'}, [3]byte{'s', 'u', 'n'}:
		return true
	}
	return false
}

// zoneEnd returns the length of the fraction and the zone that may follow a time: ".123Z", ",123 +0100".
func zoneEnd(b []byte) int {
	i := 0
	if i < len(b) && (b[i] == '.' || b[i] == ',') {
		if end := digitsEnd(b, i+1); end > i+1 {
			i = end
		}
	}
	rest := b[i:]
	if len(rest) > 0 && (rest[0] == 'Z' || rest[0] == 'z') {
		return i + 1
	}
	blank := 0
	if len(rest) > 0 && rest[0] == ' ' {
		blank = 1
	}
	if sign := rest[blank:]; len(sign) >= 5 && (sign[0] == '+' || sign[0] == '-') {
		switch digitsEnd(sign, 1) {
		case 5:
			return i + blank + 5
		case 3:
			if sign[3] == ':' && len(sign) >= 6 && digitsEnd(sign, 4) == 6 {
				return i + blank + 6
			}
		}
	}
	return i
}

// isWordByte reports whether c may be part of a word or a number.
func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
