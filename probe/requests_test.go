package probe_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"errtop/probe"
	"errtop/tracker"
)

// http2Talk speaks HTTP/2 without TLS on one connection, and lets react answer each request.
func http2Talk(react func(f *http2.Framer, stream uint32) (hangUp bool)) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		framer := http2.NewFramer(conn, conn)
		_ = framer.WriteSettings()
		for {
			frame, err := framer.ReadFrame()
			if err != nil {
				return
			}
			switch f := frame.(type) {
			case *http2.SettingsFrame:
				if !f.IsAck() {
					_ = framer.WriteSettingsAck()
				}
			case *http2.HeadersFrame:
				if react(framer, f.StreamID) {
					return
				}
			}
		}
	}
}

// http2OK answers with 200, which is ":status: 200" in HPACK's static table.
func http2OK(f *http2.Framer, stream uint32) {
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte{0x88}, EndHeaders: true, EndStream: true})
}

// TestNoMoreRequestsThanAttempts counts at the server what a probe sends, whatever the server does that makes net/http's own
// client send again.
func TestNoMoreRequestsThanAttempts(t *testing.T) {
	t.Parallel()
	var seen atomic.Int32
	for _, c := range []struct {
		name, http string
		talk       func(net.Conn)
	}{
		{"GOAWAY without an error before the stream", "2", http2Talk(func(f *http2.Framer, _ uint32) bool {
			seen.Add(1)
			_ = f.WriteGoAway(0, http2.ErrCodeNo, nil)
			return false
		})},
		{"GOAWAY and close", "2", http2Talk(func(f *http2.Framer, _ uint32) bool {
			seen.Add(1)
			return f.WriteGoAway(0, http2.ErrCodeNo, nil) == nil
		})},
		{"refused stream", "2", http2Talk(func(f *http2.Framer, stream uint32) bool {
			seen.Add(1)
			return f.WriteRSTStream(stream, http2.ErrCodeRefusedStream) != nil
		})},
		{"closed HTTP/2 connection", "2", http2Talk(func(*http2.Framer, uint32) bool { seen.Add(1); return true })},
		{"closed before an answer", "1.1", func(conn net.Conn) { readRequest(conn); seen.Add(1) }},
		{"reset before an answer", "1.1", func(conn net.Conn) {
			readRequest(conn)
			seen.Add(1)
			_ = conn.(*net.TCPConn).SetLinger(0)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := rawServer(t, c.talk)
			for _, keep := range []bool{false, true} {
				for _, attempts := range []int{1, 2} {
					seen.Store(0)
					target := probe.Target{
						Name: "api", URL: "http://" + address, HTTP: c.http, KeepAlive: keep, Timeout: 2 * time.Second,
						Attempts: attempts, Backoff: time.Millisecond,
					}
					r, err := probe.Once(t.Context(), target, probe.Options{})
					if err != nil || !r.Kind.Failed() {
						t.Errorf("keep_alive %v: %s %s %v", keep, r.Kind, r.Message, err)
					}
					if n := seen.Load(); int(n) != attempts {
						t.Errorf("keep_alive %v: %d requests for %d attempts: %s", keep, n, attempts, r.Message)
					}
				}
			}
		})
	}
}

// TestKeptConnectionThatEndsCostsNoRequest has servers that end a kept connection at the worst moment: when its second
// request is there. Each result is one request at the server.
func TestKeptConnectionThatEndsCostsNoRequest(t *testing.T) {
	t.Parallel()
	var seen atomic.Int32
	const good = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	everySecond := func(end func(net.Conn)) func(net.Conn) {
		return func(conn net.Conn) {
			readRequest(conn)
			seen.Add(1)
			_, _ = io.WriteString(conn, good)
			readRequest(conn)
			seen.Add(1)
			end(conn)
		}
	}
	second := func(end func(f *http2.Framer, stream uint32) bool) func(net.Conn) {
		return func(conn net.Conn) {
			requests := 0
			http2Talk(func(f *http2.Framer, stream uint32) bool {
				seen.Add(1)
				if requests++; requests == 1 {
					http2OK(f, stream)
					return false
				}
				return end(f, stream)
			})(conn)
		}
	}
	for _, c := range []struct {
		name, http string
		talk       func(net.Conn)
	}{
		{"closed", "1.1", everySecond(func(net.Conn) {})},
		{"reset", "1.1", everySecond(func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) })},
		{"GOAWAY", "2", second(func(f *http2.Framer, _ uint32) bool { _ = f.WriteGoAway(1, http2.ErrCodeNo, nil); return false })},
		{"GOAWAY and close", "2", second(func(f *http2.Framer, _ uint32) bool { return f.WriteGoAway(1, http2.ErrCodeNo, nil) == nil })},
		{"refused", "2", second(func(f *http2.Framer, stream uint32) bool {
			return f.WriteRSTStream(stream, http2.ErrCodeRefusedStream) != nil
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen.Store(0)
			target := probe.Target{
				Name: "api", URL: "http://" + rawServer(t, c.talk), HTTP: c.http, KeepAlive: true,
				Timeout: 2 * time.Second, Attempts: 1, Interval: 5 * time.Millisecond,
			}
			var reported, good int
			runUntil(t, probe.Options{}, []probe.Target{target}, func(results []tracker.Result) bool {
				reported, good = len(results), 0
				for _, r := range results {
					if r.Kind == tracker.KindOK {
						good++
					}
				}
				return reported >= 10
			})
			if n := int(seen.Load()); n > reported+1 { // one may be on its way at the end
				t.Errorf("%d requests at the server for %d results", n, reported)
			}
			if good < 4 {
				t.Errorf("%d of %d are good: a connection that ended is used again", good, reported)
			}
		})
	}
}

// TestConnectionClosedWhileIdleIsNoFailure has a server that closes kept connections between two probes, as servers do.
func TestConnectionClosedWhileIdleIsNoFailure(t *testing.T) {
	var seen atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1) }))
	closed := make(chan struct{}, 100)
	server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		switch state { //nolint:exhaustive // the others say nothing of it
		case http.StateIdle:
			_ = conn.Close()
		case http.StateClosed:
			closed <- struct{}{}
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	count := 0
	options := probe.Options{Emit: func(batch []tracker.Result) {
		count += len(batch)
		for _, r := range batch {
			if r.Kind != tracker.KindOK {
				t.Errorf("%s: %s", r.Kind, r.Message)
			}
		}
		<-closed
	}}
	runUntil(t, options, []probe.Target{{Name: "api", URL: server.URL, KeepAlive: true, Interval: 20 * time.Millisecond}}, func(r []tracker.Result) bool { return len(r) >= 8 })
	if n := int(seen.Load()); n > count+1 {
		t.Errorf("%d requests for %d results", n, count)
	}
}
