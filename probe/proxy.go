package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"errtop/tracker"
)

// environmentProxy is http.ProxyFromEnvironment without an error that quotes the proxy's address, which may hold a password.
func environmentProxy(req *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, failure{
			kind: tracker.KindConnect, short: "bad proxy setting", local: true,
			text: "bad proxy setting: the proxy's address in the environment cannot be read",
		}
	}
	return u, nil
}

// chooseProxy is the Proxy function of every transport. It asks for the proxy of the run's own request, because net/http
// passes one without port and path, and notes in the run which proxy it is.
func (c *clients) chooseProxy(req *http.Request) (*url.URL, error) {
	r, ok := req.Context().Value(runKey{}).(*run)
	if !ok || r.request == nil {
		return c.proxy(req)
	}
	u, err := c.proxy(r.request)
	if err != nil || u == nil {
		return nil, err
	}
	r.proxy = u.Host
	return u, nil
}

// proxyAnswered looks at the proxy's answer to CONNECT.
func proxyAnswered(ctx context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		if r, ok := ctx.Value(runKey{}).(*run); ok {
			r.tunnelled = true
		}
		return nil
	case http.StatusProxyAuthRequired:
		return proxyWantsAuth(proxy.Host)
	}
	return failure{
		kind: tracker.KindConnect, short: "proxy refused",
		text: fmt.Sprintf("proxy refused to connect: %d %s", resp.StatusCode, http.StatusText(resp.StatusCode)),
	}
}

// proxyWantsAuth is the failure of a request that the proxy did not let through for want of a user name and password.
func proxyWantsAuth(proxy string) failure {
	return failure{
		kind: tracker.KindConnect, short: "proxy: authentication failed",
		text: fmt.Sprintf("proxy: authentication failed: %s answered 407 Proxy Authentication Required", proxy),
	}
}

// proxyError is an error on the way to the proxy, or of the proxy: the target was not reached.
type proxyError struct{ err error }

func (e proxyError) Error() string { return e.err.Error() }
func (e proxyError) Unwrap() error { return e.err }

// notConnected returns err, which ended the setup of a connection, as the proxy's where the proxy is to blame.
func (r *run) notConnected(err error) error {
	if _, named := errors.AsType[failure](err); named || r.proxy == "" || r.tunnelled {
		return err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		switch {
		case strings.HasPrefix(op.Op, "socks "):
			return socksFailure(r.proxy, op.Err)
		case op.Op == "proxyconnect":
			err = op.Err
		}
	}
	return proxyError{err}
}

// socksFailure names what a SOCKS proxy answered (RFC 1928, section 6).
func socksFailure(proxy string, err error) failure {
	said := strings.TrimPrefix(err.Error(), "unknown error ")
	if strings.Contains(said, "authentication") {
		return failure{
			kind: tracker.KindConnect, short: "proxy: authentication failed",
			text: fmt.Sprintf("proxy: authentication failed: %s said %s", proxy, said),
		}
	}
	return failure{kind: tracker.KindConnect, short: "proxy refused", text: "proxy refused to connect: " + said}
}
