// Package toxic holds probes against Shopify/toxiproxy. It is a module of its own, so that what toxiproxy needs is no
// dependency of errtop's. Run it in this folder, with `go test -mod=mod`: its go.mod follows that of errtop.
package toxic

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"errtop/probe"
	"errtop/tracker"
)

// proxied returns the address of a toxiproxy before upstream, with the toxics given as JSON.
func proxied(t *testing.T, upstream string, toxics ...string) string {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, "proxy", "127.0.0.1:0", upstream)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	for _, toxic := range toxics {
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			t.Fatal(err)
		}
	}
	return proxy.Listen
}

func TestWhatAnUnhealthyNetworkDoesIsToldApart(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
	}))
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(plain.Config.Handler)
	t.Cleanup(secure.Close)
	const timeout = 1500 * time.Millisecond
	var all sync.WaitGroup
	for _, c := range []struct {
		name, scheme, toxic string
		kind                tracker.Kind
		message             string        // with "ADDR" for the proxy's address
		least               time.Duration // of the latency
	}{
		{"nothing", "http", "", tracker.KindOK, "", 0},
		{"nothing", "https", "", tracker.KindOK, "", 0},
		{"latency that can be borne", "http", `{"type":"latency","attributes":{"latency":700}}`, tracker.KindOK, "", 700 * time.Millisecond},
		{"too much latency", "http", `{"type":"latency","attributes":{"latency":5000}}`, tracker.KindTimeout, "timeout after 1.5 s while waiting for the first byte", timeout},
		{"too much latency", "https", `{"type":"latency","attributes":{"latency":5000}}`, tracker.KindTimeout, "timeout after 1.5 s while shaking hands for TLS with ADDR", timeout},
		{"an answer that is swallowed", "http", `{"type":"timeout","attributes":{"timeout":0}}`, tracker.KindProtocol, "no answer: the server closed the connection", 0},
		{"a black hole for the request", "http", `{"type":"timeout","stream":"upstream","attributes":{"timeout":0}}`, tracker.KindTimeout, "timeout after 1.5 s while waiting for the first byte", timeout},
		{"a black hole that closes", "http", `{"type":"timeout","attributes":{"timeout":300}}`, tracker.KindProtocol, "no answer: the server closed the connection", 0},
		{"a black hole that closes", "https", `{"type":"timeout","attributes":{"timeout":300}}`, tracker.KindTLS, "TLS: handshake failed: ADDR closed the connection", 0},
		{"a trickle", "http", `{"type":"bandwidth","attributes":{"rate":10}}`, tracker.KindTimeout, "timeout after 1.5 s while reading the body", timeout},
		{"a reset", "http", `{"type":"reset_peer","attributes":{"timeout":0}}`, tracker.KindConnect, "connection reset by ADDR while waiting for the first byte", 0},
		{"a late reset", "http", `{"type":"reset_peer","attributes":{"timeout":400}}`, tracker.KindConnect, "connection reset by ADDR while ", 0},
		{"a cut", "http", `{"type":"limit_data","attributes":{"bytes":20000}}`, tracker.KindProtocol, "body cut short: the server closed the connection after ", 0},
		{"a cut of the header", "http", `{"type":"limit_data","attributes":{"bytes":40}}`, tracker.KindProtocol, "answer cut short: the server closed the connection within the header", 0},
		{"slices", "http", `{"type":"slicer","attributes":{"average_size":4096,"size_variation":64,"delay":10}}`, tracker.KindOK, "", 0},
		{"a slow close", "http", `{"type":"slow_close","attributes":{"delay":500}}`, tracker.KindOK, "", 0},
	} {
		all.Go(func() {
			t.Run(c.scheme+" through "+c.name, func(t *testing.T) {
				upstream, toxics := plain.Listener.Addr().String(), []string{}
				if c.scheme == "https" {
					upstream = secure.Listener.Addr().String()
				}
				if c.toxic != "" {
					toxics = append(toxics, c.toxic)
				}
				address := proxied(t, upstream, toxics...)
				r, err := probe.Once(t.Context(), probe.Target{
					Name: "api", URL: c.scheme + "://" + address, Timeout: timeout, Attempts: 1, TLS: probe.TLS{Insecure: true},
				}, probe.Options{})
				if err != nil {
					t.Fatal(err)
				}
				message := strings.ReplaceAll(r.Message, address, "ADDR")
				if r.Kind != c.kind || !strings.HasPrefix(message, c.message) || (c.message == "") != (message == "") {
					t.Errorf("said %s: %q\nwant %s: %q", r.Kind, message, c.kind, c.message)
				}
				if r.Latency < c.least || r.Latency > timeout*11/10 {
					t.Errorf("took %v, at least %v, at most %v", r.Latency, c.least, timeout)
				}
			})
		})
	}
	all.Wait()
}
