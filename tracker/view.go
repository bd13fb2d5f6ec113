package tracker

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

const eventsKept = 200 // transitions of all breakers

// view is what the last snapshot showed, kept so that the next one shares what did not change.
type view struct {
	snapshot    *Snapshot
	version     uint64    // of the tracker when the snapshot was taken
	targets     []*target // worst first
	groups      []*group  // newest first
	stale       bool      // a target came or went
	groupsStale bool      // a group came or went
	groupsDirty bool      // a group has a new error
	groupsUntil instant   // when a group looks different even if nothing comes
	seq         uint64    // of the newest error shown
	marks       []Mark    // those told, and those seen in the results
}

// Snapshot returns the content as of now, or of the newest result where no source is live. It shares what did not change
// with the snapshot before; Version moves with every change, also with one that only time brought, and never without.
func (t *ErrorTracker) Snapshot(now time.Time) *Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	t.flush()
	at := t.clock.shown()
	old := t.view.snapshot
	news := old == nil || t.version != t.view.version

	slid := t.all.advance(t.clock.edge())
	groups := t.refreshGroups(at)
	targets := t.refreshTargets()
	s := &Snapshot{At: t.clock.time(at), LogTime: !t.clock.live && t.clock.at != 0}
	s.Ring = t.errors.stats(s.At)
	if old != nil {
		slid = slid || s.LogTime != old.LogTime || s.Ring.LastHour != old.Ring.LastHour
	}
	if !news && !slid && !groups && !targets {
		same := *old
		same.At = s.At
		t.view.snapshot = &same
		return &same
	}
	if !news {
		t.version++
	}
	s.Version = t.version
	t.all.show(&s.Overall, true)
	s.Groups = t.showGroups(old, groups)
	t.view.marks = t.showMarks()
	s.Incidents, s.Marks, s.Notes = t.showIncidents(), t.view.marks, t.notes
	s.Targets = t.showTargets()
	for _, tg := range s.Targets {
		s.Overall.Since = firstOf(s.Overall.Since, tg.Activity.Since)
	}
	s.Errors = t.showErrors(old)
	s.Breakers = t.events
	s.Gaps = t.gaps.shown
	s.Evidence = EvidenceUse{Bytes: uint64(t.evidence.used), Budget: uint64(t.evidence.budget), Cut: t.evidence.cut} //nolint:gosec // never negative
	s.Sources, s.Gone, s.GoneCount = t.sources.list(), t.sources.gone, t.sources.goneCount
	s.Skew = t.clock.skew
	s.TargetsDropped, s.GroupsDropped = t.targetsDropped, t.groupsDropped
	t.view.snapshot, t.view.version = s, t.version
	return s
}

// refreshGroups brings the groups to a moment and in order.
func (t *ErrorTracker) refreshGroups(at instant) (changed bool) {
	if t.view.groupsStale || t.view.stale {
		t.view.groups = t.view.groups[:0]
		for _, g := range t.groups {
			t.view.groups = append(t.view.groups, g)
		}
		t.view.groupsStale, changed = false, true
	}
	if !changed && !t.view.groupsDirty && at < t.view.groupsUntil {
		return false
	}
	t.view.groupsDirty, t.view.groupsUntil = false, instant((at.minute()+1)*int64(time.Minute))
	for _, g := range t.view.groups {
		changed = g.show(at, &t.clock) || changed
		if g.until > 0 {
			t.view.groupsUntil = min(t.view.groupsUntil, g.until)
		}
	}
	if changed {
		slices.SortFunc(t.view.groups, func(a, b *group) int { return cmp.Or(cmp.Compare(b.last, a.last), cmp.Compare(a.id, b.id)) })
	}
	return changed
}

func (t *ErrorTracker) showGroups(old *Snapshot, changed bool) []*Group {
	if old != nil && !changed {
		return old.Groups
	}
	groups := make([]*Group, len(t.view.groups))
	for i, g := range t.view.groups {
		groups[i], g.unshared = g.shown, false
	}
	return groups
}

// showTargets returns the targets in order. They share their groups with the snapshot.
func (t *ErrorTracker) showTargets() []*Target {
	targets := make([]*Target, len(t.view.targets))
	for i, tg := range t.view.targets {
		var cause *Group
		if tg.cause != nil {
			cause = tg.cause.shown
		}
		if tg.shown.Cause != cause || tg.shown.Incident != tg.incident {
			out := tg.own()
			out.Cause, out.Incident = cause, tg.incident
		}
		targets[i], tg.unshared = tg.shown, false
	}
	return targets
}

func (t *ErrorTracker) showErrors(old *Snapshot) []Failure {
	if old != nil && len(old.Errors) == t.errors.len() && t.view.seq == t.seq {
		return old.Errors
	}
	t.view.seq = t.seq
	errors := make([]Failure, t.errors.len())
	for i := range errors {
		errors[i] = *t.errors.at(i)
	}
	return errors
}

// refreshTargets brings the targets to the moment shown and in order: by state, then by how much fails, then by name.
func (t *ErrorTracker) refreshTargets() (changed bool) {
	if t.view.stale {
		t.view.targets, t.view.stale, changed = t.sorted(), false, true
	}
	moved := changed
	for _, tg := range t.view.targets {
		if tg.show(&t.clock, &t.sums) {
			changed = true
			moved = moved || tg.moves() != tg.told
		}
	}
	if moved {
		t.events = breakerEvents(t.view.targets)
	}
	if changed {
		slices.SortFunc(t.view.targets, func(a, b *target) int {
			return worse(a.shown, b.shown, a.band, b.band)
		})
	}
	return changed
}

// breakerEvents returns the newest transitions of all breakers, by time. They follow from the breakers alone, not from when
// somebody looked.
func breakerEvents(targets []*target) []BreakerEvent {
	var events []BreakerEvent
	for _, tg := range targets {
		for i := range tg.shown.Breakers {
			b := &tg.shown.Breakers[i]
			for _, tr := range b.Transitions {
				events = append(events, BreakerEvent{Target: tg.name, Role: b.Role, Transition: tr})
			}
		}
		tg.told = tg.moves()
	}
	slices.SortStableFunc(events, func(a, b BreakerEvent) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Role, b.Role))
	})
	// Trials that failed make room first: the opening of a long outage is what people look for.
	over := len(events) - eventsKept
	events = slices.DeleteFunc(events, func(e BreakerEvent) bool {
		if over > 0 && e.minor() {
			over--
			return true
		}
		return false
	})
	return slices.Clone(events[max(len(events)-eventsKept, 0):])
}

// worse orders two targets with their bands, the worse first: by state, by how much it hurts, by name. A target that is
// throttled hurts like one that is degraded.
func worse(a, b *Target, bandA, bandB int) int {
	rank := func(s TargetState) TargetState {
		if s == StateThrottled {
			return StateDegraded
		}
		return s
	}
	return cmp.Or(
		cmp.Compare(rank(b.State), rank(a.State)), cmp.Compare(bandB, bandA), cmp.Compare(b.State, a.State), cmp.Compare(a.Name, b.Name),
	)
}

// band is how many errors five minutes had, in powers of four. Targets in one state are ordered by it, so that the one that
// hurts most stands first, and not by the number, so that two that fail alike do not change places with every refresh.
func band(tg *Target) int {
	return bits.Len64(tg.Activity.FiveMinutes.Errors) / 2
}
