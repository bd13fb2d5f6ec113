package engine

import (
	"context"
	"slices"
	"time"

	"errtop/internal/store"
	"errtop/tracker"
)

// look calls f with the store, where there is one. Looking never waits for a write.
func (k *storing) look(f func(*store.Store)) {
	if k == nil {
		return
	}
	k.mu.Lock()
	s := k.store
	k.mu.Unlock()
	if s != nil {
		f(s)
	}
}

// history counts the requests and errors of a target over a window that may be longer than the tracker remembers. It is known only where
// hours are kept from before the window's begin.
func (k *storing) history(target string, window time.Duration) (requests, errors uint64, known bool) {
	ctx, cancel := context.WithTimeout(context.Background(), historyTimeout)
	defer cancel()
	now := time.Now()
	from := now.Add(-window).Truncate(time.Hour)
	k.look(func(s *store.Store) {
		first, err := s.First(ctx, target)
		if err != nil || first.IsZero() || first.After(from) {
			return
		}
		bars, err := s.Bars(ctx, target, from, now.Truncate(time.Hour))
		if err != nil {
			return
		}
		known = true
		for _, bar := range bars {
			requests, errors = requests+bar.Requests, errors+bar.Errors
		}
	})
	if !known {
		return 0, 0, false
	}
	for _, t := range k.engine.Snapshot(now).Targets {
		if t.Name == target {
			running := t.Activity.Hours[len(t.Activity.Hours)-1]
			requests, errors = requests+uint64(running.Requests), errors+uint64(running.Errors)
		}
	}
	return requests, errors, true
}

// remembered is how far back the tracker itself remembers.
const remembered = 24 * time.Hour

// Keeps reports whether the engine keeps what is older than a day, or tries to.
func (e *Engine) Keeps() bool { return e.storing != nil }

// Oldest returns the earliest moment that SnapshotAt knows something of.
func (e *Engine) Oldest(ctx context.Context, now time.Time) time.Time {
	oldest := now.Add(-remembered)
	e.storing.look(func(s *store.Store) {
		if first, err := s.First(ctx, ""); err == nil && !first.IsZero() && first.Before(oldest) {
			oldest = first
		}
	})
	return oldest
}

// snapshotBefore returns what hours and incidents tell of a moment that the tracker has forgotten; nil where nothing is kept of it.
func (e *Engine) snapshotBefore(at time.Time) (snapshot *tracker.Snapshot) {
	ctx, cancel := context.WithTimeout(context.Background(), historyTimeout)
	defer cancel()
	e.storing.look(func(s *store.Store) { snapshot = keptAt(ctx, s, at) })
	return snapshot
}

// keptAt returns what hours and incidents in a store tell of a moment; nil where nothing is kept of it.
func keptAt(ctx context.Context, s *store.Store, at time.Time) *tracker.Snapshot {
	hours, err := s.Hours(ctx, "", at.Add(-remembered-time.Hour), at)
	if err != nil || len(hours) == 0 {
		return nil
	}
	snapshot := tracker.OfHours(at, hours)
	incidents, err := s.Incidents(ctx, at.Add(-remembered), at, "", 100)
	if err != nil {
		return snapshot
	}
	for i := range incidents {
		snapshot.Incidents = append(snapshot.Incidents, incidents[i].Incident)
	}
	snapshot.Incidents = tracker.IncidentsAt(snapshot.Incidents, at)
	return snapshot
}

// PastIncidents returns the incidents whose onset lies from one moment to before another, the newest first, at most so many: those that are
// kept, and those that the tracker knows. With words, only those that have all of them in the names of their targets or in their cause.
func (e *Engine) PastIncidents(ctx context.Context, from, to time.Time, words string, most int) (incidents []store.Incident, err error) {
	e.storing.look(func(s *store.Store) { incidents, err = s.Incidents(ctx, from, to, words, most) })
	if err != nil {
		return nil, err
	}
	snapshot := e.Snapshot(time.Now())
	for i := range snapshot.Incidents {
		in := &snapshot.Incidents[i]
		if in.Onset.At.Before(from) || !in.Onset.At.Before(to) {
			continue
		}
		place := slices.IndexFunc(incidents, func(kept store.Incident) bool { return kept.ID == in.ID && kept.Origin == "" })
		switch fresh := (store.Incident{Incident: *in, Groups: groupsOf(snapshot, in)}); {
		case place >= 0:
			incidents[place] = fresh
		case words == "":
			incidents = append(incidents, fresh)
		}
	}
	slices.SortStableFunc(incidents, func(a, b store.Incident) int { return b.Onset.At.Compare(a.Onset.At) })
	return incidents[:min(len(incidents), most)], nil
}

// HourBars returns the requests and errors of each hour from one moment to before another, of one target, or with "" of all together. Hours
// with nothing are left out, and so is the running one.
func (e *Engine) HourBars(ctx context.Context, target string, from, to time.Time) (bars []store.Bar, err error) {
	e.storing.look(func(s *store.Store) { bars, err = s.Bars(ctx, target, from, to) })
	return bars, err
}
