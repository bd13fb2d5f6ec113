package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
)

// migrations make each version of the schema from the one before. One that was released is never changed.
var migrations = []string{
	// 1: what a tracker held, and what belongs to the store itself.
	`CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
	CREATE TABLE state (part INTEGER PRIMARY KEY, at INTEGER NOT NULL, content BLOB NOT NULL) STRICT;`,
	// 2: the past. Targets and incidents of other stores have these stores' ids as their origin.
	`CREATE TABLE target (id INTEGER PRIMARY KEY, origin TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (origin, name)) STRICT;
	CREATE TABLE hour (target INTEGER NOT NULL, hour INTEGER NOT NULL, requests INTEGER NOT NULL, errors INTEGER NOT NULL,
		packed BLOB NOT NULL, thin INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (target, hour)) WITHOUT ROWID, STRICT;
	CREATE INDEX hour_by_time ON hour (hour);
	CREATE TABLE incident (origin TEXT NOT NULL, id INTEGER NOT NULL, onset INTEGER NOT NULL, ended INTEGER NOT NULL, words TEXT NOT NULL,
		packed BLOB NOT NULL, PRIMARY KEY (origin, id)) WITHOUT ROWID, STRICT;
	CREATE INDEX incident_by_onset ON incident (onset);`,
}

// schemaVersion is the newest version.
func schemaVersion() int { return len(migrations) }

// NewerError says that a newer errtop made the store.
type NewerError struct {
	Version int // of the store
	Known   int // the newest that this errtop knows
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("was made by a newer errtop: its schema has version %d, this errtop knows up to %d; it stays as it is", e.Version, e.Known)
}

// version returns the version of the schema, 0 of a file that is empty. The header and a row both have it: where they differ, the header
// is damaged.
func (s *Store) version(ctx context.Context) (int, error) {
	var header, application int
	if err := s.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&header); err != nil {
		return 0, err //nolint:wrapcheck // the caller names the store
	}
	if err := s.db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&application); err != nil {
		return 0, err //nolint:wrapcheck // the caller names the store
	}
	var tables int
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return 0, err //nolint:wrapcheck // the caller names the store
	}
	if tables == 0 && header == 0 {
		return 0, nil
	}
	var text string
	err := s.db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'version'").Scan(&text)
	row, _ := strconv.Atoi(text)
	switch {
	case err != nil && application != applicationID:
		return 0, errNotOurs
	case err != nil:
		return 0, fmt.Errorf("%w: its version is missing (%w)", errDamaged, err)
	case row != header || application != applicationID:
		return 0, fmt.Errorf("%w: its header is not what was written", errDamaged)
	}
	return row, nil
}

// checkVersion refuses what this errtop cannot read.
func (s *Store) checkVersion(ctx context.Context) error {
	version, err := s.version(ctx)
	switch {
	case err != nil:
		return err
	case version > schemaVersion():
		return &NewerError{version, schemaVersion()}
	case version == 0:
		return fmt.Errorf("%w: it is empty", errDamaged)
	}
	return nil
}

// migrate brings the schema to the newest version, in one transaction.
func (s *Store) migrate(ctx context.Context) error {
	version, err := s.version(ctx)
	if err != nil {
		return err
	}
	if version > schemaVersion() {
		return &NewerError{version, schemaVersion()}
	}
	if version == schemaVersion() {
		return nil
	}
	return s.transaction(ctx, func(tx *sql.Tx) error { return migrateTo(ctx, tx, version, schemaVersion()) })
}

// migrateTo takes the schema from one version to another.
func migrateTo(ctx context.Context, tx *sql.Tx, from, to int) error {
	for _, statements := range migrations[from:to] {
		if _, err := tx.ExecContext(ctx, statements); err != nil {
			return err //nolint:wrapcheck // the caller names the store
		}
	}
	if from == 0 {
		if _, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('id', ?)", newID()); err != nil {
			return err //nolint:wrapcheck // the caller names the store
		}
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf(`INSERT INTO meta (key, value) VALUES ('version', %d) ON CONFLICT (key) DO UPDATE SET value = excluded.value;
		PRAGMA user_version = %d; PRAGMA application_id = %d;`, to, to, applicationID))
	return err //nolint:wrapcheck // the caller names the store
}

// transaction does something in one transaction.
func (s *Store) transaction(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err //nolint:wrapcheck // the caller names the store
	}
	defer tx.Rollback() //nolint:errcheck // it has ended where it was committed
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit() //nolint:wrapcheck // the caller names the store
}
