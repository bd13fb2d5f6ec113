package probe_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"errtop/probe"
	"errtop/tracker"
)

// throughProxy probes url once through a proxy, over new connections and with keep_alive, and checks what it says.
func throughProxy(t *testing.T, proxy, target string, options probe.Options, want said) {
	t.Helper()
	through, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	options.Proxy = func(*http.Request) (*url.URL, error) { return through, nil }
	for _, keep := range []bool{false, true} {
		r, err := probe.Once(t.Context(), probe.Target{Name: "api", URL: target, Attempts: 1, Timeout: time.Second, KeepAlive: keep}, options)
		if err != nil {
			t.Fatal(err)
		}
		check(t, r, through.Host, want)
	}
}

func TestRequestGoesThroughTheProxy(t *testing.T) {
	var seen string
	proxy := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		seen = r.Method + " " + r.RequestURI + " " + r.Header.Get("Proxy-Authorization")
	})
	through, _ := url.Parse(proxy.URL)
	through.User = url.UserPassword("me", "open-sesame")
	var asked []string
	options := probe.Options{Proxy: func(r *http.Request) (*url.URL, error) {
		asked = append(asked, r.URL.String())
		return through, nil
	}}
	r, err := probe.Once(t.Context(), probe.Target{Name: "api", URL: "http://api.example:8080/v1?key=abcdefgh", Attempts: 1}, options)
	if err != nil || r.Kind != tracker.KindOK || seen != "GET http://api.example:8080/v1?key=abcdefgh Basic bWU6b3Blbi1zZXNhbWU=" {
		t.Errorf("%+v, %v; the proxy saw %s", r, err, seen)
	}
	if len(asked) == 0 || !strings.HasPrefix(asked[0], "http://api.example:8080/v1") {
		t.Errorf("the choice of the proxy sees %q, and not the whole request", asked)
	}
}

func TestFailureOfTheProxyIsNamedAsTheProxys(t *testing.T) {
	t.Parallel()
	refuse := func(status int) string {
		return serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }).URL
	}
	_, resolver := nameServer(t, func(q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeNameError) })
	strange := newAuthority(t)
	encrypted := tlsServer(t, tlsConfigOf(strange.issue(t, -day, day)), hang)
	dead, silent := closedPort(t), rawServer(t, hang)
	socks := func(reply string) string {
		return "socks5://" + rawServer(t, func(conn net.Conn) {
			_, _ = io.ReadFull(conn, make([]byte, 3))
			_, _ = io.WriteString(conn, "\x05\x00")
			_, _ = conn.Read(make([]byte, 256))
			_, _ = io.WriteString(conn, reply)
		})
	}
	for _, c := range []struct {
		name, proxy string
		http, https said // by the target's scheme
	}{
		{
			"refused", "http://" + dead,
			said{tracker.KindConnect, "proxy: connection refused", "proxy: connection refused by ADDR"},
			said{tracker.KindConnect, "proxy: connection refused", "proxy: connection refused by ADDR"},
		},
		{
			"SOCKS refused", "socks5://" + dead,
			said{tracker.KindConnect, "proxy: connection refused", "proxy: connection refused by ADDR"},
			said{tracker.KindConnect, "proxy: connection refused", "proxy: connection refused by ADDR"},
		},
		{
			"no such host", "http://proxy.example:3128",
			said{tracker.KindDNS, "proxy: DNS: no such host", `proxy: DNS: no such host "proxy.example" (asked NS)`},
			said{tracker.KindDNS, "proxy: DNS: no such host", `proxy: DNS: no such host "proxy.example" (asked NS)`},
		},
		{
			"wrong password", refuse(407),
			said{tracker.KindConnect, "proxy: authentication failed", "proxy: authentication failed: ADDR answered 407 Proxy Authentication Required"},
			said{tracker.KindConnect, "proxy: authentication failed", "proxy: authentication failed: ADDR answered 407 Proxy Authentication Required"},
		},
		{
			"no tunnel", refuse(403),
			said{tracker.KindForbidden, "Forbidden", "Forbidden (through the proxy ADDR)"},
			said{tracker.KindConnect, "proxy refused", "proxy refused to connect: 403 Forbidden"},
		},
		{
			"silence", "http://" + silent,
			said{tracker.KindTimeout, "timeout", "timeout after 1 s while waiting for the first byte (through the proxy ADDR)"},
			said{tracker.KindTimeout, "proxy: timeout", "proxy: timeout after 1 s while asking for a tunnel of ADDR"},
		},
		{
			"certificate", "https://" + encrypted,
			said{tracker.KindTLS, "proxy: TLS: unknown authority", "proxy: TLS: unknown authority: the certificate is signed by an authority that is not trusted: CN=Test Authority"},
			said{tracker.KindTLS, "proxy: TLS: unknown authority", "proxy: TLS: unknown authority: the certificate is signed by an authority that is not trusted: CN=Test Authority"},
		},
		{
			"SOCKS reply", socks("\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"),
			said{tracker.KindConnect, "proxy refused", "proxy refused to connect: connection refused"},
			said{tracker.KindConnect, "proxy refused", "proxy refused to connect: connection refused"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			options := probe.Options{Resolver: resolver}
			for target, want := range map[string]said{"http://api.example/": c.http, "https://api.example/": c.https} {
				if strings.Contains(want.message, "NS") {
					want.message = strings.ReplaceAll(want.message, " (asked NS)", "")
					throughProxyDNS(t, c.proxy, target, options, want)
					continue
				}
				throughProxy(t, c.proxy, target, options, want)
			}
		})
	}
}

// throughProxyDNS is throughProxy for answers that name the resolver's server.
func throughProxyDNS(t *testing.T, proxy, target string, options probe.Options, want said) {
	t.Helper()
	through, _ := url.Parse(proxy)
	options.Proxy = func(*http.Request) (*url.URL, error) { return through, nil }
	r, err := probe.Once(t.Context(), probe.Target{Name: "api", URL: target, Attempts: 1}, options)
	if err != nil {
		t.Fatal(err)
	}
	r.Message, _, _ = strings.Cut(r.Message, " (asked")
	check(t, r, "", want)
}

func TestFailureBehindTheProxyIsTheTargets(t *testing.T) {
	a := newAuthority(t)
	target := tlsServer(t, tlsConfigOf(a.issue(t, -30*day, -3*day-time.Hour)), hang)
	proxy := rawServer(t, func(conn net.Conn) {
		readRequest(conn)
		there, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = io.Copy(there, conn)
			_ = there.Close()
		}()
		_, _ = io.Copy(conn, there)
		_ = conn.Close()
		<-ended
	})
	through := &url.URL{Scheme: "http", Host: proxy}
	options := probe.Options{Proxy: func(*http.Request) (*url.URL, error) { return through, nil }}
	r, err := probe.Once(t.Context(), probe.Target{Name: "api", URL: "https://" + target, Attempts: 1, TLS: probe.TLS{CAFile: a.file}}, options)
	if err != nil {
		t.Fatal(err)
	}
	check(t, r, proxy, said{tracker.KindTLS, "TLS: certificate expired", "TLS: certificate expired 3 days ago (through the proxy ADDR)"})
}

func TestProxySettingThatCannotBeReadIsOurOwnFault(t *testing.T) {
	options := probe.Options{Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("no proxy") }}
	r, err := probe.Once(t.Context(), probe.Target{Name: "api", URL: "http://api.example/", Attempts: 1}, options)
	if err != nil || !r.Kind.Failed() || !strings.Contains(r.Message, "no proxy") {
		t.Errorf("%+v, %v", r, err)
	}
}
