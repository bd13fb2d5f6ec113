package logline

import (
	"bytes"
	"time"

	"errtop/tracker"
)

// complete works time, status, duration and kind out of what a JSON or logfmt line said under its keys. It returns why
// the line is no request's, "" if it is one.
func (r *Record) complete(c *clock) (reason string) {
	if r.Has(FieldTime) {
		r.completeTime(c)
	}
	stated := false // the line says how the request ended
	if text := r.Text(FieldStatus); len(text) > 0 && string(text) != "-" {
		status, ok := parseStatus(text)
		if !ok {
			return "status is no HTTP status"
		}
		r.status, stated = status, true
	}
	if r.Has(FieldRequest) {
		r.splitRequest()
	}
	if r.Has(FieldDuration) {
		r.completeDuration()
	}
	r.Kind = tracker.KindOf(int(r.status))
	if r.Has(FieldKind) {
		if kind, ok := tracker.ParseKind(string(r.Text(FieldKind))); ok {
			r.Kind = kind
			return ""
		}
	}
	if r.status != 0 {
		return ""
	}
	if r.Has(FieldError) && (stated || r.Has(FieldTarget) || r.Has(FieldMethod)) || stated {
		r.Kind = kindOfWords(r.Text(FieldError), r.Text(FieldMessage))
		return ""
	}
	return "no status, so no request"
}

// completeTime reads the time field.
func (r *Record) completeTime(c *clock) {
	text := r.Text(FieldTime)
	if r.span[FieldTime].meta.form() == formNumber {
		r.Sec, r.Nsec, r.HasTime = epoch(text)
		return
	}
	r.Sec, r.Nsec, r.HasTime = c.stamp(text)
}

// completeDuration reads the duration field. Where neither key nor value names a unit, numbers with a fraction are
// seconds (Caddy, zap), whole ones nanoseconds beside a text under "msg" (slog), and milliseconds else (Envoy).
func (r *Record) completeDuration() {
	s := &r.span[FieldDuration]
	text := r.Text(FieldDuration)
	u := s.meta.unit()
	if u == unitGuess {
		u = unitMillisecond
		switch {
		case bytes.IndexByte(text, '.') >= 0 || bytes.IndexByte(text, 'e') >= 0 && s.meta.form() == formNumber:
			u = unitSecond
		case r.Has(FieldMessage) && r.span[FieldMessage].meta.unit() == unitNanosecond:
			u = unitNanosecond
		}
	}
	if s.meta.form() == formNumber {
		r.setLatency(parseDuration(text, u))
		return
	}
	r.setLatency(parseDurationText(text, u))
}

// splitRequest takes method and path out of a request line, where no key of their own gave them.
func (r *Record) splitRequest() {
	s := r.span[FieldRequest]
	method, path, ok := splitRequestLine(r.Raw(FieldRequest))
	if !ok {
		return
	}
	if !r.Has(FieldMethod) {
		r.put(FieldMethod, span{lo: s.lo + method.lo, hi: s.lo + method.hi, meta: meta(s.meta.form())})
	}
	if !r.Has(FieldPath) {
		r.put(FieldPath, span{lo: s.lo + path.lo, hi: s.lo + path.hi, meta: meta(s.meta.form())})
	}
}

// splitRequestLine finds method and path in "GET /path HTTP/1.1"; the path may hold blanks, the protocol may be missing.
func splitRequestLine(b []byte) (method, path span, ok bool) {
	blank := bytes.IndexByte(b, ' ')
	if blank <= 0 || blank > 20 {
		return method, path, false
	}
	for _, c := range b[:blank] {
		if (c < 'A' || c > 'Z') && c != '-' && c != '_' && (c < 'a' || c > 'z') {
			return method, path, false
		}
	}
	end := len(b)
	if cut := end - len(" HTTP/1.1"); cut > blank && string(b[cut:end-1]) == " HTTP/1." {
		end = cut
	} else if i := bytes.LastIndexByte(b, ' '); i > blank && bytes.HasPrefix(b[i+1:], []byte("HTTP/")) {
		end = i
	} else if i > blank && i >= end-len(" 1.1") && b[i+1]-'0' <= 9 && (end == i+2 || end == i+4 && b[i+2] == '.') { // hypercorn: GET /path 1.1
		end = i
	}
	return span{hi: int32(blank)}, span{lo: int32(blank + 1), hi: int32(end)}, true //nolint:gosec // a line is at most 1 MiB
}

// kindOfWords guesses why a request without a status failed from its error and message, in any case. The reference
// API's error types come first, then what libraries and operating systems say. An error that says nothing known is the
// server's; without one no whole answer came, whatever the message ("handled request", says Caddy, with status 0).
func kindOfWords(err, message []byte) tracker.Kind {
	if kind, ok := knownKind(err); ok {
		return kind
	}
	if isEnvoyFlags(err) {
		return envoyKind(err)
	}
	if kind, ok := knownKind(message); ok {
		return kind
	}
	if len(err) > 0 && string(err) != "-" {
		return tracker.KindServer
	}
	return tracker.KindProtocol
}

// knownKind returns the kind of the first of kindWords that a text holds.
func knownKind(text []byte) (kind tracker.Kind, ok bool) {
	low := bytes.ToLower(text)
	for _, guess := range kindWords {
		if bytes.Contains(low, []byte(guess.word)) {
			return guess.kind, true
		}
	}
	return kind, false
}

// kindWords are searched in this order.
var kindWords = [...]struct {
	word string
	kind tracker.Kind
}{
	{"invalid api key", tracker.KindAuth},
	{"invalid input", tracker.KindInvalid},
	{"access denied", tracker.KindForbidden},
	{"model not found", tracker.KindNotFound},
	{"rate limit", tracker.KindRateLimited},
	{"generation failed", tracker.KindServer},
	{"circuit", tracker.KindShortCircuit},
	{"timeout", tracker.KindTimeout},
	{"timed out", tracker.KindTimeout},
	{"deadline exceeded", tracker.KindTimeout},
	{"etimedout", tracker.KindTimeout},
	{"no such host", tracker.KindDNS},
	{"enotfound", tracker.KindDNS},
	{"eai_again", tracker.KindDNS},
	{"name resolution", tracker.KindDNS},
	{"name or service not known", tracker.KindDNS},
	{"certificate", tracker.KindTLS},
	{"x509", tracker.KindTLS},
	{"tls", tracker.KindTLS},
	{"ssl", tracker.KindTLS},
	{"refused", tracker.KindConnect},
	{"unreachable", tracker.KindConnect},
	{"reset", tracker.KindConnect},
	{"econn", tracker.KindConnect},
	{"broken pipe", tracker.KindConnect},
	{"eof", tracker.KindProtocol},
	{"malformed", tracker.KindProtocol},
}

// setStatus sets a status and the kind that follows from it; without a status no whole answer came.
func (r *Record) setStatus(status int32) {
	r.status, r.Kind = status, tracker.KindOf(int(status))
	if status == 0 {
		r.Kind = tracker.KindProtocol
	}
}

// setLatency sets the request's time, unless it was not understood. Logs round down to 0, which would mean unknown.
func (r *Record) setLatency(d time.Duration, ok bool) {
	if ok {
		r.Latency = max(d, 1)
	}
}
