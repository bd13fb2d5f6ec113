package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

var (
	errDamaged = errors.New("it is damaged")
	errNotOurs = errors.New("is a database of something else, not a store of errtop; it stays as it is")
)

// code returns the primary result code of an error of SQLite, 0 of any other.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// isFull reports whether a write failed for want of room: below the ceiling, or on the disk.
func isFull(err error) bool { return code(err) == lib.SQLITE_FULL }

// IsTransient reports whether an error of [Open] or of a write is one of the disk, of rights or of room, which may pass. What it is about is
// not damaged, and not somebody else's.
func IsTransient(err error) bool {
	if held, ok := errors.AsType[*HeldError](err); ok {
		return held.Holder.PID == os.Getpid() // this process gave up on a disk that did not answer, and lets go once it does
	}
	switch code(err) {
	case lib.SQLITE_READONLY, lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM, lib.SQLITE_FULL, lib.SQLITE_BUSY:
		return true
	}
	_, file := errors.AsType[*fs.PathError](err)
	return file
}

// damage reports whether an error says that the file is damaged, and returns what is wrong in words.
func damage(err error) (why string, damaged bool) {
	switch {
	case err == nil, errors.Is(err, errNotOurs):
		return "", false
	case errors.Is(err, errDamaged):
		return err.Error(), true
	}
	switch code(err) {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_FORMAT, lib.SQLITE_SCHEMA, lib.SQLITE_ERROR:
		return err.Error(), true
	}
	return "", false
}

// checkHeader returns an error for the header of a store of ours that SQLite would open, but only for reading: its format's version is none
// that there is.
func checkHeader(path string) error {
	file, err := os.Open(path) //nolint:gosec // the user names the store
	if err != nil {
		return err //nolint:wrapcheck // a PathError names it
	}
	defer file.Close() //nolint:errcheck // only read from
	header := make([]byte, 100)
	if _, err := io.ReadFull(file, header); err != nil {
		return nil
	}
	if binary.BigEndian.Uint32(header[68:]) == applicationID && (header[18] > 2 || header[19] > 2) {
		return fmt.Errorf("%w: its header is not what was written", errDamaged)
	}
	return nil
}

// replaceDamaged sets a damaged store aside, and makes a new one from what can be read of it.
func (s *Store) replaceDamaged(ctx context.Context, why string, now time.Time) error {
	if s.db != nil {
		_ = s.db.Close() // of a damaged file
		s.db = nil
	}
	aside, err := s.setAside(now)
	if err != nil {
		return fmt.Errorf("store %s is damaged (%s), and cannot be set aside: %w", s.path, why, err)
	}
	if err := s.makePrivate(); err != nil {
		return err
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	saved := s.salvage(ctx, aside)
	s.notes = append(s.notes, fmt.Sprintf("the store was damaged (%s): it is set aside as %s; %s", why, aside, saved))
	return nil
}

// setAside gives the files of the store another name, with the time in it.
func (s *Store) setAside(now time.Time) (aside string, err error) {
	for n := 1; ; n++ {
		aside = s.path + ".damaged-" + now.UTC().Format("20060102T150405Z")
		if n > 1 {
			aside += fmt.Sprintf("-%d", n)
		}
		if _, err := os.Lstat(aside); errors.Is(err, os.ErrNotExist) {
			break
		}
	}
	for _, suffix := range [...]string{"-wal", "-shm", "-journal", ""} {
		if err := os.Rename(s.path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err //nolint:wrapcheck // a LinkError names both
		}
	}
	return aside, nil
}
