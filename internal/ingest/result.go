package ingest

import (
	"encoding/json"
	"time"

	"errtop/tracker"
)

// resultMaker turns records into results that may be kept.
type resultMaker struct {
	source string
	names  interner
	buffer []byte
}

// make returns d's record as a result.
func (m *resultMaker) make(d *decoder) tracker.Result {
	r := &d.rec
	path, host := d.location()
	target := d.targetName(m.buffer[:0])
	result := tracker.Result{
		Time:    r.time(),
		Target:  m.names.line(target, maxName),
		Source:  m.source,
		Method:  m.names.line(r.text(fieldMethod), maxName),
		Route:   m.names.line(path, maxRoute),
		Latency: r.latency,
		Status:  int(r.status),
		Kind:    r.kind,
	}
	if r.has(fieldBreaker) {
		result.Breaker = parseBreaker(string(r.text(fieldBreaker)))
	}
	if !r.kind.Failed() {
		return result
	}
	result.Error = m.names.line(r.text(fieldError), maxName)
	result.Message = safeLine(r.text(fieldMessage), maxMessage)
	result.RequestID = safeLine(r.text(fieldRequestID), maxName)
	if r.has(fieldResetAt) {
		result.ResetAt = resetTime(&d.clock, r)
	}
	result.Evidence = m.evidence(r, host)
	return result
}

// evidence returns what a failed request's line holds beyond its outcome.
func (m *resultMaker) evidence(r *record, host []byte) *tracker.Evidence {
	e := &tracker.Evidence{
		Line:     safeLine(r.line, maxRaw),
		Level:    m.names.line(levelName(r.text(fieldLevel)), maxName),
		Host:     m.names.line(host, maxName),
		Upstream: m.names.line(r.text(fieldUpstream), maxName),
	}
	if r.has(fieldStack) {
		e.Stack = safeBlock(r.text(fieldStack), maxStack)
	}
	if r.has(fieldDetails) {
		e.Details = safeLine(r.text(fieldDetails), maxMessage)
	}
	if r.has(fieldErrors) {
		e.Errors = errorList(r)
	}
	return e
}

// errorList returns the errors field: an array of strings, or anything else as it stands.
func errorList(r *record) []string {
	const most = 50
	var list []string
	raw := r.text(fieldErrors)
	if r.span[fieldErrors].meta.form() == formRaw {
		var values []json.RawMessage
		if json.Unmarshal(raw, &values) == nil {
			for _, v := range values[:min(len(values), most)] {
				var s string
				if json.Unmarshal(v, &s) != nil {
					s = string(v)
				}
				list = append(list, safeLine([]byte(s), maxMessage))
			}
			return list
		}
	}
	return []string{safeLine(raw, maxMessage)}
}

// resetTime reads when the API lets us come back.
func resetTime(c *clock, r *record) time.Time {
	sec, nsec, ok := c.stamp(r.text(fieldResetAt))
	if !ok {
		return time.Time{}
	}
	return time.Unix(sec, int64(nsec)).UTC()
}

// parseBreaker reads a breaker's state in any usual spelling.
func parseBreaker(text string) tracker.BreakerState {
	switch foldKey(nil, text) {
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
