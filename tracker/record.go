package tracker

import "time"

// Record takes a batch of results that arrived at now. The slice is the tracker's only until Record returns.
func (t *ErrorTracker) Record(now time.Time, results []Result) {
	if len(results) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	for i := range results {
		t.record(&results[i])
	}
	t.changed(nil)
}

func (t *ErrorTracker) record(r *Result) {
	if r.Origin == OriginProbe && !t.clock.live {
		t.clock.goLive()
	}
	at, late := t.clock.fix(r.Time)
	if late {
		return
	}
	if t.isEarlier(at) {
		t.changedEarlier()
	}
	t.sources.order(r.Source, at, &t.clock.skew)
	tg := t.targetOf(r)
	if step := at.step(); step != tg.open.step || tg.open.full() {
		t.beginStep(tg, step)
	}
	tg.dirty = true
	key := keyOf(r)
	tg.open.count(tg.act.column(key, &t.all))
	if !tg.waiting {
		tg.waiting = true
		t.waiting = append(t.waiting, tg)
	}
	if r.Inconclusive {
		return
	}
	late = at < tg.lastSeen.add(-stepLength)
	tg.hear(at, key, r.Kind, late)
	if r.Latency > 0 && r.Kind.Sent() {
		tg.open.countLatency(BucketOf(r.Latency), &t.spare)
	}
	if r.Origin == OriginProbe && !late {
		tg.noteCertificate(r.Evidence)
	}
	if r.Weight > 1 {
		t.countWeight(tg, at, r, key)
	}
	if !r.Kind.Failed() && sampled(at, r) {
		tg.traits.success(at, r, &t.prints)
	}
	if r.Kind.Failed() && r.Kind != KindShortCircuit { // what a breaker held back is counted, but is not kept as evidence
		t.fail(tg, at, r)
	}
	if r.Origin == OriginTraffic && !late {
		t.observe(tg, at, r)
	}
}

// noteCertificate keeps when the certificate that a probe saw expires.
func (tg *target) noteCertificate(e *Evidence) {
	if e != nil && !e.CertExpiry.IsZero() {
		tg.certExpiry = e.CertExpiry.Round(0)
	}
}

// requests is how many requests a result stands for.
func (r *Result) requests() int { return max(1, int(r.Weight)) }

// countWeight counts the requests that a result stands for beside its own.
func (t *ErrorTracker) countWeight(tg *target, at instant, r *Result, key outcomeKey) {
	tg.act.addUnseen(at.minute(), r, uint32(r.Weight)-1)
	for range r.Weight - 1 {
		t.countAgain(tg, r, key)
	}
}

// countAgain counts a request that was not sampled, like the one that was.
func (t *ErrorTracker) countAgain(tg *target, r *Result, key outcomeKey) {
	if tg.open.full() {
		t.foldTarget(tg)
	}
	tg.open.count(tg.act.column(key, &t.all))
	if r.Latency > 0 && r.Kind.Sent() {
		tg.open.countLatency(BucketOf(r.Latency), &t.spare)
	}
}

// targetOf finds the target of a result, and counts those for which there is no room.
func (t *ErrorTracker) targetOf(r *Result) *target {
	slot := &t.lately[targetSlot(r.Target)]
	if tg := *slot; tg != nil && tg.name == r.Target {
		return tg
	}
	tg := t.target(r.Target)
	if tg.name != r.Target {
		t.targetsDropped++
		return tg
	}
	*slot = tg
	return tg
}

// targetSlot spreads names over a small table, by what mostly tells them apart: it is cheaper than a map's hash.
func targetSlot(name string) uint8 {
	n := len(name)
	if n < 2 {
		return 0
	}
	return uint8(n)*31 ^ name[n-1]*7 ^ name[n-2]*59 ^ name[n/2] //nolint:gosec // meant to wrap around
}

// hear notes when a target was heard, and what it said. What comes late is not what it said last.
func (tg *target) hear(at instant, key outcomeKey, kind Kind, late bool) {
	if tg.firstSeen == 0 || at < tg.firstSeen {
		tg.firstSeen = at
	}
	tg.lastSeen = max(tg.lastSeen, at)
	origin := key.origin()
	if origin == OriginProbe {
		tg.probed = true
	}
	if !kind.Sent() {
		return
	}
	if kind == KindOK {
		tg.lastOK = max(tg.lastOK, at)
	}
	if r := &tg.origins[origin]; !late || r.results == 0 {
		r.add(at, key)
	} else {
		r.results++
	}
}

// beginStep folds what a target has pending and begins another step.
func (t *ErrorTracker) beginStep(tg *target, step int64) {
	if tg.open.results > 0 {
		t.foldTarget(tg)
		if step > tg.act.edge {
			tg.evaluate(max(tg.lastSeen, startOf(tg.act.edge)))
		}
	}
	if m := step / stepsPerMinute; m/60 > tg.act.edge/stepsPerHour { // while all of it is remembered
		tg.scanTo(min(m, tg.act.edge/stepsPerMinute+1), &t.sums)
	}
	tg.walk(step)
	tg.open.step = step
}

// foldTarget empties a target's pending results into its windows, which end no earlier.
func (t *ErrorTracker) foldTarget(tg *target) {
	t.all.advance(t.clock.edge())
	if t.isEarlier(startOf(tg.open.step)) {
		t.changedEarlier()
	}
	tg.scan.touch(tg.open.step / stepsPerMinute)
	if t.gathered.step != tg.open.step {
		t.gathered.fold(&t.all)
		t.gathered.step = tg.open.step
	}
	tg.open.fold(&tg.act, &t.gathered)
}

// flush folds every target's pending results.
func (t *ErrorTracker) flush() {
	for _, tg := range t.waiting {
		tg.waiting = false
		if tg.open.results > 0 && !tg.gone {
			t.foldTarget(tg)
			t.spare.give(&tg.open)
			tg.evaluate(max(tg.lastSeen, startOf(tg.act.edge)))
		}
	}
	clear(t.waiting)
	t.waiting = t.waiting[:0]
	t.gathered.fold(&t.all)
}

// fail keeps a failed result.
func (t *ErrorTracker) fail(tg *target, at instant, r *Result) {
	t.seq++
	f := &Failure{Result: *r, Seq: t.seq}
	if f.Time.IsZero() {
		f.Time = t.clock.time(at)
	}
	if !r.ResetAt.IsZero() && at >= tg.lastSeen.add(-stepLength) {
		if reset := instantOf(r.ResetAt); reset.sub(at) <= farthestReset {
			tg.resetAt = reset
		}
	}
	g := t.groupOf(tg, at, r)
	f.Group, f.Weight = g.id, 0
	f = t.evidence.admit(f)
	t.evidence.swap(f, g.add(at, f, uint32(r.requests()))) //nolint:gosec // a weight has 16 bits
	if r.Kind.Sent() {
		tg.traits.failureOf(at, r, g)
	}
	t.view.groupsDirty = true
	if at < t.clock.at.add(-historyAge) {
		t.evidence.swap(f, t.errors.fill(f))
	} else {
		t.evidence.swap(f, t.errors.push(f))
	}
	t.shed()
}

// historyAge is how late an error comes that belongs to the past: a log whose present was read before its past must not push
// the newest errors out of the ring.
const historyAge = time.Hour

// farthestReset is the length of the longest quota, a month; a longer wait is not believed.
const farthestReset = 31 * 24 * time.Hour

// groupOf finds the group of an error, made on first use.
func (t *ErrorTracker) groupOf(tg *target, at instant, r *Result) *group {
	hash, whole := t.known.hash(tg.name, r)
	if whole {
		if g := t.known.find(hash); g != nil {
			return g
		}
	}
	id := t.prints.ID(tg.name, r)
	g := t.groups[id]
	if g == nil && len(tg.groups) >= FoldAfter {
		t.foldGroups(tg)
	}
	if g == nil {
		g = tg.folded(&t.prints)
	}
	if g == nil {
		p := t.prints.Fingerprint()
		if t.crowded(tg) && !t.evict(tg, at) && !t.evictScanned(tg, r, p.Route) {
			t.groupsDropped++
			return t.otherGroup(tg)
		}
		g = t.addGroup(tg, &group{
			id: id, method: p.Method, route: p.Route, outcome: p.Outcome, error: r.Error, message: p.Message,
		})
	}
	if whole {
		t.known.remember(hash, g)
	}
	return g
}

func (t *ErrorTracker) addGroup(tg *target, g *group) *group {
	g.target, g.shown = tg, &Group{}
	t.groups[g.id] = g
	tg.groups = append(tg.groups, g)
	t.view.groupsStale = true
	return g
}

// crowded reports whether there is no room for another group of a target.
func (t *ErrorTracker) crowded(tg *target) bool {
	return len(tg.groups) >= t.settings.MaxGroups || len(t.groups) >= t.settings.MaxGroupsInAll
}

// otherGroup takes the errors for whose group there is no room.
func (t *ErrorTracker) otherGroup(tg *target) *group {
	if tg.other == nil {
		tg.other = t.addGroup(tg, &group{id: otherID(tg.name), message: otherName})
	}
	return tg.other
}

func otherID(target string) uint64 { return uint64(newFNV().text(target).text(otherName)) }

// evict makes room for a group by dropping the one that has been silent for longest, if that is at least a day.
func (t *ErrorTracker) evict(tg *target, at instant) bool {
	const silence = 24 * time.Hour
	if at < tg.evictAt {
		return false
	}
	oldest := -1
	for i, g := range tg.groups {
		if g != tg.other && (oldest < 0 || g.last < tg.groups[oldest].last) {
			oldest = i
		}
	}
	if oldest < 0 {
		return false
	}
	g := tg.groups[oldest]
	if tg.evictAt = g.last.add(silence); at < tg.evictAt {
		return false
	}
	t.changedEarlier()
	g.gone = true
	g.release(&t.evidence, false)
	delete(t.groups, g.id)
	tg.groups[oldest] = tg.groups[len(tg.groups)-1]
	tg.groups = tg.groups[:len(tg.groups)-1]
	tg.evictAt = 0
	tg.regrouped, tg.dirty = true, true
	t.view.groupsStale = true
	return true
}

// observe runs the breaker's rules over a request that somebody else made.
func (t *ErrorTracker) observe(tg *target, at instant, r *Result) {
	if r.Breaker != BreakerNone {
		if tg.reported == nil {
			tg.reported = &reported{}
		}
		tg.reported.report(r.Breaker, at, &t.clock)
	}
	if tg.observed == nil {
		tg.observed = t.newObserver(tg)
	}
	v := success
	if r.Kind.Failed() {
		v = judge(r, t.settings.ObservedCounts)
	}
	if _, calm := tg.observed.closedGeneration(); calm && v != failure {
		return
	}
	now := t.clock.time(max(at, tg.lastSeen))
	tg.observed.watch(v, now, tripOf(r, now), r.ResetAt)
}
