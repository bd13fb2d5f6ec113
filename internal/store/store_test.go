package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// open opens a store that is closed when the test ends.
func open(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// filled returns what a tracker with some results keeps.
func filled(results int) tracker.Kept {
	tr := tracker.New(tracker.Settings{})
	for i := range results {
		at := noon.Add(time.Duration(i) * time.Second)
		tr.RecordBatch(at, tracker.Batch{
			Source: "/var/log/a.log", Position: tracker.Position{Head: []byte("head"), Offset: int64(100 * (i + 1))},
			Results: []tracker.Result{{Time: at, Target: "api", Status: 500, Kind: tracker.KindServer, Message: "it went wrong"}},
		})
	}
	kept, _, _ := tr.Keep(noon.Add(time.Duration(results)*time.Second), tracker.KeptMark{})
	return kept
}

func TestWhatWasSavedIsLoaded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "errtop", "a?b %23.db")
	s := open(t, Options{Path: path, Now: noon})
	if state, err := s.Load(t.Context()); err != nil || len(state.Tracker) != 0 || state.Alerting != nil {
		t.Fatalf("a new store holds %+v, %v", state, err)
	}
	if _, err := s.Save(t.Context(), filled(5000)); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveAlerting(t.Context(), 7, []byte("alerting")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, Options{Path: path, Now: noon})
	state, err := s.Load(t.Context())
	if err != nil || string(state.Alerting) != "alerting" {
		t.Fatalf("loaded %q, %v", state.Alerting, err)
	}
	tr := tracker.New(tracker.Settings{})
	if err := tr.Restore(noon.Add(2*time.Hour), state.Tracker...); err != nil {
		t.Fatal(err)
	}
	at, _ := tr.Position("/var/log/a.log")
	if n := tr.Snapshot(noon.Add(2 * time.Hour)).Overall.Day.Errors; n != 5000 || at.Offset != 500_000 {
		t.Errorf("restored %d errors, read to %d", n, at.Offset)
	}
}

func TestOneProcessWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, Options{Path: path, Now: noon})
	if _, err := s.Save(t.Context(), filled(10)); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Path: path, Now: noon})
	held, ok := errors.AsType[*HeldError](err)
	if !ok || held.Holder.PID != os.Getpid() || !held.Holder.Since.Equal(noon) || !strings.Contains(err.Error(), "is written by process") {
		t.Fatalf("a second one: %v", err)
	}
	other := open(t, Options{Path: path, ReadOnly: true})
	if state, err := other.Load(t.Context()); err != nil || len(state.Tracker) != 2 {
		t.Errorf("a reader sees %d parts, %v", len(state.Tracker), err)
	}
	if _, err := other.Save(t.Context(), filled(10)); err == nil {
		t.Error("a reader could write")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, Options{Path: path, Now: noon})
}

func TestANewerSchemaIsRefusedAndStaysAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, Options{Path: path, Now: noon})
	if _, err := s.db.ExecContext(t.Context(), "UPDATE meta SET value = '99' WHERE key = 'version'; PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := Open(t.Context(), Options{Path: path, Now: noon})
		if newer, ok := errors.AsType[*NewerError](err); !ok || newer.Version != 99 || !strings.Contains(err.Error(), "version 99") {
			t.Fatalf("a newer store: %v", err)
		}
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the newer store was changed, %v", err)
	}
}

func TestADatabaseOfSomethingElseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, Options{Path: path, Now: noon})
	if _, err := s.db.ExecContext(t.Context(), "DROP TABLE meta; PRAGMA application_id = 7"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), Options{Path: path, Now: noon}); !errors.Is(err, errNotOurs) {
		t.Errorf("opened: %v", err)
	}
}
