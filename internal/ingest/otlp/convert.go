package otlp

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	resources "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"

	"errtop/internal/logline"
	"errtop/tracker"
)

// ownAgent begins the user agent of errtop's own probes, which are counted where they are made.
const ownAgent = "errtop/"

// converter makes results of spans. Its texts are harmless, and equal ones are shared.
type converter struct {
	source string
	names  logline.Interner
	labels map[tracker.Label]*tracker.Labels // by a label of their own that has all values
}

// request is a span that is a request.
type request struct {
	result   tracker.Result
	server   bool
	trace    traceID
	id       spanKey // its own
	parent   spanKey // of the span that caused it, zero where none is known
	bytes    int     // roughly what it takes in memory
	hasCause bool    // the exception is known
}

// traceID is a trace's id; the zero one is none.
type traceID [16]byte

// spanKey is a span's id within its trace; the zero one is none.
type spanKey struct {
	trace traceID
	span  [8]byte
}

// keyOf returns the key of a span, the zero one where an id is missing.
func keyOf(trace, span []byte) (key spanKey) {
	if len(trace) != len(key.trace) || len(span) != len(key.span) {
		return spanKey{}
	}
	copy(key.trace[:], trace)
	copy(key.span[:], span)
	if key.span == [8]byte{} || key.trace == (traceID{}) {
		return spanKey{}
	}
	return key
}

// request returns a span as a request; ok is false where it is none: internal work, a message, a query to a database.
func (c *converter) request(resource *resources.Resource, s *trace.Span) (r *request, ok bool) {
	var f facts
	f.take(resource.GetAttributes())
	f.take(s.GetAttributes())
	server := s.GetKind() == trace.Span_SPAN_KIND_SERVER
	switch {
	case server:
		if strings.HasPrefix(f.agent, ownAgent) {
			return nil, false
		}
	case s.GetKind() != trace.Span_SPAN_KIND_CLIENT, !f.isHTTP && !f.isRPC:
		return nil, false
	}
	x := exceptionIn(s)
	r = &request{server: server, id: keyOf(s.GetTraceId(), s.GetSpanId()), parent: keyOf(s.GetTraceId(), s.GetParentSpanId())}
	r.trace = r.id.trace
	r.result = tracker.Result{
		Time: timeOf(s.GetEndTimeUnixNano()), Latency: lasted(s), Source: c.source,
		Target: c.name(c.target(&f, server)), Method: c.name(f.method), Route: c.route(&f, s), Labels: c.labelsOf(&f),
	}
	if r.result.Time.IsZero() {
		r.result.Time = timeOf(s.GetStartTimeUnixNano())
	}
	if f.errorType == "_OTHER" {
		f.errorType = ""
	}
	c.judge(&r.result, &f, s, x, server)
	if r.result.Kind.Failed() {
		c.explain(r, &f, s, x)
	}
	return r, true
}

// lasted returns how long a span took, or 0 if that is not known.
func lasted(s *trace.Span) time.Duration {
	start, end := s.GetStartTimeUnixNano(), s.GetEndTimeUnixNano()
	if start == 0 || end <= start || end-start > uint64(logline.MaxLatency) {
		return 0
	}
	return time.Duration(end - start) //nolint:gosec // bounded
}

// target names what was asked: the service that answered, or the server that was called.
func (c *converter) target(f *facts, server bool) string {
	name := f.service
	if !server {
		if name = f.serverName(); name == "" {
			name = f.rpcService
		}
	}
	if name == "" {
		return "unknown"
	}
	return name
}

// route returns the path of a request, by its route where that is known; of an RPC its procedure; else the span's name.
func (c *converter) route(f *facts, s *trace.Span) string {
	route := f.place()
	if f.isRPC {
		if procedure := f.procedure(); procedure != "" {
			route = procedure
		}
	}
	if route == "" {
		route = strings.TrimPrefix(s.GetName(), f.method+" ")
	}
	return c.names.Line([]byte(route), logline.MaxRoute)
}

func (c *converter) name(text string) string { return c.names.Line([]byte(text), logline.MaxName) }

// judge decides a request's outcome: by the HTTP status, by the status of an RPC, by the type of the error, and by the
// span's own status, in this order.
func (c *converter) judge(r *tracker.Result, f *facts, s *trace.Span, x exception, server bool) {
	status := f.status
	if n, err := strconv.Atoi(f.errorType); err == nil && status == 0 && n >= 100 && n < 600 {
		status = n
	}
	failed := s.GetStatus().GetCode() == trace.Status_STATUS_CODE_ERROR || f.errorType != ""
	if f.rpcStatus != "" {
		if name, kind, known := logline.GRPCStatus(f.rpcStatus); known && (kind.Failed() || !failed) {
			r.Kind = kind
			if kind.Failed() {
				r.Error = name
			}
			return
		}
	}
	r.Status = status
	if r.Kind = tracker.KindOf(status); status != 0 && r.Kind.Failed() {
		return
	}
	if !failed {
		r.Kind = tracker.KindOK
		return
	}
	// It failed without a status, or although its status says nothing of it.
	kind := kindOfError(cmp.Or(f.errorType, x.kind), cmp.Or(s.GetStatus().GetMessage(), x.message))
	if server && kind == tracker.KindProtocol {
		kind = tracker.KindServer
	}
	r.Kind = kind
}

// explain adds what is known of why a request failed.
func (c *converter) explain(r *request, f *facts, s *trace.Span, x exception) {
	result := &r.result
	if x.kind == "" && f.exception != "" {
		x = exception{kind: f.exception, message: f.message, stack: f.stack}
	}
	if result.Error == "" {
		if _, err := strconv.Atoi(f.errorType); err != nil {
			result.Error = c.name(f.errorType)
		}
	}
	result.Message = logline.SafeLine([]byte(s.GetStatus().GetMessage()), logline.MaxMessage)
	if r.trace != (traceID{}) {
		result.RequestID = hexOf(r.trace[:])
	}
	result.Evidence = &tracker.Evidence{Details: logline.SafeLine([]byte(s.GetName()), logline.MaxName)}
	if r.server {
		result.Evidence.Host = c.name(f.host)
	} else {
		result.Evidence.Upstream, result.Evidence.Host = c.name(f.address), c.name(f.host)
	}
	r.bytes = 512 + len(result.Message)
	r.because(x)
}

// because adds an exception to a request that failed.
func (r *request) because(x exception) {
	if r.hasCause = x.kind != "" || x.message != ""; !r.hasCause {
		return
	}
	if r.result.Error == "" {
		r.result.Error = logline.SafeLine([]byte(x.kind), logline.MaxName)
	}
	if x.message != "" {
		message := x.message
		if x.kind != "" && r.result.Error != x.kind {
			message = x.kind + ": " + message
		}
		r.result.Message = logline.SafeLine([]byte(message), logline.MaxMessage)
	}
	if x.stack != "" {
		evidence := *r.result.Evidence // never changed once it was emitted
		evidence.Stack = logline.SafeBlock([]byte(x.stack), logline.MaxStack)
		r.result.Evidence = &evidence
		r.bytes += len(evidence.Stack)
	}
}

// labelsOf returns what the resource says that a contrast may compare.
func (c *converter) labelsOf(f *facts) *tracker.Labels {
	key := tracker.Label{Name: f.version, Value: f.region + "\x00" + f.machine}
	if known := c.labels[key]; known != nil {
		return known
	}
	var labels tracker.Labels
	for _, label := range []tracker.Label{{Name: "version", Value: f.version}, {Name: "region", Value: f.region}, {Name: "machine", Value: f.machine}} {
		if label.Value != "" {
			labels = append(labels, tracker.Label{Name: label.Name, Value: logline.SafeLine([]byte(label.Value), maxLabel)})
		}
	}
	if labels == nil {
		return nil
	}
	if c.labels == nil || len(c.labels) >= maxLabels {
		c.labels = map[tracker.Label]*tracker.Labels{}
	}
	c.labels[key] = &labels
	return &labels
}

const (
	maxLabel  = 64   // bytes of a label's value
	maxLabels = 1024 // sets of labels that are kept
)

// hexOf returns bytes as lower-case hexadecimal digits.
func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 2*len(b))
	for _, c := range b {
		text = append(text, digits[c>>4], digits[c&15])
	}
	return string(text)
}
