package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// raise makes a store with an older schema, which is only read, be read from a copy that has the newest one: the file stays as it is, also
// while an older errtop writes it, and everything that reads needs to know one schema only.
func (s *Store) raise(ctx context.Context) (err error) {
	if s.schema == schemaVersion() {
		return nil
	}
	if s.raised, err = os.MkdirTemp("", "errtop-store-*"); err != nil { // mode 0700
		return fmt.Errorf("%s has an older schema, and there is no room for a copy: %w", s.path, err)
	}
	path := filepath.Join(s.raised, "store.db")
	if err := s.copyTo(ctx, path); err != nil {
		return s.named(fmt.Errorf("has an older schema, and cannot be copied: %w", err))
	}
	if err := s.db.Close(); err != nil {
		return s.named(err)
	}
	version := s.schema
	copied := &Store{path: path, maxBytes: max(s.maxBytes, 2*sizeOf(path))}
	if err := copied.connect(ctx); err != nil {
		return s.named(fmt.Errorf("has an older schema, and its copy cannot be brought to the newest: %w", err))
	}
	s.db, s.schema = copied.db, version
	return nil
}

// copyTo writes a copy of what is in the store at one moment.
func (s *Store) copyTo(ctx context.Context, path string) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err //nolint:wrapcheck // the caller names the store
	}
	defer conn.Close()                                                       //nolint:errcheck // the pool is closed next
	if _, err := conn.ExecContext(ctx, "PRAGMA query_only(0)"); err != nil { // the file itself is open for reading only
		return err //nolint:wrapcheck // the caller names the store
	}
	_, err = conn.ExecContext(ctx, "VACUUM INTO ?", path)
	return err //nolint:wrapcheck // the caller names the store
}
