package tracker

import (
	"cmp"
	"slices"
)

// Merge adds what another tracker holds, as if its results had come here: counts, latencies, groups, exemplars and the ring
// are those of one tracker that got both streams in the order of their times. What depends on the order in which results of
// both came cannot be known: of breakers and last outcomes the ones that were heard of later are taken, and each target's
// state is judged anew. The other tracker is not changed; do not merge two trackers into each other at the same time.
func (t *ErrorTracker) Merge(other *ErrorTracker) {
	if t == other {
		return
	}
	other.mu.Lock()
	defer other.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	other.flush()
	t.flush()
	t.clock.merge(&other.clock)
	edge := t.clock.edge()
	t.all.advance(edge)
	offset := t.seq
	t.seq += other.seq
	for _, from := range other.sorted() {
		into := t.target(from.name)
		if into.name != from.name {
			t.targetsDropped += from.origins[OriginProbe].results + from.origins[OriginTraffic].results
		}
		into.act.advance(edge)
		t.mergeTarget(into, from)
		for _, g := range from.groups {
			t.mergeGroup(into, g, offset)
		}
	}
	t.mergeRing(other, offset)
	t.sources.merge(&other.sources)
	t.targetsDropped += other.targetsDropped
	t.groupsDropped += other.groupsDropped
	t.view.stale = true
	t.changed(nil)
}

func (c *clock) merge(other *clock) {
	c.at, c.now = max(c.at, other.at), max(c.now, other.now)
	c.live = c.live || other.live
	if c.zone == nil {
		c.zone = other.zone
	}
	c.skew.Future += other.skew.Future
	c.skew.Impossible += other.skew.Impossible
	c.skew.Late += other.skew.Late
	c.skew.OutOfOrder += other.skew.OutOfOrder
}

func (t *ErrorTracker) mergeTarget(into, from *target) {
	t.all.absorb(&from.act, nil)
	into.act.absorb(&from.act, &t.all)
	into.scan.restart(earlierMinute(into.scan.first, from.scan.first))
	into.traits.absorb(&from.traits, t.clock.shown())
	if into.announced == 0 {
		into.info = from.info
	}
	into.announced = earlier(into.announced, from.announced)
	into.probed = into.probed || from.probed
	into.firstSeen = earlier(into.firstSeen, from.firstSeen)
	into.lastSeen = max(into.lastSeen, from.lastSeen)
	into.lastOK = max(into.lastOK, from.lastOK)
	into.resetAt = max(into.resetAt, from.resetAt)
	for o := range into.origins {
		into.origins[o].merge(&from.origins[o])
	}
	if into.cond.state == from.cond.state {
		into.since = earlier(into.since, from.since)
	}
	into.changes, into.until = [2]instant{}, 0 // the state is judged anew, at once
	into.history = append(into.history, from.history...)
	slices.SortStableFunc(into.history, func(a, b stateChange) int { return cmp.Compare(a.at, b.at) })
	into.history = into.history[max(len(into.history)-historyKept, 0):]
	for _, b := range from.breakers(&t.clock) {
		t.mergeBreaker(into, b)
	}
	into.dirty = true
}

// mergeBreaker takes a breaker's story where it goes on for longer than ours.
func (t *ErrorTracker) mergeBreaker(into *target, b Breaker) {
	for _, ours := range into.breakers(&t.clock) {
		if ours.Role == b.Role && !b.Since.After(ours.Since) {
			return
		}
	}
	t.restoreBreaker(into, b)
}

// earlier returns the earlier of two instants that are not never.
func earlier(a, b instant) instant {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// earlierMinute returns the earlier of two minutes that are not never.
func earlierMinute(a, b int64) int64 { return int64(earlier(instant(a), instant(b))) }

func (r *recent) merge(b *recent) {
	results := r.results + b.results
	longest := max(r.gaps.longest(), b.gaps.longest())
	began := earlier(r.gaps.began, b.gaps.began)
	if cmp.Or(cmp.Compare(b.last, r.last), slices.Compare(b.outcomes[:], r.outcomes[:])) > 0 {
		*r = *b
	}
	r.results, r.gaps = results, gaps{began: began, since: longest}
}

// mergeGroup adds a group of another tracker to one of ours.
func (t *ErrorTracker) mergeGroup(into *target, from *group, offset uint64) {
	g := t.groups[from.id]
	if from.message == otherName && from.id == otherID(from.target.name) {
		g = t.otherGroup(into)
	}
	if g == nil && t.crowded(into) && !t.evict(into, t.clock.shown()) {
		t.groupsDropped += from.count
		g = t.otherGroup(into)
	}
	if g == nil {
		g = t.addGroup(into, &group{
			id: from.id, method: from.method, route: from.route, outcome: from.outcome, error: from.error, message: from.message,
			edge: from.edge,
		})
	}
	g.merge(from, offset)
	t.view.groupsDirty = true
}

// merge adds what another group counts and keeps.
func (g *group) merge(from *group, offset uint64) {
	g.back = g.cameBack(from)
	g.first, g.last = earlier(g.first, from.first), max(g.last, from.last)
	g.count += from.count
	g.advance(from.edge)
	for m := max(from.edge-59, g.edge-59, 0); m <= from.edge; m++ {
		g.minutes[m%60] += from.minutes[m%60]
	}
	for h := max(from.edge/60, g.edge/60) - hourSlots + 1; h <= from.edge/60; h++ {
		if h >= 0 && h > from.edge/60-hourSlots {
			g.hours[h%hourSlots] += from.hours[h%hourSlots]
		}
	}
	g.day.absorb(&from.day, g.edge, from.edge)
	kept := g.kept()
	for _, f := range from.kept() {
		renumbered := *f
		renumbered.Seq += offset
		kept = append(kept, &renumbered)
	}
	slices.SortStableFunc(kept, byContent)
	g.oldest, g.newest, g.next = kept[0], nil, 0
	g.newest = append(g.newest, kept[max(len(kept)-newestKept, 1):]...)
	g.dirty = true
}

// cameBack returns when the group came back after an hour of silence, as far as two halves can tell: where the other half
// had errors around that time, it was not silent.
func (g *group) cameBack(from *group) instant {
	if g.count == 0 {
		return from.back
	}
	switch {
	case from.first.sub(g.last) >= regressAfter:
		return max(from.back, from.first)
	case g.first.sub(from.last) >= regressAfter:
		return max(g.back, g.first)
	}
	back := instant(0)
	if g.back > 0 && !from.around(g.back) {
		back = g.back
	}
	if from.back > back && !g.around(from.back) {
		back = from.back
	}
	return back
}

// around reports whether the group had an error in the hour of a moment or in the hour before.
func (g *group) around(at instant) bool {
	for h := at.minute()/60 - 1; h <= at.minute()/60; h++ {
		if h >= 0 && h <= g.edge/60 && h > g.edge/60-hourSlots && g.hours[h%hourSlots] > 0 {
			return true
		}
	}
	return false
}

// mergeRing keeps the newest errors of both rings by their time.
func (t *ErrorTracker) mergeRing(other *ErrorTracker, offset uint64) {
	var both []*Failure
	for i := range t.errors.len() {
		both = append(both, t.errors.at(i))
	}
	for i := range other.errors.len() {
		renumbered := *other.errors.at(i)
		renumbered.Seq += offset
		both = append(both, &renumbered)
	}
	slices.SortStableFunc(both, byContent)
	t.errors = newRing(t.settings.Ring)
	for _, f := range both[max(len(both)-t.settings.Ring, 0):] {
		t.errors.push(f)
	}
}

// byContent orders errors by time, and those of one time by what they say, so that it does not matter which tracker is
// merged into which.
func byContent(a, b *Failure) int {
	return cmp.Or(
		a.Time.Compare(b.Time), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Message, b.Message),
		cmp.Compare(a.RequestID, b.RequestID), cmp.Compare(a.Latency, b.Latency), cmp.Compare(a.Origin, b.Origin),
	)
}

func (s *sources) merge(other *sources) {
	for _, source := range other.list() {
		i, known := s.place[source.Name]
		if !known || source.LastSeen.After(s.health[i].LastSeen) {
			s.update(source)
		}
	}
}
