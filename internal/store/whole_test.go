package store

import (
	"database/sql"
	"errors"
	"path/filepath"
	"sync"
	"testing"
)

// What belongs together is kept as one: counts without their reading positions would count lines twice.
func TestAWriteThatFailsHalfwayChangesNothing(t *testing.T) {
	s := open(t, Options{Path: filepath.Join(t.TempDir(), "x.db"), Now: noon})
	if err := s.SaveAlerting(t.Context(), 1, []byte("before")); err != nil {
		t.Fatal(err)
	}
	wrong := errors.New("wrong")
	err := s.write(t.Context(), func(tx *sql.Tx) error {
		if err := putState(t.Context(), tx, partAlerting, 2, compress([]byte("after"))); err != nil {
			t.Fatal(err)
		}
		return wrong
	})
	state, loaded := s.Load(t.Context())
	if !errors.Is(err, wrong) || loaded != nil || string(state.Alerting) != "before" {
		t.Errorf("%v, %v, the store holds %q", err, loaded, state.Alerting)
	}
}

// Somebody else's writes are waited for on both sides: no SQLITE_BUSY.
func TestWritersAtTheSameTimeWaitForEachOther(t *testing.T) {
	s := open(t, Options{Path: filepath.Join(t.TempDir(), "x.db"), Now: noon})
	other, err := sql.Open("sqlite", s.dsn())
	if err != nil {
		t.Fatal(err)
	}
	other.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = other.Close() })
	const writes = 300
	var wait sync.WaitGroup
	wait.Go(func() {
		for i := range writes {
			if err := s.SaveAlerting(t.Context(), int64(i), []byte("a")); err != nil {
				t.Errorf("write %d of the store: %v", i, err)
				return
			}
		}
	})
	wait.Go(func() {
		for i := range writes {
			tx, err := other.BeginTx(t.Context(), nil)
			if err == nil { // a read before a write is what a transaction that is not immediate fails with
				var n int
				err = tx.QueryRowContext(t.Context(), "SELECT count(*) FROM state").Scan(&n)
			}
			if err == nil {
				err = putState(t.Context(), tx, 99, int64(i), []byte("b"))
			}
			if err == nil {
				err = tx.Commit()
			}
			if err != nil {
				t.Errorf("write %d of the other: %v", i, err)
				return
			}
		}
	})
	wait.Wait()
}
