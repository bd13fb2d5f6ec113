package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/internal/ingest"
	"errtop/internal/safego"
	"errtop/tracker"
)

// logLines returns lines of an access log, each of a request a second after another.
func logLines(first time.Time, from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		status := 200
		if i%5 == 0 {
			status = 500
		}
		fmt.Fprintf(&b, `{"time":%q,"target":"api","status":%d,"route":"/x","duration_ms":12}`+"\n", first.Add(time.Duration(i)*time.Millisecond).Format(time.RFC3339Nano), status)
	}
	return b.String()
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = file.WriteString(text)
	}
	if err != nil || file.Close() != nil {
		t.Fatal(err)
	}
}

// runUntil runs an engine over a log with a store until it has counted so many requests, and stops it.
func runUntil(t *testing.T, path string, requests uint64, options StoreOptions) *tracker.Snapshot {
	t.Helper()
	e, err := New(Options{Settings: config.Default(), Sources: []Source{Logs([]string{path}, ingest.Options{})}, Store: options})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	changed, stop := e.Watch()
	defer stop()
	done := safego.Start(func() error { return e.Run(ctx) })
	deadline := time.After(20 * time.Second)
	for e.tracker.Snapshot(time.Now()).Overall.Day.Requests < requests {
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("counted %d of %d requests; %+v", e.tracker.Snapshot(time.Now()).Overall.Day.Requests, requests, e.tracker.Snapshot(time.Now()).Sources)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return e.tracker.Snapshot(time.Now())
}

// TestARestartGoesOnWhereTheLogWasLeft stops an engine and starts another while lines come, and the log is rotated twice in between.
func TestARestartGoesOnWhereTheLogWasLeft(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, options := filepath.Join(folder, "access.log"), StoreOptions{Path: filepath.Join(folder, "state", "x.db")}
	first := time.Now().Add(-time.Minute)
	appendTo(t, path, logLines(first, 0, 1000))
	if s := runUntil(t, path, 1000, options); s.Overall.Day.Errors != 200 {
		t.Fatalf("%d errors before", s.Overall.Day.Errors)
	}
	appendTo(t, path, logLines(first, 1000, 1100))
	s := runUntil(t, path, 1100, options)
	if s.Overall.Day.Requests != 1100 || s.Overall.Day.Errors != 220 || len(s.Groups) != 1 || s.Groups[0].Count != 220 {
		t.Fatalf("after a restart: %d requests, %d errors", s.Overall.Day.Requests, s.Overall.Day.Errors)
	}
	appendTo(t, path, logLines(first, 1100, 1200))
	for i := 2; i > 0; i-- { // twice
		if i == 1 {
			if err := os.Rename(path+".1", path+".2"); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		appendTo(t, path, logLines(first, 1200+100*(2-i), 1300+100*(2-i)))
	}
	if s := runUntil(t, path, 1400, options); s.Overall.Day.Requests != 1400 || s.Overall.Day.Errors != 280 {
		t.Fatalf("after two rotations: %d requests, %d errors", s.Overall.Day.Requests, s.Overall.Day.Errors)
	}
	if s := runUntil(t, path, 1400, options); s.Overall.Day.Requests != 1400 || s.Overall.Day.Errors != 280 {
		t.Fatalf("after nothing: %d requests, %d errors", s.Overall.Day.Requests, s.Overall.Day.Errors)
	}
}
