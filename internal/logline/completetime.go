package logline

import "time"

// Stamps outside of these are taken for mistakes, as the tracker takes them.
const (
	earliestStamp = 631152000  // 1990-01-01, in Unix seconds
	latestStamp   = 7258118400 // 2200-01-01
)

// completeTime takes the best value that is a time: the stamp of the line, when the request ended, when it began. A number that is not a
// plausible time ("time": 35) and the zero time of some languages count only where the line has nothing better, the number never.
func (r *Record) completeTime(c *clock) {
	if r.Has(FieldTime) {
		s := r.span[FieldTime]
		switch s.meta.form() {
		case formNumber:
			r.Sec, r.Nsec, r.HasTime = epoch(r.line[s.lo:s.hi])
		case formText:
			r.Sec, r.Nsec, r.HasTime = c.stamp(r.line[s.lo:s.hi])
		case formEscaped, formRaw:
		}
		if r.HasTime && r.Sec >= earliestStamp && r.Sec < latestStamp {
			if len(r.spares) > 0 {
				r.durationsForTimes()
			}
			return
		}
	}
	r.HasTime = false
	r.searchTime(c)
}

// durationsForTimes takes what stands under keys for times, and is none, for durations where their writers mean these.
func (r *Record) durationsForTimes() {
	for _, s := range r.spares { // what is put meanwhile is a duration
		if s.field != FieldTime {
			continue
		}
		if sec, _, ok := epoch(r.line[s.span.lo:s.span.hi]); ok && sec < earliestStamp {
			r.durationForTime(s.span)
		}
	}
}

// searchTime is completeTime for lines whose best key for a time has none.
func (r *Record) searchTime(c *clock) {
	var odd Moment
	isOdd := false
	for _, f := range [...]Field{FieldTime, FieldEnd, FieldStart, FieldDate} {
		for ok := r.Has(f); ok; ok = r.useSpare(f) {
			at, read := r.moment(c, f)
			if read && at.Sec >= earliestStamp && at.Sec < latestStamp {
				r.setTime(at)
				return
			}
			if read && !isOdd && r.span[f].meta.form() != formNumber {
				odd, isOdd = at, true
			}
			if f == FieldTime {
				r.durationForTime(r.span[f])
			}
		}
	}
	if isOdd {
		r.setTime(odd)
	}
}

// moment reads the value of a field as a time, a time of day together with the date that stands under another key.
func (r *Record) moment(c *clock, f Field) (at Moment, ok bool) {
	text := r.Text(f)
	if r.span[f].meta.form() == formNumber {
		at.Sec, at.Nsec, ok = epoch(text)
		return at, ok
	}
	if len(text) >= 8 && text[2] == ':' && text[5] == ':' && f == FieldTime && r.Has(FieldDate) {
		date := r.Text(FieldDate)
		if len(date) != 10 {
			return at, false
		}
		var stamp [48]byte
		joined := append(append(stamp[:0], date...), 'T')
		joined = append(joined, text[:min(len(text), 32)]...)
		if r.hinted(hintCloudFront) || r.hinted(hintIIS) { // the W3C format's times are UTC
			at.Sec, at.Nsec, ok = c.utc(joined)
		} else {
			at.Sec, at.Nsec, ok = c.iso(joined)
		}
		return at, ok
	}
	at.Sec, at.Nsec, ok = c.stamp(text)
	return at, ok
}

// durationForTime takes a value under a key for a time as a duration, where its writer means one by it.
func (r *Record) durationForTime(s span) {
	u := s.meta.unit()
	if u == unitGuess {
		if s.meta.form() != formNumber || !r.hinted(hintDropwizard) {
			return
		}
		u = unitMillisecond
	}
	s.meta = newMeta(40, u) | meta(s.meta.form())
	r.put(FieldDuration, s)
}

// betweenStamps returns the time between a request's start and its end, where the line has both.
func (r *Record) betweenStamps(c *clock) (time.Duration, bool) {
	if !r.Has(FieldStart) {
		return 0, false
	}
	start, ok := r.moment(c, FieldStart)
	if !ok {
		return 0, false
	}
	end := Moment{r.Sec, r.Nsec}
	if r.Has(FieldEnd) {
		if end, ok = r.moment(c, FieldEnd); !ok {
			return 0, false
		}
	} else if !r.HasTime || !r.hinted(hintKubernetes) {
		return 0, false
	}
	d := time.Duration(end.Sec-start.Sec)*time.Second + time.Duration(end.Nsec-start.Nsec)
	return d, d > 0 && d <= MaxLatency
}
