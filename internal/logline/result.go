package logline

import (
	"encoding/json"
	"time"

	"errtop/tracker"
)

// ResultMaker turns records into results that may be kept. The zero value is ready.
type ResultMaker struct {
	source string
	names  *Interner
	buffer []byte
}

// NewResultMaker returns a maker for results of the source of that name.
func NewResultMaker(source string) ResultMaker { return ResultMaker{source: source} }

// Borrow makes m keep its texts in an interner that serves other makers too, of the same goroutine.
func (m *ResultMaker) Borrow(names *Interner) { m.names = names }

// Make returns d's record as a result.
func (m *ResultMaker) Make(d *Decoder) tracker.Result {
	if m.names == nil {
		m.names = new(Interner)
	}
	r := &d.Rec
	path, host := d.Location()
	target := d.TargetName(m.buffer[:0])
	result := tracker.Result{
		Time:    r.Time(),
		Target:  m.names.Line(target, MaxName),
		Source:  m.source,
		Method:  m.names.Line(r.Text(FieldMethod), MaxName),
		Route:   m.names.Line(path, MaxRoute),
		Latency: r.Latency,
		Status:  int(r.status),
		Kind:    r.Kind,
		Labels:  m.names.labels.of(d, host),
	}
	if d.sender == SenderMonitor {
		result.Origin = tracker.OriginMonitor
	}
	if r.Has(FieldBreaker) {
		result.Breaker = parseBreaker(string(r.Text(FieldBreaker)))
	}
	if !r.Kind.Failed() {
		return result
	}
	result.Error = m.names.Line(r.Text(FieldError), MaxName)
	result.Message = SafeLine(r.Text(FieldMessage), MaxMessage)
	result.RequestID = SafeLine(r.Text(FieldRequestID), MaxName)
	if r.Has(FieldResetAt) {
		result.ResetAt = resetTime(&d.clock, r)
	}
	result.Evidence = m.evidence(r, host, d.users)
	return result
}

// evidence returns what a failed request's line holds beyond its outcome.
func (m *ResultMaker) evidence(r *Record, host []byte, users Users) *tracker.Evidence {
	e := &tracker.Evidence{
		Line:     SafeLine(users.in(r), MaxRaw),
		Level:    m.names.Line(levelName(r.Text(FieldLevel)), MaxName),
		Host:     m.names.Line(host, MaxName),
		Upstream: m.names.Line(r.Text(FieldUpstream), MaxName),
	}
	if r.Has(FieldStack) {
		e.Stack = SafeBlock(r.Text(FieldStack), MaxStack)
	}
	if r.Has(FieldDetails) {
		e.Details = SafeLine(r.Text(FieldDetails), MaxMessage)
	}
	if r.Has(FieldErrors) {
		e.Errors = ErrorList(r)
	}
	return e
}

// ErrorList returns the errors field: an array of strings, or anything else as it stands.
func ErrorList(r *Record) []string {
	const most = 50
	var list []string
	raw := r.Text(FieldErrors)
	if r.span[FieldErrors].meta.form() == formRaw {
		var values []json.RawMessage
		if json.Unmarshal(raw, &values) == nil {
			for _, v := range values[:min(len(values), most)] {
				var s string
				if json.Unmarshal(v, &s) != nil {
					s = string(v)
				}
				list = append(list, SafeLine([]byte(s), MaxMessage))
			}
			return list
		}
	}
	return []string{SafeLine(raw, MaxMessage)}
}

// resetTime reads when the API lets us come back.
func resetTime(c *clock, r *Record) time.Time {
	sec, nsec, ok := c.stamp(r.Text(FieldResetAt))
	if !ok {
		return time.Time{}
	}
	return time.Unix(sec, int64(nsec)).UTC()
}

// parseBreaker reads a breaker's state in any usual spelling.
func parseBreaker(text string) tracker.BreakerState {
	switch foldKey(text) {
	case "closed":
		return tracker.BreakerClosed
	case "open":
		return tracker.BreakerOpen
	case "halfopen", "half":
		return tracker.BreakerHalfOpen
	default:
		return tracker.BreakerNone
	}
}

// levelName gives pino's and bunyan's numbers their names.
func levelName(level []byte) []byte {
	switch string(level) {
	case "10":
		return []byte("trace")
	case "20":
		return []byte("debug")
	case "30":
		return []byte("info")
	case "40":
		return []byte("warn")
	case "50":
		return []byte("error")
	case "60":
		return []byte("fatal")
	default:
		return level
	}
}
