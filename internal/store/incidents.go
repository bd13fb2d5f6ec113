package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"errtop/tracker"
)

// Incident is an incident with what was known of it when it was last kept.
type Incident struct {
	tracker.Incident
	Groups []*tracker.Group // of its targets, with exemplars; the most frequent first
	Origin string           // of the store it was imported from; "" for this one's own
}

// SaveIncidents keeps incidents. One that is there already is replaced.
func (s *Store) SaveIncidents(ctx context.Context, incidents []Incident) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		for i := range incidents {
			if err := putIncident(ctx, tx, &incidents[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func putIncident(ctx context.Context, tx *sql.Tx, in *Incident) error {
	packed, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("incident %x: %w", in.ID, err)
	}
	names := make([]string, len(in.Targets))
	for i := range in.Targets {
		names[i] = in.Targets[i].Name
	}
	end := int64(0)
	if !in.End.IsZero() {
		end = in.End.UnixMilli()
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO incident (origin, id, onset, ended, words, packed) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (origin, id) DO UPDATE SET onset = excluded.onset, ended = excluded.ended, words = excluded.words, packed = excluded.packed`,
		in.Origin, int64(in.ID), in.Onset.At.UnixMilli(), end, //nolint:gosec // the bits are kept
		strings.ToLower(strings.Join(append(names, in.Cause.Message, in.Common), "\n")), compress(packed))
	return err //nolint:wrapcheck // the caller names the store
}

// Incidents returns the incidents whose onset lies from one moment to before another, the newest first, at most so many. With words, only
// those that have all of them in the names of their targets or in their cause.
func (s *Store) Incidents(ctx context.Context, from, to time.Time, words string, most int) (incidents []Incident, err error) {
	err = s.eachIncident(ctx, from, to, words, most, func(in *Incident) error {
		incidents = append(incidents, *in)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return incidents, nil
}

// eachIncident calls f with each of the incidents that Incidents returns.
func (s *Store) eachIncident(ctx context.Context, from, to time.Time, words string, most int, f func(*Incident) error) error {
	query, args := "SELECT origin, packed FROM incident WHERE onset >= ? AND onset < ?", []any{from.UnixMilli(), to.UnixMilli()}
	for word := range strings.FieldsSeq(strings.ToLower(words)) {
		query, args = query+" AND instr(words, ?) > 0", append(args, word)
	}
	rows, err := s.db.QueryContext(ctx, query+" ORDER BY onset DESC LIMIT ?", append(args, most)...)
	if err != nil {
		return s.named(err)
	}
	defer rows.Close() //nolint:errcheck // Err says what went wrong
	for rows.Next() {
		var in Incident
		var packed []byte
		if err := rows.Scan(&in.Origin, &packed); err != nil {
			return s.named(err)
		}
		origin := in.Origin
		plain, err := decompress(packed)
		if err == nil {
			err = json.Unmarshal(plain, &in)
		}
		if err != nil {
			return s.named(fmt.Errorf("an incident: %w", err))
		}
		in.Origin = origin
		if err := f(&in); err != nil {
			return err
		}
	}
	return s.named(rows.Err())
}
