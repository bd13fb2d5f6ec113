package tracker

import "time"

// target is what is known of one thing watched.
type target struct {
	name      string
	info      TargetInfo
	announced instant // 0: never
	probed    bool
	gone      bool

	act    activity
	open   pending
	scan   scan       // for incidents
	live   *scanState // of scan, as of the moment shown; nil before that
	traits traits
	order  []uint64 // of the groups, of one that was decoded without those of the hours before

	firstSeen, lastSeen, lastOK, resetAt instant
	certExpiry                           time.Time // of the newest probe over TLS

	origins [2]recent
	shares  [2]shares // of each origin, as last judged
	cond    condition
	since   instant
	changes [2]instant    // when the state changed the last two times, the older first
	resumed instant       // when the last gap was over
	unlived time.Duration // of gaps since it was announced
	gaps    *gapList      // the tracker's
	history []stateChange
	turned  bool // history changed since it was last shown

	groups    []*group
	other     *group // takes the errors of groups beyond the bound
	folding   folding
	yesterday yesterdayUsual
	evictAt   instant // before it no group is old enough to make room
	gate      *machine
	observed  *machine
	reported  *reported
	told      int // transitions in the tracker's list of them

	revisions [3]uint64 // of the breakers, as last shown

	waiting   bool // in the tracker's list of targets with results to fold
	dirty     bool
	joined    bool    // its state is the worst of several origins, and was not yet judged
	restored  bool    // since it was last shown; what it then said is still right if it is not dirty
	shown     *Target // as of the last snapshot, which shares it: see own
	unshared  bool    // no snapshot shares it yet
	incident  uint64  // that it is part of, as of now
	band      int     // of its error rate, as of then
	cause     *group  // the group that weighs most
	regrouped bool    // one of its groups changed: another may weigh most
	until     instant // when it looks different even if nothing comes; 0 before it was shown
}

// walk brings the windows and the state from the target's edge to a step, stopping where the state could change on the way,
// so that a state holds since it began and not since somebody looked. It reports whether anything shown changed.
func (tg *target) walk(to int64) (changed bool) {
	const steps = 5*stepsPerMinute + 1 // after that the five minutes are empty
	for i := int64(0); i < steps && tg.act.edge < to && !tg.settled(); i++ {
		next := tg.act.edge + 1
		changed = tg.act.advance(next) || changed
		if next < to {
			tg.evaluate(startOf(next))
		}
	}
	if tg.act.edge < to {
		changed = tg.act.advance(to) || changed
		if stale := max(tg.staleAt(OriginTraffic), tg.staleAt(OriginProbe)); tg.heard() && stale < startOf(to) {
			tg.evaluate(max(stale, tg.since) + 1)
		}
	}
	return changed
}

// settled reports whether only silence can change the state.
func (tg *target) settled() bool {
	if tg.cond.state == StateUnknown {
		return true
	}
	return tg.cond.state <= StateStale && tg.trafficErrors() == 0 && (tg.reported == nil || tg.reported.state != BreakerOpen)
}

// rewind forgets what lies after a moment to which the clock went back.
func (tg *target) rewind(to instant) {
	tg.act.rewind(to.step())
	tg.scan.restart(min(tg.scan.first, to.minute()))
	tg.traits.rewind(to)
	tg.open.step = 0
	for _, i := range []*instant{
		&tg.announced, &tg.firstSeen, &tg.lastSeen, &tg.lastOK, &tg.since, &tg.changes[0], &tg.changes[1],
		&tg.origins[0].last, &tg.origins[1].last, &tg.origins[0].gaps.began, &tg.origins[1].gaps.began,
	} {
		*i = min(*i, to)
	}
	tg.rewindBreakers(to)
	for i := range tg.history {
		tg.history[i].at = min(tg.history[i].at, to)
	}
	tg.dirty, tg.turned, tg.until, tg.evictAt = true, true, 0, 0
}

// rewindBreakers takes the breakers back to a moment.
func (tg *target) rewindBreakers(to instant) {
	moment := time.Unix(0, int64(to))
	for _, m := range [...]*machine{tg.gate, tg.observed} {
		if m != nil {
			m.rewind(moment)
		}
	}
	if r := tg.reported; r != nil {
		r.since, r.last = min(r.since, to), min(r.last, to)
		rewindStory(r.story, moment)
		r.revision++
	}
}

// show brings the target to the moment shown and reports whether it looks different from when it was last shown.
func (tg *target) show(c *clock, sums *[]sums) (changed bool) {
	at, edge := c.shown(), c.edge()
	due := at >= tg.until || edge != tg.act.edge
	touched := tg.dirty || tg.restored
	if !touched && !due {
		return false
	}
	changed = tg.walk(edge) || touched
	if due {
		tg.evaluate(at)
	}
	out := tg.shown
	changed = tg.showScan(changed, edge/stepsPerMinute, sums) || changed
	state, reason, disagreement := tg.cond.state, out.Reason, tg.disagreement(at)
	if due || tg.dirty {
		reason = tg.reason(at)
	}
	breakers, moved := tg.showBreakers(c)
	next := tg.nextTry(at, c, breakers)
	differs := moved || tg.turned || out.State != state || out.differs(reason, disagreement, next)
	if changed || differs {
		out = tg.own()
		if changed {
			tg.showCounts(c, out)
		}
		if tg.turned {
			out.StateChanges, tg.turned = tg.stateChanges(c, at), false
		}
		out.State, out.Since, out.Reason, out.Disagreement = state, c.time(tg.since), reason, disagreement
		out.Breakers, out.NextTry = breakers, next
		changed = true
	}
	changed = tg.regroup() || changed
	tg.until = tg.nextChange(at, out)
	tg.dirty, tg.restored = false, false
	return changed
}

// differs reports whether what was shown of a target in words has changed.
func (t *Target) differs(reason, disagreement string, next time.Time) bool {
	return t.Reason != reason || t.Disagreement != disagreement || !t.NextTry.Equal(next)
}

// showCounts lays out what is counted.
func (tg *target) showCounts(c *clock, out *Target) {
	tg.act.show(&out.Activity, false)
	out.Totals = tg.act.totals()
	out.Activity.Since = c.time(tg.firstSeen)
	out.CertExpiry = tg.certExpiry
	tg.band = band(out)
	out.SLO = tg.slo(func(c *series, w int) uint64 { return c.total[w] })
	out.Name, out.URL, out.Probed, out.Traffic = tg.name, tg.info.URL, tg.probed, tg.origins[OriginTraffic].results > 0
	out.LastSeen, out.LastOK = c.time(tg.lastSeen), c.time(tg.lastOK)
	out.Usual, out.UsualKnown = tg.usual(), tg.usualKnown()
}

// showScan brings what incidents are made of to the running minute and reports whether it looks different.
func (tg *target) showScan(counted bool, minute int64, sums *[]sums) (changed bool) {
	if !counted && tg.live != nil && tg.scan.state.next == minute {
		return false
	}
	tg.scanTo(minute, sums)
	tg.live = tg.running(sums)
	changed, tg.scan.changed = tg.scan.changed, false
	return changed || tg.shown.Usual != tg.usual() || tg.shown.UsualKnown != tg.usualKnown()
}

// own returns what is shown, to be changed: a copy, where a snapshot shares it.
func (tg *target) own() *Target {
	if !tg.unshared {
		shown := *tg.shown
		tg.shown, tg.unshared = &shown, true
	}
	return tg.shown
}

// nextChange returns the moment at which time alone may change what is shown; the next step at the latest.
func (tg *target) nextChange(at instant, out *Target) instant {
	next := startOf(at.step() + 1)
	for _, b := range out.Breakers {
		if b.State == BreakerOpen && !b.RetryAt.IsZero() {
			next = min(next, max(instantOf(b.RetryAt), at+1))
		}
	}
	if !out.NextTry.IsZero() {
		next = min(next, instantOf(out.NextTry))
	}
	for o := range tg.origins {
		if stale := tg.staleAt(Origin(o)) + 1; tg.origins[o].results > 0 && stale > at {
			next = min(next, stale)
		}
	}
	return next
}

// showBreakers returns the breakers that exist, in the order of their roles, and whether they look different.
func (tg *target) showBreakers(c *clock) (breakers []Breaker, changed bool) {
	var revisions [3]uint64
	now := c.time(c.shown())
	if tg.gate != nil {
		revisions[RoleGate] = tg.gate.look(now)
	}
	if tg.observed != nil {
		revisions[RoleObserved] = tg.observed.look(now)
	}
	if tg.reported != nil {
		revisions[RoleReported] = tg.reported.revision
	}
	if revisions == tg.revisions {
		return tg.shown.Breakers, false
	}
	tg.revisions = revisions
	return tg.breakers(c), true
}

// breakers returns those that exist, in the order of their roles.
func (tg *target) breakers(c *clock) (out []Breaker) {
	now := c.time(c.shown())
	if tg.gate != nil {
		out = append(out, tg.gate.show(RoleGate, now))
	}
	if tg.observed != nil {
		out = append(out, tg.observed.show(RoleObserved, now))
	}
	if tg.reported != nil {
		out = append(out, tg.reported.show(c))
	}
	return out
}

// moves returns how many transitions the target's breakers have made.
func (tg *target) moves() (n int) {
	if tg.gate != nil {
		n += tg.gate.moved
	}
	if tg.observed != nil {
		n += tg.observed.moved
	}
	if tg.reported != nil {
		n += tg.reported.moved
	}
	return n
}

// regroup finds the group that weighs most anew, where it may be another, and reports whether it is.
func (tg *target) regroup() (changed bool) {
	if !tg.regrouped {
		return false
	}
	before := tg.cause
	tg.cause, tg.regrouped = tg.heaviest(), false
	return tg.cause != before
}

// heaviest returns the group that weighs most.
func (tg *target) heaviest() *group {
	var best *group
	for _, g := range tg.groups {
		if best == nil || g.outweighs(best) {
			best = g
		}
	}
	return best
}

// nextTry is the newest resetAt or the gate's retry, whichever is later and lies ahead.
func (tg *target) nextTry(at instant, c *clock, breakers []Breaker) time.Time {
	var next time.Time
	if tg.resetAt > at {
		next = c.time(tg.resetAt)
	}
	if len(breakers) > 0 && breakers[0].Role == RoleGate && breakers[0].RetryAt.After(next) {
		next = breakers[0].RetryAt
	}
	return next
}

// slo measures the target against its objective, by what count says of a window of each series.
func (tg *target) slo(count func(c *series, window int) uint64) *SLO {
	objective := tg.info.Objective
	if objective <= 0 || objective >= 1 {
		return nil
	}
	burn := func(window int) float64 {
		w := tg.act.tally(func(c *series) uint64 { return count(c, window) })
		return w.ErrorRatio() / (1 - objective)
	}
	return &SLO{
		Objective: objective, Period: tg.info.Period,
		BudgetLeft: 1 - burn(lastDay), Burn5m: burn(lastFive), Burn1h: burn(lastHour), Burn6h: burn(lastSix),
	}
}
