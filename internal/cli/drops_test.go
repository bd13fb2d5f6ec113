//go:build unix

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"errtop/internal/store"
	"errtop/tracker"
)

// TestDroppedTerminalsLoseNothing drops the terminal under a dashboard that keeps what it reads, by a hangup, by a terminal that is gone, or
// by both: each time it ends, its store is sound, and every line is counted once.
func TestDroppedTerminalsLoseNothing(t *testing.T) {
	t.Parallel()
	drops := 100
	if testing.Short() {
		drops = 4
	}
	folder := t.TempDir()
	log, path := filepath.Join(folder, "access.log"), filepath.Join(folder, "x.db")
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // each write was checked
	lines, first := 0, time.Now().Add(-10*time.Minute)
	write := func(n int) {
		var b strings.Builder
		for range n {
			fmt.Fprintf(&b, `{"time":%q,"target":"api","status":%d,"duration_ms":3}`+"\n", first.Add(time.Duration(lines)*10*time.Millisecond).Format(time.RFC3339Nano), 200+300*(lines%2))
			lines++
		}
		if _, err := file.WriteString(b.String()); err != nil {
			t.Fatal(err)
		}
	}
	write(50)
	slowest := time.Duration(0)
	for drop := range drops {
		s := start(t, nil, "errtop", log, "--store", path)
		s.waitFor("Internal Server Error")
		write(7)
		began := time.Now()
		if drop%3 != 1 {
			if err := s.command.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
		}
		if drop%3 != 0 { // the last one who has it open: the terminal is gone, and the kernel hangs up
			s.press("?") // what is drawn ends the read that holds the terminal open
			_, _ = s.tty.Close(), s.master.Close()
		}
		select {
		case <-s.exited:
		case <-time.After(longestWait):
			t.Fatalf("drop %d: it still runs", drop)
		}
		slowest = max(slowest, time.Since(began))
		if err := syscall.Kill(-s.command.Process.Pid, 0); err == nil {
			t.Fatalf("drop %d: a process of its session is left", drop)
		}
		soundStore(t, path)
	}
	t.Logf("the slowest of %d took %v to end", drops, slowest.Round(time.Millisecond)) // a second at most where the machine is not busy
	start(t, nil, "errtop", log, "--store", path)
	want := uint64(lines)
	for deadline := time.Now().Add(longestWait); countedIn(t, path) < want && time.Now().Before(deadline); {
		<-time.After(50 * time.Millisecond)
	}
	if n := countedIn(t, path); n != want {
		t.Errorf("%d of %d lines are counted", n, want)
	}
}

func soundStore(t *testing.T, path string) {
	t.Helper()
	kept, err := store.Open(t.Context(), store.Options{Path: path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close() //nolint:errcheck // only read from
	if err := kept.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// countedIn returns how many requests a store has counted.
func countedIn(t *testing.T, path string) uint64 {
	t.Helper()
	kept, err := store.Open(t.Context(), store.Options{Path: path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close() //nolint:errcheck // only read from
	state, err := kept.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tr := tracker.New(tracker.Settings{})
	if err := tr.Restore(time.Now(), state.Tracker...); err != nil {
		t.Fatal(err)
	}
	return tr.Snapshot(time.Now()).Overall.Day.Requests
}
