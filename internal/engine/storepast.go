package engine

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"hash/maphash"
	"slices"
	"time"

	"errtop/internal/store"
	"errtop/tracker"
)

const (
	pastEvery      = time.Minute // how often hours and incidents that changed are kept
	ageEvery       = time.Hour   // and what is old is thinned
	groupsKept     = 8           // of an incident
	exemplarsKept  = 2           // of such a group
	trackedHours   = 25          // that a tracker remembers
	historyTimeout = 2 * time.Second
)

// keptPast is what was kept of the past.
type keptPast struct {
	next      time.Time // when it is looked again
	aged      time.Time
	ageing    bool                 // there is more to age
	ageAt     time.Time            // by this clock
	ticked    time.Time            // when it was looked last
	stale     bool                 // hours before the running one have changed since
	hours     map[time.Time]uint64 // by the hour, a hash of what was kept
	incidents map[uint64][]byte    // by their IDs, what was kept
	leftover  []tracker.State      // of before the clock jumped, or of a run that ended more than an hour ago
	setBack   bool                 // the clock was set back, and hours that are lived again are to be moved
	seed      maphash.Seed
}

// keepPast keeps the hours and incidents that have changed.
func (k *storing) keepPast(ctx context.Context, now time.Time) {
	p := &k.past
	if k.store == nil || k.readOnly || now.Before(p.next) && p.next.Sub(now) <= pastEvery || k.hasFailed() {
		return
	}
	if p.hours == nil {
		p.hours, p.incidents, p.seed, p.stale = map[time.Time]uint64{}, map[uint64][]byte{}, maphash.MakeSeed(), true
	}
	p.next = now.Add(pastEvery)
	if err := k.watched(func() error { return k.writePast(ctx, now) }); err != nil && ctx.Err() == nil {
		k.failed(err)
	}
}

// writePast writes the hours and incidents that have changed, and ages what is old.
func (k *storing) writePast(ctx context.Context, now time.Time) error {
	p := &k.past
	snapshot := k.engine.Snapshot(now)
	shown := snapshot.At // of a log that is finished, its end
	err := k.keepLeftover(ctx)
	if err == nil && p.setBack {
		p.setBack, err = k.store.SetBack(ctx, now, k.engine.tracker.Hours(now, now.Truncate(time.Hour)))
		p.setBack = p.setBack || err != nil
	}
	if err == nil && p.stale {
		if err = k.keepHours(ctx, k.engine.tracker, now, shown); err == nil {
			p.stale = false
		}
	}
	if err == nil {
		err = k.keepIncidents(ctx, snapshot)
	}
	if err == nil && (p.ageing || now.Sub(p.aged).Abs() > ageEvery) {
		err = k.age(ctx, now, shown)
	}
	return err
}

// age thins and removes what is old. It goes by a clock that a jump of the machine's cannot take along.
func (k *storing) age(ctx context.Context, now, shown time.Time) (err error) {
	p := &k.past
	if !p.ageing {
		if p.ageAt, err = k.store.RetentionClock(ctx, shown); err != nil {
			return err
		}
		p.aged = now
	}
	p.ageing, err = k.store.Age(ctx, p.ageAt)
	return err
}

const (
	jumpBack  = time.Minute // a clock that goes back by more was set
	jumpAhead = time.Hour   // one that goes ahead by more too, or the machine slept
)

// noteJump notes a clock that was set. The tracker has forgotten what lies ahead of it, or more than a day behind; what was kept last still
// has it, and its hours are kept before they are overwritten.
func (k *storing) noteJump(ctx context.Context, now time.Time) {
	was := k.past.ticked
	k.past.ticked = now
	moved := now.Round(0).Sub(was.Round(0))
	if was.IsZero() || k.store == nil || k.readOnly || moved > -jumpBack && moved < jumpAhead {
		return
	}
	if len(k.past.leftover) == 0 {
		state, _ := k.store.Load(ctx) // what is damaged cannot be kept
		k.past.leftover = state.Tracker
	}
	k.past.setBack = k.past.setBack || moved < 0
	k.next, k.past.next, k.past.stale = time.Time{}, time.Time{}, true
	k.keepPast(ctx, now)
}

// keepLeftover keeps the hours of before the clock jumped, or of a run before this one, that were not kept then and that the tracker does not
// know any more.
func (k *storing) keepLeftover(ctx context.Context) error {
	if len(k.past.leftover) == 0 {
		return nil
	}
	was := tracker.New(tracker.Settings{})
	at := k.past.leftover[0].At()
	if err := was.Restore(at, k.past.leftover...); err != nil {
		k.past.leftover = nil
		return nil //nolint:nilerr // viewers were told when it could not be restored
	}
	err := k.keepHours(ctx, was, at, at.Add(time.Hour)) // the hour that was running is over
	if err == nil {
		k.past.leftover = nil
		clear(k.past.hours)
	}
	return err
}

// keepHours keeps the hours before the one that is shown as running that a tracker knows, as far as they have changed.
func (k *storing) keepHours(ctx context.Context, from *tracker.ErrorTracker, now, shown time.Time) error {
	running := shown.Truncate(time.Hour)
	known := map[time.Time]uint64{}
	for i := trackedHours - 1; i > 0; i-- {
		start := running.Add(-time.Duration(i) * time.Hour).UTC()
		hours := from.Hours(now, start)
		sum := k.sumOf(hours)
		if known[start] = sum; len(hours) == 0 || k.past.hours[start] == sum {
			continue
		}
		if err := k.store.SaveHours(ctx, hours); err != nil {
			return err
		}
	}
	k.past.hours = known
	return nil
}

func (k *storing) sumOf(hours []tracker.Hour) uint64 {
	var sum maphash.Hash
	sum.SetSeed(k.past.seed)
	for i := range hours {
		_, _ = sum.WriteString(hours[i].Target) // it never fails
		b, _ := hours[i].MarshalBinary()
		_, _ = sum.Write(b)
	}
	return sum.Sum64()
}

// keepIncidents keeps the incidents that have changed, with the groups of their targets.
func (k *storing) keepIncidents(ctx context.Context, snapshot *tracker.Snapshot) error {
	var changed []store.Incident
	now := map[uint64][]byte{}
	for i := range snapshot.Incidents {
		in := store.Incident{Incident: snapshot.Incidents[i], Groups: groupsOf(snapshot, &snapshot.Incidents[i])}
		text, err := json.Marshal(&in)
		if err != nil {
			continue // a figure that JSON has no form for
		}
		now[in.ID] = text
		if !bytes.Equal(k.past.incidents[in.ID], text) {
			changed = append(changed, in)
		}
	}
	if len(changed) > 0 {
		if err := k.store.SaveIncidents(ctx, changed); err != nil {
			return err
		}
	}
	k.past.incidents = now
	return nil
}

// groupsOf returns the groups that say most of an incident: of its targets, with errors since its onset.
func groupsOf(s *tracker.Snapshot, in *tracker.Incident) []*tracker.Group {
	var of []*tracker.Group
	for _, g := range s.Groups {
		if g.Last.Before(in.Onset.At) || !slices.ContainsFunc(in.Targets, func(t tracker.IncidentTarget) bool { return t.Name == g.Target }) {
			continue
		}
		of = append(of, g)
	}
	slices.SortStableFunc(of, func(a, b *tracker.Group) int { return cmp.Compare(b.Count, a.Count) })
	of = of[:min(len(of), groupsKept)]
	for i, g := range of {
		few := *g
		few.Exemplars = few.Exemplars[max(len(few.Exemplars)-exemplarsKept, 0):]
		of[i] = &few
	}
	return of
}
