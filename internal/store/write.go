package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"time"

	lib "modernc.org/sqlite/lib"
)

const (
	walKept         = 4 << 20          // the write-ahead log is cut to that after a checkpoint
	walMost         = 16 << 20         // and nothing is written while it is larger, because somebody keeps it from being emptied
	checkpointEvery = 10 * time.Minute // it is emptied at least so often
)

// ErrFull is within the error of a write for which there is no room below the ceiling.
var ErrFull = errors.New("the store has reached its ceiling")

// write does something in one transaction, and keeps the files within their ceiling.
func (s *Store) write(ctx context.Context, do func(*sql.Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.db == nil {
		return s.named(os.ErrClosed)
	}
	if s.readOnly {
		return s.named(errors.New("it is open for reading only"))
	}
	if s.walSize() > s.walMost() {
		if s.checkpoint(ctx); s.walSize() > s.walMost() {
			return s.named(errors.New("its write-ahead log cannot be emptied while another process reads it"))
		}
	}
	err := s.transaction(ctx, do)
	for step := 0; isFull(err) && step < roomSteps && s.shrink(ctx, roomStep) == nil; step++ {
		err = s.transaction(ctx, do)
	}
	for try := 0; s.renewConnections(err) && try < readOnlyTries; try++ {
		err = s.transaction(ctx, do)
	}
	if err != nil {
		return s.named(err)
	}
	if s.isNearlyFull(ctx) {
		_ = s.shrink(ctx, roomStep) // the next write tries again, and says what is wrong
	}
	if now := time.Now(); now.Sub(s.checkpointed).Abs() > checkpointEvery {
		s.checkpointed = now
		s.checkpoint(ctx)
	}
	return nil
}

// connectionsKept is how many connections stay open that nobody uses.
const connectionsKept = 2

// readOnlyTries is how often a write is tried again with a new connection: SQLite hands the descriptor of one that could only read to the
// next.
const readOnlyTries = 2

// renewConnections closes the connections after a write that failed because of the disk, and reports whether another may fare better: one
// that was opened while the file could only be read, stays so for good.
func (s *Store) renewConnections(err error) (again bool) {
	switch code(err) {
	case lib.SQLITE_READONLY, lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		s.db.SetMaxIdleConns(0)
		s.db.SetMaxIdleConns(connectionsKept)
	}
	return code(err) == lib.SQLITE_READONLY
}

// checkpoint empties the write-ahead log, as far as nobody reads it.
func (s *Store) checkpoint(ctx context.Context) {
	var busy, log, done int
	_ = s.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done) // it is tried again
}

func (s *Store) walSize() int64 { return sizeOf(s.path + "-wal") }

// walMost is how large the write-ahead log may become.
func (s *Store) walMost() int64 { return min(walMost, s.maxBytes/4) }

// maxPages is how large the database itself may become: what the ceiling leaves beside the log and SQLite's shared memory.
func (s *Store) maxPages() int64 { return (s.maxBytes - s.walMost() - s.maxBytes/16) / pageSize }

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Size returns how many bytes the store's files take, and how many they may.
func (s *Store) Size() (bytes, most int64) {
	for _, suffix := range append([]string{""}, suffixes[:]...) {
		bytes += sizeOf(s.path + suffix)
	}
	return bytes, s.maxBytes
}
