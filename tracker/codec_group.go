package tracker

// groups writes a target's groups, with the counts of a span.
func (e *encoder) groups(tg *target, span stepSpan) {
	var kept []*group
	for _, g := range tg.groups {
		if g.count > 0 && (span == always || span.countOf(g) > 0) {
			kept = append(kept, g)
		}
	}
	e.uint(uint64(len(kept)))
	for _, g := range kept {
		e.block(func() { e.group(g, g == tg.other, span) })
	}
}

// countOf returns how many of a group's errors came in a span, as far as they are told apart by the hour: what came before belongs to
// a span without a beginning.
func (s stepSpan) countOf(g *group) (n uint64) {
	switch {
	case s == always:
		return g.count
	case s.from == 0:
		return g.count - min(g.count, stepSpan{s.to, always.to}.countOf(g))
	}
	hour := g.edge / 60
	for h := max(hour-hourSlots+1, 0); h <= hour; h++ {
		if s.has(h * stepsPerHour) {
			n += uint64(g.hours[h%hourSlots])
		}
	}
	return n
}

func (e *encoder) group(g *group, other bool, span stepSpan) {
	e.uint(g.id)
	e.bool(other)
	e.text(g.method)
	e.text(g.route)
	e.outcome(g.outcome)
	e.text(g.error)
	e.text(g.message)
	e.uint(span.countOf(g))
	e.instant(g.first)
	e.instant(g.last)
	e.instant(g.back)
	e.uint(uint64(g.edge)) //nolint:gosec // never negative
	var counts [60]uint32
	for i := range counts {
		if m := g.edge - 59 + int64(i); m >= 0 && span.has(m*stepsPerMinute) {
			counts[i] = g.minutes[m%60]
		}
	}
	e.counts(counts[:])
	hours := counts[:hourSlots]
	clear(hours)
	for i := range hours {
		if h := g.edge/60 - hourSlots + 1 + int64(i); h >= 0 && span.has(h*stepsPerHour) {
			hours[i] = g.hours[h%hourSlots]
		}
	}
	e.counts(hours)
	e.instant(g.until)
	kept := e.exemplars(g)
	e.uint(uint64(len(kept)))
	for _, f := range kept {
		e.failure(f)
	}
	var scratch [minutesKept]uint32
	e.daily(&g.day, g.edge, span, &scratch)
	e.duration(g.unlived)
	e.uint(uint64(g.merged))
}

func (d *decoder) groups(t *ErrorTracker, tg *target, failures []*Failure) {
	d.list(func(d *decoder) {
		g := &group{id: d.uint(), dirty: true}
		other := d.bool()
		g.method, g.route, g.outcome, g.error, g.message = d.text(), d.text(), d.outcome(), d.text(), d.text()
		g.count = d.uint()
		g.first, g.last, g.back = d.instant(), d.instant(), d.instant()
		g.edge = int64(d.below(lastUnix/60+1, "minute")) //nolint:gosec // below
		d.counts(len(g.minutes), func(i int, n uint32) { g.minutes[(g.edge+1+int64(i))%60] = n })
		d.counts(len(g.hours), func(i int, n uint32) { g.hours[(g.edge/60+1+int64(i))%hourSlots] = n })
		g.until = d.instant()
		n := d.below(1+newestKept+1, "number of exemplars")
		for i := range n {
			switch f := d.failure(failures); {
			case !d.ok():
				return
			case i == 0:
				g.oldest = f
			default:
				g.newest = append(g.newest, f)
			}
		}
		d.daily(g.edge, g.day.add)
		g.unlived = d.duration()
		g.merged = d.uint32()
		switch {
		case g.oldest == nil:
			d.fail("a group without an error")
		case t.groups[g.id] != nil:
			d.fail("group %#x twice", g.id)
		default:
			if other {
				tg.other = g
			}
			t.addGroup(tg, g)
			if fold, ok := foldOf(g.print()); ok && g.merged > 0 && len(tg.folding.folds) < foldsKept {
				tg.folding.folds = append(tg.folding.folds, groupFold{fold, g})
			}
		}
	})
}
