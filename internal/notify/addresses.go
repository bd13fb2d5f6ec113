package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// errForbiddenAddress says that a name resolved to where notifications must not go.
var errForbiddenAddress = errors.New("the address is link-local or private; allow_private = true allows private ones")

// forbidden reports whether notifications must not go to an address. Loopback is allowed: Alertmanager often runs beside.
func forbidden(at netip.Addr, allowPrivate bool) bool {
	switch at = at.Unmap(); {
	case at.IsLinkLocalUnicast(), at.IsLinkLocalMulticast(), at.IsMulticast(), at.IsUnspecified():
		return true
	case at.IsLoopback():
		return false
	}
	return at.IsPrivate() && !allowPrivate
}

// guarded returns a dialer that calls no forbidden address, whatever a name resolves to.
func guarded(allowPrivate func() bool) *net.Dialer {
	return &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
		if forbidden(at.Addr(), allowPrivate()) {
			return errForbiddenAddress
		}
		return nil
	}}
}

// newClient returns a client that follows no redirect and calls no forbidden address.
func newClient(allowPrivate bool) *http.Client {
	dialer := guarded(func() bool { return allowPrivate })
	return &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// shoutrrr's services are called through the process's default transport, which nothing else in errtop uses. Private addresses are open to
// all of them as soon as one service receiver allows that.
var (
	guardServices   sync.Once
	servicesPrivate atomic.Bool
)

// guardDefaultTransport keeps the default transport from forbidden addresses, where redirects lead too. A proxy of the environment may be
// anywhere: whoever set it means it.
func guardDefaultTransport() {
	guardServices.Do(func() {
		transport, ok := http.DefaultTransport.(*http.Transport)
		if !ok {
			return
		}
		transport = transport.Clone()
		dialer, direct, proxies := guarded(servicesPrivate.Load), &net.Dialer{Timeout: 10 * time.Second}, environmentProxies()
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if slices.Contains(proxies, address) {
				return direct.DialContext(ctx, network, address)
			}
			return dialer.DialContext(ctx, network, address)
		}
		http.DefaultTransport = transport
	})
}

// environmentProxies returns the addresses of the proxies that the environment names.
func environmentProxies() (addresses []string) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		for _, value := range []string{os.Getenv(name), os.Getenv(strings.ToLower(name))} {
			if value != "" && !strings.Contains(value, "://") {
				value = "http://" + value
			}
			u, err := url.Parse(value)
			if err != nil || u.Host == "" {
				continue
			}
			port := u.Port()
			if port == "" {
				port = map[string]string{"http": "80", "https": "443", "socks5": "1080"}[u.Scheme]
			}
			addresses = append(addresses, net.JoinHostPort(u.Hostname(), port))
		}
	}
	return addresses
}

// dialsItself are the services that do not use the default transport, at least with some settings; the host of their URL is looked up
// before each message instead. A name that changes between the two lookups is not noticed.
var dialsItself = []string{"smtp", "mattermost", "gotify", "ntfy"}

// checkHost returns errForbiddenAddress where the host of a URL is at a forbidden address.
func checkHost(ctx context.Context, host string, allowPrivate bool) error {
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil //nolint:nilerr // the service says itself that it cannot be reached
	}
	if slices.ContainsFunc(addresses, func(at netip.Addr) bool { return forbidden(at, allowPrivate) }) {
		return errForbiddenAddress
	}
	return nil
}
