package ingest

import (
	"time"

	"errtop/tracker"
)

// field is one thing that a log line can say about a request.
type field uint8

const (
	fieldNone field = iota // a key that means nothing to us
	fieldTime
	fieldDate // W3C keeps date and time apart
	fieldStatus
	fieldDuration
	fieldMethod
	fieldPath    // path or URL, with or without query
	fieldRequest // a request line: "GET /path HTTP/1.1"
	fieldHost
	fieldUpstream
	fieldTarget
	fieldService
	fieldError
	fieldMessage
	fieldLevel
	fieldStack
	fieldRequestID
	fieldBreaker
	fieldKind
	fieldResetAt
	fieldErrors  // array of strings, one per invalid input field
	fieldDetails // an object with anything more
	fieldLine    // another log line, carried inside this one: docker's "log", journald's "MESSAGE"

	fieldCount = iota
)

var fieldNames = [fieldCount]string{
	"", "time", "date", "status", "duration", "method", "path", "request", "host", "upstream", "target", "service",
	"error", "message", "level", "stack", "request_id", "breaker", "kind", "reset_at", "errors", "details", "line",
}

// String returns the field's name as --explain prints it.
func (f field) String() string { return fieldNames[min(int(f), fieldCount-1)] }

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

// record is what a decoder understood of one line. Its values point into the line and are valid until the next one.
type record struct {
	line []byte
	set  uint32 // bit per field: spans[field] holds a value
	span [fieldCount]span

	// What a decoder or complete worked out of the spans.
	sec     int64 // seconds since 1970; meaningless without hasTime
	nsec    int32
	hasTime bool
	status  int32
	latency time.Duration
	kind    tracker.Kind

	scratch []byte // where escaped values are put without their escapes
}

// reset makes r ready for a line.
func (r *record) reset(line []byte) {
	r.line, r.set = line, 0
	r.sec, r.nsec, r.hasTime = 0, 0, false
	r.status, r.latency, r.kind = 0, 0, tracker.KindOK
	r.scratch = r.scratch[:0]
}

// put sets a field to line[lo:hi], unless a better key has set it before. Of two equally good ones the last wins, as in
// JavaScript and Go.
func (r *record) put(f field, s span) {
	if f == fieldNone || r.set>>(f&31)&1 != 0 && r.span[f].meta.rank() < s.meta.rank() {
		return
	}
	r.set |= 1 << (f & 31)
	r.span[f] = s
}

// putText sets a field to the plain text line[lo:hi].
func (r *record) putText(f field, lo, hi int) {
	r.put(f, span{lo: int32(lo), hi: int32(hi)}) //nolint:gosec // a line is at most 1 MiB
}

// has reports whether the line gave the field a value.
func (r *record) has(f field) bool { return r.set&(1<<f) != 0 }

// raw returns the field's value as it stands in the line, nil where there is none.
func (r *record) raw(f field) []byte {
	if r.set&(1<<f) == 0 {
		return nil
	}
	return r.line[r.span[f].lo:r.span[f].hi]
}

// text returns the field's value without escapes, nil where there is none.
func (r *record) text(f field) []byte {
	raw := r.raw(f)
	if raw == nil || r.span[f].meta.form() != formEscaped {
		return raw
	}
	start := len(r.scratch)
	r.scratch = unescape(r.scratch, raw)
	return r.scratch[start:len(r.scratch):len(r.scratch)]
}

// time returns the moment that the line states, the zero time where it states none.
func (r *record) time() time.Time {
	if !r.hasTime {
		return time.Time{}
	}
	return time.Unix(r.sec, int64(r.nsec)).UTC()
}
