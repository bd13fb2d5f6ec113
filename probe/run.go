package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"time"

	"errtop/internal/safetext"
	"errtop/tracker"
)

const (
	bodyShown   = 2 << 10   // bytes of a body kept as evidence
	bodyHeld    = 64 << 10  // bytes of a body searched for an error's fields and for secrets
	bodyMax     = 1 << 20   // bytes of a body read at most
	lineMax     = 1000      // of a message
	headerMax   = 300       // of a header's value
	headersMax  = 8 << 10   // of all headers together
	errorsMax   = 50        // errors of a list
	errorsBytes = 8 << 10   // of all errors of a list together
	detailsMax  = bodyShown // of the rest of an error's body
	requestMax  = 200       // of a request id
	redirectMax = 10

	rateHeadersMax = 16 // headers about rate limits
	rateNameMax    = 60 // of the name of one
)

// runKey is the context key of a request's [run].
type runKey struct{}

// run is a request in progress.
type run struct {
	plan     *plan
	ctx      context.Context // with the deadline, which net/http removes from the context that it passes to dial
	start    time.Time
	trace    trace
	result   tracker.Result
	evidence *tracker.Evidence // allocated apart, because the tracker keeps it longer than the run

	request   *http.Request // of the current hop
	proxy     string        // host and port of the proxy that the hop goes through; "" without
	tunnelled bool          // the proxy has opened a tunnel to the target
	reused    bool          // the hop went over a kept connection

	header  http.Header          // of the answer
	body    []byte               // of the answer, unpacked, as much as is needed
	tls     *tls.ConnectionState // of the last hop
	expires soonest              // over all hops
	answers []string             // of a name server
	notes   []string             // appended to the message: where a redirect led, through which proxy
}

func newRun(p *plan, attempt int) *run {
	return &run{plan: p, start: time.Now(), evidence: &tracker.Evidence{
		Host: safetext.Line(p.url.Host), Request: p.shown, Attempt: attempt, Attempts: p.Attempts,
	}}
}

// unsent returns the result of a request that was not sent.
func unsent(p *plan, attempt int, c cause, errors []string) tracker.Result {
	r := newRun(p, attempt)
	r.result.Time = r.start.Round(0)
	r.evidence.Errors = slices.Clone(errors)
	r.fail(c)
	return r.finish()
}

func shortCircuit(p *plan, attempt int) tracker.Result {
	return unsent(p, attempt, cause{
		kind: tracker.KindShortCircuit, short: "breaker open", text: "breaker open: not sent",
	}, nil)
}

func invalid(p *plan) tracker.Result {
	return unsent(p, 1, cause{
		kind: tracker.KindValidation, short: "invalid request body", text: "invalid request body, not sent: " + strings.Join(p.broken, "; "),
	}, p.broken)
}

// ask sends one request and returns what came of it. Attempt counts from 1.
func ask(ctx context.Context, p *plan, attempt int) tracker.Result {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	r := newRun(p, attempt)
	ctx = httptrace.WithClientTrace(context.WithValue(ctx, runKey{}, r), r.trace.hooks())
	r.ctx = ctx
	err := p.ask(r, ctx)
	end := time.Now()
	r.result.Latency = end.Sub(r.start)
	r.result.Time = end.Round(0) // wall clock only, because it is compared with times of other processes
	r.evidence.Phases, r.evidence.RemoteAddr = r.trace.phases(end)
	r.takeTLS()
	_, unread := errors.AsType[unreadBody](err)
	switch {
	case err == nil:
		r.judge()
	case unread && tracker.KindOf(r.result.Status).Failed(): // the status matters more than the body's failure
		r.notes = append(r.notes, r.explain(err).text)
		r.judge()
	default:
		if r.reused {
			r.notes = append(r.notes, "on a kept connection")
		}
		r.fail(r.explain(err))
	}
	if r.proxy != "" && !strings.HasPrefix(r.result.Error, "proxy") {
		r.notes = append(r.notes, "through the proxy "+r.proxy)
	}
	return r.finish()
}

// fail makes the result a failure.
func (r *run) fail(c cause) {
	r.result.Kind, r.result.Error, r.result.Message = c.kind, c.short, c.text
	r.result.Inconclusive = c.local
}

// finish returns the result, with foreign text made safe to draw and secrets masked.
func (r *run) finish() tracker.Result {
	s := r.plan.secrets
	res, ev := &r.result, r.evidence
	res.Origin, res.Target = tracker.OriginProbe, r.plan.Name
	if r.plan.client != nil {
		res.Method, res.Route = r.plan.shown.Method, s.Line(orSlash(r.plan.url.EscapedPath()), lineMax)
	}
	if len(r.notes) > 0 && res.Message != "" {
		res.Message += " (" + strings.Join(r.notes, "; ") + ")"
	}
	res.Error, res.Message = s.Line(res.Error, lineMax), s.Line(res.Message, lineMax)
	res.RequestID = s.Line(res.RequestID, requestMax)
	left := errorsBytes
	for i := range ev.Errors {
		ev.Errors[i] = s.Line(ev.Errors[i], lineMax)
		if left -= len(ev.Errors[i]); left < 0 {
			ev.Errors = slices.Clip(ev.Errors[:i])
			break
		}
	}
	ev.Details = s.Block(ev.Details, detailsMax)
	left = headersMax
	for i := range ev.Headers {
		h := &ev.Headers[i]
		h.Value = s.Line(h.Value, headerMax)
		if left -= len(h.Name) + len(h.Value); left < 0 {
			ev.Headers = slices.Clone(ev.Headers[:i])
			break
		}
	}
	ev.BodyCut = ev.BodyCut || len(r.body) > bodyShown
	ev.Body = s.Block(string(r.body[:min(len(r.body), bodyShown+safetext.Lookahead)]), bodyShown)
	res.Evidence = ev
	return *res
}

// shownBody returns the start of the body with secrets masked. They are masked before it is cut, because half a secret would not
// be found.
func (r *run) shownBody() string {
	return safetext.MaskSecrets(r.plan.secrets.Mask(string(r.body[:min(len(r.body), bodyHeld)])))
}

func orSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// takeTLS copies the TLS version and the expiry into the evidence.
func (r *run) takeTLS() {
	if r.tls != nil {
		r.evidence.TLSVersion = tls.VersionName(r.tls.Version)
	}
	if r.expires.cert != nil {
		r.evidence.CertExpiry = r.expires.cert.NotAfter
	}
}

// judge sets the kind of a complete answer: by its status, then by the target's expectations, then by its certificates.
func (r *run) judge() {
	if r.result.Kind = tracker.KindOf(r.result.Status); r.result.Kind.Failed() {
		r.readError()
	}
	if !r.meetsExpectations() {
		return
	}
	left, warn := r.certLeft()
	switch {
	case warn:
		short := "TLS: " + certificateKind(r.expires.cert, r.expires.leaf) + " expires"
		r.fail(cause{
			kind: tracker.KindAssertion, short: short,
			text: short + " in " + words(left) + r.expires.named(r.plan.url.Hostname()) + ", warning below " + words(r.plan.CertWarn),
		})
	case r.plan.url.Scheme == "tls":
		r.result.Message = "certificate valid for " + words(left)
	}
}

// certLeft returns for how long the certificates stay valid, and whether that is less than CertWarn.
func (r *run) certLeft() (left time.Duration, warn bool) {
	if r.evidence.CertExpiry.IsZero() {
		return 0, false
	}
	left = r.evidence.CertExpiry.Sub(r.result.Time)
	return left, r.plan.CertWarn > 0 && left < r.plan.CertWarn
}
