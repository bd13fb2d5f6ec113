//go:build linux

package cli

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// The measures of errtop watch: what it costs while nothing happens, and what viewers over SSH cost it.
//
//	go test ./internal/cli -run '^$' -bench MeasuredWatch -benchtime 1x
//
// They depend on the machine; docs/WATCH.md has what was seen.

// measuredWatch is an errtop watch of a program as it is shipped.
type measuredWatch struct {
	measured
	signer gossh.Signer
	ssh    string // address
	doors  string
}

// runWatch starts errtop watch with 50 targets at a server of the benchmark, asked every 30 s.
func runWatch(b *testing.B) *measuredWatch {
	b.Helper()
	folder := b.TempDir()
	api := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	b.Cleanup(api.Close)
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	w := &measuredWatch{}
	w.b = b
	if w.signer, err = gossh.NewSignerFromKey(private); err != nil {
		b.Fatal(err)
	}
	w.ssh, w.doors = freeLoopback(b), freeLoopback(b)
	var config strings.Builder
	fmt.Fprintf(&config, "[ssh]\nlisten = %q\nauthorized_keys = \"keys\"\nmax_viewers = 100\n[http]\nlisten = %q\n", w.ssh, w.doors)
	for i := range 50 {
		fmt.Fprintf(&config, "[[targets]]\nname = \"target-%02d\"\nurl = %q\n", i, api.URL)
	}
	for name, text := range map[string]string{"errtop.toml": config.String(), "keys": string(gossh.MarshalAuthorizedKey(w.signer.PublicKey()))} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	w.command = exec.CommandContext(b.Context(), build(b, "errtop", "../.."), "watch", "--config", filepath.Join(folder, "errtop.toml"))
	w.command.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+folder, "XDG_STATE_HOME="+folder)
	if err := w.command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = w.command.Process.Kill()
		_ = w.command.Wait()
	})
	for {
		response, err := http.Get("http://" + w.doors + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			return w
		}
	}
}

func freeLoopback(b *testing.B) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // it is only asked for its address
	return listener.Addr().String()
}

// line counts what comes over a connection, and what of that is for the terminal: the rest is SSH's.
type line struct{ wire, screen atomic.Int64 }

// Write counts what is for the terminal.
func (l *line) Write(p []byte) (int, error) {
	l.screen.Add(int64(len(p)))
	return len(p), nil
}

type wire struct {
	net.Conn
	bytes *atomic.Int64
}

func (w wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.bytes.Add(int64(n))
	return n, err
}

// view opens a viewer and reads what it is shown. It returns after the first picture, with how long that took.
func (w *measuredWatch) view(columns, rows int, l *line) (took time.Duration, leave func()) {
	w.b.Helper()
	began := time.Now()
	conn, err := net.Dial("tcp", w.ssh)
	if err != nil {
		w.b.Fatal(err)
	}
	config := &gossh.ClientConfig{User: "bench", Auth: []gossh.AuthMethod{gossh.PublicKeys(w.signer)}, HostKeyCallback: gossh.InsecureIgnoreHostKey()}
	client, channels, requests, err := gossh.NewClientConn(wire{conn, &l.wire}, w.ssh, config)
	if err != nil {
		w.b.Fatal(err)
	}
	session, err := gossh.NewClient(client, channels, requests).NewSession()
	if err != nil {
		w.b.Fatal(err)
	}
	out, _ := session.StdoutPipe()
	if _, err := session.StdinPipe(); err != nil { // without, nobody could type any more
		w.b.Fatal(err)
	}
	_ = session.Setenv("LANG", "C.UTF-8")
	if err := session.RequestPty("xterm-256color", rows, columns, nil); err != nil {
		w.b.Fatal(err)
	}
	if err := session.Shell(); err != nil {
		w.b.Fatal(err)
	}
	var seen strings.Builder
	p := make([]byte, 32<<10)
	for !strings.Contains(seen.String(), "quit") { // the last word of the first picture
		n, err := out.Read(p)
		if err != nil {
			w.b.Fatal(err)
		}
		seen.Write(p[:n])
	}
	took = time.Since(began)
	go func() { _, _ = io.Copy(l, out) }()
	return took, func() { _ = conn.Close() }
}

// spent returns the share of a core, in percent, over a while.
func (w *measuredWatch) spent(d time.Duration) float64 {
	before := w.costs()
	rest(w.b, d)
	after := w.costs()
	return 100 * (after.cpu - before.cpu).Seconds() / after.at.Sub(before.at).Seconds()
}

// The bars: watch idle, 50 targets: 0.3 % of a core beyond the probes, 40 MB. A further idle viewer at 160×45: 0.2 % of a core, 60 B/s,
// 1.5 MB. From connecting to the first picture: 300 ms.
func BenchmarkMeasuredWatchIdle(b *testing.B) {
	for b.Loop() {
		w := runWatch(b)
		rest(b, 40*time.Second) // all targets were asked once, and the collector has settled
		idle, memory := w.spent(60*time.Second), w.resident()
		var l line
		const viewers = 10
		var slowest time.Duration
		for range viewers {
			took, leave := w.view(160, 45, &l)
			defer leave()
			slowest = max(slowest, took)
		}
		rest(b, 20*time.Second)
		wired, shown := l.wire.Load(), l.screen.Load()
		watched := w.spent(60 * time.Second)
		b.ReportMetric(idle, "%core-idle")
		b.ReportMetric(memory, "MB-idle")
		b.ReportMetric((watched-idle)/viewers, "%core/viewer")
		b.ReportMetric(float64(l.screen.Load()-shown)/60/viewers, "B/s/viewer")
		b.ReportMetric(float64(l.wire.Load()-wired)/60/viewers, "B/s/viewer-with-ssh")
		b.ReportMetric((w.resident()-memory)/viewers, "MB/viewer")
		b.ReportMetric(float64(slowest.Milliseconds()), "ms-to-picture")
	}
}

// The bar: 50 viewers at 120×40 while 1000 results a second come: 15 % of a core for all of them, 2 KB/s each.
func BenchmarkMeasuredWatchLive(b *testing.B) {
	for b.Loop() {
		w := runWatch(b)
		ctx, stop := context.WithCancel(b.Context())
		defer stop()
		sent := make(chan int, 1)
		go func() { sent <- w.push(ctx) }()
		rest(b, 15*time.Second)
		alone := w.spent(30 * time.Second)
		var l line
		const viewers = 50
		for range viewers {
			_, leave := w.view(120, 40, &l)
			defer leave()
		}
		rest(b, 10*time.Second)
		before := l.wire.Load()
		watched := w.spent(30 * time.Second)
		perViewer := float64(l.wire.Load()-before) / 30 / viewers
		stop()
		b.ReportMetric(alone, "%core-alone")
		b.ReportMetric(watched-alone, "%core-50-viewers")
		b.ReportMetric(perViewer, "B/s/viewer-with-ssh")
		b.ReportMetric(float64(<-sent)/85, "results/s")
	}
}

// push sends 1000 results a second of 20 targets until ctx is done, and returns how many were taken.
func (w *measuredWatch) push(ctx context.Context) (taken int) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return taken
		case <-tick.C:
		}
		var lines strings.Builder
		for range 100 {
			n++
			status := 200
			if n%20 == 0 {
				status = 503
			}
			fmt.Fprintf(&lines, `{"ts":%q,"target":"app-%02d","status":%d,"path":"/x","duration_ms":%d}`+"\n", time.Now().UTC().Format(time.RFC3339Nano), n%20, status, n%90)
		}
		response, err := http.Post("http://"+w.doors+"/v1/results", "application/x-ndjson", strings.NewReader(lines.String()))
		if err != nil {
			continue
		}
		if response.StatusCode == http.StatusOK {
			taken += 100
		}
		_ = response.Body.Close()
	}
}
