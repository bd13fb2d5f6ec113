package probe_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/http2"

	"errtop/probe"
	"errtop/tracker"
)

const day = 24 * time.Hour

// said is what a result must say: the kind, the short error, and the message, where "ADDR" stands for the server's address.
type said struct {
	kind    tracker.Kind
	short   string
	message string
}

func check(t *testing.T, r tracker.Result, address string, want said) {
	t.Helper()
	message := r.Message
	if address != "" {
		message = strings.ReplaceAll(message, address, "ADDR")
	}
	if !strings.HasPrefix(r.Message, r.Error) {
		t.Errorf("the message %q does not begin with the error %q", r.Message, r.Error)
	}
	if r.Kind != want.kind || r.Error != want.short || message != want.message {
		t.Errorf("\nsaid %s: %q: %q\nwant %s: %q: %q", r.Kind, r.Error, message, want.kind, want.short, want.message)
	}
}

func TestWhatServersDoWrongIsToldApart(t *testing.T) {
	t.Parallel()
	const head = "HTTP/1.1 200 OK\r\n"
	var all sync.WaitGroup // of subtests, which mostly wait, so not t.Parallel
	for _, c := range []struct {
		name string
		talk func(net.Conn)
		want said
	}{
		{"silence", hang, said{tracker.KindTimeout, "timeout", "timeout after 1 s while waiting for the first byte"}},
		{"half a status line", answerAndHang("HTTP/1."), said{tracker.KindTimeout, "timeout", "timeout after 1 s while reading the header"}},
		{"header without end", answerAndHang(head + "A: b\r\n"), said{tracker.KindTimeout, "timeout", "timeout after 1 s while reading the header"}},
		{"body that stops", answerAndHang(head + "Content-Length: 100\r\n\r\n0123456789"), said{tracker.KindTimeout, "timeout", "timeout after 1 s while reading the body (10 of 100 bytes so far)"}},
		{"chunks that stop", answerAndHang(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), said{tracker.KindTimeout, "timeout", "timeout after 1 s while reading the body (5 bytes so far)"}},
		{"reset before the answer", answerAndReset(""), said{tracker.KindConnect, "connection reset", "connection reset by ADDR while waiting for the first byte"}},
		{"reset within the body", answerAndReset(head + "Content-Length: 100\r\n\r\n0123456789"), said{tracker.KindConnect, "connection reset", "connection reset by ADDR while reading the body (10 of 100 bytes so far)"}},
		{"closed before the answer", answer(""), said{tracker.KindProtocol, "no answer", "no answer: the server closed the connection"}},
		{"closed within the status line", answer("HTTP/1."), said{tracker.KindProtocol, "malformed answer", `malformed answer: malformed HTTP response "HTTP/1."`}},
		{"closed within the header", answer(head + "A: b\r\n"), said{tracker.KindProtocol, "answer cut short", "answer cut short: the server closed the connection within the header"}},
		{"closed within the body", answer(head + "Content-Length: 100\r\n\r\n0123456789"), said{tracker.KindProtocol, "body cut short", "body cut short: the server closed the connection after 10 of 100 bytes"}},
		{"closed within the chunks", answer(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), said{tracker.KindProtocol, "body cut short", "body cut short: the server closed the connection after 5 bytes"}},
		{"chunk of no length", answer(head + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"), said{tracker.KindProtocol, "malformed body", "malformed body after 0 bytes: invalid byte in chunk length"}},
		{"no HTTP", answer("SSH-2.0-OpenSSH_9.2\r\n"), said{tracker.KindProtocol, "malformed answer", `malformed answer: malformed HTTP response "SSH-2.0-OpenSSH_9.2"`}},
		{"no status", answer("HTTP/1.1 abc OK\r\n\r\n"), said{tracker.KindProtocol, "malformed answer", `malformed answer: malformed HTTP status code "abc"`}},
		{"no version", answer("HTTP/x 200 OK\r\n\r\n"), said{tracker.KindProtocol, "malformed answer", `malformed answer: malformed HTTP version "HTTP/x"`}},
		{"no header", answer(head + "what is this\r\n\r\n"), said{tracker.KindProtocol, "malformed answer", "malformed answer: malformed MIME header: missing colon: \"what is this\""}},
		{"header too large", answer(head + "A: " + strings.Repeat("a", 300<<10) + "\r\n\r\n"), said{tracker.KindProtocol, "header too large", "header too large: it is more than 256 KiB"}},
		{"two lengths", answer(head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), said{tracker.KindProtocol, "malformed answer", "malformed answer: message cannot contain multiple Content-Length headers; got [\"1\" \"2\"]"}},
		{"length of no number", answer(head + "Content-Length: many\r\n\r\nab"), said{tracker.KindProtocol, "malformed answer", `malformed answer: bad Content-Length "many"`}},
		{"foreign encoding", answer(head + "Transfer-Encoding: zip\r\n\r\nab"), said{tracker.KindProtocol, "malformed answer", `malformed answer: unsupported transfer encoding: "zip"`}},
		{"an error's body that is cut short", answer("HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\n0123456789"), said{tracker.KindServer, "Internal Server Error", "Internal Server Error (body cut short: the server closed the connection after 10 of 100 bytes)"}},
		{"control characters", answer("\x1b]0;pwned\x07\r\n"), said{tracker.KindProtocol, "malformed answer", `malformed answer: malformed HTTP response "\x1b]0;pwned\a"`}},
	} {
		all.Go(func() {
			t.Run(c.name, func(t *testing.T) {
				address := rawServer(t, c.talk)
				for _, keep := range []bool{false, true} {
					result := once(t, probe.Target{URL: "http://" + address, Timeout: time.Second, KeepAlive: keep})
					check(t, result, address, c.want)
				}
			})
		})
	}
	all.Wait()
}

func TestWhatPreventsAConnectionIsToldApart(t *testing.T) {
	t.Parallel()
	closed, full := closedPort(t), fullListener(t)
	var all sync.WaitGroup // of subtests, which mostly wait, so not t.Parallel
	for _, scheme := range []string{"http", "https", "tcp", "tls"} {
		all.Go(func() {
			t.Run(scheme, func(t *testing.T) {
				check(t, once(t, probe.Target{URL: scheme + "://" + closed}), closed, said{tracker.KindConnect, "connection refused", "connection refused by ADDR"})
				check(t, once(t, probe.Target{URL: scheme + "://" + full, Timeout: time.Second}), full, said{tracker.KindTimeout, "timeout", "timeout after 1 s while connecting to ADDR"})
			})
		})
	}
	all.Wait()
	address := rawServer(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)); <-t.Context().Done() })
	big := strings.Repeat("x", 16<<20)
	check(t, once(t, probe.Target{URL: "http://" + address, Body: big, Timeout: time.Second}), address, said{tracker.KindTimeout, "timeout", "timeout after 1 s while sending the request"})
}

func TestWhatIsWrongWithTLSIsToldApart(t *testing.T) {
	t.Parallel()
	trusted, strange := newAuthority(t), newAuthority(t)
	good := trusted.issue(t, -day, 90*day)
	self := strange.issue(t, -day, 90*day)
	self.Certificate = [][]byte{strange.certificate.Raw}
	self.PrivateKey = strange.key
	config := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	var all sync.WaitGroup // of subtests, which mostly wait, so not t.Parallel
	for _, c := range []struct {
		name   string
		config *tls.Config    // of a server that speaks TLS
		talk   func(net.Conn) // of one that does not
		want   said
	}{
		{"expired", config(trusted.issue(t, -30*day, -3*day-time.Hour)), nil, said{tracker.KindTLS, "TLS: certificate expired", "TLS: certificate expired 3 days ago"}},
		{"not yet valid", config(trusted.issue(t, 5*time.Hour+time.Minute, day)), nil, said{tracker.KindTLS, "TLS: certificate not yet valid", "TLS: certificate not yet valid, only in 5 hours"}},
		{"wrong host", config(trusted.issue(t, -day, day, "a.example", "b.example")), nil, said{tracker.KindTLS, "TLS: wrong host", "TLS: wrong host: the certificate is for a.example, b.example, not for 127.0.0.1"}},
		{"unknown authority", config(strange.issue(t, -day, day)), nil, said{tracker.KindTLS, "TLS: unknown authority", "TLS: unknown authority: the certificate is signed by an authority that is not trusted: CN=Test Authority"}},
		{"self-signed", config(self), nil, said{tracker.KindTLS, "TLS: unknown authority", "TLS: unknown authority: the certificate is signed by itself, and not trusted"}},
		{"old version", &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, nil, said{tracker.KindTLS, "TLS: handshake failed", "TLS: handshake failed: the server refused it: protocol version not supported"}},
		{"client certificate wanted", &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAndVerifyClientCert, MaxVersion: tls.VersionTLS12}, nil, said{tracker.KindTLS, "TLS: handshake failed", "TLS: handshake failed: the server refused it: handshake failure"}},
		{"client certificate wanted, late", &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAndVerifyClientCert}, nil, said{tracker.KindTLS, "TLS: handshake failed", "TLS: handshake failed: the server refused it: certificate required"}},
		{"no TLS at all", nil, func(conn net.Conn) { _, _ = io.WriteString(conn, "220 mail.example ESMTP\r\n"); hang(conn) }, said{tracker.KindTLS, "TLS: not spoken", "TLS: not spoken by what answers at ADDR"}},
		{"closed", nil, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)) }, said{tracker.KindTLS, "TLS: handshake failed", "TLS: handshake failed: ADDR closed the connection"}},
		{"reset", nil, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)); _ = conn.(*net.TCPConn).SetLinger(0) }, said{tracker.KindTLS, "TLS: handshake failed", "TLS: handshake failed: ADDR closed the connection"}},
		{"silence", nil, hang, said{tracker.KindTimeout, "timeout", "timeout after 1 s while shaking hands for TLS with ADDR"}},
	} {
		all.Go(func() {
			t.Run(c.name, func(t *testing.T) {
				var address string
				if c.config != nil {
					address = tlsServer(t, c.config, answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
				} else {
					address = rawServer(t, c.talk)
				}
				for _, target := range []probe.Target{{URL: "https://" + address}, {URL: "https://" + address, KeepAlive: true}, {URL: "tls://" + address}} {
					if c.name == "client certificate wanted, late" && strings.HasPrefix(target.URL, "tls:") {
						continue // TLS 1.3 says so only to who reads on
					}
					target.Timeout, target.TLS.CAFile = time.Second, trusted.file
					check(t, once(t, target), address, c.want)
				}
			})
		})
	}
	all.Wait()
}

func TestExpiryOfARefusedCertificateIsEvidence(t *testing.T) {
	a := newAuthority(t)
	address := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{a.issue(t, -30*day, -3*day)}}, hang)
	result := once(t, probe.Target{URL: "https://" + address, TLS: probe.TLS{CAFile: a.file}})
	if left := time.Until(result.Evidence.CertExpiry); left > -3*day || left < -4*day {
		t.Errorf("expiry is evidence: %v", result.Evidence.CertExpiry)
	}
}

func TestWhatIsWrongWithHTTP2IsToldApart(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup // of subtests, which mostly wait, so not t.Parallel
	for _, c := range []struct {
		name string
		talk func(net.Conn)
		want said
	}{
		{"stream reset", http2Talk(func(f *http2.Framer, id uint32) bool { return f.WriteRSTStream(id, http2.ErrCodeInternal) != nil }), said{tracker.KindProtocol, "HTTP/2 stream reset", "HTTP/2 stream reset by the server with INTERNAL_ERROR while waiting for the first byte"}},
		{"stream refused for good", http2Talk(func(f *http2.Framer, id uint32) bool {
			return f.WriteRSTStream(id, http2.ErrCodeEnhanceYourCalm) != nil
		}), said{tracker.KindProtocol, "HTTP/2 stream reset", "HTTP/2 stream reset by the server with ENHANCE_YOUR_CALM while waiting for the first byte"}},
		{"goaway", http2Talk(func(f *http2.Framer, id uint32) bool { return f.WriteGoAway(id, http2.ErrCodeProtocol, nil) == nil }), said{tracker.KindProtocol, "HTTP/2 connection closed", "HTTP/2 connection closed by the server with GOAWAY (PROTOCOL_ERROR) while waiting for the first byte"}},
		{"silence", http2Talk(func(*http2.Framer, uint32) bool { return false }), said{tracker.KindTimeout, "timeout", "timeout after 1 s while waiting for the first byte"}},
	} {
		all.Go(func() {
			t.Run(c.name, func(t *testing.T) {
				address := rawServer(t, c.talk)
				for _, keep := range []bool{false, true} {
					check(t, once(t, probe.Target{URL: "http://" + address, HTTP: "2", Timeout: time.Second, KeepAlive: keep}), address, c.want)
				}
			})
		})
	}
	all.Wait()
}

func TestServerWithoutHTTP2IsNamed(t *testing.T) {
	address := rawServer(t, answer("HTTP/1.1 400 Bad Request\r\n\r\n"))
	// Which of the two net/http reports depends on whether it reads the answer before it sends the request.
	answers := []string{"not HTTP/2: the server answered in HTTP/1.1", "not HTTP/2: the server ended the new connection before the request"}
	for _, keep := range []bool{false, true} {
		r := once(t, probe.Target{URL: "http://" + address, HTTP: "2", KeepAlive: keep})
		if r.Kind != tracker.KindProtocol || r.Error != "not HTTP/2" || !slices.Contains(answers, r.Message) {
			t.Errorf("%s: %s: %s", r.Kind, r.Error, r.Message)
		}
	}
}

func TestHTTP2IsSpokenWhereTheServerPrefersIt(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/abort" {
			_, _ = io.WriteString(w, "start")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	file := writePEM(t, "CERTIFICATE", server.Certificate().Raw)
	for version, want := range map[string]string{"": "HTTP/2.0", "2": "HTTP/2.0", "1.1": "HTTP/1.1"} {
		for _, keep := range []bool{false, true} {
			r := once(t, probe.Target{URL: server.URL, HTTP: version, KeepAlive: keep, TLS: probe.TLS{CAFile: file}})
			if ev := r.Evidence; r.Kind != tracker.KindOK || ev.Proto != want || ev.TLSVersion != "TLS 1.3" || ev.Phases.TLS <= 0 || ev.Phases.FirstByte <= 0 || !ev.CertExpiry.Equal(server.Certificate().NotAfter) {
				t.Errorf("http %q: %s %s %+v", version, r.Kind, r.Message, ev)
			}
		}
	}
	aborted := once(t, probe.Target{URL: server.URL + "/abort", TLS: probe.TLS{CAFile: file}})
	check(t, aborted, "", said{tracker.KindProtocol, "HTTP/2 stream reset", "HTTP/2 stream reset by the server with INTERNAL_ERROR while reading the body"})
}

func TestWhatIsWrongWithTheNameIsToldApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		rcode int // -1 is silence
		want  said
	}{
		{"no such host", dns.RcodeNameError, said{tracker.KindDNS, "DNS: no such host", `DNS: no such host "api.example."`}},
		{"server failure", dns.RcodeServerFailure, said{tracker.KindDNS, "DNS: server failure", `DNS: server failure: server misbehaving for "api.example."`}},
		{"silence", -1, said{tracker.KindDNS, "DNS: timeout", "DNS: timeout, no answer for \"api.example.\""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, resolver := nameServer(t, func(question *dns.Msg) *dns.Msg {
				if c.rcode < 0 {
					return nil
				}
				return new(dns.Msg).SetRcode(question, c.rcode)
			})
			for _, url := range []string{"http://api.example.", "tcp://api.example.:80"} {
				target := probe.Target{Name: "api", URL: url, Attempts: 1, Timeout: time.Second}
				r, err := probe.Once(t.Context(), target, probe.Options{Resolver: resolver})
				if err != nil {
					t.Fatal(err)
				}
				r.Message, _, _ = strings.Cut(r.Message, " (asked")
				check(t, r, "", c.want)
			}
		})
	}
}

func TestTotalDeadlineHoldsInEveryFault(t *testing.T) {
	t.Parallel()
	const timeout = 2 * time.Second
	trickle := func(conn net.Conn) {
		readRequest(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
		for _, err := conn.Write([]byte("x")); err == nil; _, err = conn.Write([]byte("x")) {
			select {
			case <-t.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	slowHeader := func(conn net.Conn) {
		readRequest(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		for _, err := io.WriteString(conn, "A: b\r\n"); err == nil; _, err = io.WriteString(conn, "A: b\r\n") {
			select {
			case <-t.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	silent, slow, body := rawServer(t, hang), rawServer(t, slowHeader), rawServer(t, trickle)
	server, resolver := nameServer(t, func(*dns.Msg) *dns.Msg { return nil })
	var all sync.WaitGroup
	for _, url := range []string{
		"http://" + fullListener(t), "https://" + silent, "http://" + silent, "http://" + slow, "http://" + body,
		"http://api.example.", "tls://" + silent, "tcp://api.example.:80", "dns://" + server + "/api.example",
	} {
		all.Go(func() {
			// A bare timer of the same length tells how late the machine itself is: what it stole from both is not ours.
			late := make(chan time.Duration, 1)
			start := time.Now()
			time.AfterFunc(timeout, func() { late <- time.Since(start) - timeout })
			r, err := probe.Once(t.Context(), probe.Target{Name: "api", URL: url, Timeout: timeout, Attempts: 1}, probe.Options{Resolver: resolver})
			took := time.Since(start)
			if most := timeout*11/10 + <-late; err != nil || took < timeout*9/10 || took > most || r.Latency > most {
				t.Errorf("%s: took %v, latency %v of %v: %s %v", url, took, r.Latency, timeout, r.Message, err)
			}
		})
	}
	all.Wait()
}

func TestEndOfTheContextEndsARequestAtOnce(t *testing.T) {
	address := rawServer(t, hang)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := probe.Once(ctx, probe.Target{Name: "api", URL: "http://" + address}, probe.Options{})
	if err == nil || time.Since(start) > 2*time.Second {
		t.Errorf("ended after %v with %v", time.Since(start), err)
	}
}
