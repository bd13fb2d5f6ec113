package tracker

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Assembly adds up parts of the states of many origins, each of which may come in pieces: some hours of it, some of its targets.
// [View] does the same with whole states. The order in which pieces are added does not matter, but that those with facts come first.
type Assembly struct {
	t      *ErrorTracker
	now    time.Time
	newest instant // of what is counted, no piece may be later
	apart  bool    // t has counted targets that it has not yet counted together
}

// Piece is a part of one origin's state.
type Piece struct {
	State  State
	Origin OriginID // "" for a sum that an Assembly made before
	// Labels are given to every request that the piece counts, so that filters and contrasts know them: the place, the machine.
	Labels []Label
	// Facts takes what is known of the targets now (state, breakers, sources) from this piece, beside what it counts: one piece of
	// each origin and target has it, the newest.
	Facts bool
	// Clean makes texts of an origin that is not trusted harmless; nil trusts it.
	Clean func(string) string
	// Targets says which targets of the piece are taken; nil: all. It is called once for each, in the order of their names, with the
	// time of the earliest result that its origin ever had of it: zero without any.
	Targets func(name string, first time.Time) bool
}

// ErrAhead is within the error for a piece that counts what lies in the future.
var ErrAhead = errors.New("its clock is ahead of ours")

// assemblySlack is how far a machine's clock may be ahead of ours. What it counts for later is not taken, because it would push a
// day of everybody else's counts out of the windows.
const assemblySlack = 2 * time.Minute

// NewAssembly returns an empty sum. The zone of now is the one that is shown.
func NewAssembly(now time.Time, settings Settings) *Assembly {
	a := &Assembly{t: New(settings), now: now, newest: instantOf(now.Add(assemblySlack))}
	a.t.clock.zone = now.Location()
	return a
}

// Add adds a piece. The error says why it cannot be read; the sum then is as it was.
func (a *Assembly) Add(p Piece) error {
	if len(p.State.encoded) == 0 {
		return nil
	}
	from, err := p.State.decodeClean(a.t.settings, a.now.Location(), onlyTargets, p.Clean)
	if err != nil {
		return err
	}
	from.fold()
	if from.clock.at > a.newest || from.clock.edge() > a.newest.step() {
		return fmt.Errorf("%w, by %s", ErrAhead, span(from.clock.at.sub(a.newest.add(-assemblySlack))))
	}
	if p.Targets != nil {
		for _, tg := range from.sorted() {
			if !p.Targets(tg.name, from.clock.time(tg.firstSeen)) {
				from.leaveOut(tg)
			}
		}
	}
	for _, g := range from.groups {
		if ours := a.t.groups[g.id]; ours != nil && ours.target.name != g.target.name {
			return fmt.Errorf("%w: group %#x belongs to %q", errDamaged, g.id, ours.target.name)
		}
	}
	if p.Origin != "" {
		from.belongTo(p.Origin)
	}
	for _, tg := range from.sorted() {
		tg.label(p.Labels)
	}
	from.labelFailures(p.Labels)
	a.add(from, p.Facts)
	return nil
}

// add adds what another tracker holds, whose errors have numbers that no others have.
func (a *Assembly) add(from *ErrorTracker, facts bool) {
	t := a.t
	if facts {
		t.clock.merge(&from.clock)
		for _, tg := range from.sorted() {
			several := t.targets[tg.name] != nil
			into := t.target(tg.name)
			if into.name != tg.name {
				t.targetsDropped += tg.origins[OriginProbe].results + tg.origins[OriginTraffic].results
			}
			if several {
				into.join(tg)
			}
			t.addFacts(into, tg)
		}
		t.sources.merge(&from.sources)
		for _, mark := range from.marks {
			t.addMark(mark)
		}
		t.evidence.cut += from.evidence.cut
		t.targetsDropped += from.targetsDropped
		t.groupsDropped += from.groupsDropped
	} else {
		for _, tg := range from.sorted() {
			if into := t.targets[tg.name]; into != nil {
				into.scan.restart(earlierMinute(into.scan.first, tg.scan.first))
				into.firstSeen = earlier(into.firstSeen, tg.firstSeen)
				into.traits.absorb(&tg.traits, t.clock.shown())
			}
		}
	}
	t.addTargets(from, 0)
	t.countEvidence()
	t.shed()
	t.seq = max(t.seq, from.seq)
	a.apart = true
}

// join prepares a target for what another origin knows of it. How it is then is judged anew, without what one of them was in: a third that
// fails altogether is not the whole that does. Its history is that of the worse one, because two in one would tell of turns that
// there were not.
func (tg *target) join(from *target) {
	tg.joined = true
	for o := range tg.origins {
		tg.origins[o].judged, from.origins[o].judged = verdictOnOrigin{}, verdictOnOrigin{}
	}
	if from.cond.state > tg.cond.state {
		tg.history = nil
	} else {
		from.history = nil
	}
}

// together counts all targets together: once, not for each piece.
func (a *Assembly) together() {
	if a.apart {
		a.t.countTogether()
		a.t.all.advance(a.t.clock.edge())
		a.apart = false
	}
}

// State returns the sum, to be kept or added to another one.
func (a *Assembly) State(part Part) State {
	a.together()
	return a.t.State(a.now, part)
}

// GoOn has targets go on in the states that an earlier sum of the same origins judged them to be in, and since when: what is summed up anew
// has not changed by that. It has to be called before [Assembly.Tracker].
func (a *Assembly) GoOn(before *ErrorTracker) {
	before.mu.Lock()
	defer before.mu.Unlock()
	for name, from := range before.targets {
		into := a.t.targets[name]
		if into == nil || from.cond.state == StateUnknown {
			continue
		}
		into.cond, into.since, into.changes = from.cond, from.since, from.changes
		into.history = slices.Clone(from.history)
		for o := range into.origins {
			into.origins[o].judged = from.origins[o].judged
		}
		into.turned, into.joined = true, false
	}
}

// Tracker returns the sum as a tracker that goes on from there. It shows versions above the one given, so that pictures of it can be
// told from those of the sum before. The Assembly must not be used any more.
func (a *Assembly) Tracker(version uint64) *ErrorTracker {
	a.together()
	a.t.begin(a.now)
	a.t.version = max(a.t.version, version) + 1
	return a.t
}

// leaveOut removes a target that is not taken.
func (t *ErrorTracker) leaveOut(tg *target) {
	delete(t.targets, tg.name)
	for _, g := range tg.groups {
		delete(t.groups, g.id)
	}
	t.errors.keep(func(f *Failure) bool { return f.Target != tg.name })
}

// belongTo gives errors numbers by their time and origin, and sources names with the origin, which no other origin has.
func (t *ErrorTracker) belongTo(origin OriginID) {
	const bits = 12
	hash := newFNV().text(string(origin))
	t.seq = 0
	done := map[*Failure]bool{}
	number := func(f *Failure) {
		if done[f] {
			return
		}
		done[f] = true
		micros := uint64(max(f.Time.UnixMicro(), 0))
		own := uint64(hash.number(int(f.Seq))) & (1<<bits - 1) //nolint:gosec // a hash of it
		f.Seq = micros<<bits | own
		t.seq = max(t.seq, f.Seq)
	}
	for i := range t.errors.len() {
		number(t.errors.at(i))
	}
	for _, g := range t.groups {
		for _, f := range g.kept() {
			number(f)
		}
	}
	list := t.sources.list()
	t.sources = sources{}
	for _, source := range list {
		source.Name = string(origin) + ": " + source.Name
		t.sources.update(source)
	}
}

// label counts the requests of a target under labels that all of them have.
func (tg *target) label(labels []Label) {
	if len(labels) == 0 {
		return
	}
	var hours [hourSlots]traitHour
	newest := tg.act.edge / stepsPerHour
	oldest := max(newest-hourSlots+1, 0)
	for _, c := range tg.act.columns {
		count := requestsOf(c.key)
		if count == nil {
			continue
		}
		for h := oldest; h <= newest; h++ {
			count(&hours[h%hourSlots], uint32(c.hours.sum(h*60, (h+1)*60))) //nolint:gosec // of an hour
		}
	}
	for i := range hours {
		hours[i].sampled = (hours[i].sampled + sampleEvery/2) / sampleEvery
	}
	for _, l := range labels {
		if len(tg.traits.fields) >= fieldsKept && tg.traits.has(l.Name) == nil {
			tg.traits.fields = tg.traits.fields[:fieldsKept-1] // the last one came last, and matters less
		}
		f := tg.traits.field(l.Name)
		*f = traitField{name: l.Name, values: []*trait{{value: l.Value, first: max(tg.firstSeen, 1), latest: newest, hours: hours}}}
	}
	tg.traits.known, tg.traits.last = nil, nil
}

// requestsOf returns how results of an outcome are counted in an hour of a trait, successes in whole; nil where they are not.
func requestsOf(key outcomeKey) func(*traitHour, uint32) {
	switch kind := key.kind(); {
	case key == inconclusive || !kind.Sent():
		return nil
	case !kind.Failed():
		return func(h *traitHour, n uint32) { h.sampled += n }
	case key.origin() != OriginProbe && classOf(key.outcome()).callers():
		return func(h *traitHour, n uint32) { h.callers += n }
	default:
		return func(h *traitHour, n uint32) { h.own += n }
	}
}

// has returns the field of a name, nil without.
func (t *traits) has(name string) *traitField {
	for i := range t.fields {
		if t.fields[i].name == name {
			return &t.fields[i]
		}
	}
	return nil
}

// labelFailures gives labels to every error that is kept. Those that shared their labels share them again.
func (t *ErrorTracker) labelFailures(labels []Label) {
	if len(labels) == 0 {
		return
	}
	known := map[*Labels]*Labels{}
	done := map[*Failure]bool{}
	label := func(f *Failure) {
		if done[f] {
			return
		}
		done[f] = true
		with := known[f.Labels]
		if with == nil {
			all := Labels(slices.Clone(labels))
			if f.Labels != nil {
				for _, l := range *f.Labels {
					if !slices.ContainsFunc(labels, func(own Label) bool { return own.Name == l.Name }) {
						all = append(all, l)
					}
				}
			}
			with = &all
			known[f.Labels] = with
		}
		f.Labels = with
	}
	for i := range t.errors.len() {
		label(t.errors.at(i))
	}
	for _, g := range t.groups {
		for _, f := range g.kept() {
			label(f)
		}
	}
}
