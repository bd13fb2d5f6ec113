package ingest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"errtop/tracker"
)

// pipeListener takes connections from within the process, so that time may be synctest's.
type pipeListener struct {
	conns chan net.Conn
	ended chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), ended: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.ended:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.ended) })
	return nil
}

func (l *pipeListener) Addr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4318}
}

// dial connects to the listener.
func (l *pipeListener) dial(t *testing.T) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	l.conns <- server
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// door is a listener in virtual time.
type door struct {
	*pipeListener
	health tracker.Source
	mu     sync.Mutex
}

// withDoor runs a test against a door, in virtual time.
func withDoor(t *testing.T, test func(t *testing.T, d *door)) {
	synctest.Test(t, func(t *testing.T) {
		d := &door{pipeListener: newPipeListener()}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- serve(ctx, d, ListenOptions{Addr: "127.0.0.1:4318"}, Sink{Emit: func([]tracker.Result) {}, Health: func(s tracker.Source) {
				d.mu.Lock()
				d.health = s
				d.mu.Unlock()
			}})
		}()
		defer func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second) // net/http leaves what it cut off that long to the client
		}()
		test(t, d)
	})
}

// send writes text to a connection, in the background where the server does not read.
func send(c net.Conn, text string) {
	go func() { _, _ = io.WriteString(c, text) }()
}

// status waits for an answer and returns its status; 0 if the connection ends without one.
func status(c net.Conn) int {
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}

func head(length int) string {
	return fmt.Sprintf("POST /v1/results HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", length)
}

func TestASlowHeadIsCutOff(t *testing.T) {
	withDoor(t, func(t *testing.T, d *door) {
		c, began := d.dial(t), time.Now()
		send(c, "POST /v1/results HTTP/1.1\r\nHost: local")
		if got := status(c); got != 0 && got != 408 {
			t.Errorf("answered %d", got)
		}
		if took := time.Since(began); took < headerTime || took > headerTime+time.Second {
			t.Errorf("cut off after %v", took)
		}
	})
}

func TestAnIdleConnectionIsClosed(t *testing.T) {
	withDoor(t, func(t *testing.T, d *door) {
		c := d.dial(t)
		send(c, head(len(result("a")))+result("a"))
		if got := status(c); got != 200 {
			t.Fatalf("answered %d", got)
		}
		began := time.Now()
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		if took := time.Since(began); took < idleTime || took > idleTime+time.Second {
			t.Errorf("closed after %v", took)
		}
	})
}

func TestASlowBodyIsEndedByItsRate(t *testing.T) {
	for name, c := range map[string]struct {
		piece string
		every time.Duration
		after time.Duration // it is ended
	}{
		"nothing":        {"", time.Hour, pushGrace},
		"a byte at once": {"x", 100 * time.Millisecond, pushGrace},
		"half the rate":  {strings.Repeat("x", pushRate/2), time.Second, 2 * pushGrace},
	} {
		t.Run(name, func(t *testing.T) {
			withDoor(t, func(t *testing.T, d *door) {
				conn, began := d.dial(t), time.Now()
				send(conn, head(maxPush))
				stop := make(chan struct{})
				defer close(stop)
				go func() {
					for c.piece != "" {
						select {
						case <-time.After(c.every):
							if _, err := io.WriteString(conn, c.piece); err != nil {
								return
							}
						case <-stop:
							return
						}
					}
				}()
				if got := status(conn); got != 408 {
					t.Errorf("answered %d", got)
				}
				if took := time.Since(began); took < c.after-time.Second || took > c.after+time.Second {
					t.Errorf("ended after %v, want %v", took, c.after)
				}
			})
		})
	}
}

func TestABodyThatComesFastEnoughHasHalfAMinute(t *testing.T) {
	withDoor(t, func(t *testing.T, d *door) {
		conn, began := d.dial(t), time.Now()
		send(conn, head(maxPush))
		go func() {
			for {
				time.Sleep(time.Second)
				if _, err := conn.Write(make([]byte, 2*pushRate)); err != nil {
					return
				}
			}
		}()
		if got := status(conn); got != 408 {
			t.Errorf("answered %d", got)
		}
		if took := time.Since(began); took < pushTime || took > pushTime+time.Second {
			t.Errorf("ended after %v", took)
		}
	})
}

func TestAClientThatReadsNoAnswerIsCutOff(t *testing.T) {
	withDoor(t, func(t *testing.T, d *door) {
		c := d.dial(t)
		if _, err := io.WriteString(c, head(len(result("a")))+result("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(pushTime + headerTime + time.Second)
		if n, err := c.Read(make([]byte, 1<<16)); err == nil && n > 0 {
			t.Errorf("after the time for an answer %d bytes of it come", n)
		}
	})
}

// TestAReadyPushIsServedAtOnceWhileSlowOnesHoldEveryPlace has slow bodies come up to every bound there is.
func TestAReadyPushIsServedAtOnceWhileSlowOnesHoldEveryPlace(t *testing.T) {
	for name, sent := range map[string]int{"that send nothing": 0, "that stall in the middle": 600 << 10} {
		t.Run(name, func(t *testing.T) {
			withDoor(t, func(t *testing.T, d *door) {
				for range maxReceiving {
					c := d.dial(t)
					go func() {
						_, _ = io.WriteString(c, head(maxPush)+strings.Repeat("x", sent))
						_, _ = io.Copy(io.Discard, c)
					}()
				}
				time.Sleep(300 * time.Millisecond)
				large := strings.Repeat(result("a"), 200<<10/len(result("a")))
				for _, body := range []string{result("a"), large} {
					c, began := d.dial(t), time.Now()
					send(c, head(len(body))+body)
					if got := status(c); got != 200 {
						t.Errorf("%d bytes are answered %d", len(body), got)
					}
					if took := time.Since(began); took > time.Second {
						t.Errorf("%d bytes took %v", len(body), took)
					}
				}
			})
		})
	}
}

// packedUp returns text compressed.
func packedUp(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// newDoorHandler returns a handler that takes pushes without a token, and what it counts.
func newDoorHandler(t *testing.T) *pushHandler {
	t.Helper()
	p, err := newPump("push", Options{}, Sink{Emit: func([]tracker.Result) {}})
	if err != nil {
		t.Fatal(err)
	}
	return &pushHandler{open: true, pump: p}
}

// bodyOf returns a body that has come.
func bodyOf(content []byte) *pushBody {
	b := &pushBody{size: len(content)}
	for len(content) > 0 {
		n := min(len(content), pushChunk)
		b.chunks, content = append(b.chunks, content[:n]), content[n:]
	}
	return b
}

// TestWhatAPushCostsIsBounded allocates far less than the bodies could be made to cost.
func TestWhatAPushCostsIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		zipped bool
		status int // 0: taken
	}{
		"line feeds":            {strings.Repeat("\n", maxPush), true, 0},
		"line feeds and more":   {"x" + strings.Repeat("\n", maxPush-1), true, 413},
		"lines of a letter":     {strings.Repeat("x\n", maxPush/2), true, 413},
		"as many bad lines":     {strings.Repeat("nonsense of some length that is no line\n", maxPushLines-50_000), true, 0},
		"an array of numbers":   {"[" + strings.Repeat("1,", maxPush/2-2) + "1]", true, 413},
		"an array of arrays":    {strings.Repeat("[", maxPush), true, 400},
		"one line":              {strings.Repeat("x", maxPush), true, 0},
		"a text of eight MiB":   {`["` + strings.Repeat("x", maxPush-4) + `"]`, true, 413},
		"one byte too many":     {strings.Repeat("x", maxPush+1), true, 413},
		"as many lines, in raw": {strings.Repeat("x\n", maxPush/2), false, 413},
	} {
		t.Run(name, func(t *testing.T) {
			content := []byte(c.text)
			if c.zipped {
				content = packedUp(t, c.text)
			}
			body, h := bodyOf(content), newDoorHandler(t)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			answer, err := h.record(body, c.zipped)
			runtime.ReadMemStats(&after)
			refused, _ := errors.AsType[*pushError](err)
			switch {
			case c.status == 0 && err != nil, c.status != 0 && (refused == nil || refused.status != c.status):
				t.Errorf("answered %v, want status %d", err, c.status)
			case len(answer.Problems) > 10 || len(h.pump.health.Samples) > 10:
				t.Errorf("%d problems, %d samples", len(answer.Problems), len(h.pump.health.Samples))
			case c.status != 0 && h.pump.health.Lines > 0:
				t.Errorf("%d lines of a push that is refused are counted", h.pump.health.Lines)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
				t.Errorf("%d MiB were allocated", used>>20)
			}
		})
	}
}

func TestAnArrayIsTakenWholeOrNotAtAll(t *testing.T) {
	one := strings.TrimSpace(result("a"))
	for text, accepted := range map[string]int{
		"[]":                               0,
		" [" + one + "]\n":                 1,
		"[" + one + ",\n\n" + one + "]  ":  2,
		"[" + one + "," + one:              -1,
		"[" + one + "," + one + "] x":      -1,
		"[" + one + "," + one + "][" + one: -1,
		"[" + one + ",]":                   -1,
	} {
		h := newDoorHandler(t)
		answer, err := h.record(bodyOf([]byte(text)), false)
		switch {
		case accepted < 0 && (err == nil || h.pump.health.Lines > 0):
			t.Errorf("%s: %+v", text, answer)
		case accepted >= 0 && (err != nil || answer.Accepted != uint64(accepted)):
			t.Errorf("%s: %+v, %v", text, answer, err)
		}
	}
}

// TestTokensAreComparedInConstantTime reads the source, since a difference in time cannot be measured reliably: the token
// is compared by crypto/subtle and by nothing else.
func TestTokensAreComparedInConstantTime(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "listen.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constant := 0
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "ConstantTimeCompare" {
				constant++
			}
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "Equal" || f.Sel.Name == "Compare") {
				t.Errorf("listen.go compares with %s", f.Sel.Name)
			}
		case *ast.BinaryExpr:
			for _, side := range []ast.Expr{n.X, n.Y} {
				if f, ok := side.(*ast.SelectorExpr); ok && f.Sel.Name == "token" {
					t.Error("listen.go compares a token by an operator")
				}
				if name, ok := side.(*ast.Ident); ok && (name.Name == "sum" || name.Name == "token") {
					t.Error("listen.go compares a token by an operator")
				}
			}
		}
		return true
	})
	if constant != 1 {
		t.Errorf("ConstantTimeCompare is called %d times", constant)
	}
}
