package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// askHTTP sends the target's request and follows redirects if the target says so.
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
		r.notes = append(r.notes[:0], "redirected to "+safetext.MaskURL(hop.url.String()))
	}
}

// send makes one hop. It returns the next hop if the answer is a redirect to follow; otherwise it takes the answer into the run.
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
	r.expires.see(resp.TLS, h.url.Hostname())
	var next *hop
	if r.plan.FollowRedirects && redirects(resp.StatusCode) {
		if next, err = h.follow(resp, r.plan); err != nil {
			r.takeHeader(resp)
			return nil, err
		}
		if next != nil && !mayFollow {
			r.takeHeader(resp)
			return nil, failure{kind: tracker.KindProtocol, short: "too many redirects", text: fmt.Sprintf("too many redirects: stopped after %d", redirectMax)}
		}
	}
	if next != nil {
		_, _ = io.CopyN(io.Discard, resp.Body, bodyShown) // so that a kept connection can be used again
		return next, nil
	}
	r.takeHeader(resp)
	return nil, r.read(resp)
}

// roundTrip sends req exactly once, over a new connection or, with KeepAlive, over a kept one. It manages connections itself
// instead of using the transport's pool, so that the deadline covers connecting too, no connection attempt goes on in the
// background, and net/http never sends a request again on its own.
func (r *run) roundTrip(req *http.Request) (*http.Response, error) {
	req.Close = !r.plan.KeepAlive
	r.request, r.proxy, r.tunnelled, r.reused = req, "", false, false
	simple, err := r.simple(req)
	if err != nil {
		return nil, err
	}
	if simple {
		return r.sendDirectly(req)
	}
	conn, err := r.connect(req)
	if err != nil {
		return nil, err
	}
	r.proxy, r.tunnelled, r.reused = conn.proxy, conn.tunnel, conn.reused
	r.trace.connected(conn.remote)
	r.trace.enter(sending)
	resp, err := conn.RoundTrip(req)
	if err != nil {
		_ = conn.Close()
		return nil, err //nolint:wrapcheck // explain finds the words
	}
	body := &connBody{ReadCloser: resp.Body, conn: conn, atEnd: resp.Body == http.NoBody}
	if r.plan.KeepAlive {
		body.kept = r.plan.kept
	}
	resp.Body = body
	if resp.StatusCode == http.StatusProxyAuthRequired && r.proxy != "" && !r.tunnelled {
		r.takeHeader(resp)
		_ = body.Close()
		return nil, proxyWantsAuth(r.proxy)
	}
	return resp, nil
}

// connect returns a kept connection if the target uses them and one is idle, otherwise a new one.
func (r *run) connect(req *http.Request) (*keptConn, error) {
	key := connKey{
		transport: r.plan.client, scheme: req.URL.Scheme,
		address: net.JoinHostPort(req.URL.Hostname(), portOf(req.URL)),
	}
	key.dialed = r.plan.dialed(key.address)
	if r.plan.KeepAlive {
		if conn := r.plan.kept.take(key, time.Now()); conn != nil {
			return conn, nil
		}
	}
	conn, err := r.plan.client.NewClientConn(req.Context(), key.scheme, key.address)
	if err != nil {
		return nil, r.notConnected(err)
	}
	_, remote := r.trace.at()
	return &keptConn{ClientConn: conn, key: key, remote: remote, proxy: r.proxy, tunnel: r.tunnelled}, nil
}

// connBody is an answer's body. Closing it closes the connection, or keeps it for the next request.
type connBody struct {
	io.ReadCloser
	conn  *keptConn
	kept  *keptConns // nil where the connection is not to be kept
	atEnd bool       // the body was read to its end
}

func (b *connBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.atEnd = b.atEnd || errors.Is(err, io.EOF)
	return n, err //nolint:wrapcheck // a reader's own
}

func (b *connBody) Close() error {
	err := b.ReadCloser.Close()
	if b.kept != nil && b.atEnd {
		b.kept.put(b.conn, time.Now())
		return err //nolint:wrapcheck // nobody looks
	}
	return b.conn.Close() //nolint:wrapcheck // nobody looks
}

// takeHeader copies what the answer's header says into the result.
func (r *run) takeHeader(resp *http.Response) {
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
