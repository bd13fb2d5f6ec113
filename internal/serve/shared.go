package serve

import (
	"context"
	"sync"
	"time"

	"errtop/tracker"
)

// Snapshots is what viewers look at: a running engine.
type Snapshots interface {
	Watch() (changed <-chan struct{}, stop func())
	Snapshot(now time.Time) *tracker.Snapshot
	SnapshotAt(now, at time.Time) *tracker.Snapshot
}

// Shared puts any number of viewers on one engine at the cost of one: it takes at most one snapshot in a refresh, however they are
// spread over it, and none while nobody looks. It is itself [Snapshots]. Nothing in it waits for a viewer.
type Shared struct {
	engine  Snapshots
	refresh time.Duration

	mu      sync.Mutex
	viewers map[chan struct{}]struct{}
	newest  *tracker.Snapshot
	at      time.Time // the now that newest was taken with
}

// NewShared returns the snapshots of an engine for viewers that look at them once in a refresh.
func NewShared(engine Snapshots, refresh time.Duration) *Shared {
	return &Shared{engine: engine, refresh: refresh, viewers: map[chan struct{}]struct{}{}}
}

// Run wakes the viewers together, at most once in a refresh, until ctx is done.
func (s *Shared) Run(ctx context.Context) error {
	changed, stop := s.engine.Watch()
	defer stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-rest.C:
		}
		rest.Reset(s.refresh)
		s.wake()
	}
}

// wake drops the newest snapshot and tells the viewers to take another.
func (s *Shared) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = nil
	for viewer := range s.viewers {
		select {
		case viewer <- struct{}{}:
		default: // it has not looked yet
		}
	}
}

// Watch returns a channel that receives after something changed, at most once in a refresh. It holds at most one value.
func (s *Shared) Watch() (changed <-chan struct{}, stop func()) {
	viewer := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.viewers[viewer] = struct{}{}
	return viewer, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.viewers, viewer)
	}
}

// Snapshot returns the state as of now, at most a refresh old.
func (s *Shared) Snapshot(now time.Time) *tracker.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.newest == nil || now.Sub(s.at).Abs() >= s.refresh {
		s.newest, s.at = s.engine.Snapshot(now), now
	}
	return s.newest
}

// SnapshotAt returns the state as it was at an earlier moment.
func (s *Shared) SnapshotAt(now, at time.Time) *tracker.Snapshot { return s.engine.SnapshotAt(now, at) }
