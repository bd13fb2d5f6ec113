package tracker

import (
	"cmp"
	"slices"
)

// add adds what another tracker holds, as if its results had come here: counts, latencies, groups, exemplars and the ring are
// those of one tracker that got both streams in the order of their times. What depends on the order in which results of both
// came cannot be known: of breakers and last outcomes the ones that were heard of later are taken, and each target's state is
// judged anew, from the worse of the two. The other tracker must not be used afterwards.
func (t *ErrorTracker) add(other *ErrorTracker) {
	other.fold()
	t.clock.merge(&other.clock)
	for _, from := range other.sorted() {
		into := t.target(from.name)
		if into.name != from.name {
			t.targetsDropped += from.origins[OriginProbe].results + from.origins[OriginTraffic].results
		}
		t.addFacts(into, from)
	}
	offset := t.seq
	t.seq += other.seq
	t.addCounts(other, offset)
	t.sources.merge(&other.sources)
	for _, g := range other.gaps.list {
		if !t.gaps.near(g) {
			t.gaps.add(g, &t.clock)
		}
	}
	for _, mark := range other.marks {
		t.addMark(mark)
	}
	for _, note := range other.notes {
		t.addNote(note)
	}
	for source, at := range other.positions {
		if _, known := t.positions[source]; !known {
			t.setPosition(source, at)
		}
	}
	t.evidence.cut += other.evidence.cut
	t.targetsDropped += other.targetsDropped
	t.groupsDropped += other.groupsDropped
	t.version += other.version
	t.view.stale = true
}

// addCounts adds only what another tracker counts, with its errors renumbered by an offset: of another part of one tracker, with
// an offset of 0, what is known of a target that is there already stays, and an error that both keep is kept once.
func (t *ErrorTracker) addCounts(other *ErrorTracker, offset uint64) {
	other.fold()
	t.fold()
	t.all.advance(max(t.clock.edge(), other.clock.edge()))
	for _, from := range other.sorted() {
		t.all.absorb(&from.act, nil)
	}
	t.addTargets(other, offset)
	t.countEvidence()
	t.shed()
}

// addTargets is addCounts without the counts of all targets together, and without the bounds of groups and evidence.
func (t *ErrorTracker) addTargets(other *ErrorTracker, offset uint64) {
	t.clock.at = max(t.clock.at, other.clock.at)
	edge := t.clock.edge()
	for _, from := range other.sorted() {
		fresh := t.targets[from.name] == nil
		into := t.target(from.name)
		if fresh && into.name == from.name {
			t.addFacts(into, from)
		}
		into.act.advance(edge)
		into.act.absorb(&from.act, &t.all)
		for _, g := range from.groups {
			t.addGroupOf(into, g, offset)
		}
		into.dirty = true
	}
	t.addRing(other, offset)
	t.view.stale = true
}

// fold folds every target's pending results and judges none.
func (t *ErrorTracker) fold() {
	for _, tg := range t.waiting {
		tg.waiting = false
		if tg.open.results > 0 && !tg.gone {
			t.foldTarget(tg)
		}
	}
	clear(t.waiting)
	t.waiting = t.waiting[:0]
	t.gathered.fold(&t.all)
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

// addFacts adds what is known of a target, but for its counts.
func (t *ErrorTracker) addFacts(into, from *target) {
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
	for _, c := range from.act.columns {
		into.act.columns[into.act.column(c.key, &t.all)].ever += c.ever
	}
	for o := range into.origins {
		into.origins[o].merge(&from.origins[o])
	}
	switch {
	case from.cond.state > into.cond.state:
		into.cond, into.since, into.shares = from.cond, from.since, from.shares
	case from.cond.state == into.cond.state:
		into.since = earlier(into.since, from.since)
	}
	into.turned = true
	into.resumed, into.unlived = max(into.resumed, from.resumed), max(into.unlived, from.unlived)
	into.changes, into.until = [2]instant{}, 0 // the state is judged anew, at once
	into.history = append(into.history, from.history...)
	slices.SortStableFunc(into.history, func(a, b stateChange) int { return cmp.Compare(a.at, b.at) })
	into.history = slices.Compact(into.history)
	into.history = into.history[max(len(into.history)-historyKept, 0):]
	into.gate = t.later(into, into.gate, from.gate)
	into.observed = t.later(into, into.observed, from.observed)
	if r := from.reported; r != nil && (into.reported == nil || r.since > into.reported.since) {
		into.reported = r
	}
	into.dirty = true
}

// later returns the breaker whose story goes on for longer, with the settings of a target.
func (t *ErrorTracker) later(tg *target, ours, theirs *machine) *machine {
	if theirs == nil || ours != nil && !theirs.since.After(ours.since) {
		return ours
	}
	theirs.tune(t.breakerSettings(tg))
	return theirs
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

// addGroupOf adds a group of another tracker to one of ours.
func (t *ErrorTracker) addGroupOf(into *target, from *group, offset uint64) {
	g := t.groups[from.id]
	if from.message == otherName && from.id == otherID(from.target.name) {
		g = t.otherGroup(into)
	}
	if g == nil {
		g = into.foldedLike(from)
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
	if from.merged > 0 {
		g.merged = max(g.merged, from.merged)
		t.adopt(g)
	}
	t.view.groupsDirty = true
}

// merge adds what another group counts and keeps.
func (g *group) merge(from *group, offset uint64) {
	g.back = g.cameBack(from)
	if from.last > g.last {
		g.unlived = from.unlived
	}
	g.first, g.last = earlier(g.first, from.first), max(g.last, from.last)
	g.addPart(from)
	kept := g.kept()
	for _, f := range from.kept() {
		renumbered := *f
		renumbered.Seq += offset
		kept = append(kept, &renumbered)
	}
	slices.SortStableFunc(kept, order(offset))
	kept = slices.CompactFunc(kept, sameFailure)
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

// addRing keeps the newest errors of both rings by their time.
func (t *ErrorTracker) addRing(other *ErrorTracker, offset uint64) {
	var both []*Failure
	for i := range t.errors.len() {
		both = append(both, t.errors.at(i))
	}
	for i := range other.errors.len() {
		renumbered := *other.errors.at(i)
		renumbered.Seq += offset
		both = append(both, &renumbered)
	}
	slices.SortStableFunc(both, order(offset))
	both = slices.CompactFunc(both, sameFailure)
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

// order returns how errors of two trackers are ordered; an offset of 0 says that they are of one.
func order(offset uint64) func(a, b *Failure) int {
	if offset > 0 {
		return byContent
	}
	return func(a, b *Failure) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Seq, b.Seq)) }
}

func sameFailure(a, b *Failure) bool { return a.Seq == b.Seq }

func (s *sources) merge(other *sources) {
	for _, source := range other.list() {
		i, known := s.place[source.Name]
		if !known || source.LastSeen.After(s.health[i].LastSeen) {
			s.update(source)
		}
	}
	s.gone = append(slices.Clone(s.gone), other.gone...)
	s.gone = s.gone[max(len(s.gone)-maxGone, 0):]
	s.goneCount += other.goneCount
}
