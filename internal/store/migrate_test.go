package store

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"errtop/tracker"
)

var update = flag.Bool("update", false, "write the golden store of the newest version")

// golden is the store of a version as that version wrote it. It is made once, when the version is new, and never again.
func golden(version int) string { return filepath.Join("testdata", fmt.Sprintf("v%d.db", version)) }

// writeGolden makes the golden store of a version.
func writeGolden(t *testing.T, version int) {
	t.Helper()
	ctx := t.Context()
	s := &Store{path: filepath.Join(t.TempDir(), "x.db"), maxBytes: defaultMaxBytes, targets: map[targetKey]int64{}}
	if err := s.makePrivate(); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.db, err = sql.Open("sqlite", s.dsn()); err != nil {
		t.Fatal(err)
	}
	kept := filled(4000)
	err = s.transaction(ctx, func(tx *sql.Tx) error {
		if err := migrateTo(ctx, tx, 0, version); err != nil {
			return err
		}
		now, _ := pack(kept.Now)
		earlier, _ := pack(kept.Earlier)
		if err := putState(ctx, tx, partEarlier, 1, earlier); err != nil {
			return err
		}
		if err := putState(ctx, tx, partAlerting, 1, compress([]byte("{}"))); err != nil {
			return err
		}
		if version >= 2 {
			if err := furnishPast(ctx, s, tx); err != nil {
				return err
			}
		}
		return putState(ctx, tx, partNow, 1, now)
	})
	if err == nil {
		err = s.db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(s.path)
	if err == nil {
		err = os.WriteFile(golden(version), content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func furnishPast(ctx context.Context, s *Store, tx *sql.Tx) error {
	hours := hoursOf(noon, 1)
	id, err := s.targetID(ctx, tx, targetKey{name: hours[0].Target})
	for i := range hours {
		if err == nil {
			_, err = putHour(ctx, tx, id, &hours[i])
		}
	}
	if err != nil {
		return err
	}
	return putIncident(ctx, tx, &Incident{Incident: tracker.Incident{ID: 7, Onset: tracker.Onset{At: noon}, Cause: tracker.Cause{Message: "it went wrong"}}})
}

func TestEveryOlderVersionIsRead(t *testing.T) {
	if _, err := os.Stat(golden(schemaVersion())); *update && err != nil {
		writeGolden(t, schemaVersion())
	}
	for version := 1; version <= schemaVersion(); version++ {
		content, err := os.ReadFile(golden(version))
		if err != nil {
			t.Errorf("no golden store of version %d: go test ./internal/store -update writes that of the newest", version)
			continue
		}
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time there is nothing to do
			s := open(t, Options{Path: path, Now: noon})
			state, err := s.Load(t.Context())
			tr := tracker.New(tracker.Settings{})
			if err == nil {
				err = tr.Restore(noon.Add(2*time.Hour), state.Tracker...)
			}
			if n := tr.Snapshot(noon.Add(2 * time.Hour)).Overall.Day.Errors; err != nil || n != 4000 || string(state.Alerting) != "{}" || len(s.Notes()) > 0 {
				t.Errorf("version %d: %d errors, %v, %v", version, n, err, s.Notes())
			}
			if hours, err := s.Hours(t.Context(), "", noon, noon.Add(24*time.Hour)); err != nil || version >= 2 && len(hours) != 24 {
				t.Errorf("version %d: %d hours, %v", version, len(hours), err)
			}
			if incidents, err := s.Incidents(t.Context(), noon, noon.Add(time.Hour), "", 5); err != nil || version >= 2 && len(incidents) != 1 {
				t.Errorf("version %d: %d incidents, %v", version, len(incidents), err)
			}
			if now, err := s.version(t.Context()); err != nil || now != schemaVersion() {
				t.Errorf("version %d became %d, %v", version, now, err)
			}
			if err := s.Check(t.Context()); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestEveryOlderVersionIsReadWithoutBeingChanged opens the stores of older versions as those do who only read.
func TestEveryOlderVersionIsReadWithoutBeingChanged(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	for version := 1; version <= schemaVersion(); version++ {
		content, err := os.ReadFile(golden(version))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, Options{Path: path, Now: noon, ReadOnly: true})
		if state, err := s.Load(t.Context()); err != nil || len(state.Tracker) != 2 {
			t.Errorf("version %d: %d parts, %v", version, len(state.Tracker), err)
		}
		want := 0
		if version >= 2 {
			want = 24
		}
		if hours, err := s.Hours(t.Context(), "", noon, noon.Add(24*time.Hour)); err != nil || len(hours) != want {
			t.Errorf("version %d: %d hours, %v", version, len(hours), err)
		}
		if bars, err := s.Bars(t.Context(), "", noon, noon.Add(24*time.Hour)); err != nil || len(bars) != want {
			t.Errorf("version %d: %d bars, %v", version, len(bars), err)
		}
		if first, err := s.First(t.Context(), ""); err != nil || first.IsZero() != (want == 0) {
			t.Errorf("version %d: first %v, %v", version, first, err)
		}
		if incidents, err := s.Incidents(t.Context(), noon, noon.Add(time.Hour), "", 5); err != nil || len(incidents) != want/24 {
			t.Errorf("version %d: %d incidents, %v", version, len(incidents), err)
		}
		if info, err := s.Info(t.Context()); err != nil || info.Schema != version || info.Path != path {
			t.Errorf("version %d: %+v, %v", version, info, err)
		}
		if err := s.Export(t.Context(), io.Discard, false, noon, noon.Add(time.Hour)); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
		if _, err := s.Save(t.Context(), filled(1)); err == nil {
			t.Errorf("version %d: wrote to it", version)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, content) {
			t.Errorf("version %d: the file is not as it was: %v", version, err)
		}
	}
	if left, _ := os.ReadDir(temporary); len(left) > 0 {
		t.Errorf("%d copies are left", len(left))
	}
}
