package tracker

import (
	"slices"
	"time"
)

// The sections of a state. Numbers are never used again for something else. Tables come first, because the others refer to them.
const (
	sectionStrings   = 1
	sectionLabels    = 2
	sectionFailures  = 3
	sectionClock     = 4
	sectionAll       = 5 // of all targets together; only where every target is in the state
	sectionTargets   = 6
	sectionRing      = 7
	sectionSources   = 8
	sectionPositions = 9
	sectionMarks     = 10
	sectionGaps      = 11
	sectionNotes     = 12
)

// tracker writes all sections but the tables.
func (e *encoder) tracker(t *ErrorTracker, part Part) {
	span := part.span()
	has := func(name string) bool { return part.Targets == nil || slices.Contains(part.Targets, name) }
	e.section(sectionClock, func() {
		e.clock(t)
		e.uint(uint64(part.of))
	})
	if part.Targets == nil {
		e.section(sectionAll, func() { e.activity(&t.all, span, nil) })
	}
	e.section(sectionTargets, func() {
		targets := slices.DeleteFunc(t.sorted(), func(tg *target) bool { return !has(tg.name) })
		e.uint(uint64(len(targets)))
		for _, tg := range targets {
			e.block(func() { e.target(tg, span, part.of) })
		}
	})
	e.section(sectionRing, func() {
		for i := e.firstError(t); i < t.errors.len(); i++ {
			f := t.errors.at(i)
			if part.of == keptNow || part.of == 0 && has(f.Target) && span.has(instantOf(f.Time).step()) {
				e.failure(f)
			}
		}
	})
	e.section(sectionSources, func() { e.sources(&t.sources) })
	e.section(sectionPositions, func() { e.positions(t.positions) })
	e.section(sectionMarks, func() { e.marks(t.marks) })
	e.section(sectionGaps, func() { e.gaps(&t.gaps) })
	e.section(sectionNotes, func() { e.notes(t.notes) })
}

// decode returns a tracker that holds what a state says and belongs to the caller; with onlyPositions nothing but these.
func (s State) decode(settings Settings, zone *time.Location, onlyPositions bool) (*ErrorTracker, error) {
	what := everything
	if onlyPositions {
		what = positionsOnly
	}
	return s.decodeClean(settings, zone, what, nil)
}

// contents says what is read of a state.
type contents uint8

const (
	everything    contents = iota
	onlyTargets            // without what all targets count together
	positionsOnly          // how far sources were read
)

// decodeClean is decode with every text made what clean makes of it; nil leaves it as it is.
func (s State) decodeClean(settings Settings, zone *time.Location, what contents, clean func(string) string) (*ErrorTracker, error) {
	var fault error
	t := New(settings)
	t.clock.zone = zone
	if len(s.encoded) == 0 {
		return t, nil
	}
	d := decoder{b: s.encoded[headerSize : len(s.encoded)-4], err: &fault, zone: zone}
	var read tables
	whole := false
	d.sections(func(tag uint64, d *decoder) {
		d.strings = read.strings
		switch {
		case tag == sectionStrings:
			read.strings = d.stringTable()
			if clean != nil {
				for i, text := range read.strings {
					read.strings[i] = clean(text)
				}
			}
		case what == positionsOnly && tag != sectionPositions, what == onlyTargets && tag == sectionAll:
		case tag == sectionAll:
			d.activity(&t.all, nil)
			whole = true
		default:
			d.section(tag, t, &read)
		}
	})
	if fault == nil {
		fault = t.check()
	}
	if fault != nil {
		return nil, fault
	}
	if !whole && what != onlyTargets {
		for _, tg := range t.sorted() {
			t.all.absorb(&tg.act, nil)
		}
	}
	t.countEvidence()
	t.shed()
	t.view.stale = true
	return t, nil
}

// tables are what other sections of a state refer to.
type tables struct {
	strings  []string
	labels   []*Labels
	failures []*Failure
}

// section reads one section into a tracker, or a table.
func (d *decoder) section(tag uint64, t *ErrorTracker, read *tables) {
	switch tag {
	case sectionLabels:
		read.labels = d.labelTable()
	case sectionFailures:
		read.failures = d.failureTable(read.labels)
	case sectionClock:
		d.clock(t)
	case sectionTargets:
		d.list(func(d *decoder) { d.target(t, read.failures) })
	case sectionRing:
		for d.more() {
			if f := d.failure(read.failures); d.ok() {
				t.errors.push(f)
			}
		}
	case sectionSources:
		d.sources(&t.sources)
	case sectionPositions:
		t.positions = d.positions()
	case sectionMarks:
		t.marks = d.marks()
	case sectionNotes:
		t.notes = d.notes()
	case sectionGaps:
		d.gaps(&t.gaps)
		t.gaps.show(&t.clock)
	}
}

// check refuses what no tracker can hold: windows that end after the moment shown.
func (t *ErrorTracker) check() error {
	d := decoder{err: new(error)}
	edge := t.clock.edge()
	ahead := t.all.edge > edge
	for _, tg := range t.targets {
		ahead = ahead || tg.act.edge > edge || tg.open.step > edge
	}
	for _, g := range t.groups {
		ahead = ahead || g.edge > edge/stepsPerMinute
	}
	if ahead {
		d.fail("it counts what lies ahead of its clock")
	}
	return *d.err
}

// stringTable reads all strings. One byte of a state takes at most one string of it.
func (d *decoder) stringTable() (list []string) {
	text := string(d.b) // once: strings are parts of it
	all := len(d.b)
	for d.more() {
		n := d.uint()
		if n > uint64(len(d.b)) {
			d.fail("a string of %d bytes in %d", n, len(d.b))
			return nil
		}
		at := all - len(d.b)
		list = append(list, text[at:at+int(n)]) //nolint:gosec // no more than there is
		d.b = d.b[n:]
	}
	return list
}

func (e *encoder) clock(t *ErrorTracker) {
	e.instant(t.clock.at)
	e.bool(t.clock.live)
	e.uint(t.version)
	e.uint(t.seq)
	skew := &t.clock.skew
	for _, n := range [...]uint64{
		skew.Future, skew.Impossible, skew.Late, skew.OutOfOrder, t.targetsDropped, t.groupsDropped, t.evidence.cut,
	} {
		e.uint(n)
	}
}

func (d *decoder) clock(t *ErrorTracker) {
	t.clock.at = d.instant()
	t.clock.live = d.bool()
	t.version, t.seq = d.uint(), d.uint()
	skew := &t.clock.skew
	for _, n := range [...]*uint64{
		&skew.Future, &skew.Impossible, &skew.Late, &skew.OutOfOrder, &t.targetsDropped, &t.groupsDropped, &t.evidence.cut,
	} {
		*n = d.uint()
	}
	t.of = keptPart(d.byte(uint64(keptEarlier)+1, "part"))
}

func (e *encoder) positions(positions map[string]Position) {
	names := make([]string, 0, len(positions))
	for name := range positions {
		names = append(names, name)
	}
	slices.Sort(names)
	e.uint(uint64(len(names)))
	for _, name := range names {
		e.block(func() {
			e.text(name)
			e.position(positions[name])
			older := positions[name].Older
			e.uint(uint64(len(older)))
			for _, at := range older {
				e.block(func() { e.position(at) })
			}
		})
	}
}

func (d *decoder) positions() map[string]Position {
	positions := map[string]Position{}
	d.list(func(d *decoder) {
		name, at := d.text(), d.position()
		d.list(func(d *decoder) { at.Older = append(at.Older, d.position()) })
		positions[name] = at
	})
	return positions
}

func (e *encoder) position(at Position) {
	e.text(string(at.Head))
	e.int(at.Offset)
}

func (d *decoder) position() Position { return Position{Head: []byte(d.text()), Offset: d.int()} }

func (e *encoder) gaps(l *gapList) {
	e.uint(uint64(len(l.list)))
	for _, g := range l.list {
		e.block(func() {
			e.instant(g.from)
			e.instant(g.to)
			e.text(g.why)
		})
	}
}

func (d *decoder) gaps(l *gapList) {
	d.list(func(d *decoder) { l.list = append(l.list, gap{from: d.instant(), to: d.instant(), why: d.text()}) })
	l.list = l.list[max(len(l.list)-gapsKept, 0):]
}

func (e *encoder) marks(marks []Mark) {
	e.uint(uint64(len(marks)))
	for _, m := range marks {
		e.block(func() {
			e.time(m.At)
			e.text(m.Text)
			e.text(m.Target)
			e.text(m.Version)
			e.text(m.Source)
		})
	}
}

func (d *decoder) marks() (marks []Mark) {
	d.list(func(d *decoder) {
		marks = append(marks, Mark{At: d.zoned(), Text: d.text(), Target: d.text(), Version: d.text(), Source: d.text()})
	})
	return marks[max(len(marks)-marksKept, 0):]
}
