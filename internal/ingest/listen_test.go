package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"errtop/internal/ingest"
	"errtop/tracker"
)

// listening starts a listener and returns what it tells and its address.
func listening(t *testing.T, o ingest.ListenOptions) (w *watcher, addr string) {
	t.Helper()
	w = newWatcher()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- ingest.Listen(ctx, o, w.sink()) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	w.wait(t, "listening", func() bool { return len(w.health) == 1 })
	for name := range w.health {
		addr = strings.TrimPrefix(name, "push ")
	}
	return w, addr
}

// readFlag notes whether a body was read.
type readFlag struct {
	io.Reader
	read atomic.Bool
}

func (f *readFlag) Read(b []byte) (int, error) {
	f.read.Store(true)
	return f.Reader.Read(b)
}

func zip(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPushesAreTakenFromWhoMayAndRefusedElse(t *testing.T) {
	w, addr := listening(t, ingest.ListenOptions{Addr: "127.0.0.1:0", Token: "t0ken"})
	ndjson := line("a") + "nonsense\n" + line("b")
	for _, c := range []struct {
		name, method, path, host, origin, token, encoding string
		body                                              string
		status                                            int
		answer                                            string
	}{
		{"NDJSON", "POST", "/v1/results", "", "", "Bearer t0ken", "", ndjson, 200, `{"accepted":2,"unreadable":1,"problems":[{"number":2,"reason":"no known format"}]}`},
		{"array", "POST", "/v1/results", "", "", "bearer t0ken", "", "[\n " + line("c") + ",\n{}]", 200, `{"accepted":1,"unreadable":1,"problems":[{"number":2,"reason":"no status, so no request"}]}`},
		{"gzip", "POST", "/v1/results", "localhost:1", "", "Bearer t0ken", "GZip", string(zip(t, []byte(ndjson))), 200, `{"accepted":2,"unreadable":1,"problems":[{"number":2,"reason":"no known format"}]}`},
		{"own origin", "POST", "/v1/results", "", "http://" + addr, "Bearer t0ken", "", line("d"), 200, `{"accepted":1,"unreadable":0}`},
		{"events among results", "POST", "/v1/results", "", "", "Bearer t0ken", "", `{"event":"deploy","version":"1"}` + "\n{}\n", 200, `{"accepted":0,"unreadable":1,"marks":1,"problems":[{"number":2,"reason":"no status, so no request"}]}`},
		{"a mark", "POST", "/v1/marks", "", "", "Bearer t0ken", "", `{"text": "deploy 4.2.1", "target": "billing", "version": "4.2.1", "at": "2026-03-04T12:00:00Z"}`, 200, `{"accepted":1,"unreadable":0}`},
		{"marks", "POST", "/v1/marks", "", "", "Bearer t0ken", "gzip", string(zip(t, []byte(`[{"text": "a"}, {"event": "b"}]`))), 200, `{"accepted":2,"unreadable":0}`},
		{"marks, one wrong", "POST", "/v1/marks", "", "", "Bearer t0ken", "", "{\"text\": \"lost\"}\n{\"text\": \" \"}\n", 422, `{"accepted":0,"unreadable":1,"problems":[{"number":2,"reason":"a mark needs a text: what was done"}],"error":"nothing was taken: a line is not a mark"}`},
		{"mark with a key that is none", "POST", "/v1/marks", "", "", "Bearer t0ken", "", `{"text": "x", "colour": "1"}`, 422, ""},
		{"mark and more", "POST", "/v1/marks", "", "", "Bearer t0ken", "", `{"text": "x"} {"text": "y"}`, 422, ""},
		{"too many marks", "POST", "/v1/marks", "", "", "Bearer t0ken", "", strings.Repeat("{\"text\": \"x\"}\n", 201), 413, ""},
		{"mark without the token", "POST", "/v1/marks", "", "", "", "", `{"text": "x"}`, 401, ""},
		{"mark from a foreign host", "POST", "/v1/marks", "evil.example", "", "Bearer t0ken", "", `{"text": "x"}`, 403, ""},
		{"mark from a foreign origin", "POST", "/v1/marks", "", "http://evil.example", "Bearer t0ken", "", `{"text": "x"}`, 403, ""},
		{"marks are not got", "GET", "/v1/marks", "", "", "Bearer t0ken", "", "", 405, ""},
		{"nothing", "POST", "/v1/results", "", "", "Bearer t0ken", "", "", 200, `{"accepted":0,"unreadable":0}`},
		{"only nonsense", "POST", "/v1/results", "", "", "Bearer t0ken", "", "x", 422, `{"accepted":0,"unreadable":1,"problems":[{"number":1,"reason":"no known format"}],"error":"no line is a result"}`},
		{"broken array", "POST", "/v1/results", "", "", "Bearer t0ken", "", "[{", 400, ""},
		{"broken gzip", "POST", "/v1/results", "", "", "Bearer t0ken", "gzip", "xx", 400, ""},
		{"other encoding", "POST", "/v1/results", "", "", "Bearer t0ken", "br", "xx", 415, ""},
		{"too large", "POST", "/v1/results", "", "", "Bearer t0ken", "", strings.Repeat("x", 8<<20+1), 413, ""},
		{"gzip bomb", "POST", "/v1/results", "", "", "Bearer t0ken", "gzip", string(zip(t, make([]byte, 64<<20))), 413, ""},
		{"no token", "POST", "/v1/results", "", "", "", "", ndjson, 401, ""},
		{"wrong token", "POST", "/v1/results", "", "", "Bearer t0ken2", "", ndjson, 401, ""},
		{"token of another scheme", "POST", "/v1/results", "", "", "Basic t0ken", "", ndjson, 401, ""},
		{"foreign host", "POST", "/v1/results", "evil.example", "", "Bearer t0ken", "", ndjson, 403, ""},
		{"foreign origin", "POST", "/v1/results", "", "http://evil.example", "Bearer t0ken", "", ndjson, 403, ""},
		{"origin of a file", "POST", "/v1/results", "", "null", "Bearer t0ken", "", ndjson, 403, ""},
		{"other path", "POST", "/", "", "", "Bearer t0ken", "", ndjson, 404, ""},
		{"other method", "GET", "/v1/results", "", "", "Bearer t0ken", "", "", 405, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := &readFlag{Reader: strings.NewReader(c.body)}
			r, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+addr+c.path, body)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = c.host
			r.Header.Set("Expect", "100-continue") // so that the client sends the body only where it is wanted
			for name, value := range map[string]string{"Origin": c.origin, "Authorization": c.token, "Content-Encoding": c.encoding} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			answer, err := (&http.Transport{ExpectContinueTimeout: 1 << 40, DisableKeepAlives: true}).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			if err := answer.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != c.status || c.answer != "" && strings.TrimSpace(string(text)) != c.answer {
				t.Errorf("%d %s, want %d %s", answer.StatusCode, text, c.status, c.answer)
			}
			if body.read.Load() && (c.status == 401 || c.status == 403) {
				t.Error("the body was sent")
			}
		})
	}
	w.wait(t, "results", func() bool { return strings.Join(w.targets, "") == "abcabd" })
	var marks []string
	for _, m := range w.marks {
		marks = append(marks, m.Source[:4]+" "+m.Text+" "+m.Target+" "+m.Version)
	}
	if got, want := strings.Join(marks, ", "), "push deploy 1  1, push deploy 4.2.1 billing 4.2.1, push a  , push b  "; got != want {
		t.Errorf("marks: %s\nwant %s", got, want)
	}
	for _, h := range w.health {
		if !h.Live || h.State != tracker.SourceReading {
			t.Errorf("%+v", h)
		}
	}
}

func TestAnEmptyHostIsRefused(t *testing.T) {
	_, addr := listening(t, ingest.ListenOptions{Addr: "127.0.0.1:0"})
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // a test's client
	if _, err := io.WriteString(conn, "POST /v1/results HTTP/1.1\r\nHost: \r\nContent-Length: 5\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 12)
	if _, err := io.ReadFull(conn, b); err != nil || string(b) != "HTTP/1.1 403" {
		t.Errorf("%q %v", b, err)
	}
}

func TestPushesComeThroughAUnixSocketToo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for range 2 { // the second finds the first one's socket gone, or dead
		w, _ := listening(t, ingest.ListenOptions{Addr: "unix:" + path})
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}}}
		answer, err := client.Post("http://errtop/v1/results", "application/json", strings.NewReader(line("a")))
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != 200 {
			t.Errorf("%v %v", answer.Status, err)
		}
		w.wait(t, "result", func() bool { return len(w.targets) == 1 })
		path += "2"
	}
}

func TestAnAddressThatOthersReachNeedsAToken(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0"} {
		err := ingest.Listen(t.Context(), ingest.ListenOptions{Addr: addr}, newWatcher().sink())
		if err == nil || !strings.Contains(err.Error(), "a token is needed") {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
