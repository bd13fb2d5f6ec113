//go:build unix

package engine

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/internal/ingest"
)

// killedEngine names, in the environment, the folder whose log a child process of this test follows until it is killed.
const killedEngine = "ERRTOP_TEST_KILLED_ENGINE"

func TestMain(m *testing.M) {
	if folder := os.Getenv(killedEngine); folder != "" {
		e, err := New(Options{
			Settings: config.Default(), Sources: []Source{Logs([]string{filepath.Join(folder, "access.log")}, ingest.Options{})},
			Store: StoreOptions{Path: filepath.Join(folder, "x.db")},
		})
		if err == nil {
			err = e.Run(context.Background())
		}
		fmt.Println("ended:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// rotate gives a log its next old name, and those before it theirs.
func rotate(t *testing.T, path string) {
	t.Helper()
	for i := 40; i > 0; i-- {
		from := fmt.Sprintf("%s.%d", path, i-1)
		if i == 1 {
			from = path
		}
		for _, suffix := range [...]string{"", ".gz"} {
			if err := os.Rename(from+suffix, fmt.Sprintf("%s.%d%s", path, i, suffix)); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
	}
}

// compressFile replaces a file by a compressed one that keeps its time, as logrotate does.
func compressFile(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		return // it is compressed already
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write(text)
	if err == nil {
		err = w.Close()
	}
	for _, step := range [...]func() error{
		func() error { return os.WriteFile(path+".gz", packed.Bytes(), 0o600) },
		func() error { return os.Chtimes(path+".gz", info.ModTime(), info.ModTime()) },
		func() error { return os.Remove(path) },
	} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestKilledEnginesCountEveryLineOnce writes a log, rotates it and compresses what was rotated at random, while engines that follow it are killed at random moments, and
// compares what the last one shows with what was written.
func TestKilledEnginesCountEveryLineOnce(t *testing.T) {
	t.Parallel()
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	folder := t.TempDir()
	path, options := filepath.Join(folder, "access.log"), StoreOptions{Path: filepath.Join(folder, "x.db")}
	r := rand.New(rand.NewPCG(3, 9))
	first, lines := time.Now().Add(-10*time.Minute), 0
	write := func() {
		n := lines + 1 + r.IntN(400)
		appendTo(t, path, logLines(first, lines, n))
		lines = n
		if r.IntN(3) == 0 {
			rotate(t, path)
			n := lines + 1 + r.IntN(50)
			appendTo(t, path, logLines(first, lines, n))
			lines = n
		}
	}
	write()
	for range rounds {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), killedEngine+"="+folder)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		for range 1 + r.IntN(3) {
			pause(t, time.Duration(r.Int64N(int64(400*time.Millisecond))))
			write()
		}
		pause(t, time.Duration(r.Int64N(int64(400*time.Millisecond))))
		if err := child.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed
		for range r.IntN(3) {
			write()
		}
		for i := range r.IntN(4) { // while nobody looks, what was rotated is compressed
			compressFile(t, fmt.Sprintf("%s.%d", path, i+1))
		}
	}
	for range 2 {
		s := runUntil(t, path, uint64(lines), options)
		want := uint64((lines + 4) / 5)
		if s.Overall.Day.Requests != uint64(lines) || s.Overall.Day.Errors != want || s.Groups[0].Count != want {
			t.Fatalf("counted %d of %d lines, %d of %d errors", s.Overall.Day.Requests, lines, s.Overall.Day.Errors, want)
		}
	}
}

// pause lets a child process go on for a while.
func pause(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}
