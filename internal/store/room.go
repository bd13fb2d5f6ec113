package store

import (
	"context"
	"database/sql"
	"time"

	"errtop/tracker"
)

// roomStep is how many rows are removed at a time to make room: few enough that nobody waits for it.
const roomStep = 500

// roomSteps is how many such steps one write may take.
const roomSteps = 20

// isNearlyFull reports whether the database has little room left below its ceiling.
func (s *Store) isNearlyFull(ctx context.Context) bool {
	used, err := s.usedPages(ctx)
	return err == nil && used > s.maxPages()*9/10
}

// usedPages returns how many pages hold something.
func (s *Store) usedPages(ctx context.Context) (int64, error) {
	var pages, free int64
	if err := s.db.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		return 0, err //nolint:wrapcheck // the caller names the store
	}
	if err := s.db.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&free); err != nil {
		return 0, err //nolint:wrapcheck // the caller names the store
	}
	return pages - free, nil
}

// shrink removes the oldest of what is of the past, at most so many rows. The error is ErrFull where there is nothing to remove.
func (s *Store) shrink(ctx context.Context, most int) error {
	removed := int64(0)
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		for _, statement := range [...]string{
			"DELETE FROM hour WHERE (target, hour) IN (SELECT target, hour FROM hour ORDER BY hour LIMIT ?)",
			"DELETE FROM incident WHERE (origin, id) IN (SELECT origin, id FROM incident WHERE onset < 3600000 * (SELECT min(hour) FROM hour) ORDER BY onset LIMIT ?)",
		} {
			result, err := tx.ExecContext(ctx, statement, most)
			if err != nil {
				return err //nolint:wrapcheck // the caller names the store
			}
			n, _ := result.RowsAffected()
			removed += n
		}
		return nil
	})
	if err == nil && removed == 0 {
		return ErrFull
	}
	if err == nil {
		_, _ = s.db.ExecContext(ctx, "PRAGMA incremental_vacuum(256)") // the file shrinks in small steps
	}
	return err
}

// How long the past is kept: minutes for 90 days, then hours for a year, incidents for two.
const (
	minutesKept   = 90 * 24
	hoursKept     = 366 * 24
	incidentsKept = 2 * 366 * 24
)

// Age thins what is old and removes what is older, a little at a time: it is called once in a while, and reports whether there is more.
func (s *Store) Age(ctx context.Context, now time.Time) (more bool, err error) {
	hour := hourOf(now)
	err = s.write(ctx, func(tx *sql.Tx) error {
		for _, old := range [...]struct {
			statement string
			before    int64
		}{
			{"DELETE FROM hour WHERE (target, hour) IN (SELECT target, hour FROM hour WHERE hour < ? ORDER BY hour LIMIT ?)", hour - hoursKept},
			{"DELETE FROM incident WHERE (origin, id) IN (SELECT origin, id FROM incident WHERE onset < ? LIMIT ?)", (hour - incidentsKept) * 3_600_000},
		} {
			result, err := tx.ExecContext(ctx, old.statement, old.before, roomStep)
			if err != nil {
				return err //nolint:wrapcheck // the caller names the store
			}
			n, _ := result.RowsAffected()
			more = more || n == roomStep
		}
		thinned, err := thin(ctx, tx, hour-minutesKept)
		more = more || thinned == roomStep
		return err
	})
	return more, err
}

// thin forgets the minutes of hours before one.
func thin(ctx context.Context, tx *sql.Tx, before int64) (thinned int, err error) {
	type row struct {
		target, hour int64
		packed       []byte
	}
	var list []row
	rows, err := tx.QueryContext(ctx, "SELECT target, hour, packed FROM hour WHERE hour < ? AND thin = 0 LIMIT ?", before, roomStep)
	if err != nil {
		return 0, err //nolint:wrapcheck // the caller names the store
	}
	defer rows.Close() //nolint:errcheck // Err says what went wrong
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.target, &r.hour, &r.packed); err != nil {
			return 0, err //nolint:wrapcheck // the caller names the store
		}
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return 0, err //nolint:wrapcheck // the caller names the store
	}
	for _, r := range list {
		var h tracker.Hour
		if h.UnmarshalBinary(r.packed) == nil {
			h.Thin()
			r.packed, _ = h.MarshalBinary() // never fails
		}
		if _, err := tx.ExecContext(ctx, "UPDATE hour SET packed = ?, thin = 1 WHERE target = ? AND hour = ?", r.packed, r.target, r.hour); err != nil {
			return 0, err //nolint:wrapcheck // the caller names the store
		}
	}
	return len(list), nil
}
