package logline

import (
	"time"

	"errtop/tracker"
)

// Field is one thing that a log line can say about a request.
type Field uint8

// The fields.
const (
	FieldNone Field = iota // a key that means nothing to us
	FieldTime
	FieldDate // W3C keeps date and time apart
	FieldStatus
	FieldDuration
	FieldMethod
	FieldPath    // path or URL, with or without query
	FieldRequest // a request line: "GET /path HTTP/1.1"
	FieldHost
	FieldUpstream
	FieldTarget
	FieldService
	FieldError
	FieldMessage
	FieldLevel
	FieldStack
	FieldRequestID
	FieldBreaker
	FieldKind
	FieldResetAt
	FieldErrors  // array of strings, one per invalid input field
	FieldDetails // an object with anything more
	FieldLine    // another log line, carried inside this one: docker's "log", journald's "MESSAGE"

	FieldCount = iota
)

var fieldNames = [FieldCount]string{
	"", "time", "date", "status", "duration", "method", "path", "request", "host", "upstream", "target", "service",
	"error", "message", "level", "stack", "request_id", "breaker", "kind", "reset_at", "errors", "details", "line",
}

// String returns the field's name as --explain prints it.
func (f Field) String() string { return fieldNames[min(int(f), FieldCount-1)] }

// form is how a value stood in the line.
type form uint8

const (
	formText    form = iota // as it is
	formEscaped             // with JSON's escapes in it
	formNumber              // a JSON number
	formRaw                 // a JSON array or object, true or false
)

// meta is what is known of a value beside its text: its form, and the unit and rank of its key. It is one word, since
// it is written for every value of every line.
type meta uint32

// newMeta returns the meta of a key; of several keys for one field the smallest rank wins.
func newMeta(rank int, u unit) meta { return meta(rank)<<16 | meta(u)<<8 } //nolint:gosec // ranks are a handful

func (m meta) form() form { return form(m) } //nolint:gosec // its low byte

func (m meta) unit() unit { return unit(m >> 8) } //nolint:gosec // its second byte

func (m meta) rank() meta { return m >> 16 }

// span is a value: where it stands in the record's line.
type span struct {
	lo, hi int32
	meta   meta
}

// Record is what a decoder understood of one line. Its values point into the line and are valid until the next one.
type Record struct {
	line []byte
	set  uint32 // bit per field: spans[field] holds a value
	span [FieldCount]span

	// What a decoder or complete worked out of the spans.
	Sec     int64 // seconds since 1970; meaningless without hasTime
	Nsec    int32
	HasTime bool
	status  int32
	Latency time.Duration
	Kind    tracker.Kind

	scratch []byte // where escaped values are put without their escapes
}

// reset makes r ready for a line.
func (r *Record) reset(line []byte) {
	r.line, r.set = line, 0
	r.Sec, r.Nsec, r.HasTime = 0, 0, false
	r.status, r.Latency, r.Kind = 0, 0, tracker.KindOK
	r.scratch = r.scratch[:0]
}

// put sets a field to line[lo:hi], unless a better key has set it before. Of two equally good ones the last wins, as in
// JavaScript and Go.
func (r *Record) put(f Field, s span) {
	if f == FieldNone || r.set>>(f&31)&1 != 0 && r.span[f].meta.rank() < s.meta.rank() {
		return
	}
	r.set |= 1 << (f & 31)
	r.span[f] = s
}

// putText sets a field to the plain text line[lo:hi].
func (r *Record) putText(f Field, lo, hi int) {
	r.put(f, span{lo: int32(lo), hi: int32(hi)}) //nolint:gosec // a line is at most 1 MiB
}

// Has reports whether the line gave the field a value.
func (r *Record) Has(f Field) bool { return r.set&(1<<f) != 0 }

// Raw returns the field's value as it stands in the line, nil where there is none.
func (r *Record) Raw(f Field) []byte {
	if r.set&(1<<f) == 0 {
		return nil
	}
	return r.line[r.span[f].lo:r.span[f].hi]
}

// Text returns the field's value without escapes, nil where there is none.
func (r *Record) Text(f Field) []byte {
	raw := r.Raw(f)
	if raw == nil || r.span[f].meta.form() != formEscaped {
		return raw
	}
	start := len(r.scratch)
	r.scratch = unescape(r.scratch, raw)
	return r.scratch[start:len(r.scratch):len(r.scratch)]
}

// Time returns the moment that the line states, the zero time where it states none.
func (r *Record) Time() time.Time {
	if !r.HasTime {
		return time.Time{}
	}
	return time.Unix(r.Sec, int64(r.Nsec)).UTC()
}
