package human

import (
	"errors"
	"strconv"
	"time"
)

// AppendLatency writes 840µs, 84ms, 2.1s, 31s; from a minute on it writes what [AppendSpan] does.
func AppendLatency(dst []byte, d time.Duration) []byte {
	switch {
	case d < time.Millisecond:
		return append(strconv.AppendInt(dst, d.Microseconds(), 10), "µs"...)
	case d < 999500*time.Microsecond:
		return append(strconv.AppendInt(dst, (d+time.Millisecond/2).Milliseconds(), 10), "ms"...)
	case d < 9950*time.Millisecond:
		return append(strconv.AppendFloat(dst, d.Seconds(), 'f', 1, 64), 's')
	case d < 59500*time.Millisecond: // which would read 60s
		return append(strconv.AppendInt(dst, int64(d.Seconds()+0.5), 10), 's')
	default:
		return AppendSpan(dst, max(d, time.Minute))
	}
}

// AppendSpan writes how long something lasts, in at most two units: 41s, 30m, 2h05m, 3d04h. Seconds count below a minute
// only. Below zero is 0s.
func AppendSpan(dst []byte, d time.Duration) []byte {
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return append(strconv.AppendInt(dst, int64(d/time.Second), 10), 's')
	case d < time.Hour:
		return append(strconv.AppendInt(dst, int64(d/time.Minute), 10), 'm')
	case d < 24*time.Hour:
		dst = append(strconv.AppendInt(dst, int64(d/time.Hour), 10), 'h')
		return append(AppendTwo(dst, int64(d%time.Hour/time.Minute)), 'm')
	default:
		dst = append(strconv.AppendInt(dst, int64(d/(24*time.Hour)), 10), 'd')
		return append(AppendTwo(dst, int64(d%(24*time.Hour)/time.Hour)), 'h')
	}
}

// AppendCountdown writes how long is left, to the second below an hour: 41s, 2m05s, 1h10m. What is over is 0s.
func AppendCountdown(dst []byte, d time.Duration) []byte {
	d = max(d.Round(time.Second), 0)
	if d < time.Minute || d >= time.Hour {
		return AppendSpan(dst, d)
	}
	dst = append(strconv.AppendInt(dst, int64(d/time.Minute), 10), 'm')
	return append(AppendTwo(dst, int64(d%time.Minute/time.Second)), 's')
}

// AppendTwo writes a number of at most two digits with a leading zero.
func AppendTwo(dst []byte, n int64) []byte {
	if n < 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, n, 10)
}

// Latency is [AppendLatency] as a string.
func Latency(d time.Duration) string {
	var room [32]byte // spares an allocation
	return string(AppendLatency(room[:0], d))
}

// Span is [AppendSpan] as a string.
func Span(d time.Duration) string {
	var room [32]byte // spares an allocation
	return string(AppendSpan(room[:0], d))
}

// Countdown is [AppendCountdown] as a string.
func Countdown(d time.Duration) string {
	var room [32]byte // spares an allocation
	return string(AppendCountdown(room[:0], d))
}

// errNoSpan says that a text is not a duration.
var errNoSpan = errors.New("not a duration")

// ParseSpan reads how long something lasts, as [AppendSpan] writes it and people type it: 90s, 30m, 2h, 1h30m, 1d, 1d12h. Spaces between
// the parts are allowed; a number without a unit, a sign, or what is beyond a hundred years is an error.
func ParseSpan(text string) (time.Duration, error) {
	const longest = int64(100 * 365 * 24 * time.Hour)
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	sum, number, digits := int64(0), int64(0), 0
	for i := range len(text) {
		switch c, unit := text[i], int64(units[text[i]]); {
		case c >= '0' && c <= '9' && digits < 9:
			number = number*10 + int64(c-'0')
			digits++
		case c == ' ' && digits == 0:
		case unit > 0 && digits > 0 && number <= (longest-sum)/unit:
			sum += number * unit
			number, digits = 0, 0
		default:
			return 0, errNoSpan
		}
	}
	if digits > 0 || sum == 0 {
		return 0, errNoSpan
	}
	return time.Duration(sum), nil
}
