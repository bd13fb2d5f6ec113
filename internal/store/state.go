package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"errtop/tracker"
)

// The parts of the state. Numbers are never used again for something else.
const (
	partNow      = 1 // of a tracker: the running hour, and what is not a count
	partEarlier  = 2 // of a tracker: the hours before
	partAlerting = 3 // of alerting, as JSON
)

// State is what an errtop held when it was last kept.
type State struct {
	Tracker  []tracker.State // parts that add up; none where nothing was kept
	Alerting []byte          // as [Store.SaveAlerting] took it; nil where nothing was kept
}

// maxState bounds what a part of the state may take unpacked.
const maxState = 1 << 30

// Save keeps what a tracker holds, all of it in one transaction, and returns how many bytes that took. Counts and reading positions are
// of one moment, and stay so.
func (s *Store) Save(ctx context.Context, kept tracker.Kept) (bytes int, err error) {
	now, err := pack(kept.Now)
	if err != nil {
		return 0, err
	}
	earlier, err := pack(kept.Earlier)
	if err != nil {
		return 0, err
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		if len(earlier) > 0 {
			if err := putState(ctx, tx, partEarlier, kept.Earlier.At().UnixNano(), earlier); err != nil {
				return err
			}
		}
		return putState(ctx, tx, partNow, kept.Now.At().UnixNano(), now)
	})
	return len(now) + len(earlier), err
}

// SaveAlerting keeps the state of alerting, in the form that its owner gave it.
func (s *Store) SaveAlerting(ctx context.Context, at int64, state []byte) error {
	packed := compress(state)
	return s.write(ctx, func(tx *sql.Tx) error { return putState(ctx, tx, partAlerting, at, packed) })
}

func putState(ctx context.Context, tx *sql.Tx, part int, at int64, content []byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO state (part, at, content) VALUES (?, ?, ?)
		ON CONFLICT (part) DO UPDATE SET at = excluded.at, content = excluded.content`, part, at, content)
	return err //nolint:wrapcheck // the caller names the store
}

// Load returns what was kept last. A part that is damaged is left out, and the error says so; what is returned is right nonetheless.
func (s *Store) Load(ctx context.Context) (state State, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT part, content FROM state ORDER BY part")
	if err != nil {
		return state, s.named(err)
	}
	defer rows.Close() //nolint:errcheck // Err says what went wrong
	parts := map[int]tracker.State{}
	var damaged []error
	for rows.Next() {
		var part int
		var content []byte
		if err := rows.Scan(&part, &content); err != nil {
			return state, s.named(err)
		}
		plain, err := decompress(content)
		if err == nil && part != partAlerting {
			var st tracker.State
			if err = st.UnmarshalBinary(plain); err == nil {
				parts[part] = st
			}
		}
		switch {
		case err != nil:
			damaged = append(damaged, fmt.Errorf("part %d of the state: %w", part, err))
		case part == partAlerting:
			state.Alerting = plain
		}
	}
	if err := rows.Err(); err != nil {
		return state, s.named(err)
	}
	if now, ok := parts[partNow]; ok { // the hours before are nothing without it
		state.Tracker = []tracker.State{now}
		if earlier, ok := parts[partEarlier]; ok {
			state.Tracker = append(state.Tracker, earlier)
		}
	}
	return state, s.named(errors.Join(damaged...))
}

func pack(state tracker.State) ([]byte, error) {
	b, err := state.MarshalBinary()
	if err != nil || len(b) == 0 {
		return nil, err
	}
	return compress(b), nil
}

// compress packs bytes.
func compress(b []byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic("BUG: the options of zstd: " + err.Error())
	}
	return w.EncodeAll(b, nil)
}

// decompress unpacks bytes; the error says that they are damaged, or of too much.
func decompress(b []byte) ([]byte, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxState))
	if err != nil {
		panic("BUG: the options of zstd: " + err.Error())
	}
	defer r.Close()
	plain, err := r.DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return plain, nil
}
