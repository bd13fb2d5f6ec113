package engine

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"errtop/internal/config"
	"errtop/internal/ingest"
	"errtop/internal/safego"
	"errtop/probe"
	"errtop/tracker"
)

// explosive panics when it is read.
type explosive struct{ first io.Reader }

func (e explosive) Read(p []byte) (int, error) {
	if n, err := e.first.Read(p); n > 0 || err == nil {
		return n, err
	}
	panic("the reader broke")
}

// TestAPanicInAnyGoroutineOfASourceStopsTheEngine makes a panic wherever a source runs code of ours: in whoever reads, unpacks,
// probes, or answers a push. In a goroutine of no group it would end the process.
func TestAPanicInAnyGoroutineOfASourceStopsTheEngine(t *testing.T) {
	t.Parallel()
	line := []byte(`{"target":"flux","status":500}` + "\n")
	var gzipped bytes.Buffer
	z := gzip.NewWriter(&gzipped)
	_, _ = z.Write(line)
	_ = z.Close()
	encoder, _ := zstd.NewWriter(nil)
	zstandard := encoder.EncodeAll(line, nil)
	api := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(api.Close)
	file := func(name string, content []byte) []string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{path}
	}
	socket := "unix:" + filepath.Join(t.TempDir(), "push.sock")
	broken := func(in *Intake) {
		in.Emit = func([]tracker.Result) { panic("the sink broke") }
		in.Place = func(string, []tracker.Result, ingest.Position, bool) { panic("the sink broke") }
	}
	for name, c := range map[string]struct {
		source Source
		with   func(*Intake)
	}{
		"reader":           {Reader("stdin", explosive{strings.NewReader("x\n")}, ingest.Options{}), nil},
		"gzip":             {Reader("stdin", explosive{bytes.NewReader(gzipped.Bytes()[:gzipped.Len()-9])}, ingest.Options{}), nil},
		"zstd":             {Reader("stdin", explosive{bytes.NewReader(zstandard[:len(zstandard)-5])}, ingest.Options{}), nil},
		"lines":            {Reader("stdin", bytes.NewReader(line), ingest.Options{}), broken},
		"file":             {Logs(file("a.log", line), ingest.Options{}), broken},
		"gzipped file":     {Logs(file("a.log.gz", gzipped.Bytes()), ingest.Options{}), broken},
		"zstandard file":   {Logs(file("a.log.zst", zstandard), ingest.Options{}), broken},
		"health of a file": {Logs(file("b.log", line), ingest.Options{}), func(in *Intake) { in.Health = func(tracker.Source) { panic("health broke") } }},
		"push": {func(ctx context.Context, in Intake) error {
			group, ctx := safego.WithContext(ctx)
			group.Go(func() error { return in.engine.door(&config.HTTP{Listen: socket})(ctx, in) })
			group.Go(func() error { return push(ctx, strings.TrimPrefix(socket, "unix:"), line) })
			return group.Wait()
		}, broken},
		"probe": {func(ctx context.Context, in Intake) error {
			prober := probe.New(probe.Options{Emit: in.Emit})
			if err := prober.Set([]probe.Target{{Name: "a", URL: api.URL, Interval: time.Second, Timeout: time.Second}}); err != nil {
				return err
			}
			return prober.Run(ctx)
		}, broken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, func(ctx context.Context, in Intake) error {
				if c.with != nil {
					c.with(&in)
				}
				return c.source(ctx, in)
			})
			e.options.EndWithSources = true
			if err := e.Run(t.Context()); !isPanic(err) {
				t.Errorf("Run returned %v", err)
			}
		})
	}
}

func isPanic(err error) bool {
	_, ok := errors.AsType[*safego.PanicError](err)
	return ok
}

// push posts a body to a unix socket, again and again until somebody takes it.
func push(ctx context.Context, socket string, body []byte) error {
	transport := &http.Transport{DialContext: dialer(socket)}
	defer transport.CloseIdleConnections()
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/v1/results", bytes.NewReader(body))
		if err != nil {
			return err
		}
		if resp, err := transport.RoundTrip(request); err == nil {
			_ = resp.Body.Close()
		}
	}
	return nil
}

func dialer(socket string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}
}
