package human

import "time"

// SameDay reports whether two moments are of the same day in loc.
func SameDay(a, b time.Time, loc *time.Location) bool {
	a, b = a.In(loc), b.In(loc)
	return a.YearDay() == b.YearDay() && a.Year() == b.Year()
}

// Clock returns the time of day, after the date where that is not now's, with the year where it is not now's either.
func Clock(at, now time.Time, loc *time.Location) string {
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

// HourMinute returns the hour and minute of a time, after the date where that is not now's.
func HourMinute(at, now time.Time, loc *time.Location) string {
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

// The width of a column of times where all are of one day, and where some are not.
const (
	TimeWidth  = len("15:04:05")
	DatedWidth = len("02 Jan 15:04")
)

// AppendStamp writes a time into a column of w cells: the time of day where that is today's, otherwise the date, with the
// time where there is room.
func AppendStamp(dst []byte, at, now time.Time, loc *time.Location, w int) []byte {
	at, now = at.In(loc), now.In(loc)
	switch {
	case at.YearDay() == now.YearDay() && at.Year() == now.Year():
		return at.AppendFormat(dst, time.TimeOnly)
	case w < DatedWidth && at.Year() != now.Year():
		return at.AppendFormat(dst, "02.01.06")
	case w < DatedWidth:
		return at.AppendFormat(dst, "_2 Jan")
	case at.Year() != now.Year():
		return at.AppendFormat(dst, "_2 Jan 2006")
	default:
		return at.AppendFormat(dst, "_2 Jan 15:04")
	}
}

// Since says since when and for how long something holds: " since 14:02 (30m)". It returns "" for the zero time.
func Since(at, now time.Time, loc *time.Location) string {
	if at.IsZero() {
		return ""
	}
	span := "<1m" // seconds would change all the time, and say nothing more
	if d := now.Sub(at); d >= time.Minute {
		span = Span(d)
	}
	return " since " + HourMinute(at, now, loc) + " (" + span + ")"
}

// AppendShortStamp writes a time in at most six cells: "15:04", or of another day "2 Jan", of another year "2 Jan" too.
func AppendShortStamp(dst []byte, at, now time.Time, loc *time.Location) []byte {
	if SameDay(at, now, loc) {
		return at.In(loc).AppendFormat(dst, "15:04")
	}
	return at.In(loc).AppendFormat(dst, "2 Jan")
}
