//go:build unix

package engine

import (
	"database/sql"
	"os"
	"strings"
	"testing"
	"time"

	"errtop/internal/safego"
	"errtop/tracker"
)

// problem returns what viewers are told of the store, "" where it is well.
func (c *clocked) problem() string {
	for _, s := range c.tracker.Snapshot(c.now).Sources {
		if strings.HasPrefix(s.Name, storeSource+" ") && s.State == tracker.SourceFailed {
			return s.Problem
		}
	}
	return ""
}

// TestADiskThatTakesLongDelaysOnlyTheStore makes a write take seconds: viewers are told while it goes on, what comes meanwhile is counted
// and kept later, and nothing piles up.
func TestADiskThatTakesLongDelaysOnlyTheStore(t *testing.T) {
	t.Parallel()
	c := newClocked(t, clockStart)
	c.live(time.Hour)
	takes := 10 * time.Second
	if testing.Short() {
		takes = 2 * slowWrite
	}
	other, err := sql.Open("sqlite", "file:"+c.path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() //nolint:errcheck // it wrote one row
	const counted = 200_000
	began := time.Now()
	if _, err := other.ExecContext(t.Context(), "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT max(i) FROM n", counted); err != nil {
		t.Fatal(err)
	}
	rows := counted * int64(takes) / int64(time.Since(began))
	if _, err := other.ExecContext(t.Context(), `CREATE TRIGGER slow AFTER UPDATE ON state BEGIN
		UPDATE meta SET value = value WHERE key = (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'rows')) SELECT max(i) FROM n); END;
		INSERT INTO meta (key, value) VALUES ('rows', ?)`, rows); err != nil {
		t.Fatal(err)
	}
	now := c.now.Add(time.Minute)
	c.now = now
	c.tracker.Record(now, []tracker.Result{{Time: now, Target: "api", Status: 200}})
	changed, stop := c.Watch()
	defer stop()
	done := safego.Start(func() error {
		c.storing.tick(t.Context(), now)
		return nil
	})
	told, ended := false, false
	for recorded := 0; !ended; recorded++ {
		select {
		case err := <-done:
			if ended = true; err != nil {
				t.Fatal(err)
			}
		case <-changed:
			told = told || strings.Contains(c.problem(), "slow")
			c.tracker.Record(now, []tracker.Result{{Time: now, Target: "api", Status: 200}}) // it wakes us again
		}
	}
	if !told {
		t.Error("nobody was told that the disk is slow")
	}
	if problem := c.problem(); problem != "" {
		t.Errorf("once it has answered: %s", problem)
	}
	if _, err := other.ExecContext(t.Context(), "DROP TRIGGER slow; DELETE FROM meta WHERE key = 'rows'"); err != nil {
		t.Fatal(err)
	}
	want := c.Snapshot(now.Add(time.Minute)).Overall.Day.Requests
	c.now = now.Add(time.Minute)
	c.storing.tick(t.Context(), c.now)
	c.restart()
	if got := c.Snapshot(c.now).Overall.Day.Requests; got != want {
		t.Errorf("%d of %d requests were kept", got, want)
	}
}

// TestAWriteThatFailsIsTriedAgain locks the store for longer than a write waits.
func TestAWriteThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	c := newClocked(t, clockStart)
	c.live(time.Hour)
	other, err := sql.Open("sqlite", "file:"+c.path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() //nolint:errcheck // it wrote nothing
	other.SetMaxOpenConns(1)
	if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	c.live(time.Minute)
	if c.problem() == "" {
		t.Fatal("nobody was told")
	}
	if _, err := other.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	c.live(2 * time.Minute)
	if problem := c.problem(); problem != "" {
		t.Errorf("once it is free: %s", problem)
	}
	c.want("once it is free", 0)
}

// TestAStoreThatCannotBeOpenedIsOpenedOnceItCan starts where the store's folder cannot be made, and then makes room for it.
func TestAStoreThatCannotBeOpenedIsOpenedOnceItCan(t *testing.T) {
	t.Parallel()
	c := newClocked(t, clockStart)
	c.live(90 * time.Minute)
	if err := c.storing.store.Close(); err != nil {
		t.Fatal(err)
	}
	aside := c.path + ".aside"
	if err := os.Rename(c.path, aside); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(c.path, 0o700); err != nil { // it cannot be opened
		t.Fatal(err)
	}
	c.storing.setStore(nil)
	c.begin()
	if c.problem() == "" || c.storing.store != nil {
		t.Fatal("opened a folder")
	}
	c.live(90 * time.Minute)
	if err := os.Remove(c.path); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(aside, c.path); err != nil {
		t.Fatal(err)
	}
	c.live(2 * time.Hour)
	if problem := c.problem(); problem != "" {
		t.Fatalf("once it can be opened: %s", problem)
	}
	c.want("once it can be opened", 13) // of the hour in which both ran, the larger count stays: what both read of a log must not count twice
}
