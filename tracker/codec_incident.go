package tracker

// maxLag is how many minutes a baseline that is read may be behind: it waits while an episode goes on, or nothing comes, and that of silence
// stays where it began. What is further behind would be forgotten anyway.
const maxLag = 60 * minutesPerDay

// scan writes what was read of a target's counts for incidents: baselines, episodes and checkpoints.
func (e *encoder) scan(s *scan) {
	e.minutes(s.first)
	e.uint(uint64(min(s.dirty, never-1) + 1)) //nolint:gosec // never negative; 0 is what was not written
	e.bool(s.changed)
	e.block(func() { e.scanState(&s.state) })
	e.uint(uint64(len(s.saved)))
	for i := range s.saved {
		e.block(func() { e.scanState(&s.saved[i]) })
	}
	e.uint(uint64(len(s.done)))
	for i := range s.done {
		e.block(func() { e.episode(&s.done[i]) })
	}
}

func (d *decoder) scan(s *scan) {
	s.first = d.minute()
	if n := d.uint(); n > 0 && n < never {
		s.dirty = int64(n) - 1
	} else {
		s.dirty = never
	}
	s.changed = d.bool()
	inner := d.block()
	inner.scanState(&s.state)
	d.list(func(d *decoder) {
		var saved scanState
		d.scanState(&saved)
		s.saved = append(s.saved, saved)
	})
	d.list(func(d *decoder) { s.done = append(s.done, d.episode()) })
	for i := range s.saved {
		if s.saved[i].done > len(s.done) {
			d.fail("%d episodes that are over, of %d", s.saved[i].done, len(s.done))
		}
	}
	if s.state.done > len(s.done) {
		d.fail("%d episodes that are over, of %d", s.state.done, len(s.done))
	}
}

// minute reads a minute since 1970.
func (d *decoder) minute() int64 { return int64(d.below(lastUnix/60+1, "minute")) } //nolint:gosec // below

func (e *encoder) minutes(list ...int64) {
	for _, m := range list {
		e.uint(uint64(m)) //nolint:gosec // never negative
	}
}

func (d *decoder) minutes(list ...*int64) {
	for _, m := range list {
		*m = d.minute()
	}
}

func (e *encoder) floats(list ...float64) {
	for _, f := range list {
		e.float(f)
	}
}

func (d *decoder) floats(list ...*float64) {
	for _, f := range list {
		*f = d.float()
	}
}

func (e *encoder) scanState(s *scanState) {
	e.minutes(s.next)
	e.uint(uint64(s.done)) //nolint:gosec // never negative
	e.uint(uint64(len(s.tracks)))
	for i := range s.tracks {
		e.block(func() { e.track(&s.tracks[i]) })
	}
	e.block(func() { e.rates(&s.rates) })
}

func (d *decoder) scanState(s *scanState) {
	s.next = d.minute()
	s.done = int(d.below(1<<20, "number of episodes")) //nolint:gosec // below
	d.list(func(d *decoder) {
		tr := d.track()
		tr.next = max(tr.next, s.next-maxLag)
		if s.track(tr.class) != nil {
			d.fail("a baseline of class %d is there twice", tr.class)
		}
		s.tracks = append(s.tracks, tr)
	})
	inner := d.block()
	inner.rates(&s.rates)
}

func (e *encoder) track(tr *track) {
	e.uint(uint64(tr.class))
	e.minutes(tr.next, tr.clear)
	e.baseline(&tr.base)
	e.bool(tr.speed != nil)
	if tr.speed != nil {
		e.block(func() {
			e.uint(uint64(tr.speed.from)) //nolint:gosec // never negative
			for _, n := range tr.speed.n {
				e.float(n)
			}
		})
	}
	e.bool(tr.ep != nil)
	if tr.ep != nil {
		e.block(func() { e.episode(tr.ep) })
	}
	e.bool(tr.base.declared)
}

func (d *decoder) track() (tr track) {
	tr.class = class(d.byte(uint64(classSilence)+1, "class"))
	d.minutes(&tr.next, &tr.clear)
	tr.base = d.baseline()
	if d.bool() {
		inner := d.block()
		tr.speed = &speed{from: int(inner.byte(octaveSlots+1, "octave"))}
		for i := range tr.speed.n {
			tr.speed.n[i] = inner.float()
		}
	}
	if d.bool() {
		inner := d.block()
		ep := inner.episode()
		tr.ep = &ep
	}
	tr.base.declared = d.bool()
	return tr
}

func (e *encoder) baseline(b *baseline) {
	e.floats(b.failures, b.requests)
	e.dispersion(&b.short)
	e.dispersion(&b.long)
	e.int(int64(b.minutes))
	e.floats(b.bad.minutes)
	e.floats(b.bad.hits[:]...)
}

func (d *decoder) baseline() (b baseline) {
	d.floats(&b.failures, &b.requests)
	b.short, b.long = d.dispersion(), d.dispersion()
	b.minutes = int(d.int())
	d.floats(&b.bad.minutes, &b.bad.hits[0], &b.bad.hits[1], &b.bad.hits[2])
	return b
}

func (e *encoder) dispersion(s *dispersion) {
	e.floats(s.chi, s.df, s.y, s.mean)
	e.int(int64(s.minutes))
}

func (d *decoder) dispersion() (s dispersion) {
	d.floats(&s.chi, &s.df, &s.y, &s.mean)
	s.minutes = int(d.int())
	return s
}

func (e *encoder) rates(r *rates) {
	e.minutes(r.next, r.since)
	e.floats(r.sum, r.all)
	e.dispersion(&r.spread)
	e.int(int64(r.minutes))
	for _, n := range [...]int64{r.gap, r.longest[0], r.longest[1]} {
		e.int(n)
	}
}

func (d *decoder) rates(r *rates) {
	d.minutes(&r.next, &r.since)
	d.floats(&r.sum, &r.all)
	r.spread = d.dispersion()
	r.minutes = int(d.int())
	for _, n := range [...]*int64{&r.gap, &r.longest[0], &r.longest[1]} {
		*n = d.int()
	}
}

func (e *encoder) episode(p *episode) {
	e.uint(uint64(p.class))
	e.uint(uint64(p.slow)) //nolint:gosec // never negative
	e.minutes(p.detected, p.started, p.turn, p.calmFrom, p.heard, p.peak.minute)
	for _, i := range [...]instant{p.onset.at, p.onset.earliest, p.onset.latest, p.end} {
		e.instant(i)
	}
	for _, yes := range [...]bool{p.onset.first, p.before, p.known, p.thin, p.first, p.bad} {
		e.bool(yes)
	}
	e.floats(p.usual, p.rate, p.level, p.evidence, p.peak.share, p.peak.failed)
	e.baseline(&p.baseline)
	e.uint(uint64(p.phaseCount)) //nolint:gosec // never negative
	for i := range p.phasesThere() {
		e.minutes(p.phase(i).from, p.phase(i).to)
	}
}

func (d *decoder) episode() (p episode) {
	p.class = class(d.byte(uint64(classSilence)+1, "class"))
	p.slow = int(d.byte(octaveSlots+1, "octave"))
	d.minutes(&p.detected, &p.started, &p.turn, &p.calmFrom, &p.heard, &p.peak.minute)
	for _, i := range [...]*instant{&p.onset.at, &p.onset.earliest, &p.onset.latest, &p.end} {
		*i = d.instant()
	}
	for _, yes := range [...]*bool{&p.onset.first, &p.before, &p.known, &p.thin, &p.first, &p.bad} {
		*yes = d.bool()
	}
	d.floats(&p.usual, &p.rate, &p.level, &p.evidence, &p.peak.share, &p.peak.failed)
	p.baseline = d.baseline()
	p.phaseCount = int(d.below(1<<20, "number of phases")) //nolint:gosec // below
	if p.phaseCount == 0 {
		d.fail("an episode without trouble")
		p.phaseCount = 1
	}
	for i := range p.phasesThere() {
		d.minutes(&p.phase(i).from, &p.phase(i).to)
	}
	return p
}

// traits writes what a target's requests are told apart by, with the counts of a span.
func (e *encoder) traits(t *traits, span stepSpan) {
	e.uint(uint64(len(t.fields)))
	for i := range t.fields {
		f := &t.fields[i]
		e.block(func() {
			e.text(f.name)
			other := f.other
			if other == nil {
				other = &trait{}
			}
			e.trait(other, span)
			e.uint(uint64(len(f.values)))
			for _, v := range f.values {
				e.block(func() {
					e.trait(v, span)
					e.speeds(v, span)
				})
			}
		})
	}
}

func (d *decoder) traits(t *traits) {
	d.list(func(d *decoder) {
		f := traitField{name: d.text()}
		other := &trait{}
		if d.trait(other); other.latest > 0 {
			f.other = other
		}
		d.list(func(d *decoder) {
			v := &trait{}
			d.trait(v)
			d.speeds(v)
			f.values = append(f.values, v)
		})
		if len(t.fields) >= fieldsKept || len(f.values) > valuesKept {
			d.fail("%d fields, %d values of the last", len(t.fields)+1, len(f.values))
			return
		}
		t.fields = append(t.fields, f)
	})
}

func (e *encoder) trait(v *trait, span stepSpan) {
	e.text(v.value)
	e.instant(v.first)
	e.uint(uint64(v.latest)) //nolint:gosec // never negative
	for _, of := range [...]func(traitHour) uint32{
		func(h traitHour) uint32 { return h.own }, func(h traitHour) uint32 { return h.callers }, func(h traitHour) uint32 { return h.sampled },
	} {
		var counts [hourSlots]uint32
		for i := range counts {
			if h := v.latest - hourSlots + 1 + int64(i); h >= 0 && span.has(h*stepsPerHour) {
				counts[i] = of(v.hours[h%hourSlots])
			}
		}
		e.counts(counts[:])
	}
}

func (d *decoder) trait(v *trait) {
	v.value = d.text()
	v.first = d.instant()
	v.latest = int64(d.below(lastUnix/3600+1, "hour")) //nolint:gosec // below
	at := func(i int) *traitHour { return &v.hours[(v.latest+1+int64(i))%hourSlots] }
	d.counts(hourSlots, func(i int, n uint32) { at(i).own = n })
	d.counts(hourSlots, func(i int, n uint32) { at(i).callers = n })
	d.counts(hourSlots, func(i int, n uint32) { at(i).sampled = n })
}

// speeds writes how fast the sampled successes of a value were, in the hours of a span.
func (e *encoder) speeds(v *trait, span stepSpan) {
	n := 0
	each := func(do func(hour int64, s speedCount)) {
		for _, s := range v.speeds {
			if hour := s.hour(v.latest); hour >= 0 && span.has(hour*stepsPerHour) {
				do(hour, s)
			}
		}
	}
	each(func(int64, speedCount) { n++ })
	e.uint(uint64(n))
	each(func(hour int64, s speedCount) {
		e.uint(uint64(v.latest - hour)) //nolint:gosec // never negative
		e.uint(uint64(s.octave))
		e.uint(uint64(s.n))
	})
}

func (d *decoder) speeds(v *trait) {
	n := d.below(hourSlots*octaveSlots+1, "number of speeds")
	for range n {
		age, octave, count := int64(d.below(hourSlots, "age")), d.byte(octaveSlots, "octave"), d.uint32() //nolint:gosec // below
		if d.ok() && v.latest >= age {
			v.speeds.add(v.latest-age, int(octave), count)
		}
	}
}
