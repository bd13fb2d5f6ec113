package engine

import (
	"sync"
	"time"

	"errtop/tracker"
)

// sharedFor is how long a snapshot is good enough for another viewer: the shortest refresh that a viewer may have.
const sharedFor = 100 * time.Millisecond

// shared is the newest snapshot, which viewers of one refresh share. The zero value needs its tracker.
type shared struct {
	tracker *tracker.ErrorTracker

	mu      sync.Mutex
	changed <-chan struct{} // holds a value where the tracker has changed since newest was taken
	newest  *tracker.Snapshot
	at      time.Time // the now that newest was taken with
	waking  bool      // viewers that were given an older state will be woken
}

// Watch returns a channel that receives after something changed; it holds at most one value, so a slow viewer delays nobody
// and misses nothing. Call stop when done.
func (e *Engine) Watch() (changed <-chan struct{}, stop func()) {
	if v := e.fleet.viewer; v != nil {
		return v.Watch()
	}
	return e.tracker.Watch()
}

// Snapshot returns the state as of now, at most 100 ms old. Viewers that ask within that time get the same snapshot; where
// something has changed meanwhile, they are woken once more when it is over.
func (e *Engine) Snapshot(now time.Time) *tracker.Snapshot {
	if v := e.fleet.viewer; v != nil {
		return v.Snapshot(now)
	}
	return e.shared.take(now)
}

// SnapshotAt returns the state as it was at an earlier moment: of the last 24 hours, and as far as it is kept of any before.
func (e *Engine) SnapshotAt(now, at time.Time) *tracker.Snapshot {
	if v := e.fleet.viewer; v != nil {
		return v.SnapshotAt(now, at)
	}
	if e.storing != nil && now.Sub(at) > remembered && !e.Snapshot(now).LogTime {
		if s := e.snapshotBefore(at); s != nil {
			return s
		}
	}
	return e.tracker.SnapshotAt(now, at)
}

func (s *shared) take(now time.Time) *tracker.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed, _ = s.tracker.Watch() // for as long as the tracker lives
	}
	age := now.Sub(s.at).Abs()
	if s.newest == nil || age >= sharedFor || len(s.newest.Targets) == 0 { // nobody waits to see the first target
		select {
		case <-s.changed:
		default:
		}
		s.newest, s.at = s.tracker.Snapshot(now), now
		return s.newest
	}
	if len(s.changed) > 0 && !s.waking {
		s.waking = true
		time.AfterFunc(sharedFor-age, s.wake)
	}
	return s.newest
}

// drop makes the next snapshot a new one, and viewers take it.
func (s *shared) drop() {
	s.mu.Lock()
	s.newest = nil
	s.mu.Unlock()
	s.tracker.Wake()
}

// wake makes viewers look again.
func (s *shared) wake() {
	s.mu.Lock()
	s.waking = false
	s.mu.Unlock()
	s.tracker.Wake()
}
