//go:build unix

package store

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"errtop/tracker"
)

// killedStore names, in the environment, the store that a child process of this test writes until it is killed.
const killedStore = "ERRTOP_TEST_KILLED_STORE"

func TestMain(m *testing.M) {
	if path := os.Getenv(killedStore); path != "" {
		if err := writeUntilKilled(path); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeUntilKilled counts on from what the store holds, and prints each count once it was kept.
func writeUntilKilled(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, Options{Path: path, Now: time.Now(), MaxBytes: 8 << 20})
	if err != nil {
		return err
	}
	state, err := s.Load(ctx)
	if err != nil {
		return err
	}
	tr := tracker.New(tracker.Settings{})
	if err := tr.Restore(noon, state.Tracker...); err != nil {
		return err
	}
	at, _ := tr.Position("log")
	var mark tracker.KeptMark
	for n := at.Offset; ; n++ {
		moment := noon.Add(time.Duration(n) * time.Second)
		tr.RecordBatch(moment, tracker.Batch{
			Source: "log", Position: tracker.Position{Head: []byte("h"), Offset: n + 1},
			Results: []tracker.Result{{Time: moment, Target: "api", Status: 500, Kind: tracker.KindServer, Message: strings.Repeat(strconv.FormatInt(n, 10), 50)}},
		})
		var kept tracker.Kept
		kept, mark, _ = tr.Keep(moment, mark)
		if _, err := s.Save(ctx, kept); err != nil {
			return err
		}
		if err := s.SaveHours(ctx, hoursOf(noon.Add(time.Duration(n)*24*time.Hour), 2)); err != nil {
			return err
		}
		fmt.Println(n + 1)
	}
}

// TestKillsLoseNothingThatWasKept kills a process that writes, at random moments: what it said was kept is there, counts and positions
// belong together, and the file is sound.
func TestKillsLoseNothingThatWasKept(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 8
	}
	path := filepath.Join(t.TempDir(), "x.db")
	r := rand.New(rand.NewPCG(7, 11))
	last := int64(0)
	for kill := range kills {
		said := writeFor(t, path, time.Duration(r.Int64N(int64(60*time.Millisecond))))
		last = max(last, said)
		s, err := Open(t.Context(), Options{Path: path, Now: noon})
		if err != nil || len(s.Notes()) > 0 {
			t.Fatalf("kill %d: %v, %v", kill, err, s.Notes())
		}
		state, err := s.Load(t.Context())
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		tr := tracker.New(tracker.Settings{})
		if err := tr.Restore(noon, state.Tracker...); err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		at, _ := tr.Position("log")
		counted := uint64(0)
		for _, total := range tr.Snapshot(noon.Add(time.Duration(at.Offset) * time.Second)).Groups {
			counted += total.Count
		}
		if at.Offset < last || counted != uint64(at.Offset) {
			t.Fatalf("kill %d: read to %d, counted %d; %d were acknowledged", kill, at.Offset, counted, last)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if last < int64(kills) {
		t.Errorf("only %d writes in %d runs", last, kills)
	}
}

// writeFor runs a child that writes, kills it some time after its first write, and returns the last count that it said was kept.
func writeFor(t *testing.T, path string, wait time.Duration) (said int64) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), killedStore+"="+path)
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var timer *time.Timer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			t.Fatalf("the child says %q", lines.Text())
		}
		said = n
		if timer == nil {
			timer = time.AfterFunc(wait, func() { _ = child.Process.Signal(syscall.SIGKILL) })
		}
	}
	_ = child.Wait() // it was killed
	return said
}
