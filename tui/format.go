package tui

import (
	"strconv"
	"time"
)

// The append functions write figures the way people read them at a glance: three digits that matter, the unit beside them.
// They append to dst and return it, as the ones in strconv do, so that a table of a thousand cells makes no garbage.

// appendCount writes 0…9999 as they are, then 12.3k, 4.56M.
func appendCount(dst []byte, n uint64) []byte {
	switch {
	case n < 10_000:
		return strconv.AppendUint(dst, n, 10)
	case n < 1_000_000:
		return append(appendThree(dst, float64(n)/1e3), 'k')
	case n < 1_000_000_000:
		return append(appendThree(dst, float64(n)/1e6), 'M')
	default:
		return append(appendThree(dst, float64(n)/1e9), 'G')
	}
}

// appendRate writes a rate with one decimal where it is small.
func appendRate(dst []byte, r float64) []byte {
	if r < 999.95 {
		return strconv.AppendFloat(dst, r, 'f', 1, 64)
	}
	return appendCount(dst, uint64(r+0.5))
}

// appendThree writes three significant digits of a number below 1000.
func appendThree(dst []byte, x float64) []byte {
	switch {
	case x < 9.995:
		return strconv.AppendFloat(dst, x, 'f', 2, 64)
	case x < 99.95:
		return strconv.AppendFloat(dst, x, 'f', 1, 64)
	default:
		return strconv.AppendFloat(dst, x, 'f', 0, 64)
	}
}

// appendLatency writes 840µs, 84ms, 2.1s, 31s, 2m05s.
func appendLatency(dst []byte, d time.Duration) []byte {
	switch {
	case d < time.Millisecond:
		return append(strconv.AppendInt(dst, d.Microseconds(), 10), "µs"...)
	case d < 999500*time.Microsecond:
		return append(strconv.AppendInt(dst, (d+time.Millisecond/2).Milliseconds(), 10), "ms"...)
	case d < 9950*time.Millisecond:
		return append(strconv.AppendFloat(dst, d.Seconds(), 'f', 1, 64), 's')
	case d < time.Minute:
		return append(strconv.AppendInt(dst, int64(d.Seconds()+0.5), 10), 's')
	default:
		return appendSpan(dst, d)
	}
}

// appendSpan writes how long something lasts, in at most two units: 41s, 30m, 2h05m, 3d04h. Below a minute seconds count,
// above it they do not.
func appendSpan(dst []byte, d time.Duration) []byte {
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return append(strconv.AppendInt(dst, int64(d/time.Second), 10), 's')
	case d < time.Hour:
		return append(strconv.AppendInt(dst, int64(d/time.Minute), 10), 'm')
	case d < 24*time.Hour:
		dst = append(strconv.AppendInt(dst, int64(d/time.Hour), 10), 'h')
		return append(appendTwo(dst, int64(d%time.Hour/time.Minute)), 'm')
	default:
		dst = append(strconv.AppendInt(dst, int64(d/(24*time.Hour)), 10), 'd')
		return append(appendTwo(dst, int64(d%(24*time.Hour)/time.Hour)), 'h')
	}
}

// appendCountdown writes how long is left, to the second below an hour: 41s, 2m05s, 1h10m. What is over is 0s.
func appendCountdown(dst []byte, d time.Duration) []byte {
	d = max(d.Round(time.Second), 0)
	if d < time.Minute || d >= time.Hour {
		return appendSpan(dst, d)
	}
	dst = append(strconv.AppendInt(dst, int64(d/time.Minute), 10), 'm')
	return append(appendTwo(dst, int64(d%time.Minute/time.Second)), 's')
}

func appendTwo(dst []byte, n int64) []byte {
	if n < 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, n, 10)
}

// appendPercent writes a share in [0, 1] with one decimal, and never rounds a failure away: 0.04 % is "<0.1".
func appendPercent(dst []byte, ratio float64) []byte {
	percent := ratio * 100
	if percent > 0 && percent < 0.05 {
		return append(dst, "<0.1"...)
	}
	if percent >= 99.95 {
		return append(dst, "100"...)
	}
	return strconv.AppendFloat(dst, percent, 'f', 1, 64)
}

// sameDay reports whether two moments are of one day there.
func sameDay(a, b time.Time, loc *time.Location) bool {
	a, b = a.In(loc), b.In(loc)
	return a.YearDay() == b.YearDay() && a.Year() == b.Year()
}

// clock is the time of day, and the date before it where at is not of now's day, with the year where that differs too.
func clock(at, now time.Time, loc *time.Location) string {
	at, now = at.In(loc), now.In(loc)
	switch {
	case at.Year() != now.Year():
		return at.Format("2 Jan 2006 15:04:05")
	case at.YearDay() != now.YearDay():
		return at.Format("2 Jan 15:04:05")
	default:
		return at.Format(time.TimeOnly)
	}
}

// since is the hour and minute of a time, and the date before it where it is not of now's day.
func since(at, now time.Time, loc *time.Location) string {
	at, now = at.In(loc), now.In(loc)
	switch {
	case at.Year() != now.Year():
		return at.Format("2 Jan 2006 15:04")
	case at.YearDay() != now.YearDay():
		return at.Format("2 Jan 15:04")
	default:
		return at.Format("15:04")
	}
}

// How wide a column of times is where all are of one day, and where some are not.
const (
	timeWidth  = len("15:04:05")
	datedWidth = len("02 Jan 15:04")
)

// appendStamp writes a time for a column of w columns: the time of day, and of another day the date, with the time where
// there is room for it.
func appendStamp(dst []byte, at, now time.Time, loc *time.Location, w int) []byte {
	at, now = at.In(loc), now.In(loc)
	switch {
	case at.YearDay() == now.YearDay() && at.Year() == now.Year():
		return at.AppendFormat(dst, time.TimeOnly)
	case w < datedWidth && at.Year() != now.Year():
		return at.AppendFormat(dst, "02.01.06")
	case w < datedWidth:
		return at.AppendFormat(dst, "_2 Jan")
	case at.Year() != now.Year():
		return at.AppendFormat(dst, "_2 Jan 2006")
	default:
		return at.AppendFormat(dst, "_2 Jan 15:04")
	}
}

// holdsSince says since when and for how long something holds: " since 14:02 (30m)"; of an unknown time it says nothing.
func holdsSince(at, now time.Time, loc *time.Location) string {
	if at.IsZero() {
		return ""
	}
	return " since " + since(at, now, loc) + " (" + span(now.Sub(at)) + ")"
}

func span(d time.Duration) string { return string(appendSpan(nil, d)) }

func count(n uint64) string { return string(appendCount(nil, n)) }

func rate(r float64) string { return string(appendRate(nil, r)) }

func latency(d time.Duration) string { return string(appendLatency(nil, d)) }

func countdown(d time.Duration) string { return string(appendCountdown(nil, d)) }
