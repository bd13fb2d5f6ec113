package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"errtop/internal/safego"
	"errtop/tracker"
)

// speaking accepts connections, reads a request from each and lets speak answer it; the connection is closed after.
func speaking(t *testing.T, speak func(ctx context.Context, c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	group, ctx := safego.WithContext(t.Context())
	ctx, cancel := context.WithCancel(ctx)
	group.Go(func() error {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			if err != nil {
				return err
			}
			group.Go(func() error {
				defer func() { _ = c.Close() }()
				var got []byte
				for buf := make([]byte, 4096); !bytes.Contains(got, []byte(`"fox"}`)); {
					n, err := c.Read(buf)
					if err != nil {
						return err
					}
					got = append(got, buf[:n]...)
				}
				speak(ctx, c)
				return nil
			})
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = l.Close()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// says returns an answer that is sent as it stands.
func says(format string, args ...any) func(context.Context, net.Conn) {
	return func(_ context.Context, c net.Conn) { _, _ = fmt.Fprintf(c, format, args...) }
}

func reply400(body string) string {
	return fmt.Sprintf("HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\nX-Request-Id: r1\r\nSet-Cookie: secret\r\n\r\n%s", len(body), body)
}

func called(t *testing.T, base string, timeout time.Duration) tracker.Result {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	l := &load{base: base, world: clock{start: time.Now(), speed: 1}, transport: transport}
	r, ok := l.ask(t.Context(), call{
		agent: "test/1", target: "flux/dev", route: "/api/v1/flux/dev", bearer: "Bearer fm_canary",
		body: `{"prompt":"fox"}`, timeout: timeout,
	})
	if !ok {
		t.Fatal("the test ended before the call")
	}
	return r
}

func TestWhatAnAnswerSaysBecomesTheResult(t *testing.T) {
	for _, c := range []struct {
		name    string
		speak   func(context.Context, net.Conn)
		kind    tracker.Kind
		status  int
		short   string
		message string
	}{
		{"success", says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), tracker.KindOK, 200, "", ""},
		{"error body", says("%s", reply400(`{"error":"Invalid input","message":"No.","errors":["prompt: x"]}`)), tracker.KindInvalid, 400, "Invalid input", "No."},
		{"no JSON", says("%s", reply400("<html>")), tracker.KindInvalid, 400, "Bad Request", ""},
		{"wrong shape", says("%s", reply400(`{"error":{"code":7}}`)), tracker.KindInvalid, 400, "Bad Request", ""},
		{"an escape", says("%s", reply400(`{"error":"a\u001b]0;x","message":"b\nc"}`)), tracker.KindInvalid, 400, "a^[]0;x", "b c"},
		{"no answer", func(ctx context.Context, _ net.Conn) { <-ctx.Done() }, tracker.KindTimeout, 0, "timeout", ""},
		{"half an answer", func(ctx context.Context, c net.Conn) {
			says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}")(ctx, c)
			<-ctx.Done()
		}, tracker.KindTimeout, 200, "timeout", ""},
		{"cut short", says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"), tracker.KindProtocol, 200, "body cut short", ""},
		{"closed", says(""), tracker.KindProtocol, 0, "no answer", ""},
		{"reset", func(_ context.Context, c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }, tracker.KindConnect, 0, "connection reset", ""},
		{"not HTTP", says("SSH-2.0-OpenSSH_9.9\r\n\r\n"), tracker.KindProtocol, 0, "malformed answer", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // the timeouts take their second together
			timeout := 10 * time.Second
			if c.kind == tracker.KindTimeout {
				timeout = leastTimeout
			}
			r := called(t, speaking(t, c.speak), timeout)
			if r.Kind != c.kind || r.Status != c.status || r.Error != c.short {
				t.Errorf("%v %d %q, want %v %d %q (%s)", r.Kind, r.Status, r.Error, c.kind, c.status, c.short, r.Message)
			}
			if c.message != "" && r.Message != c.message {
				t.Errorf("message %q, want %q", r.Message, c.message)
			}
			if (r.Evidence != nil) != r.Kind.Failed() {
				t.Errorf("evidence %+v of a %v", r.Evidence, r.Kind)
			}
			if r.Origin != tracker.OriginTraffic || r.Source != SourceName || r.Latency <= 0 || r.Time.IsZero() {
				t.Errorf("%+v", r)
			}
			if all := fmt.Sprintf("%+v %+v", r, r.Evidence); strings.Contains(all, "canary") || strings.Contains(all, "secret") {
				t.Errorf("a secret is in %s", all)
			}
		})
	}
}

func TestNobodyListeningIsConnectionRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if r := called(t, "http://"+l.Addr().String(), 10*time.Second); r.Kind != tracker.KindConnect || r.Error != "connection refused" {
		t.Errorf("%v %q", r.Kind, r.Error)
	}
}

func TestTheEvidenceIsBoundedAndRepeatable(t *testing.T) {
	long := `{"error":"e","message":"m","details":{"a": [1, 2]},"pad":"` + strings.Repeat("x", maxKept) + `"}`
	r := called(t, speaking(t, says("%s", reply400(long))), 10*time.Second)
	e := r.Evidence
	if len(e.Body) != maxKept || !e.BodyCut || !strings.HasPrefix(e.Body, `{"error":"e"`) {
		t.Errorf("%d bytes of body, cut %v", len(e.Body), e.BodyCut)
	}
	if e.Details != `{"a":[1,2]}` || r.RequestID != "r1" || e.Proto != "HTTP/1.1" {
		t.Errorf("details %s, request id %q, %s", e.Details, r.RequestID, e.Proto)
	}
	if e.Phases.FirstByte <= 0 || e.Phases.FirstByte+e.Phases.Body != r.Latency {
		t.Errorf("phases %+v of %v", e.Phases, r.Latency)
	}
	want := tracker.Header{Name: "Authorization", Value: "Bearer ***"}
	if q := e.Request; q.Method != "POST" || q.Body != `{"prompt":"fox"}` || len(q.Headers) != 3 || q.Headers[0] != want {
		t.Errorf("request %+v", q)
	}
}

func TestResetAtIsWhatTheAnswerSays(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(s string) time.Time {
		when, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, c := range []struct {
		name              string
		status            int
		body, reset, wait string
		want              time.Time
	}{
		{"nothing", 429, "", "", "", time.Time{}},
		{"the body wins", 429, "2026-11-22T12:00:45.123Z", "2026-11-22T12:01:00Z", "99", at("2026-11-22T12:00:45.123Z")},
		{"then the header", 429, "soon", "2026-11-22T12:01:00.5Z", "99", at("2026-11-22T12:01:00.5Z")},
		{"then the wait", 429, "", "later", "99", now.Add(99 * time.Second)},
		{"no refusal, no wait", 500, "", "2026-11-22T12:01:00Z", "", time.Time{}},
		{"unless it asks for one", 503, "", "2026-11-22T12:01:00Z", "7", now.Add(7 * time.Second)},
		{"too long to be meant", 429, "", "", "999999999", time.Time{}},
		{"negative", 429, "", "", "-3", time.Time{}},
	} {
		h := http.Header{}
		h.Set("X-RateLimit-Reset", c.reset)
		h.Set("Retry-After", c.wait)
		if got := (&reply{ResetAt: c.body}).resetAt(c.status, h, now); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAnAbortedReadOfAnyLengthHasACause(t *testing.T) {
	for _, err := range []error{io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded, net.ErrClosed, fmt.Errorf("x\x1b[2J")} {
		kind, short, message := cause(fmt.Errorf("wrapped: %w", err))
		if !kind.Failed() || short == "" || message == "" || strings.Contains(message, "\x1b") {
			t.Errorf("%v: %v %q %q", err, kind, short, message)
		}
	}
}
