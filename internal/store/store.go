package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver
	lib "modernc.org/sqlite/lib"
)

// Options say which store is opened, and how.
type Options struct {
	Path     string
	MaxBytes int64 // that all files of the store may take together; 0: 256 MB, at least 1 MB
	// ReadOnly opens it without the lock, and changes nothing.
	ReadOnly bool
	// SalvageFor bounds how long is waited for what can be read of a damaged store; 0: 3 s.
	SalvageFor time.Duration
	// Now is when it is opened; it stands in the name of a damaged file that is set aside.
	Now time.Time
}

const (
	defaultMaxBytes = 256 << 20
	leastMaxBytes   = 1 << 20
	pageSize        = 4096
	busyTimeout     = 5 * time.Second // SQLite waits so long for somebody who reads or writes
	checkedBytes    = 32 << 20        // a larger file is not looked through when it is opened: what is wrong with it shows when it is read
	applicationID   = 0x65727470      // "ertp", in the header of the file
)

// Store is an open store. Its methods may be called from any goroutine; one write goes on at a time.
type Store struct {
	salvageFor time.Duration
	path       string
	maxBytes   int64
	readOnly   bool
	immutable  bool      // nobody can write it
	lock       *fileLock // nil where it is read only
	db         *sql.DB
	id         string
	raised     string // folder of the copy that is read in the place of a store with an older schema; empty where there is none
	schema     int    // version of the file
	notes      []string

	writing      sync.Mutex
	targets      map[targetKey]int64 // numbers that are known
	checkpointed time.Time
}

// Open opens a store, and makes one where there is none. The error is a *[HeldError] where another process writes it, a *[NewerError]
// where a newer errtop made it. A damaged one is set aside and made anew from what can be read of it: see [Store.Notes].
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	s := &Store{path: o.Path, maxBytes: max(o.MaxBytes, leastMaxBytes), readOnly: o.ReadOnly, salvageFor: o.SalvageFor, targets: map[targetKey]int64{}}
	if s.salvageFor == 0 {
		s.salvageFor = salvageTimeout
	}
	if err := s.open(ctx, o.Now); err != nil {
		return nil, errors.Join(err, s.closeFiles())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, now time.Time) error {
	if s.readOnly {
		if _, err := os.Stat(s.path); err != nil {
			return err //nolint:wrapcheck // a PathError names it
		}
		if err := s.connectReadOnly(ctx); err != nil {
			return err
		}
		return s.raise(ctx)
	}
	if err := makeFolder(s.path); err != nil {
		return err
	}
	if kind := networkOf(s.path); kind != "" {
		return fmt.Errorf("%s is on a network file system (%s), on which a store can be damaged: choose a path on a local disk", s.path, kind)
	}
	var err error
	if s.lock, err = takeLock(s.path, now); err != nil {
		return err
	}
	if err := s.makePrivate(); err != nil {
		return err
	}
	if err = checkHeader(s.path); err == nil {
		err = s.connect(ctx)
	}
	if err == nil && sizeOf(s.path) <= checkedBytes {
		err = s.quickCheck(ctx)
	}
	if why, damaged := damage(err); damaged {
		return s.replaceDamaged(ctx, why, now)
	}
	return err
}

// quickCheck looks at the structure of the file, which takes some milliseconds a megabyte.
func (s *Store) quickCheck(ctx context.Context) error {
	var first string
	if err := s.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&first); err != nil {
		return s.named(err)
	}
	if first != "ok" {
		return s.named(fmt.Errorf("%w: %s", errDamaged, first))
	}
	return nil
}

// makePrivate takes the rights of others from the files that are there, and makes the database file with the right ones.
func (s *Store) makePrivate() error {
	for _, suffix := range append([]string{""}, suffixes[:]...) {
		path := s.path + suffix
		if _, err := os.Lstat(path); err != nil && suffix != "" {
			continue
		}
		file, err := openPrivate(path)
		if err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err //nolint:wrapcheck // a PathError names it
		}
	}
	return nil
}

// dsn returns how the file is opened. The busy timeout comes first: what follows may have to wait.
func (s *Store) dsn() string {
	pragmas := []string{"busy_timeout(" + strconv.FormatInt(busyTimeout.Milliseconds(), 10) + ")"}
	mode := "ro"
	if !s.readOnly {
		mode = "rw"
		if sizeOf(s.path) == 0 {
			pragmas = append(pragmas, "auto_vacuum(2)") // incremental, so that the file can shrink; it writes, even where it is so already
		}
		pragmas = append(pragmas, "journal_mode(WAL)", "synchronous(NORMAL)",
			"journal_size_limit("+strconv.Itoa(walKept)+")", "wal_autocheckpoint("+strconv.Itoa(walKept/pageSize/2)+")",
			"max_page_count("+strconv.FormatInt(s.maxPages(), 10)+")", "cache_size(-2048)")
	} else {
		pragmas = append(pragmas, "query_only(1)", "cache_size(-2048)")
	}
	q := url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_pragma": pragmas}
	if s.immutable {
		q.Set("immutable", "1")
	}
	path, err := filepath.Abs(s.path)
	if err != nil {
		path = s.path
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: q.Encode()}).String()
}

// connect opens the database, and brings it to the newest version.
func (s *Store) connect(ctx context.Context) (err error) {
	if s.db, err = sql.Open("sqlite", s.dsn()); err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	s.db.SetMaxOpenConns(3) // a writer, and two who look
	if !s.readOnly {
		if err := s.migrate(ctx); err != nil {
			return s.named(err)
		}
	} else if err := s.checkVersion(ctx); err != nil {
		return s.named(err)
	}
	if s.schema, err = s.version(ctx); err != nil {
		return s.named(err)
	}
	return s.named(s.db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'id'").Scan(&s.id))
}

// connectReadOnly opens the database to read from. On a disk or in a folder that cannot be written SQLite cannot share memory with others,
// and need not: nobody writes there. It then reads what is in the file itself, which is all of it unless a write-ahead log is beside it.
func (s *Store) connectReadOnly(ctx context.Context) error {
	err := s.connect(ctx)
	if err == nil || code(err) != lib.SQLITE_CANTOPEN && code(err) != lib.SQLITE_READONLY || s.walSize() > 0 {
		return err
	}
	_ = s.db.Close() // it could not be used
	s.immutable = true
	return s.connect(ctx)
}

// named puts the path before an error.
func (s *Store) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store %s: %w", s.path, err)
}

// Path returns the path of the store.
func (s *Store) Path() string { return s.path }

// Notes returns what was remarkable when the store was opened, a line each: that a damaged one was set aside, and where.
func (s *Store) Notes() []string { return s.notes }

// newID returns a random name for a store, by which others tell it from theirs.
func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Close closes the store. What was written is there, whether or not Close is called.
func (s *Store) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.closeFiles()
}

func (s *Store) closeFiles() error {
	var errs []error
	if s.db != nil {
		errs = append(errs, s.db.Close())
		s.db = nil
	}
	if s.raised != "" {
		errs = append(errs, os.RemoveAll(s.raised))
		s.raised = ""
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
		s.lock = nil
	}
	return errors.Join(errs...)
}
