package tracker

// The sections of a target. Numbers are never used again for something else.
const (
	sectionFacts     = 1
	sectionActivity  = 2
	sectionPending   = 3
	sectionOrigins   = 4
	sectionJudgement = 5
	sectionGroups    = 6
	sectionGate      = 7
	sectionObserved  = 8
	sectionReported  = 9
	sectionScan      = 10
	sectionTraits    = 11
	sectionCert      = 12
	sectionOrder     = 13 // of all groups; only where those of the hours before are kept elsewhere
)

// target writes everything that is known of a target, with the counts of a span.
func (e *encoder) target(tg *target, span stepSpan, of keptPart) {
	e.section(sectionFacts, func() { e.facts(tg) })
	if of == keptNow || of == 0 && span.has(tg.open.step) {
		e.section(sectionActivity, func() { e.activity(&tg.act, span, nil) })
		e.section(sectionPending, func() { e.pending(&tg.open) })
	} else {
		e.section(sectionActivity, func() { e.activity(&tg.act, span, tg.open.counts) })
	}
	e.section(sectionOrigins, func() {
		for o := range tg.origins {
			e.block(func() { e.recent(&tg.origins[o]) })
		}
	})
	e.section(sectionJudgement, func() { e.judgement(tg) })
	e.section(sectionGroups, func() { e.groups(tg, span) })
	if tg.gate != nil {
		e.section(sectionGate, func() { e.machine(tg.gate) })
	}
	if tg.observed != nil {
		e.section(sectionObserved, func() { e.machine(tg.observed) })
	}
	if tg.reported != nil {
		e.section(sectionReported, func() { e.reported(tg.reported) })
	}
	e.section(sectionScan, func() {
		if e.brief {
			e.minutes(tg.scan.first)
			return
		}
		e.scan(&tg.scan)
	})
	e.section(sectionTraits, func() { e.traits(&tg.traits, span) })
	if !tg.certExpiry.IsZero() {
		e.section(sectionCert, func() { e.time(tg.certExpiry) })
	}
	if of == keptNow {
		e.section(sectionOrder, func() {
			for _, g := range tg.groups {
				e.uint(g.id)
			}
		})
	}
}

// target reads a target into a tracker.
func (d *decoder) target(t *ErrorTracker, failures []*Failure) {
	tg, named := &target{dirty: true, shown: &Target{}, gaps: &t.gaps, traits: traits{only: t.settings.ContrastFields}}, false
	d.sections(func(tag uint64, d *decoder) {
		if (tag == sectionFacts) == named {
			d.fail("target %q is not named once, and first", tg.name)
			return
		}
		switch tag {
		case sectionFacts:
			d.facts(tg)
			if t.targets[tg.name] != nil {
				d.fail("target %q twice", tg.name)
			}
			t.targets[tg.name], named = tg, true
		case sectionActivity:
			d.activity(&tg.act, &t.all)
		case sectionPending:
			d.pending(tg)
			if tg.open.results > 0 {
				tg.waiting = true
				t.waiting = append(t.waiting, tg)
			}
		case sectionOrigins:
			for o := range tg.origins {
				inner := d.block()
				inner.recent(&tg.origins[o])
			}
		case sectionJudgement:
			d.judgement(tg)
		case sectionGroups:
			d.groups(t, tg, failures)
		case sectionGate:
			tg.gate = t.newMachine(tg)
			d.machine(tg.gate)
		case sectionObserved:
			tg.observed = t.newObserver(tg)
			d.machine(tg.observed)
		case sectionReported:
			tg.reported = &reported{}
			d.reported(tg.reported)
		case sectionScan:
			d.scan(&tg.scan)
		case sectionTraits:
			d.traits(&tg.traits)
		case sectionCert:
			tg.certExpiry = d.time()
		case sectionOrder:
			for d.more() {
				tg.order = append(tg.order, d.uint())
			}
		}
	})
}

func (e *encoder) facts(tg *target) {
	e.text(tg.name)
	e.text(tg.info.Name)
	e.text(tg.info.URL)
	e.duration(tg.info.Interval)
	e.float(tg.info.Objective)
	e.duration(tg.info.Period)
	e.int(int64(tg.info.BreakerThreshold))
	e.duration(tg.info.BreakerRecovery)
	e.bool(tg.probed)
	for _, i := range [...]instant{tg.announced, tg.firstSeen, tg.lastSeen, tg.lastOK, tg.resetAt} {
		e.instant(i)
	}
}

func (d *decoder) facts(tg *target) {
	tg.name = d.text()
	tg.info.Name = d.text()
	tg.info.URL = d.text()
	tg.info.Interval = d.duration()
	tg.info.Objective = d.float()
	tg.info.Period = d.duration()
	tg.info.BreakerThreshold = int(d.int())
	tg.info.BreakerRecovery = d.duration()
	tg.probed = d.bool()
	for _, i := range [...]*instant{&tg.announced, &tg.firstSeen, &tg.lastSeen, &tg.lastOK, &tg.resetAt} {
		*i = d.instant()
	}
}

// pending writes what was not yet added to the windows, which would judge the target.
func (e *encoder) pending(p *pending) {
	e.uint(uint64(p.step)) //nolint:gosec // never negative
	e.counts(p.counts)
	timed := p.dense != nil || p.fewUsed > 0
	e.bool(timed)
	if timed {
		counts := make([]uint32, BucketCount)
		for _, bucket := range p.few[:p.fewUsed] {
			counts[bucket]++
		}
		if p.dense != nil {
			for i, n := range p.dense.n {
				counts[i] += uint32(n)
			}
		}
		e.counts(counts)
	}
}

func (d *decoder) pending(tg *target) {
	p := &tg.open
	p.step = int64(d.below(lastUnix/10+1, "step")) //nolint:gosec // below
	p.counts = make([]uint32, len(tg.act.columns))
	d.counts(len(p.counts), func(i int, n uint32) {
		p.counts[i] = n
		p.results += n
	})
	if !d.bool() {
		return
	}
	d.counts(BucketCount, func(i int, n uint32) {
		if n > 0xffff {
			d.fail("%d latencies in a step", n)
			return
		}
		if p.dense == nil {
			p.dense = &denseBuckets{}
		}
		p.dense.add(Bucket(i), uint16(n)) //nolint:gosec // below BucketCount
	})
}

func (e *encoder) recent(r *recent) {
	e.uint(uint64(r.count))
	for i := range int(r.count) {
		e.uint(uint64(r.back(int(r.count) - 1 - i)))
	}
	e.uint(uint64(r.sinceTrouble())) //nolint:gosec // never negative
	e.instant(r.last)
	e.uint(r.results)
	e.instant(r.gaps.began)
	e.duration(r.gaps.before)
	e.duration(r.gaps.since)
	e.verdict(&r.judged)
	e.duration(r.unlived)
}

func (d *decoder) recent(r *recent) {
	r.count = d.byte(runsKept+1, "number of outcomes")
	for i := range int(r.count) {
		r.outcomes[i] = outcomeKey(d.uint32())
		if r.outcomes[i].kind() >= kindCount {
			d.fail("outcome %#x", uint32(r.outcomes[i]))
		}
	}
	r.next = r.count % runsKept
	r.heard = uint64(r.count)
	r.trouble = r.heard - uint64(d.byte(uint64(r.count)+1, "outcomes since trouble began"))
	r.last = d.instant()
	r.results = d.uint()
	r.gaps = gaps{began: d.instant(), before: d.duration(), since: d.duration()}
	r.judged = d.verdict()
	r.unlived = d.duration()
}

func (e *encoder) verdict(v *verdictOnOrigin) {
	e.uint(uint64(v.state))
	e.uint(v.n)
	e.uint(v.of)
	e.duration(v.window)
	e.uint(uint64(v.kind))
	e.bool(v.all)
}

func (d *decoder) verdict() verdictOnOrigin {
	v := verdictOnOrigin{state: d.targetState(), n: d.uint(), of: d.uint(), window: d.duration(), kind: outcomeKey(d.uint32()), all: d.bool()}
	if v.kind.kind() >= kindCount {
		d.fail("outcome %#x", uint32(v.kind))
	}
	return v
}

func (d *decoder) targetState() TargetState {
	return TargetState(d.byte(stateCount, "state of a target"))
}

func (d *decoder) origin() Origin { return Origin(d.byte(2, "origin")) }

// judgement writes the target's state, what it rests on, and its history.
func (e *encoder) judgement(tg *target) {
	c := &tg.cond
	e.uint(uint64(c.state))
	e.uint(uint64(c.origin))
	e.verdict(&c.by)
	e.bool(c.byApp)
	for _, i := range [...]instant{tg.since, tg.changes[0], tg.changes[1], tg.until} {
		e.instant(i)
	}
	for _, windows := range tg.shares {
		for _, s := range windows {
			e.uint(s.requests)
			e.uint(s.errors)
			e.uint(s.limited)
		}
	}
	e.bool(tg.dirty)
	e.text(tg.shown.Reason) // it may tell an age as of when it was last shown
	e.uint(uint64(len(tg.history)))
	for _, turn := range tg.history {
		e.block(func() {
			e.instant(turn.at)
			e.uint(uint64(turn.state))
			e.text(turn.reason)
		})
	}
	e.instant(tg.resumed)
	e.duration(tg.unlived)
}

func (d *decoder) judgement(tg *target) {
	tg.cond = condition{state: d.targetState(), origin: d.origin(), by: d.verdict(), byApp: d.bool()}
	for _, i := range [...]*instant{&tg.since, &tg.changes[0], &tg.changes[1], &tg.until} {
		*i = d.instant()
	}
	for o := range tg.shares {
		for w := range tg.shares[o] {
			tg.shares[o][w] = share{requests: d.uint(), errors: d.uint(), limited: d.uint()}
		}
	}
	tg.dirty, tg.restored, tg.turned = d.bool(), true, true
	tg.shown.Reason = d.text()
	d.list(func(d *decoder) {
		tg.history = append(tg.history, stateChange{at: d.instant(), state: d.targetState(), reason: d.text()})
	})
	tg.history = tg.history[max(len(tg.history)-historyKept, 0):]
	tg.resumed, tg.unlived = d.instant(), d.duration()
}

// machine writes a breaker. A trial on its way is not kept, because who made it is gone; its settings are the tracker's.
func (e *encoder) machine(m *machine) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.uint(uint64(m.state))
	e.uint(m.generation)
	e.time(m.since)
	e.int(int64(m.failures))
	e.duration(m.wait)
	e.time(m.resetAt)
	e.uint(m.skipped)
	e.uint(m.opened)
	e.trips(m.row)
	e.trips(m.trips)
	e.transitions(m.story)
}

// machine reads a breaker. No wait becomes longer than an hour or the recovery time, and one that is CLOSED has room for
// another failure.
func (d *decoder) machine(m *machine) {
	m.state = d.breakerState()
	if m.state == BreakerNone {
		d.fail("a breaker without a state")
		m.state = BreakerClosed
	}
	m.generation = d.uint() + 1 // what was allowed before is not heard any more
	m.since = d.zoned()
	failures := d.int()
	wait := d.duration()
	m.resetAt = d.time()
	m.skipped = d.uint()
	m.opened = d.uint()
	m.row = d.trips()
	m.trips = d.trips()
	m.story = d.transitions()
	m.moved = len(m.story)
	if m.state == BreakerClosed {
		m.failures = int(min(max(failures, 0), int64(m.threshold-1)))
	}
	if m.state == BreakerOpen {
		m.wait = min(max(wait, m.recovery), max(maxWait, m.recovery))
	}
	m.publish()
}

func (d *decoder) breakerState() BreakerState {
	return BreakerState(d.byte(uint64(BreakerHalfOpen)+1, "state of a breaker"))
}

func (e *encoder) trips(trips []Trip) {
	e.uint(uint64(len(trips)))
	for i := range trips {
		e.block(func() {
			e.time(trips[i].At)
			e.outcome(trips[i].Outcome)
			e.text(trips[i].Message)
		})
	}
}

func (d *decoder) trips() (trips []Trip) {
	d.list(func(d *decoder) { trips = append(trips, Trip{At: d.zoned(), Outcome: d.outcome(), Message: d.text()}) })
	return trips[max(len(trips)-tripsKept, 0):]
}

func (e *encoder) transitions(story []Transition) {
	e.uint(uint64(len(story)))
	for i := range story {
		e.block(func() {
			e.time(story[i].At)
			e.uint(uint64(story[i].From))
			e.uint(uint64(story[i].To))
			e.text(story[i].Why)
		})
	}
}

func (d *decoder) transitions() (story []Transition) {
	d.list(func(d *decoder) {
		story = append(story, Transition{At: d.zoned(), From: d.breakerState(), To: d.breakerState(), Why: d.text()})
	})
	return story[max(len(story)-storyKept, 0):]
}

func (e *encoder) reported(r *reported) {
	e.uint(uint64(r.state))
	e.instant(r.since)
	e.instant(r.last)
	e.uint(r.opened)
	e.transitions(r.story)
	e.duration(r.unlived)
}

func (d *decoder) reported(r *reported) {
	r.state, r.since, r.last, r.opened = d.breakerState(), d.instant(), d.instant(), d.uint()
	r.story = d.transitions()
	r.unlived = d.duration()
	r.moved, r.revision = len(r.story), 1
}

func (e *encoder) outcome(o Outcome) {
	if o.Kind >= kindCount {
		o.Kind = KindProtocol // as it is counted
	}
	e.uint(uint64(o.Kind))
	e.int(int64(o.Status))
}

func (d *decoder) outcome() Outcome {
	kind := Kind(d.byte(kindCount, "kind"))
	return Outcome{Kind: kind, Status: int(d.int())}
}
