package logline

import (
	"bytes"
	"time"

	"errtop/tracker"
)

// complete works time, status, duration and kind out of what a JSON or logfmt line said under its keys. It returns why
// the line does not belong to a request, "" if it is one.
func (r *Record) complete(c *clock) (reason string) {
	r.completeTime(c)
	stated, known := r.completeStatus() // the line says how the request ended
	if r.Has(FieldRequest) {
		r.splitRequest()
	}
	if len(r.spares) > 0 {
		r.choosePath()
	}
	if r.Has(FieldService) {
		r.serviceOfCluster()
	}
	if r.hinted(hintTracing) { // Rust's tracing calls the module that writes a target
		r.set &^= 1 << FieldTarget
	}
	r.completeDuration(c)
	if r.Has(FieldGRPC) && r.completeGRPC() {
		return ""
	}
	if r.Has(FieldKind) && r.statedKind() {
		return ""
	}
	if !known {
		return "status is not an HTTP status"
	}
	r.Kind = tracker.KindOf(int(r.status))
	if r.status != 0 {
		if r.span[FieldStatus].meta.rank() >= levelRank && r.set&requestFields == 0 {
			return "a status, but no request"
		}
		return ""
	}
	if r.Has(FieldError) && (stated || r.Has(FieldTarget) || r.Has(FieldMethod)) || stated {
		r.Kind = kindOfWords(r.Text(FieldError), r.Text(FieldMessage))
		return ""
	}
	return "no status, so no request"
}

// requestFields are what a line has at least one of if it describes a request; a status deep within some object does not suffice.
const requestFields = 1<<FieldMethod | 1<<FieldPath | 1<<FieldRequest | 1<<FieldDuration | 1<<FieldTarget | 1<<FieldAgent

// completeStatus takes the best value that is an HTTP status. Without one it reports whether a value says that no answer came, and
// whether there was anything to understand at all: "error" is a status to some, and no HTTP status.
func (r *Record) completeStatus() (stated, known bool) {
	if r.Has(FieldStatus) { // the common case
		s := r.span[FieldStatus]
		if status, ok := parseStatus(r.line[s.lo:s.hi]); ok && status > 0 {
			r.status = status
			return true, true
		}
	}
	return r.searchStatus()
}

// searchStatus is completeStatus for lines whose best key for a status has none.
func (r *Record) searchStatus() (stated, known bool) {
	known = true
	for ok := r.Has(FieldStatus); ok; ok = r.useSpare(FieldStatus) {
		text := r.Text(FieldStatus)
		if len(text) == 0 || string(text) == "-" {
			continue
		}
		status, understood := parseStatus(text)
		switch {
		case !understood:
			known = stated
			continue
		case status == 0:
			stated, known = true, true
			continue
		}
		r.status = status
		return true, true
	}
	if code := r.Raw(FieldError); (r.Has(FieldMethod) || r.Has(FieldRequest)) && isStatus(code) { // "code": 502
		r.status, _ = parseStatus(code)
		r.set &^= 1 << FieldError
		return true, true
	}
	return stated, known
}

// statedKind takes the kind that the line states, where it is the request's: spans have a kind too, "server" or "client", which is
// a side and not a failure.
func (r *Record) statedKind() bool {
	kind, ok := tracker.ParseKind(string(r.Text(FieldKind)))
	if !ok {
		return false
	}
	if side := kind == tracker.KindServer || kind == tracker.KindClient; side && (r.hinted(hintSpan) || r.status != 0 && tracker.KindOf(int(r.status)) != kind) {
		return false
	}
	r.Kind = kind
	return true
}

// choosePath takes the first path that looks like one: a route may be a name.
func (r *Record) choosePath() {
	if !r.Has(FieldPath) || startsPath(r.Text(FieldPath)) {
		return
	}
	for i, s := range r.spares {
		if s.field == FieldPath && startsPath(r.line[s.span.lo:s.span.hi]) {
			r.spares[i].span, r.span[FieldPath] = r.span[FieldPath], s.span
			return
		}
	}
}

// serviceOfCluster takes the name out of what Envoy calls a cluster: "outbound|80||orders.prod.svc.cluster.local". An inbound one has
// no name.
func (r *Record) serviceOfCluster() {
	s := &r.span[FieldService]
	bar := bytes.LastIndexByte(r.line[s.lo:s.hi], '|')
	if bar < 0 {
		return
	}
	if s.lo += int32(bar) + 1; s.lo == s.hi { //nolint:gosec // a line is at most 1 MiB
		r.set &^= 1 << FieldService
	}
}

// splitRequest takes method and path out of a request line, where no key of their own gave them. Some write the path alone there.
func (r *Record) splitRequest() {
	s := r.span[FieldRequest]
	raw := r.Raw(FieldRequest)
	method, path, ok := splitRequestLine(raw)
	if !ok {
		if !r.Has(FieldPath) && startsPath(raw) {
			r.put(FieldPath, span{lo: s.lo, hi: s.hi, meta: meta(s.meta.form())})
		}
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
	} else if i > blank && (end == i+2 || end == i+4 && b[i+2] == '.') && b[i+1]-'0' <= 9 { // hypercorn: GET /path 1.1
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

// KindOfFailure returns the kind of a request that failed without a status, by what is said about why: its error's type, and
// a message.
func KindOfFailure(err, message string) tracker.Kind {
	return kindOfWords([]byte(err), []byte(message))
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
