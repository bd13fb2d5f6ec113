package logline

import "time"

// durationUnits are the units that follow a number, the longer ones first.
var durationUnits = [...]struct {
	text string
	unit unit
}{
	{"milliseconds", unitMillisecond},
	{"microseconds", unitMicrosecond},
	{"nanoseconds", unitNanosecond},
	{"seconds", unitSecond},
	{"second", unitSecond},
	{"millis", unitMillisecond},
	{"micros", unitMicrosecond},
	{"msecs", unitMillisecond},
	{"msec", unitMillisecond},
	{"secs", unitSecond},
	{"sec", unitSecond},
	{"ms", unitMillisecond},
	{"µs", unitMicrosecond},
	{"μs", unitMicrosecond},
	{"us", unitMicrosecond},
	{"ns", unitNanosecond},
	{"s", unitSecond},
}

// findDuration returns the first number in b that stands with a unit of time: 12.3ms, 12 ms, 345µs, 1.2s, 1m2.5s.
func findDuration(b []byte) (d time.Duration, ok bool) {
	for i := 0; i < len(b); i++ {
		if b[i] < '0' || b[i] > '9' {
			continue
		}
		end := i
		for end < len(b) && (b[end] >= '0' && b[end] <= '9' || b[end] == '.') {
			end++
		}
		if i > 0 && (isWordByte(b[i-1]) || b[i-1] == '.' || b[i-1] == '-' || b[i-1] == ':' || b[i-1] == '/') {
			i = end
			continue
		}
		if d, ok = durationAt(b, i, end); ok {
			return d, true
		}
		i = end
	}
	return 0, false
}

// durationAt reads the number at lo to hi with the unit after it.
func durationAt(b []byte, lo, hi int) (time.Duration, bool) {
	rest := b[hi:]
	if len(rest) > 1 && (rest[0] == 'm' || rest[0] == 'h') && rest[1] >= '0' && rest[1] <= '9' { // as Go writes it
		end := hi
		for end < len(b) && (isWordByte(b[end]) || b[end] == '.') {
			end++
		}
		return parseDurationText(b[lo:end], unitSecond)
	}
	if len(rest) > 1 && rest[0] == ' ' {
		rest = rest[1:]
	}
	for _, u := range durationUnits {
		if len(rest) >= len(u.text) && string(rest[:len(u.text)]) == u.text && (len(rest) == len(u.text) || !isWordByte(rest[len(u.text)])) {
			return parseDuration(b[lo:hi], u.unit)
		}
	}
	return 0, false
}
