package probe_test

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"errtop/probe"
	"errtop/tracker"
)

// bytesOf returns how many bytes of text a result holds.
func bytesOf(r tracker.Result) int {
	ev := r.Evidence
	n := len(r.Error) + len(r.Message) + len(r.RequestID) + len(ev.Details) + len(ev.Body)
	for _, e := range ev.Errors {
		n += len(e)
	}
	for _, h := range ev.Headers {
		n += len(h.Name) + len(h.Value)
	}
	return n
}

func TestEvidenceIsBounded(t *testing.T) {
	long := strings.Repeat("x", 1500)
	for name, handler := range map[string]http.HandlerFunc{
		"11,000 headers about rate limits": func(w http.ResponseWriter, _ *http.Request) {
			for i := range 11_000 {
				w.Header().Set(fmt.Sprintf("X-RateLimit-%d", i), "1")
			}
			w.Header().Set("Retry-After", "17")
			w.WriteHeader(429)
		},
		"long names": func(w http.ResponseWriter, _ *http.Request) {
			for i := range 100 {
				w.Header().Set(fmt.Sprintf("RateLimit-%d%s", i, long), "1")
			}
			w.Header().Set("Retry-After", "17")
			w.WriteHeader(429)
		},
		"long values, often": func(w http.ResponseWriter, _ *http.Request) {
			for _, header := range []string{"Age", "Allow", "Alt-Svc", "Etag", "Expires", "Server", "Vary", "Via", "X-Cache", "X-Runtime", "X-Served-By"} {
				for range 10 {
					w.Header().Add(header, long)
				}
			}
			w.Header().Set("Retry-After", "17")
			w.WriteHeader(429)
		},
		"long lists of errors": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "17")
			w.WriteHeader(429)
			_, _ = fmt.Fprintf(w, `{"error":"x","errors":[%s"last"],"details":"%s%s"}`, strings.Repeat(`"`+long[:500]+`",`, 100), long, long)
		},
	} {
		r := once(t, probe.Target{URL: serve(t, handler).URL})
		if r.Status != 429 || r.ResetAt.IsZero() {
			t.Errorf("%s: %d %s", name, r.Status, r.Message)
		}
		if n := bytesOf(r); n > 24<<10 {
			t.Errorf("%s: the evidence holds %d bytes", name, n)
		}
		if n := len(r.Evidence.Headers); n == 0 || n > 100 {
			t.Errorf("%s: %d headers are kept", name, n)
		}
	}
}

// TestEvidenceHoldsOnlyWhatItShows keeps the results of large answers, as the tracker does, and looks at what that costs.
func TestEvidenceHoldsOnlyWhatItShows(t *testing.T) {
	body := `{"error":"Generation failed","message":"` + strings.Repeat("down ", 12_000) + `"}` // 60 KB
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", strings.Repeat("r", 100_000))
		w.WriteHeader(500)
		_, _ = fmt.Fprint(w, body)
	})
	const count = 100
	kept := make([]tracker.Result, 0, count)
	target := probe.Target{Name: "api", URL: server.URL, Attempts: 1}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range count {
		kept = append(kept, once(t, target))
	}
	http.DefaultClient.CloseIdleConnections()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / count; each > 20<<10 {
		t.Errorf("a kept result holds %d bytes", each)
	}
	runtime.KeepAlive(kept)
}

func TestInterimAnswersAreSkipped(t *testing.T) {
	address := rawServer(t, answer("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nServer: real\r\n\r\n"))
	r := once(t, probe.Target{URL: "http://" + address})
	if r.Status != 204 || len(r.Evidence.Headers) != 1 || r.Evidence.Headers[0].Value != "real" {
		t.Errorf("%s %d %s %v", r.Kind, r.Status, r.Message, r.Evidence.Headers)
	}
	endless := rawServer(t, func(conn net.Conn) {
		readRequest(conn)
		for {
			if _, err := conn.Write([]byte("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")); err != nil {
				return
			}
		}
	})
	check(t, once(t, probe.Target{URL: "http://" + endless}), "", said{tracker.KindProtocol, "header too large", "header too large: it is more than 256 KiB"})
}
