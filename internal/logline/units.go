package logline

import (
	"bytes"
	"time"
)

// unitBasis says how the unit of a duration is known, for --explain.
type unitBasis struct {
	unit unit
	why  unitReason
	of   uint32 // lines it was learned from
}

// unitReason is why a number is taken for so many seconds, milliseconds, microseconds or nanoseconds. A decimal point is none.
type unitReason uint8

const (
	unitUnknown unitReason = iota // no duration, or nothing says its unit: it is left out
	unitOfFormat
	unitInKey
	unitInValue
	unitInTemplate
	unitInMessage
	unitOfWriter
	unitOfLibrary
	unitLearned
	unitOfStamps
	unitOfAccess // a fraction after an access line, of which there were few
	unitNowhere  // there is a duration, and it was left out
)

// completeDuration takes the best duration whose unit is sure: the key or the value says it, another field of the line does, the
// writer is known by its other keys, or it was learned from the lines before.
func (r *Record) completeDuration(c *clock) {
	if r.Has(FieldDuration) { // the common case: its key says its unit
		s := r.span[FieldDuration]
		if u, why := r.sureUnit(s); u != unitGuess {
			if d, ok := parseDuration(r.line[s.lo:s.hi], u); ok {
				r.Latency, r.unit = max(d, 1), unitBasis{unit: u, why: why}
				return
			}
		}
	} else if !r.Has(FieldStart) {
		return
	}
	r.searchDuration(c)
}

// sureUnit returns the unit of a plain number that is the duration of the whole request, as its key or the line's writer say it, and
// unitGuess for everything else.
func (r *Record) sureUnit(s span) (unit, unitReason) {
	u, why := s.meta.unit(), unitInKey
	if u == unitGuess && !r.Has(FieldTemplate) {
		if w := r.writerOf(); w >= 0 {
			u, why = writers[w].unit, unitOfWriter
		}
	}
	if s.meta.rank() >= partRank || s.meta.form() != formNumber || s.meta.parent() != 0 {
		return unitGuess, unitUnknown
	}
	return u, why
}

// searchDuration is completeDuration for all other lines.
func (r *Record) searchDuration(c *clock) {
	gap, between := r.betweenStamps(c)
	first, whole := r.span[FieldDuration], false
	for ok := r.Has(FieldDuration); ok; ok = r.useSpare(FieldDuration) {
		s := r.span[FieldDuration]
		part := s.meta.rank()%levelRank >= partRank || s.meta.rank() >= outboundRank
		if part && whole {
			break // a part is shorter than the whole
		}
		if r.takeDuration(s) {
			return
		}
		if !part && !whole && looksLikeDuration(r.Text(FieldDuration)) {
			first, whole = s, true
		}
	}
	switch {
	case whole:
		r.span[FieldDuration] = first
		r.guessUnit(c, first, gap, between)
	case between:
		r.setLatency(gap, true)
		r.unit = unitBasis{why: unitOfStamps}
	}
}

// guessUnit takes a duration whose line says nothing of its unit, as far as something else does.
func (r *Record) guessUnit(c *clock, s span, gap time.Duration, between bool) {
	text := r.Text(FieldDuration)
	if between {
		for u := unitSecond; u <= unitNanosecond; u++ {
			if d, ok := parseDuration(text, u); ok && abs(d-gap) <= max(gap/20, time.Millisecond) && d > time.Millisecond {
				r.takeAs(text, u, unitOfStamps)
				return
			}
		}
	}
	if r.learner != nil {
		r.learner.note(s.meta.key(), text, r.longest(c))
		if known := r.learner.unit(s.meta.key()); known.unit != unitGuess {
			if r.takeAs(text, known.unit, unitLearned) {
				r.unit.of = known.of
			}
			return
		}
	}
	if u, _ := r.library(); u != unitGuess {
		if d, ok := parseDuration(text, u); ok && d >= 50*time.Microsecond && d <= 5*time.Minute {
			r.takeAs(text, u, unitOfLibrary)
			return
		}
	}
	r.unit.why = unitNowhere
}

// longest returns how long the request can have taken at most, as far as its stamps tell, or 0 if they do not.
func (r *Record) longest(c *clock) time.Duration {
	if !r.Has(FieldStart) || !r.HasTime {
		return 0
	}
	start, ok := r.moment(c, FieldStart)
	if !ok {
		return 0
	}
	d := time.Duration(r.Sec-start.Sec)*time.Second + time.Duration(r.Nsec-start.Nsec)
	if d < 0 || d > MaxLatency {
		return 0
	}
	return d + time.Second // stamps are cut to seconds by many
}

// looksLikeDuration reports whether a text starts with a digit.
func looksLikeDuration(text []byte) bool { return len(text) > 0 && text[0]-'0' <= 9 }

// takeDuration takes a value as the request's time, if its unit is sure.
func (r *Record) takeDuration(s span) bool {
	text := r.Text(FieldDuration)
	if u := s.meta.unit(); u != unitGuess {
		ok := r.takeAs(text, u, unitInKey)
		if ok && u == unitSecond && s.meta.parent() != 0 {
			r.addNanos(s)
		}
		return ok
	}
	if s.meta.form() != formNumber {
		if d, ok := parseWithUnit(text); ok {
			r.setLatency(d, true)
			r.unit = unitBasis{why: unitInValue}
			return true
		}
	}
	if u := r.unitInTemplate(); u != unitGuess {
		return r.takeAs(text, u, unitInTemplate)
	}
	if u := r.unitOfWriter(); u != unitGuess {
		return r.takeAs(text, u, unitOfWriter)
	}
	if u := r.unitInMessage(text); u != unitGuess {
		return r.takeAs(text, u, unitInMessage)
	}
	return false
}

// addNanos adds what Protocol Buffers put beside whole seconds: {"seconds": 1, "nanos": 250000000}.
func (r *Record) addNanos(seconds span) {
	for _, s := range r.spares {
		if s.field != FieldDuration || s.span.meta.unit() != unitNanosecond || s.span.meta.parent() != seconds.meta.parent() {
			continue
		}
		if d, ok := parseDuration(r.line[s.span.lo:s.span.hi], unitNanosecond); ok && d < time.Second {
			r.Latency = max(r.Latency&^1+d, 1)
		}
	}
}

// takeAs takes a number of units as the request's time; a text may carry a unit of its own all the same.
func (r *Record) takeAs(text []byte, u unit, why unitReason) bool {
	d, ok := parseDuration(text, u)
	if !ok {
		d, ok = parseDurationText(text, u)
	}
	if ok {
		r.setLatency(d, true)
		r.unit = unitBasis{unit: u, why: why}
	}
	return ok
}

// parseWithUnit reads a duration that carries its unit: "12ms", "68 micros", "1m2.5s", "PT0.012S", "00:00:00.0123456".
func parseWithUnit(text []byte) (time.Duration, bool) {
	if len(text) < 2 {
		return 0, false
	}
	switch last := text[len(text)-1]; {
	case text[0] == 'P':
		return isoDuration(text)
	case last-'0' <= 9 && bytes.Count(text, []byte{':'}) == 2:
		return clockDuration(text)
	case last-'0' <= 9 || last == '.':
		return 0, false
	}
	return parseDurationText(text, unitSecond)
}

// isoDuration reads an ISO 8601 duration of at most hours: "PT1M2.5S".
func isoDuration(text []byte) (time.Duration, bool) {
	rest, ok := bytes.CutPrefix(text, []byte("PT"))
	if !ok || len(rest) > 32 {
		return 0, false
	}
	d, err := time.ParseDuration(string(bytes.ToLower(rest)))
	return d, err == nil && d >= 0 && d <= MaxLatency
}

// clockDuration reads .NET's "00:00:00.0123456".
func clockDuration(text []byte) (time.Duration, bool) {
	parts := bytes.SplitN(text, []byte{':'}, 3)
	hours, okH := digits(parts[0])
	minutes, okM := digits(parts[1])
	seconds, okS := parseDuration(parts[2], unitSecond)
	if !okH || !okM || !okS || len(parts[0]) > 4 || minutes > 59 {
		return 0, false
	}
	return time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute + seconds, true
}

// unitInTemplate returns the unit that Serilog's template puts after the duration: "responded {StatusCode} in {Elapsed:0.0000} ms".
func (r *Record) unitInTemplate() unit {
	if !r.Has(FieldTemplate) {
		return unitGuess
	}
	template := r.Text(FieldTemplate)
	for _, name := range [...]string{"{Elapsed", "{Duration", "{Latency", "{ElapsedMilliseconds"} {
		i := bytes.Index(template, []byte(name))
		if i < 0 {
			continue
		}
		if end := bytes.IndexByte(template[i:], '}'); end >= 0 {
			return unitWord(bytes.TrimLeft(template[i+end+1:], " "))
		}
	}
	return unitGuess
}

// unitWord returns the unit that b starts with.
func unitWord(b []byte) unit {
	for _, u := range durationUnits {
		if len(b) >= len(u.text) && string(b[:len(u.text)]) == u.text && (len(b) == len(u.text) || !isWordByte(b[len(u.text)])) {
			return u.unit
		}
	}
	return unitGuess
}

// unitInMessage returns the unit by which the number is the duration that the line's text states in words, for one unit only:
// "GET /orders responded 500 in 217.8610 ms".
func (r *Record) unitInMessage(text []byte) unit {
	if !r.Has(FieldMessage) {
		return unitGuess
	}
	stated, ok := findDuration(r.Text(FieldMessage))
	if !ok || stated <= 0 {
		return unitGuess
	}
	for u := unitSecond; u <= unitNanosecond; u++ {
		if d, ok := parseDuration(text, u); ok && d > 0 && abs(d-stated) <= stated/20 {
			return u
		}
	}
	return unitGuess
}

func abs(d time.Duration) time.Duration { return max(d, -d) }

// writers are programs that are known by their keys, with the unit that they write durations in.
var writers = [...]struct {
	all  uint32 // hints that the line must have
	unit unit
	name string
}{
	{1 << hintCaddy, unitSecond, "Caddy"},
	{1<<hintRails | 1<<hintRailsParts, unitMillisecond, "Rails"},
	{1 << hintEnvoy, unitMillisecond, "Envoy"},
	{1 << hintAPISIX, unitMillisecond, "APISIX"},
	{1 << hintDatadog, unitNanosecond, "Datadog"},
	{1 << hintCloudFront, unitSecond, "CloudFront"},
	{1 << hintAzure, unitSecond, "Azure"},
	{1 << hintIIS, unitMillisecond, "IIS"},
	{1 << hintFastly, unitMicrosecond, "Fastly"},
	{1 << hintLogback, unitMillisecond, "logback-access"},
	{1 << hintTraefik, unitNanosecond, "Traefik"},
	{1 << hintNetlify, unitMillisecond, "Netlify"},
	{1 << hintLattice, unitMillisecond, "VPC Lattice"},
	{1<<hintEcho | 1<<hintMsg, unitNanosecond, "echo"},
}

// writerOf returns the program that wrote the line, or -1 if none is known by it.
func (r *Record) writerOf() int {
	for i := range writers {
		if w := &writers[i]; r.hints&w.all == w.all {
			return i
		}
	}
	return -1
}

// unitOfWriter returns the unit in which the line's writer, if it is known, writes durations.
func (r *Record) unitOfWriter() unit {
	if r.hints>>1 != 0 {
		if w := r.writerOf(); w >= 0 {
			return writers[w].unit
		}
	}
	if r.Has(FieldLogger) && bytes.HasPrefix(r.Text(FieldLogger), []byte("http.log.")) {
		return unitSecond // Caddy
	}
	if r.hinted(hintNginx) && r.span[FieldDuration].meta.rank()%levelRank == requestTimeRank {
		return unitSecond
	}
	return unitGuess
}

// requestTimeRank is the rank of nginx's $request_time among durationKeys.
const requestTimeRank = firstRank + 5

// library returns the unit in which the logging library that wrote the line, as far as its usual keys show, writes durations, and its
// name. A program that uses it may have written a number of its own, so what it gives must be a likely duration.
func (r *Record) library() (unit, string) {
	const tsKey, timeKey, levelKey = firstRank, firstRank + 2, firstRank // ranks of "ts", "time" and "level"
	stamp, level := r.span[FieldTime].meta, r.span[FieldLevel].meta
	switch {
	case !r.Has(FieldTime) || !r.Has(FieldLevel) || level.rank() != levelKey:
		return unitGuess, ""
	case r.hinted(hintPid) && r.hinted(hintHostname):
		return unitMillisecond, "pino or bunyan"
	case r.hinted(hintMsg) && stamp.form() == formNumber && (stamp.rank() == tsKey || r.hinted(hintCaller)):
		return unitSecond, "zap"
	case r.hinted(hintMsg) && stamp.rank() == timeKey && stamp.form() != formNumber:
		return unitNanosecond, "slog or logrus"
	case r.hinted(hintMessage) && !r.hinted(hintMsg) && stamp.rank() == timeKey:
		return unitMillisecond, "zerolog"
	}
	return unitGuess, ""
}
