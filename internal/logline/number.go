package logline

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"time"
)

// unit is the unit of a duration, as its key states it.
type unit uint8

const (
	unitGuess unit = iota // the key does not say: see guessDuration
	unitSecond
	unitMillisecond
	unitMicrosecond
	unitNanosecond
)

// unitPlaces is how many decimal places a unit stands above the nanosecond.
var unitPlaces = [...]int{9, 9, 6, 3, 0}

// MaxLatency bounds what is believed of a duration: a year.
const MaxLatency = 366 * 24 * time.Hour

// decimal is a number as it was written: digits × 10^-places.
type decimal struct {
	digits   int64
	places   int  // digits after the point
	fraction bool // there was a point or an exponent
}

// parseDecimal reads digits with an optional fraction. Signs, exponents and more than 18 digits are left to
// parseFloat: they are rare.
func parseDecimal(b []byte) (decimal, bool) {
	if len(b) > 0 && len(b) <= 8 && cap(b) >= 8 {
		return parseShortDecimal(binary.LittleEndian.Uint64(b[:8]), len(b)) // what follows b is masked out
	}
	var d decimal
	if len(b) == 0 || len(b) > 18 {
		return d, false
	}
	point := -1
	for i, c := range b {
		if c == '.' && point < 0 {
			point = i
			continue
		}
		if c < '0' || c > '9' {
			return d, false
		}
		d.digits = d.digits*10 + int64(c-'0')
	}
	if point == 0 || point == len(b)-1 {
		return d, false
	}
	if point > 0 {
		d.places, d.fraction = len(b)-1-point, true
	}
	return d, true
}

// parseShortDecimal is parseDecimal for the lowest n bytes of a word, 1 to 8. All digits are worked on at once, so that
// nothing is decided by how many there are.
func parseShortDecimal(w uint64, n int) (d decimal, ok bool) {
	own := uint64(math.MaxUint64) >> (64 - 8*n)
	w = w&own | (ones*'0')&^own
	if point := lowestByte(w, '.'); point < 8 {
		if point == 0 || point == n-1 {
			return d, false
		}
		below := uint64(1)<<(8*point) - 1
		w = w&below | w>>8&^below&(math.MaxUint64>>8) | '0'<<56
		n--
		d.places, d.fraction = n-point, true
	}
	digits := w ^ ones*'0'
	if (digits+ones*(0x80-10)|digits)&tops != 0 {
		return d, false
	}
	digits <<= 8 * (8 - n) // the last digit highest, zeros before the first
	digits = digits*10 + digits>>8
	digits = digits&0x00ff00ff00ff00ff*100 + digits>>16&0x00ff00ff00ff00ff
	digits = digits&0x0000ffff0000ffff*10000 + digits>>32&0x0000ffff0000ffff
	d.digits = int64(digits & math.MaxUint32)
	return d, true
}

// A word is eight bytes of text, the first one lowest.
const (
	ones = 0x0101010101010101 // a one in each byte of a word
	tops = 0x8080808080808080 // the top bit of each
)

// lowestByte returns where in w the first c is, or 8 if there is none. c is ASCII.
func lowestByte(w uint64, c byte) int {
	x := w ^ ones*uint64(c)
	return bits.TrailingZeros64((x-ones)&^x&tops) >> 3
}

// lowestBit returns which byte of w has the lowest bit that is set, or 8 if there is none.
func lowestBit(w uint64) int { return bits.TrailingZeros64(w) >> 3 }

// digitRun returns how many bytes of w are digits before the first that is not one.
func digitRun(w uint64) int {
	x := w ^ ones*'0'
	return bits.TrailingZeros64((x+ones*(0x80-10)|x)&tops) >> 3
}

var pow10 = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// parseDuration reads a plain number of units, cut to whole nanoseconds. It refuses negative and absurd values.
func parseDuration(b []byte, u unit) (time.Duration, bool) {
	d, ok := parseDecimal(b)
	if ok && d.digits <= math.MaxInt64/int64(time.Second) {
		ns := d.digits
		if shift := unitPlaces[u] - d.places; shift >= 0 {
			ns *= pow10[shift]
		} else {
			ns /= pow10[-shift]
		}
		return time.Duration(ns), ns <= int64(MaxLatency)
	}
	value, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.IsNaN(value) || value < 0 || value*float64(pow10[unitPlaces[u]]) > float64(MaxLatency) {
		return 0, false
	}
	return time.Duration(value * float64(pow10[unitPlaces[u]])), true
}

// parseDurationText reads a duration that may carry its unit: "1.5", "1.5s", "12ms", "68 micros", "1m2.5s".
func parseDurationText(b []byte, u unit) (time.Duration, bool) {
	digits := 0
	for digits < len(b) && (b[digits] >= '0' && b[digits] <= '9' || b[digits] == '.') {
		digits++
	}
	suffix := b[digits:]
	for len(suffix) > 0 && suffix[0] == ' ' {
		suffix = suffix[1:]
	}
	switch string(suffix) {
	case "":
		return parseDuration(b[:digits], u)
	case "s", "sec", "secs", "second", "seconds":
		return parseDuration(b[:digits], unitSecond)
	case "ms", "msec", "msecs", "millis", "milliseconds":
		return parseDuration(b[:digits], unitMillisecond)
	case "us", "µs", "μs", "usec", "usecs", "micros", "microseconds":
		return parseDuration(b[:digits], unitMicrosecond)
	case "ns", "nsec", "nanos", "nanoseconds":
		return parseDuration(b[:digits], unitNanosecond)
	}
	d, err := time.ParseDuration(string(b))
	return d, err == nil && d >= 0 && d <= MaxLatency
}

// parseStatus reads an HTTP status from the start of b: "429", "429 Too Many Requests". "-", "0" and "000" are not a status
// (no answer came) and give 0.
func parseStatus(b []byte) (int32, bool) {
	if len(b) == 3 || len(b) > 3 && b[3] == ' ' {
		a, c, d := b[0]-'0', b[1]-'0', b[2]-'0'
		if a <= 9 && c <= 9 && d <= 9 {
			status := int32(a)*100 + int32(c)*10 + int32(d)
			return status, status >= 100 || status == 0
		}
	}
	switch string(b) {
	case "", "-", "0", "-1", "null":
		return 0, true
	}
	if value, err := strconv.ParseFloat(string(b), 64); err == nil && value == math.Trunc(value) && value >= 100 && value <= 999 {
		return int32(value), true // 200.0, 2e2: some JSON writers know only floats
	}
	return 0, false
}
