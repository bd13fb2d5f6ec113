package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"time"

	"errtop/tracker"
)

// targetKey names a target of a store: the one this process writes, or one that was imported.
type targetKey struct{ origin, name string }

// targetID returns the number of a target, given to it on first use.
func (s *Store) targetID(ctx context.Context, tx *sql.Tx, key targetKey) (id int64, err error) {
	if id, ok := s.targets[key]; ok {
		return id, nil
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO target (origin, name) VALUES (?, ?) ON CONFLICT DO NOTHING", key.origin, key.name)
	if err == nil {
		err = tx.QueryRowContext(ctx, "SELECT id FROM target WHERE origin = ? AND name = ?", key.origin, key.name).Scan(&id)
	}
	return id, err //nolint:wrapcheck // the caller names the store
}

// SaveHours keeps hours of this process's own targets. An hour that is there already is replaced, unless it counts more: then the tracker
// was not there for all of it.
func (s *Store) SaveHours(ctx context.Context, hours []tracker.Hour) error {
	ids := map[targetKey]int64{}
	err := s.write(ctx, func(tx *sql.Tx) error {
		clear(ids)
		for i := range hours {
			key := targetKey{name: hours[i].Target}
			id, err := s.targetID(ctx, tx, key)
			if err != nil {
				return err
			}
			ids[key] = id
			if _, err := putHour(ctx, tx, id, &hours[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.writing.Lock()
		maps.Copy(s.targets, ids)
		s.writing.Unlock()
	}
	return err
}

// putHour writes an hour, and returns 1 where that changed something.
func putHour(ctx context.Context, tx *sql.Tx, target int64, hour *tracker.Hour) (changed int, err error) {
	packed, err := hour.MarshalBinary()
	if err != nil {
		return 0, err
	}
	requests, errors := hour.Totals()
	result, err := tx.ExecContext(ctx, `INSERT INTO hour (target, hour, requests, errors, packed) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (target, hour) DO UPDATE SET requests = excluded.requests, errors = excluded.errors, packed = excluded.packed
		WHERE excluded.requests >= hour.requests AND excluded.packed != hour.packed AND hour.thin = 0`,
		target, hour.Start.Unix()/3600, requests, errors, packed)
	if err != nil {
		return 0, err //nolint:wrapcheck // the caller names the store
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// Hours returns the hours from one moment to before another, by target and time; of all targets, or of one. What several stores that were
// merged have of one target and hour are several.
func (s *Store) Hours(ctx context.Context, target string, from, to time.Time) (hours []tracker.Hour, err error) {
	err = s.eachHour(ctx, target, from, to, func(_ string, h *tracker.Hour) error {
		hours = append(hours, *h)
		return nil
	})
	return hours, err
}

// eachHour calls f with each of the hours that Hours returns, and with the store that it was imported from, "" for this one's own.
func (s *Store) eachHour(ctx context.Context, target string, from, to time.Time, f func(origin string, h *tracker.Hour) error) error {
	query := `SELECT t.origin, t.name, h.hour, h.packed FROM hour h JOIN target t ON t.id = h.target
		WHERE h.hour >= ? AND h.hour < ? AND (? = '' OR t.name = ?) ORDER BY t.name, h.hour, t.origin`
	rows, err := s.db.QueryContext(ctx, query, hourOf(from), hourOf(to.Add(time.Hour-1)), target, target)
	if err != nil {
		return s.named(err)
	}
	defer rows.Close() //nolint:errcheck // Err says what went wrong
	for rows.Next() {
		var h tracker.Hour
		var origin string
		var hour int64
		var packed []byte
		if err := rows.Scan(&origin, &h.Target, &hour, &packed); err != nil {
			return s.named(err)
		}
		h.Start = time.Unix(hour*3600, 0).UTC()
		if err := h.UnmarshalBinary(packed); err != nil {
			return s.named(fmt.Errorf("hour %s of %s: %w", h.Start.Format(time.RFC3339), h.Target, err))
		}
		if err := f(origin, &h); err != nil {
			return err
		}
	}
	return s.named(rows.Err())
}

// Bar is what a target, or all together, had in an hour.
type Bar struct {
	Start            time.Time
	Requests, Errors uint64
}

// Bars returns the requests and errors of each hour from one moment to before another, of one target, or with "" of all together. Hours
// with nothing are left out.
func (s *Store) Bars(ctx context.Context, target string, from, to time.Time) (bars []Bar, err error) {
	rows, err := s.db.QueryContext(ctx, `SELECT h.hour, sum(h.requests), sum(h.errors) FROM hour h JOIN target t ON t.id = h.target
		WHERE h.hour >= ? AND h.hour < ? AND (? = '' OR t.name = ?) GROUP BY h.hour ORDER BY h.hour`, hourOf(from), hourOf(to.Add(time.Hour-1)), target, target)
	if err != nil {
		return nil, s.named(err)
	}
	defer rows.Close() //nolint:errcheck // Err says what went wrong
	for rows.Next() {
		var b Bar
		var hour int64
		if err := rows.Scan(&hour, &b.Requests, &b.Errors); err != nil {
			return nil, s.named(err)
		}
		b.Start = time.Unix(hour*3600, 0).UTC()
		bars = append(bars, b)
	}
	return bars, s.named(rows.Err())
}

// First returns the first hour that is kept of a target, or with "" of any; zero where there is none.
func (s *Store) First(ctx context.Context, target string) (time.Time, error) {
	var hour sql.NullInt64
	err := s.db.QueryRowContext(ctx, `SELECT min(h.hour) FROM hour h JOIN target t ON t.id = h.target WHERE ? = '' OR t.name = ?`, target, target).Scan(&hour)
	if err != nil || !hour.Valid {
		return time.Time{}, s.named(err)
	}
	return time.Unix(hour.Int64*3600, 0).UTC(), nil
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }
