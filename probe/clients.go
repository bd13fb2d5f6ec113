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

	"errtop/internal/safefile"
)

// maxHeaderBytes limits the header of an answer; a longer one is a protocol failure.
const maxHeaderBytes = 256 << 10

// clients shares one HTTP transport among all targets that connect in the same way.
type clients struct {
	userAgent  string
	plain      http.Header   // of requests without settings of their own; never changed
	resolver   *net.Resolver // nil for the system's
	proxy      func(*http.Request) (*url.URL, error)
	transports map[clientKey]*http.Transport
	kept       keptConns
}

// clientKey is everything in which two transports can differ.
type clientKey struct {
	tls    TLS
	ip     string
	http   string
	direct bool
}

func newClients(o Options) *clients {
	c := &clients{userAgent: o.UserAgent, plain: plainHeader(o.UserAgent), resolver: o.Resolver, proxy: o.Proxy, transports: map[clientKey]*http.Transport{}}
	if c.proxy == nil {
		c.proxy = environmentProxy
	}
	return c
}

// plainHeader returns the header that every request has, whatever its settings.
func plainHeader(agent string) http.Header {
	return http.Header{"Accept": {"*/*"}, "User-Agent": {agent}}
}

// closeIdle closes the connections that no request uses.
func (c *clients) closeIdle() {
	c.kept.close()
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
		DisableCompression:     true, // bodies are unpacked by read, within bounds
		Protocols:              protocols(p.HTTP),
	}
	if p.Address == "" { // Address is connected to directly
		t.Proxy = c.chooseProxy
		t.OnProxyConnectResponse = proxyAnswered
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

// dial connects for the run in ctx, and within its deadline: a transport would go on connecting after the request was
// abandoned.
func dial(ctx context.Context, _, address string) (net.Conn, error) {
	r, ok := ctx.Value(runKey{}).(*run)
	if !ok {
		return nil, errors.New("no probe to connect for")
	}
	address = r.plan.dialed(address)
	dialer := net.Dialer{Resolver: r.plan.resolver}
	if !r.plan.KeepAlive {
		dialer.KeepAlive = -1
	}
	conn, err := dialer.DialContext(r.ctx, r.plan.network("tcp"), address) //nolint:contextcheck // the run's context has its deadline
	if err == nil && r.proxy != "" {
		r.trace.enter(tunnelling)
	}
	return conn, err //nolint:wrapcheck // explain finds the words
}

// tlsConfig reads the files that t names.
// maxSettingsFile bounds a schema and a file of certificates, in bytes.
const maxSettingsFile = 16 << 20

func tlsConfig(t TLS) (*tls.Config, error) {
	config := &tls.Config{
		ServerName:         t.ServerName,
		InsecureSkipVerify: t.Insecure, //nolint:gosec // the user's own wish, per target
		MinVersion:         tls.VersionTLS12,
	}
	if t.CAFile != "" {
		pem, err := safefile.Read(t.CAFile, maxSettingsFile)
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
