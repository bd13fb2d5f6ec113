package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/idna"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// plan is a validated target with everything precomputed that is the same for all of its requests. It is immutable.
type plan struct {
	Target
	url      *url.URL
	origin   string // host and port of the URL
	host     string // host and port to connect to; the limit per host counts by it
	header   http.Header
	agent    string // User-Agent of redirects that go without the user's headers
	secrets  safetext.Known
	shown    tracker.Request
	broken   []string // schema rules that the body breaks; if any, nothing is sent
	expect   []expectation
	client   *http.Transport // nil unless HTTP
	kept     *keptConns      // shared by all targets; used with KeepAlive
	resolver *net.Resolver
	ask      func(*run, context.Context) error
}

// newPlan compiles a target. The error names the target and the setting.
func newPlan(t Target, c *clients, s *schemas) (*plan, error) {
	p, err := compile(t, c, s)
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", t.Name, err)
	}
	return p, nil
}

func compile(t Target, c *clients, s *schemas) (*plan, error) {
	if t.Name == "" {
		return nil, errors.New("name: must not be empty")
	}
	u, err := parseURL(t.URL)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	p := &plan{Target: t.withDefaults(), url: u, resolver: c.resolver}
	p.Name = safetext.Line(p.Name) // the name in results and of the breaker
	if err := p.checkSettings(); err != nil {
		return nil, err
	}
	p.setHost()
	if p.expect, err = compileExpectations(t.Expect); err != nil {
		return nil, err
	}
	switch u.Scheme {
	case "http", "https":
		err = p.planHTTP(c, s)
	case "tcp":
		p.ask = (*run).askTCP
	case "tls":
		err = p.planTLS()
	case "dns":
		err = p.planDNS()
	}
	if err != nil {
		return nil, err
	}
	if !p.mayRetry() {
		p.Attempts = 1
	}
	p.secrets = secretsOf(&p.Target, u)
	p.shown = show(&p.Target, p.Headers, p.secrets)
	return p, nil
}

// parseURL reads a target's URL. Its error never quotes the URL, which may hold secrets.
func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, unreadableURL(err)
	}
	if !slices.Contains([]string{"http", "https", "tcp", "tls", "dns"}, u.Scheme) {
		return nil, errors.New("must begin with http://, https://, tcp://, tls:// or dns://")
	}
	if u.Hostname() == "" {
		return nil, errors.New("a host is missing")
	}
	if u.Port() == "" && (u.Scheme == "tcp" || u.Scheme == "tls") {
		return nil, fmt.Errorf("a port is missing: %s://host:port", u.Scheme)
	}
	ascii, err := idna.Lookup.ToASCII(u.Hostname())
	if err == nil && ascii != u.Hostname() { // addresses, and names that only DNS accepts, stay unchanged
		u.Host = strings.Replace(u.Host, u.Hostname(), ascii, 1)
	}
	return u, nil
}

// unreadableURL describes an error of net/url without quoting the URL, as net/url does.
func unreadableURL(err error) error {
	err = withoutURL(err)
	if _, ok := errors.AsType[url.EscapeError](err); ok {
		return errors.New("a % must be followed by two hexadecimal digits")
	}
	if strings.Contains(err.Error(), `"`) {
		return errors.New("its host or port cannot be read; special characters in a password are written as %XX")
	}
	return err
}

// withoutURL unwraps errors of net/url and net/http that print the URL with its query.
func withoutURL(err error) error {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		return inner.Err
	}
	return err
}

func (p *plan) checkSettings() error {
	switch {
	case !slices.Contains([]Retry{RetrySafe, RetryAlways, RetryNever}, p.Retry):
		return fmt.Errorf("retry: must be \"always\" or \"never\", not %q", p.Retry)
	case !slices.Contains([]string{"", "4", "6"}, p.IP):
		return fmt.Errorf("ip: must be \"4\" or \"6\", not %q", p.IP)
	case !slices.Contains([]string{"", "1.1", "2"}, p.HTTP):
		return fmt.Errorf("http: must be \"1.1\" or \"2\", not %q", p.HTTP)
	case p.TLS.CertFile == "" != (p.TLS.KeyFile == ""):
		return errors.New("tls: a client certificate needs both a certificate and a key")
	case !httpguts.ValidHeaderFieldName(p.Method):
		return fmt.Errorf("method: %q is not an HTTP method", p.Method)
	}
	for i, h := range p.Headers {
		if !httpguts.ValidHeaderFieldName(h.Name) { // not quoted, because somebody may have put "Name: secret" there
			return fmt.Errorf("headers: the name of number %d holds a character that names cannot hold", i+1)
		}
		if !httpguts.ValidHeaderFieldValue(h.Value) {
			return fmt.Errorf("headers: the value of %s holds a character that headers cannot hold", h.Name)
		}
	}
	return nil
}

// setHost fills in the host of the URL and the host to connect to, which Address may override.
func (p *plan) setHost() {
	host, port := p.url.Hostname(), portOf(p.url)
	p.origin = net.JoinHostPort(host, port)
	if p.Address != "" {
		if h, o, err := net.SplitHostPort(p.Address); err == nil {
			host, port = h, o
		} else {
			host = strings.Trim(p.Address, "[]")
		}
	}
	p.host = net.JoinHostPort(host, port)
}

// dialed returns where to connect for the host and port of a URL. Address overrides it for the target itself, but not for
// hosts that it redirects to.
func (p *plan) dialed(address string) string {
	if address == p.origin {
		return p.host
	}
	return address
}

// portOf returns the port of a URL, or the default of its scheme.
func portOf(u *url.URL) string {
	return cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443", "dns": "53"}[u.Scheme])
}

// network adds the target's IP version to a network name: "tcp4".
func (p *plan) network(base string) string { return base + p.IP }

func (p *plan) planHTTP(c *clients, s *schemas) error {
	if err := s.check(p); err != nil {
		return err
	}
	var err error
	if p.client, err = c.transport(p); err != nil {
		return err
	}
	p.ask, p.kept = (*run).askHTTP, &c.kept
	p.agent = c.userAgent
	body := strings.TrimSpace(p.Body)
	json := strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[")
	if !json && p.url.User == nil && len(p.Headers) == 0 {
		p.header = c.plain
		return nil
	}
	p.header = plainHeader(p.agent)
	if json {
		p.header.Set("Content-Type", "application/json")
	}
	if p.url.User != nil {
		password, _ := p.url.User.Password()
		req := http.Request{Header: p.header}
		req.SetBasicAuth(p.url.User.Username(), password)
	}
	seen := map[string]bool{}
	for _, h := range p.Headers {
		name := textproto.CanonicalMIMEHeaderKey(h.Name)
		if !seen[name] { // the user's headers replace ours, and a name may come more than once
			p.header.Del(name)
		}
		seen[name] = true
		p.header.Add(name, h.Value)
	}
	return nil
}

// mayRetry reports whether the target's request may be sent more than once.
func (p *plan) mayRetry() bool {
	switch p.Retry {
	case RetryAlways:
		return true
	case RetryNever:
		return false
	case RetrySafe:
	}
	return p.client == nil || slices.Contains([]string{"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}, p.Method)
}
