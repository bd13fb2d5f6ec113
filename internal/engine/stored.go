package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"errtop/internal/alert"
	"errtop/internal/config"
	"errtop/internal/store"
	"errtop/tracker"
)

// Stored is what an errtop kept, as it was when it was last kept. Nothing runs. It is for one goroutine at a time.
type Stored struct {
	Now     time.Time // when it was last kept
	Alerts  alert.State
	Options alert.Options // what alerting decides by, of the settings
	Problem error         // why not all of it could be read; nil where it could

	tracker *tracker.ErrorTracker
	store   *store.Store
}

// ReadStore reads what is kept in a store, also while another process writes it. The store stays as it is; close what is returned. The
// error is [fs.ErrNotExist] where there is none.
func ReadStore(ctx context.Context, settings *config.Config, path string) (_ *Stored, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err //nolint:wrapcheck // a PathError names the file
	}
	kept, err := store.Open(ctx, store.Options{Path: path, ReadOnly: true, Now: time.Now()})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, kept.Close())
		}
	}()
	state, problem := kept.Load(ctx)
	if len(state.Tracker) == 0 {
		return nil, errors.Join(fmt.Errorf("%s: nothing is kept in it yet", path), problem)
	}
	s := &Stored{Problem: problem, tracker: tracker.New(trackerSettings(settings)), store: kept}
	s.Options = alert.Options{Rules: Rules(settings), Receivers: receivers(settings), Timing: timing(settings)}
	for _, part := range state.Tracker {
		if at := part.At(); at.After(s.Now) {
			s.Now = at
		}
	}
	if err := s.tracker.Restore(s.Now, state.Tracker...); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(state.Alerting) > 0 {
		if err := json.Unmarshal(state.Alerting, &s.Alerts); err != nil {
			s.Problem = errors.Join(s.Problem, fmt.Errorf("%s: the alerts: %w", path, err))
		}
	}
	return s, nil
}

// Snapshot returns the state as of when it was last kept.
func (s *Stored) Snapshot() *tracker.Snapshot { return s.tracker.Snapshot(s.Now) }

// SnapshotAt returns the state at an earlier moment: of the 24 hours before, and as far as it is kept of any before.
func (s *Stored) SnapshotAt(ctx context.Context, at time.Time) *tracker.Snapshot {
	if s.Now.Sub(at) > remembered {
		if snapshot := keptAt(ctx, s.store, at); snapshot != nil {
			return snapshot
		}
	}
	return s.tracker.SnapshotAt(s.Now, at)
}

// Incidents returns the incidents that began from a moment on, the newest first, at most so many.
func (s *Stored) Incidents(ctx context.Context, from time.Time, most int) ([]store.Incident, error) {
	return s.store.Incidents(ctx, from, s.Now.Add(time.Second), "", most)
}

// Count counts the requests and errors of whole hours from one moment to before another, of a target, or with "" of all.
func (s *Stored) Count(ctx context.Context, target string, from, to time.Time) (requests, errors uint64, err error) {
	bars, err := s.store.Bars(ctx, target, from, to)
	for _, bar := range bars {
		requests, errors = requests+bar.Requests, errors+bar.Errors
	}
	return requests, errors, err
}

// Close closes the store.
func (s *Stored) Close() error { return s.store.Close() }
