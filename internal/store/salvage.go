package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"errtop/tracker"
)

// Salvaged says what could be read of a damaged store.
type Salvaged struct {
	States, Hours, Incidents int
	Lost                     int // rows that were there and made no sense
}

func (s Salvaged) String() string {
	return fmt.Sprintf("%d parts of the state, %d hours and %d incidents could be read", s.States, s.Hours, s.Incidents)
}

func (s *Salvaged) rows() int { return s.States + s.Hours + s.Incidents }

// salvageTimeout bounds how long a start waits for what can be read of a damaged store.
const salvageTimeout = 3 * time.Second

// salvage takes over what can be read of a damaged file: as it stands, and with another header, because that may be what is broken. It reads copies, so
// that the file itself stays as it was found.
func (s *Store) salvage(ctx context.Context, aside string) (saved Salvaged) {
	ctx, cancel := context.WithTimeout(ctx, s.salvageFor)
	defer cancel()
	for _, mend := range []func(string) error{func(string) error { return nil }, mendHeader} {
		copied, err := copyOf(aside)
		if err != nil {
			return saved
		}
		var got Salvaged
		if err := mend(copied); err == nil {
			s.salvageFrom(ctx, copied, &got)
		}
		if got.rows() > saved.rows() {
			saved = got
		}
		for _, suffix := range [...]string{"", "-wal", "-shm", "-journal"} {
			_ = os.Remove(copied + suffix)
		}
	}
	return saved
}

// copyOf copies a database with its log beside it.
func copyOf(path string) (copied string, err error) {
	copied = path + ".copy"
	for _, suffix := range [...]string{"", "-wal"} {
		if err := copyFile(path+suffix, copied+suffix); err != nil && (suffix == "" || !errors.Is(err, os.ErrNotExist)) {
			return "", err
		}
	}
	return copied, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // a file of the store
	if err != nil {
		return err //nolint:wrapcheck // a PathError names it
	}
	defer in.Close() //nolint:errcheck // only read from
	_ = os.Remove(to)
	out, err := openPrivate(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// mendHeader writes the header of a database that this package makes over the one that is there. The list of free pages is lost; nothing is
// read from these.
func mendHeader(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // our own copy
	if err != nil {
		return err //nolint:wrapcheck // a PathError names it
	}
	defer file.Close() //nolint:errcheck // a copy that fails gives nothing
	info, err := file.Stat()
	if err != nil || info.Size() < pageSize {
		return errDamaged
	}
	header := make([]byte, 100)
	if _, err := file.ReadAt(header, 0); err != nil {
		return err //nolint:wrapcheck // a PathError names it
	}
	counter := header[24:28]
	fresh := append([]byte("SQLite format 3\x00"), pageSize>>8, 0, 2, 2, 0, 64, 32, 32)
	fresh = append(fresh, counter...)
	for _, n := range [...]uint32{
		uint32(info.Size() / pageSize), 0, 0, 1, 4, 0, 1, 1, uint32(schemaVersion()), 1, applicationID, //nolint:gosec // small
	} {
		fresh = binary.BigEndian.AppendUint32(fresh, n)
	}
	fresh = append(fresh, make([]byte, 20)...)
	fresh = append(append(fresh, counter...), header[96:100]...)
	_, err = file.WriteAt(fresh, 0)
	return err //nolint:wrapcheck // a PathError names it
}

// salvageFrom takes over every row of a database that can be read and makes sense.
func (s *Store) salvageFrom(ctx context.Context, path string, saved *Salvaged) {
	whole, err := filepath.Abs(path)
	if err != nil {
		whole = path
	}
	from, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(whole), RawQuery: "mode=rw&_pragma=busy_timeout(1000)&_pragma=cell_size_check(1)"}).String())
	if err != nil {
		return
	}
	defer from.Close() //nolint:errcheck // only read from
	s.salvageStates(ctx, from, saved)
	s.salvageHours(ctx, from, saved)
	s.salvageIncidents(ctx, from, saved)
}

func (s *Store) salvageStates(ctx context.Context, from *sql.DB, saved *Salvaged) {
	for part := partNow; part <= partAlerting; part++ {
		var at int64
		var content []byte
		if from.QueryRowContext(ctx, "SELECT at, content FROM state WHERE part = ?", part).Scan(&at, &content) != nil {
			continue
		}
		plain, err := decompress(content)
		if err == nil && part != partAlerting {
			var state tracker.State
			err = state.UnmarshalBinary(plain)
		}
		if err == nil {
			err = s.write(ctx, func(tx *sql.Tx) error { return putState(ctx, tx, part, at, content) })
		}
		if err != nil {
			saved.Lost++
			continue
		}
		saved.States++
	}
}

func (s *Store) salvageHours(ctx context.Context, from *sql.DB, saved *Salvaged) {
	targets, err := from.QueryContext(ctx, "SELECT id, origin, name FROM target")
	if err != nil {
		return
	}
	known := map[int64]targetKey{}
	for targets.Next() {
		var id int64
		var key targetKey
		if targets.Scan(&id, &key.origin, &key.name) == nil {
			known[id] = key
		}
	}
	_ = targets.Close() // what could be read is there
	for id, key := range known {
		_ = s.write(ctx, func(tx *sql.Tx) error { // of one target that cannot be written the others can
			target, err := s.targetID(ctx, tx, key)
			if err != nil {
				return err
			}
			rows, err := from.QueryContext(ctx, "SELECT hour, packed FROM hour WHERE target = ? ORDER BY hour DESC", id)
			if err != nil {
				return err //nolint:wrapcheck // nobody reads it
			}
			defer rows.Close() //nolint:errcheck // what could be read is there
			for rows.Next() {
				var hour int64
				var packed []byte
				h := tracker.Hour{Target: key.name}
				if rows.Scan(&hour, &packed) != nil || h.UnmarshalBinary(packed) != nil {
					saved.Lost++
					continue
				}
				h.Start = time.Unix(hour*3600, 0)
				if _, err := putHour(ctx, tx, target, &h); err != nil {
					return err
				}
				saved.Hours++
			}
			return nil // a damaged page ends the rows of one target
		})
	}
}

func (s *Store) salvageIncidents(ctx context.Context, from *sql.DB, saved *Salvaged) {
	rows, err := from.QueryContext(ctx, "SELECT origin, packed FROM incident")
	if err != nil {
		return
	}
	defer rows.Close() //nolint:errcheck // what could be read is there
	for rows.Next() {
		var in Incident
		var origin string
		var packed []byte
		if rows.Scan(&origin, &packed) != nil {
			saved.Lost++
			continue
		}
		plain, err := decompress(packed)
		if err == nil {
			err = json.Unmarshal(plain, &in)
		}
		if in.Origin = origin; err == nil {
			err = s.write(ctx, func(tx *sql.Tx) error { return putIncident(ctx, tx, &in) })
		}
		if err != nil {
			saved.Lost++
			continue
		}
		saved.Incidents++
	}
}

// Check looks at the whole file and returns what is wrong with it, nil where it is sound. It reads as long as the file is large.
func (s *Store) Check(ctx context.Context) error {
	rows, err := s.db.QueryContext(ctx, "PRAGMA integrity_check(5)")
	if err != nil {
		return s.named(err)
	}
	defer rows.Close() //nolint:errcheck // Err says what went wrong
	var wrong []error
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return s.named(err)
		}
		if line != "ok" {
			wrong = append(wrong, fmt.Errorf("%w: %s", errDamaged, line))
		}
	}
	return s.named(errors.Join(append(wrong, rows.Err())...))
}
