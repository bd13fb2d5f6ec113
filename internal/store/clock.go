package store

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strconv"
	"time"

	"errtop/tracker"
)

// retentionStep is how far the clock of the retention moves at once. It is asked once an hour, so that it follows the time while errtop
// runs, and catches up four times as fast after errtop was away.
const retentionStep = 4 * time.Hour

// RetentionClock returns the time by which the past is aged: now, unless that is far ahead of where the retention stood last. A machine whose
// clock is a year ahead for an hour must not lose what is kept. Ask it once an hour: see [Store.Age].
func (s *Store) RetentionClock(ctx context.Context, now time.Time) (at time.Time, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		at = now
		var text string
		err := tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'retention'").Scan(&text)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err //nolint:wrapcheck // the caller names the store
		}
		if last, wrong := strconv.ParseInt(text, 10, 64); wrong == nil {
			if most := time.Unix(last, 0).Add(retentionStep); at.After(most) {
				at = most
			}
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('retention', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
			strconv.FormatInt(at.Unix(), 10))
		return err //nolint:wrapcheck // the caller names the store
	})
	return at, err
}

// relivedSuffix ends the origin of hours that were kept before the clock was set back to them.
const relivedSuffix = "+relived"

func (s *Store) relived() string { return s.id + relivedSuffix }

// SetBack makes room for hours that are lived a second time, because the clock was set back to now. What was kept of them stays, under an
// origin of its own, and adds up with what comes; without that, the hour that counts less would be refused. known is what the tracker still
// counts of the running hour: so much stays where it is. SetBack moves some thousand hours at a time, and reports whether there are more.
func (s *Store) SetBack(ctx context.Context, now time.Time, known []tracker.Hour) (more bool, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error { return s.moveRunning(ctx, tx, hourOf(now), known) })
	for range roomSteps {
		if err != nil {
			return false, err
		}
		moved := 0
		err = s.write(ctx, func(tx *sql.Tx) (err error) {
			moved, err = s.moveAhead(ctx, tx, hourOf(now))
			return err
		})
		if err == nil && moved < roomStep {
			return false, nil
		}
	}
	return true, err
}

// keptHour is a row of the table of hours.
type keptHour struct {
	target, hour int64
	name         string
	thin         bool
	packed       []byte
}

// moveRunning moves what was kept of the running hour, but for what the tracker still counts of it.
func (s *Store) moveRunning(ctx context.Context, tx *sql.Tx, hour int64, known []tracker.Hour) error {
	rows, err := keptHours(ctx, tx, hour, hour, -1)
	if err != nil {
		return err
	}
	for i := range rows {
		var h, stays tracker.Hour
		if h.UnmarshalBinary(rows[i].packed) != nil {
			continue // damaged: whoever reads it says so
		}
		for j := range known {
			if known[j].Target == rows[i].name {
				h, stays = subtractHour(&h, &known[j])
			}
		}
		if len(h.Counts) == 0 {
			continue
		}
		if err := s.addRelived(ctx, tx, &rows[i], &h); err != nil {
			return err
		}
		if err := replaceHour(ctx, tx, &rows[i], &stays); err != nil {
			return err
		}
	}
	return nil
}

// moveAhead moves the first of the hours after one, and returns how many there were.
func (s *Store) moveAhead(ctx context.Context, tx *sql.Tx, hour int64) (moved int, err error) {
	rows, err := keptHours(ctx, tx, hour+1, math.MaxInt64, roomStep)
	if err != nil {
		return 0, err
	}
	for i := range rows {
		var h tracker.Hour
		if h.UnmarshalBinary(rows[i].packed) == nil {
			err = s.addRelived(ctx, tx, &rows[i], &h)
		}
		if err == nil {
			err = replaceHour(ctx, tx, &rows[i], &tracker.Hour{})
		}
		if err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// keptHours returns the first of this process's own hours from one to another.
func keptHours(ctx context.Context, tx *sql.Tx, from, to int64, most int) (list []keptHour, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT h.target, h.hour, t.name, h.thin, h.packed FROM hour h JOIN target t ON t.id = h.target
		WHERE t.origin = '' AND h.hour BETWEEN ? AND ? ORDER BY h.hour LIMIT ?`, from, to, most)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller names the store
	}
	defer rows.Close() //nolint:errcheck // Err says what went wrong
	for rows.Next() {
		var h keptHour
		if err := rows.Scan(&h.target, &h.hour, &h.name, &h.thin, &h.packed); err != nil {
			return nil, err //nolint:wrapcheck // the caller names the store
		}
		list = append(list, h)
	}
	return list, rows.Err() //nolint:wrapcheck // the caller names the store
}

// addRelived adds counts to what was kept of an hour before it was lived again.
func (s *Store) addRelived(ctx context.Context, tx *sql.Tx, row *keptHour, counts *tracker.Hour) error {
	into := *row
	var err error
	if into.target, err = s.targetID(ctx, tx, targetKey{origin: s.relived(), name: row.name}); err != nil {
		return err
	}
	err = tx.QueryRowContext(ctx, "SELECT thin, packed FROM hour WHERE target = ? AND hour = ?", into.target, into.hour).Scan(&into.thin, &into.packed)
	var there tracker.Hour
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err //nolint:wrapcheck // the caller names the store
	case there.UnmarshalBinary(into.packed) == nil:
		addHour(counts, &there)
		into.thin = into.thin || row.thin
	}
	return replaceHour(ctx, tx, &into, counts)
}

// replaceHour writes an hour whatever is there; one without counts is removed.
func replaceHour(ctx context.Context, tx *sql.Tx, row *keptHour, counts *tracker.Hour) error {
	if len(counts.Counts) == 0 {
		_, err := tx.ExecContext(ctx, "DELETE FROM hour WHERE target = ? AND hour = ?", row.target, row.hour)
		return err //nolint:wrapcheck // the caller names the store
	}
	if row.thin {
		counts.Thin()
	}
	packed, err := counts.MarshalBinary()
	if err != nil {
		return err
	}
	requests, errors := counts.Totals()
	_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO hour (target, hour, requests, errors, packed, thin) VALUES (?, ?, ?, ?, ?, ?)",
		row.target, row.hour, requests, errors, packed, row.thin)
	return err //nolint:wrapcheck // the caller names the store
}
