package demo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"errtop/internal/safetext"
	"errtop/tracker"
)

const (
	maxAnswer = 1 << 20 // bytes read of an answer
	maxKept   = 2 << 10 // bytes kept of it as evidence
)

// answer is what a client got for its call.
type answer struct {
	status    int // 0 if no header was received
	proto     string
	header    http.Header
	body      []byte // as far as it was received
	firstByte time.Duration
	latency   time.Duration
	err       error // of the transport
}

// result returns the result that the client's log would have. A success has no evidence.
func (a *answer) result(c call, req *http.Request, ended time.Time) tracker.Result {
	r := tracker.Result{
		Time: ended, Target: c.target, Source: SourceName, Method: req.Method, Route: c.route,
		Latency: a.latency, Status: a.status, Kind: tracker.KindOf(a.status), Origin: tracker.OriginTraffic,
		RequestID: safetext.Line(a.header.Get("X-Request-Id")),
	}
	var said reply
	if a.err != nil {
		r.Kind, r.Error, r.Message = cause(a.err)
	} else if r.Kind.Failed() {
		said.read(a.body)
		r.Error = safetext.Line(cmp.Or(said.Error, http.StatusText(a.status)))
		r.Message = safetext.Line(said.Message)
		r.ResetAt = said.resetAt(a.status, a.header, ended)
	}
	if !r.Kind.Failed() {
		return r
	}
	r.Evidence = &tracker.Evidence{
		Details: safetext.Line(string(said.Details)), Host: req.URL.Host,
		Request:    request(c, req),
		Phases:     tracker.Phases{FirstByte: a.firstByte, Body: a.latency - a.firstByte},
		RemoteAddr: req.URL.Host, Proto: a.proto, Headers: allowed(a.header),
		Body:    safetext.Block(string(a.body[:min(len(a.body), maxKept)])),
		BodyCut: len(a.body) > maxKept,
		Attempt: 1, Attempts: 1,
	}
	for _, e := range said.Errors {
		r.Evidence.Errors = append(r.Evidence.Errors, safetext.Line(e))
	}
	return r
}

// reply is the error body of the reference API.
type reply struct {
	Error   string          `json:"error"`
	Message string          `json:"message"`
	Errors  []string        `json:"errors"`
	Details json.RawMessage `json:"details"`
	ResetAt string          `json:"resetAt"`
}

// read decodes a body. One of another shape leaves the reply empty.
func (r *reply) read(body []byte) {
	if json.Unmarshal(body, r) != nil {
		*r = reply{}
		return
	}
	var compact bytes.Buffer
	if json.Compact(&compact, r.Details) == nil {
		r.Details = compact.Bytes()
	}
}

// resetAt returns when the API allows the next request, from the body or else a header; zero if neither says so. X-RateLimit-Reset
// comes with every answer, and means that only with a 429.
func (r *reply) resetAt(status int, h http.Header, now time.Time) time.Time {
	said := []string{r.ResetAt}
	if status == http.StatusTooManyRequests {
		said = append(said, h.Get("X-RateLimit-Reset"))
	}
	for _, s := range said {
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return t
		}
	}
	if n, err := strconv.ParseUint(h.Get("Retry-After"), 10, 0); err == nil && n <= 3600 { // the server's windows are shorter
		return now.Add(time.Duration(n) * time.Second)
	}
	return time.Time{}
}

// cause explains an error of the transport.
func cause(err error) (kind tracker.Kind, short, message string) {
	_, isNet := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return tracker.KindTimeout, "timeout", "The answer was not complete in time."
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return tracker.KindConnect, "connection reset", "The connection was reset before the answer was complete."
	case errors.Is(err, syscall.ECONNREFUSED):
		return tracker.KindConnect, "connection refused", "Nobody listens at this address."
	case errors.Is(err, io.ErrUnexpectedEOF):
		return tracker.KindProtocol, "body cut short", "The body ended before its announced length."
	case errors.Is(err, io.EOF):
		return tracker.KindProtocol, "no answer", "The connection was closed before an answer came."
	case isNet:
		return tracker.KindConnect, "network failure", safetext.Line(err.Error())
	default:
		return tracker.KindProtocol, "malformed answer", safetext.Line(err.Error())
	}
}

// request returns the request as evidence, with the key masked.
func request(c call, req *http.Request) tracker.Request {
	out := tracker.Request{Method: req.Method, URL: req.URL.String(), Body: safetext.Block(c.body[:min(len(c.body), maxKept)])}
	for _, name := range [...]string{"Authorization", "Content-Type", "User-Agent"} {
		v := req.Header.Get(name)
		switch {
		case v == "":
			continue
		case name == "Authorization":
			v = "Bearer " + safetext.Mask
		}
		out.Headers = append(out.Headers, tracker.Header{Name: name, Value: safetext.Line(v)})
	}
	return out
}

// allowed returns the headers of an answer that are kept as evidence.
func allowed(h http.Header) []tracker.Header {
	var out []tracker.Header
	for _, name := range [...]string{
		"Content-Type", "Content-Length", "Date", "Retry-After", "Server",
		"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id",
	} {
		if v := h.Get(name); v != "" {
			out = append(out, tracker.Header{Name: name, Value: safetext.Line(v)})
		}
	}
	return out
}
