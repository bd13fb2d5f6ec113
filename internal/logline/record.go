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
	FieldStart   // when the request came
	FieldEnd     // when it was answered
	FieldAgent   // the client's program: "curl/8.4.0"
	FieldClient  // who asks: a tenant, a customer, an account
	FieldVersion // of the program that answered
	FieldRegion
	FieldLogger   // the part of the program that wrote the line
	FieldTemplate // the message's text before values were put in: Serilog's "@mt"
	FieldGRPC     // gRPC's status, by number or name
	FieldStage    // which of several lines of one request this is
	FieldUser     // who was logged in: basic auth's user in an access log

	FieldCount = iota
)

var fieldNames = [FieldCount]string{
	"", "time", "date", "status", "duration", "method", "path", "request", "host", "upstream", "target", "service",
	"error", "message", "level", "stack", "request_id", "breaker", "kind", "reset_at", "errors", "details", "line",
	"start", "end", "agent", "client", "version", "region", "logger", "template", "grpc", "stage", "user",
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

// meta is what is known of a value beside its text: its form, and of its key the unit, the object that it stands in, the
// writer that it gives away, and its rank among the keys of its field. It is one word, since it is written for every value of
// every line.
type meta uint32

// The parts of a meta, from the lowest bit: three bits of form, three of unit, eight of parent, five of hint, thirteen of rank.
const (
	unitShift   = 3
	parentShift = 6
	hintShift   = 14
	rankShift   = 19
	maxRank     = 1<<(32-rankShift) - 1
)

// newMeta returns the meta of a key; of several keys for one field the smallest rank wins.
func newMeta(rank int, u unit) meta { return meta(min(rank, maxRank))<<rankShift | meta(u)<<unitShift } //nolint:gosec // not negative

// withParent returns m of a key in another object.
func (m meta) withParent(parent uint8) meta {
	return m&^(0xff<<parentShift) | meta(parent)<<parentShift
}

// withForm returns m of a value in another form.
func (m meta) withForm(f form) meta { return m.key() | meta(f) }

// withRank returns m with another rank.
func (m meta) withRank(rank int) meta {
	return m&(1<<rankShift-1) | meta(min(rank, maxRank))<<rankShift //nolint:gosec // not negative
}

func (m meta) form() form { return form(m & 7) }

func (m meta) unit() unit { return unit(m >> unitShift & 7) }

func (m meta) parent() uint8 { return uint8(m >> parentShift) } //nolint:gosec // its own bits

// hintBit returns the bit of the hint that the key gives, bit 0 if it gives none.
func (m meta) hintBit() uint32 { return 1 << (m >> hintShift & 31) }

func (m meta) rank() int { return int(m >> rankShift) }

// key returns what m says of its key, without the form of a value.
func (m meta) key() meta { return m &^ 7 }

// span is a value: where it stands in the record's line.
type span struct {
	lo, hi int32
	meta   meta
}

// Record is what a decoder understood of one line. Its values point into the line and are valid until the next one.
type Record struct {
	line  []byte
	set   uint64 // bit per field: spans[field] holds a value
	hints uint32 // bit per hint: the line has a key that gives it

	// What a decoder or complete worked out of the spans.
	status  int32
	Sec     int64 // seconds since 1970; meaningless without hasTime
	Nsec    int32
	HasTime bool
	Kind    tracker.Kind
	Latency time.Duration
	unit    unitBasis // how the unit of Latency is known

	scratch []byte  // where escaped values are put without their escapes
	spares  []spare // values of fields that have a better one
	learner *unitLearner
	span    [64]span // by field; of a power of two, so that no index is checked
}

// spare is a value of a field that has a better one, which is taken where that one cannot be used.
type spare struct {
	field Field
	span  span
}

// maxSpares bounds the spares of a line.
const maxSpares = 64

// reset makes r ready for a line.
func (r *Record) reset(line []byte) {
	r.line, r.set, r.hints = line, 0, 0
	r.spares = r.spares[:0]
	r.Sec, r.Nsec, r.HasTime = 0, 0, false
	r.status, r.Latency, r.Kind = 0, 0, tracker.KindOK
	r.unit = unitBasis{}
	r.scratch = r.scratch[:0]
}

// forget takes back what was put.
func (r *Record) forget() {
	r.set, r.hints = 0, 0
	r.spares = r.spares[:0]
}

// put sets a field to line[lo:hi], unless a better key has set it before; then it is kept as a spare. FieldNone takes anything and
// holds nothing.
func (r *Record) put(f Field, s span) {
	r.hints |= s.meta.hintBit()
	if !r.first(f, s) {
		r.compete(f, s)
	}
}

// first sets a field that has no value, and reports whether it did. Hints are its caller's.
func (r *Record) first(f Field, s span) bool {
	f &= 63
	if r.set>>f&1 != 0 {
		return false
	}
	r.set |= 1 << f
	r.span[f] = s
	return true
}

// compete decides between a value and the one that the field has. Of two under one key the last wins, as in JavaScript and Go; of
// two equally good keys the first.
func (r *Record) compete(f Field, s span) {
	if f == FieldNone {
		return
	}
	old := r.span[f]
	if s.meta.key() == old.meta.key() {
		r.span[f] = s
		return
	}
	if s.meta.rank() < old.meta.rank() {
		r.span[f], s = s, old
	}
	if len(r.spares) < maxSpares {
		r.spares = append(r.spares, spare{f, s})
	}
}

// useSpare takes the best spare of a field, which becomes its value; the value it had is gone.
func (r *Record) useSpare(f Field) bool {
	best := -1
	for i := range r.spares {
		if s := &r.spares[i]; s.field == f && (best < 0 || s.span.meta.rank() < r.spares[best].span.meta.rank()) {
			best = i
		}
	}
	if best < 0 {
		return false
	}
	r.span[f] = r.spares[best].span
	r.spares = append(r.spares[:best], r.spares[best+1:]...)
	return true
}

// putText sets a field to the plain text line[lo:hi].
func (r *Record) putText(f Field, lo, hi int) {
	s := span{lo: int32(lo), hi: int32(hi)} //nolint:gosec // a line is at most 1 MiB
	if !r.first(f, s) {                     // it gives no hint
		r.compete(f, s)
	}
}

// Has reports whether the line gave the field a value.
func (r *Record) Has(f Field) bool { return r.set&(1<<f) != 0 }

// Raw returns the field's value as it stands in the line, or nil if there is none.
func (r *Record) Raw(f Field) []byte {
	if r.set&(1<<f) == 0 {
		return nil
	}
	return r.line[r.span[f].lo:r.span[f].hi]
}

// Text returns the field's value without escapes, or nil if there is none.
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

// Outcome returns what the record is counted under.
func (r *Record) Outcome() tracker.Outcome {
	return tracker.Outcome{Status: int(r.status), Kind: r.Kind}
}
