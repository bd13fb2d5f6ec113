package probe

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// askHTTP sends the target's request, and follows redirects where the target wants it.
func (r *run) askHTTP(ctx context.Context) error {
	hop := firstHop(r.plan)
	for n := 0; ; n++ {
		next, err := r.send(ctx, hop, n < redirectMax)
		if err != nil {
			return err
		}
		if next == nil {
			return nil
		}
		hop = next
		r.note = "redirected to " + safetext.MaskURL(hop.url.String())
	}
}

// send makes one hop. It returns the next one where the answer is a redirect that may be followed, and otherwise keeps the
// answer.
func (r *run) send(ctx context.Context, h *hop, mayFollow bool) (*hop, error) {
	req, err := h.request(ctx)
	if err != nil {
		return nil, withoutURL(err)
	}
	resp, err := r.roundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // everything that matters was read
	var next *hop
	if r.plan.FollowRedirects && redirects(resp.StatusCode) {
		if next, err = h.follow(resp, r.plan); err != nil {
			r.keep(resp)
			return nil, err
		}
		if next != nil && !mayFollow {
			r.keep(resp)
			return nil, failure{kind: tracker.KindProtocol, short: "too many redirects", text: fmt.Sprintf("too many redirects: stopped after %d", redirectMax)}
		}
	}
	if next != nil {
		_, _ = io.CopyN(io.Discard, resp.Body, bodyShown) // so that a kept connection can be used again
		return next, nil
	}
	r.keep(resp)
	return nil, r.read(resp)
}

// roundTrip sends req over a connection of its own, or over a kept one where the target wants that.
func (r *run) roundTrip(req *http.Request) (*http.Response, error) {
	if r.plan.KeepAlive {
		return r.plan.client.RoundTrip(req) //nolint:wrapcheck // explain finds the words
	}
	// With a connection of our own the deadline holds for connecting too, and nothing goes on behind our back.
	conn, err := r.plan.client.NewClientConn(req.Context(), req.URL.Scheme, net.JoinHostPort(req.URL.Hostname(), portOf(req.URL)))
	if err != nil {
		return nil, err //nolint:wrapcheck // explain finds the words
	}
	r.trace.enter(sending)
	req.Close = true
	resp, err := conn.RoundTrip(req)
	if err != nil {
		_ = conn.Close()
		return nil, err //nolint:wrapcheck // explain finds the words
	}
	resp.Body = connBody{resp.Body, conn}
	return resp, nil
}

// connBody closes the connection with the body.
type connBody struct {
	io.ReadCloser
	conn *http.ClientConn
}

func (b connBody) Close() error {
	_ = b.ReadCloser.Close()
	return b.conn.Close() //nolint:wrapcheck // nobody looks
}

// keep takes what the answer's header says.
func (r *run) keep(resp *http.Response) {
	r.trace.enter(reading)
	r.result.Status = resp.StatusCode
	r.evidence.Proto = resp.Proto
	r.header, r.tls = resp.Header, resp.TLS
	r.result.RequestID = requestID(resp.Header)
	r.evidence.Headers = shownHeaders(resp.Header)
	for i, h := range r.evidence.Headers {
		if h.Name == "Location" {
			r.evidence.Headers[i].Value = safetext.MaskURL(h.Value)
		}
	}
}

// read reads the body: to its end where that is near, so that a body cut short is noticed and a kept connection can be used
// again, and never more than bodyMax.
func (r *run) read(resp *http.Response) error {
	hold := int64(bodyHeld)
	if len(r.plan.expect) > 0 {
		hold = bodyMax
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, hold))
	r.body = body
	rest := int64(0)
	if err == nil && int64(len(body)) == hold {
		rest, err = io.Copy(io.Discard, io.LimitReader(resp.Body, bodyMax+1-hold))
		r.evidence.BodyCut = rest > 0
	}
	if err != nil {
		return unreadBody{err: err, got: int64(len(body)) + rest, want: resp.ContentLength}
	}
	return nil
}

// unreadBody is a failure while the body was read.
type unreadBody struct {
	err       error
	got, want int64 // bytes; want is -1 where the server did not say
}

func (e unreadBody) Error() string { return e.err.Error() }
func (e unreadBody) Unwrap() error { return e.err }
