package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"errtop/tracker"
)

// maxHeaderBytes bounds what one answer's header may hold; more is a protocol failure.
const maxHeaderBytes = 256 << 10

// clients holds one HTTP transport for all targets that connect in the same way, so that ten thousand targets need one.
type clients struct {
	userAgent  string
	resolver   *net.Resolver // nil for the system's
	proxy      func(*http.Request) (*url.URL, error)
	transports map[clientKey]*http.Transport
}

// clientKey is everything in which two transports can differ.
type clientKey struct {
	tls    TLS
	ip     string
	http   string
	direct bool
}

func newClients(o Options) *clients {
	c := &clients{userAgent: o.UserAgent, resolver: o.Resolver, proxy: o.Proxy, transports: map[clientKey]*http.Transport{}}
	if c.proxy == nil {
		c.proxy = environmentProxy
	}
	return c
}

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

// closeIdle closes the connections that no request uses.
func (c *clients) closeIdle() {
	for _, t := range c.transports {
		t.CloseIdleConnections()
	}
}

func (c *clients) transport(p *plan) (*http.Transport, error) {
	key := clientKey{tls: p.TLS, ip: p.IP, http: p.HTTP, direct: p.Address != ""}
	if t, ok := c.transports[key]; ok {
		return t, nil
	}
	config, err := tlsConfig(p.TLS)
	if err != nil {
		return nil, err
	}
	t := &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        config,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        5 * time.Minute,
		DisableCompression:     true, // an answer is judged as it was sent, and cannot blow up here
		Protocols:              protocols(p.HTTP),
	}
	t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		return failure{
			kind: tracker.KindConnect, short: "proxy refused",
			text: fmt.Sprintf("proxy refused to connect: %d %s", resp.StatusCode, http.StatusText(resp.StatusCode)),
		}
	}
	if p.Address == "" { // an address that the user gave is asked, not a proxy
		t.Proxy = c.proxy
	}
	c.transports[key] = t
	return t, nil
}

func protocols(version string) *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(version != "2")
	p.SetHTTP2(version != "1.1")
	p.SetUnencryptedHTTP2(version == "2")
	return &p
}

// dial connects for the run in ctx, and under its deadline: a transport alone would go on connecting after a request was
// given up.
func dial(ctx context.Context, _, address string) (net.Conn, error) {
	r, ok := ctx.Value(runKey{}).(*run)
	if !ok {
		return nil, errors.New("no probe to connect for")
	}
	if address == r.plan.origin { // and not a host that it redirected to
		address = r.plan.host
	}
	dialer := net.Dialer{Resolver: r.plan.resolver}
	if !r.plan.KeepAlive {
		dialer.KeepAlive = -1
	}
	return dialer.DialContext(r.ctx, r.plan.network("tcp"), address) //nolint:contextcheck,wrapcheck // the run's context has its deadline
}

// tlsConfig reads the files that t names.
func tlsConfig(t TLS) (*tls.Config, error) {
	config := &tls.Config{
		ServerName:         t.ServerName,
		InsecureSkipVerify: t.Insecure, //nolint:gosec // the user's own wish, per target
		MinVersion:         tls.VersionTLS12,
	}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls: certificate authorities: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls: %s holds no certificate in PEM form", t.CAFile)
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls: client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
