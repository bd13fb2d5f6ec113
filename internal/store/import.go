package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"errtop/tracker"
)

// Imported says what an import added or replaced.
type Imported struct{ Hours, Incidents int }

// Import adds the hours and incidents of another store, and of those that were imported into it, under their stores' names. Done again it
// changes nothing. What a tracker held, positions and alerts are the other's own and stay there.
func (s *Store) Import(ctx context.Context, path string) (done Imported, err error) {
	other, err := Open(ctx, Options{Path: path, ReadOnly: true})
	if err != nil {
		return done, err
	}
	defer other.Close() //nolint:errcheck // only read from
	if other.id == s.id {
		return done, fmt.Errorf("%s is a copy of %s: it has the same id", path, s.path)
	}
	origin := func(of string) string {
		switch of {
		case "":
			return other.id
		case s.id:
			return ""
		}
		return of
	}
	if done.Hours, err = s.importHours(ctx, other, origin); err != nil {
		return done, err
	}
	done.Incidents, err = s.importIncidents(ctx, other, origin)
	return done, err
}

func (s *Store) importHours(ctx context.Context, other *Store, origin func(string) string) (added int, err error) {
	targets := map[int64]targetKey{}
	rows, err := other.db.QueryContext(ctx, "SELECT id, origin, name FROM target")
	if err != nil {
		return 0, other.named(err)
	}
	for rows.Next() {
		var id int64
		var key targetKey
		if err := rows.Scan(&id, &key.origin, &key.name); err != nil {
			_ = rows.Close() // the first error says what is wrong
			return 0, other.named(err)
		}
		key.origin = origin(key.origin)
		targets[id] = key
	}
	if err := rows.Err(); err != nil {
		return 0, other.named(err)
	}
	for id, key := range targets {
		before := added
		err := s.write(ctx, func(tx *sql.Tx) (err error) {
			n, err := s.importTarget(ctx, tx, other, id, key)
			added = before + n
			return err
		})
		if err != nil {
			return added, err
		}
	}
	return added, nil
}

// importTarget adds the hours of one target.
func (s *Store) importTarget(ctx context.Context, tx *sql.Tx, other *Store, id int64, key targetKey) (added int, err error) {
	target, err := s.targetID(ctx, tx, key)
	if err != nil {
		return 0, err
	}
	rows, err := other.db.QueryContext(ctx, "SELECT hour, packed FROM hour WHERE target = ?", id)
	if err != nil {
		return 0, other.named(err)
	}
	defer rows.Close() //nolint:errcheck // Err says what went wrong
	for rows.Next() {
		var hour int64
		var packed []byte
		h := tracker.Hour{Target: key.name}
		if err := rows.Scan(&hour, &packed); err != nil {
			return added, other.named(err)
		}
		if h.UnmarshalBinary(packed) != nil {
			continue // damaged in the other store
		}
		h.Start = time.Unix(hour*3600, 0).UTC()
		changed, err := putHour(ctx, tx, target, &h)
		if err != nil {
			return added, err
		}
		added += changed
	}
	return added, other.named(rows.Err())
}

func (s *Store) importIncidents(ctx context.Context, other *Store, origin func(string) string) (added int, err error) {
	incidents, err := other.Incidents(ctx, time.Unix(0, 0), time.Unix(1<<40, 0), "", exportedIncidents)
	if err != nil {
		return 0, err
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		added = 0
		for i := range incidents {
			in := &incidents[i]
			in.Origin = origin(in.Origin)
			var ended int64
			err := tx.QueryRowContext(ctx, "SELECT ended FROM incident WHERE origin = ? AND id = ?", in.Origin, int64(in.ID)).Scan(&ended) //nolint:gosec // the bits are kept
			if err == nil && (ended != 0 || in.End.IsZero()) {
				continue // it is there, and does not end only in the other
			}
			if err := putIncident(ctx, tx, in); err != nil {
				return err
			}
			added++
		}
		return nil
	})
	return added, err
}
