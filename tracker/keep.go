package tracker

import (
	"cmp"
	"slices"
	"time"
)

// Kept is what of a tracker is to be kept at one moment, in two parts that [ErrorTracker.Restore] adds up to the whole again: see
// [ErrorTracker.Keep].
type Kept struct {
	Version uint64 // of the content
	Now     State  // the counts of the running hour, and everything that is not a count
	Earlier State  // the counts of the hours before; empty where they are as they were at the mark
}

// KeptMark says what was kept last. The zero value is nothing.
type KeptMark struct {
	version uint64
	hour    int64
	changes uint64
}

// keptPart says which of the two a part is. What is not told apart by the hour, the ring and what is pending, is in the first as a whole.
type keptPart uint8

const (
	keptNow keptPart = iota + 1
	keptEarlier
)

// Keep returns what has changed since the mark, and the mark for the next time. The hours before the running one take many times as
// much as everything else, and seldom change. Results and the positions of their sources are always of one moment: ok is false
// while a source has read something that its position does not cover yet, or nothing has changed.
func (t *ErrorTracker) Keep(now time.Time, last KeptMark) (kept Kept, mark KeptMark, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	mark = KeptMark{version: t.version, hour: t.clock.edge() / stepsPerHour, changes: t.earlierChanges}
	if len(t.unplaced) > 0 || mark == last {
		return Kept{}, last, false
	}
	running := t.clock.time(startOf(mark.hour * stepsPerHour))
	kept = Kept{Version: t.version, Now: t.state(now, Part{From: running, of: keptNow})}
	if mark.hour != last.hour || mark.changes != last.changes {
		kept.Earlier = t.state(now, Part{To: running, of: keptEarlier})
	}
	return kept, mark, true
}

// NewestBySource returns the time of the last result of each source, those of sources that are gone included.
func (t *ErrorTracker) NewestBySource() map[string]time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	newest := make(map[string]time.Time, len(t.sources.courses))
	for name, c := range t.sources.courses {
		newest[name] = t.clock.time(c.at)
	}
	return newest
}

// changedEarlier notes that a count of an hour before the running one changed.
func (t *ErrorTracker) changedEarlier() { t.earlierChanges++ }

// isEarlier reports whether a moment lies in an hour before the running one.
func (t *ErrorTracker) isEarlier(at instant) bool {
	return int64(at)/int64(time.Hour) < int64(t.clock.at)/int64(time.Hour)
}

// addPart adds the counts of the hours before to a tracker that was kept without them. What is known of a target or a group that is there
// already stays.
func (t *ErrorTracker) addPart(earlier *ErrorTracker) {
	t.clock.at = max(t.clock.at, earlier.clock.at)
	t.all.absorb(&earlier.all, nil)
	for _, from := range earlier.sorted() {
		into := t.targets[from.name]
		if into == nil {
			continue // it was removed
		}
		into.traits.absorb(&from.traits, t.clock.shown())
		into.act.absorb(&from.act, &t.all)
		t.addGroupsOf(into, from)
		into.dirty = true
	}
	t.countEvidence()
	t.shed()
	t.view.stale = true
}

// addGroupsOf adds the groups of a target as they were in the hours before: those that are still there, in their order.
func (t *ErrorTracker) addGroupsOf(into, from *target) {
	place := make(map[uint64]int, len(into.order))
	for i, id := range into.order {
		place[id] = i
	}
	for _, g := range from.groups {
		if known := t.groups[g.id]; known != nil {
			known.addPart(g)
		} else if _, kept := place[g.id]; kept {
			t.addGroup(into, g)
			if g == from.other {
				into.other = g
			}
		}
	}
	slices.SortStableFunc(into.groups, func(a, b *group) int { return cmp.Compare(place[a.id], place[b.id]) })
	into.order = nil
}

// addPart adds the counts of another part of time.
func (g *group) addPart(other *group) {
	g.count += other.count
	g.advance(other.edge)
	for m := max(other.edge-59, g.edge-59, 0); m <= other.edge; m++ {
		g.minutes[m%60] += other.minutes[m%60]
	}
	for h := max(other.edge/60, g.edge/60) - hourSlots + 1; h <= other.edge/60; h++ {
		if h >= 0 && h > other.edge/60-hourSlots {
			g.hours[h%hourSlots] += other.hours[h%hourSlots]
		}
	}
	g.day.absorb(&other.day, g.edge, other.edge)
}
