package tracker

import "math"

// stepSpan is the part of time that a state holds counts of, in steps: from ≤ step < to. Both begin an hour, so that
// no slot is cut in two.
type stepSpan struct{ from, to int64 }

// always is all of time.
var always = stepSpan{0, math.MaxInt64}

func (s stepSpan) has(step int64) bool { return step >= s.from && step < s.to }

// More latencies than these are not believed: a state must not take more memory and time than a tracker could have used.
const (
	maxLatenciesAlike = 1 << 27 // in one bucket, in a quarter of an hour: 149,000 a second
	maxLatencies      = 1 << 35 // in a day: 397,000 a second
)

// minutesKept is how many minutes a series can tell apart.
const minutesKept = hourSlots * 60

// activity writes everything that is counted, as far as it lies in a span. Of what was not yet added to the windows, and is
// written nowhere else, only the totals know.
func (e *encoder) activity(a *activity, span stepSpan, unfolded []uint32) {
	e.uint(uint64(a.edge)) //nolint:gosec // never negative
	var scratch [minutesKept]uint32
	e.uint(uint64(len(a.columns)))
	for i, c := range a.columns {
		ever := c.ever
		if i < len(unfolded) {
			ever += uint64(unfolded[i])
		}
		e.block(func() {
			e.series(c, a.edge, span, &scratch)
			e.uint(ever)
		})
	}
	e.bars(&a.bars, a.edge, span, &scratch)
	e.bool(a.latency != nil)
	if a.latency != nil {
		e.block(func() { e.latency(a.latency, a.edge, span, &scratch) })
	}
	e.bool(a.unseen != nil)
	if a.unseen != nil {
		e.block(func() { e.unseen(a.unseen, a.edge/stepsPerMinute, span, &scratch) })
	}
}

// unseen writes what was not observed, of all requests and of each class.
func (e *encoder) unseen(u *unseen, edge int64, span stepSpan, scratch *[minutesKept]uint32) {
	e.daily(u.requests, edge, span, scratch)
	e.uint(uint64(len(u.failed)))
	for _, d := range u.failed {
		if d == nil {
			d = &daily{}
		}
		e.block(func() { e.daily(d, edge, span, scratch) })
	}
}

func (d *decoder) unseen(edge int64) *unseen {
	u := &unseen{requests: &daily{}}
	d.dailyInto(edge, u.requests)
	k := class(0)
	d.list(func(d *decoder) {
		if int(k) < failureClasses {
			d.dailyInto(edge, u.class(k))
		}
		k++
	})
	return u
}

func (d *decoder) activity(a, all *activity) {
	a.edge = int64(d.below(lastUnix/10+1, "step")) //nolint:gosec // below
	d.list(func(d *decoder) {
		key := outcomeKey(d.below(1<<32, "outcome")) //nolint:gosec // below 1<<32
		if key != inconclusive && (key.kind() >= kindCount || key>>25 != 0 || key&0xffff > 999) {
			d.fail("outcome %#x", uint32(key))
			return
		}
		if len(a.columns) > maxOutcomes+2*kindCount+1 {
			d.fail("more than %d outcomes", len(a.columns))
			return
		}
		c := &series{key: key}
		for _, known := range a.columns {
			if known.key == key {
				d.fail("outcome %#x twice", uint32(key))
				return
			}
		}
		if all != nil {
			c.all = all.columns[all.column(key, nil)]
		}
		a.columns = append(a.columns, c)
		d.series(c, a.edge)
	})
	d.bars(&a.bars, a.edge)
	if d.bool() {
		a.latency = &latency{}
		inner := d.block()
		inner.latency(a.latency, a.edge)
	}
	if d.bool() {
		inner := d.block()
		a.unseen = inner.unseen(a.edge / stepsPerMinute)
	}
}

// series writes the counts of an outcome: steps of the hour, minutes of the day.
func (e *encoder) series(c *series, edge int64, span stepSpan, scratch *[minutesKept]uint32) {
	e.uint(uint64(c.key))
	steps := scratch[:0]
	if c.steps != nil && c.total[lastHour] > 0 {
		steps = scratch[:stepsPerHour]
		for i := range steps {
			steps[i] = 0
			if step := edge - stepsPerHour + 1 + int64(i); step >= 0 && span.has(step) {
				steps[i] = c.steps.at(step)
			}
		}
	}
	e.counts(steps)
	e.daily(&c.hours, edge/stepsPerMinute, span, scratch)
}

// daily writes the minutes of the hours remembered, up to an edge.
func (e *encoder) daily(of *daily, edge int64, span stepSpan, scratch *[minutesKept]uint32) {
	first := firstMinute(edge)
	counts := scratch[:]
	clear(counts)
	for h := max(first/60, 0); h <= edge/60; h++ {
		if span.has(h * stepsPerHour) {
			of.each(h*60, (h+1)*60, func(m int64, n uint32) { counts[m-first] = n })
		}
	}
	e.counts(counts)
}

// daily reads minutes up to an edge.
func (d *decoder) daily(edge int64, read func(minute int64, n uint32)) {
	first := firstMinute(edge)
	d.counts(minutesKept, func(i int, n uint32) {
		minute := first + int64(i)
		if minute < 0 || minute > edge {
			d.fail("a count of minute %d, of %d", minute, edge)
			return
		}
		read(minute, n)
	})
}

// dailyInto reads minutes up to an edge into a daily that has none.
func (d *decoder) dailyInto(edge int64, into *daily) {
	var counts [60]uint32
	hour, some := int64(0), false
	lay := func() {
		if some {
			into.of(hour).set(&counts)
			clear(counts[:])
		}
	}
	d.daily(edge, func(minute int64, n uint32) {
		if minute/60 != hour {
			lay()
			hour = minute / 60
		}
		counts[minute%60], some = n, true
	})
	lay()
}

// firstMinute is the first minute of the hours remembered with an edge; it may lie before 1970.
func firstMinute(edge int64) int64 { return (edge/60 - hourSlots + 1) * 60 }

func (d *decoder) series(c *series, edge int64) {
	d.counts(int(stepsPerHour), func(i int, n uint32) {
		if step := edge - stepsPerHour + 1 + int64(i); step >= 0 {
			c.addStep(edge, step, n)
		}
	})
	last := edge / stepsPerMinute
	d.dailyInto(last, &c.hours)
	for w, length := range windowMinutes {
		if length > 0 {
			c.total[w] += c.hours.sum(max(last-length+1, firstMinute(last), 0), last+1)
		}
	}
	c.ever = d.uint()
}

// bars writes the minutes of the hour and the hours of the day, requests before errors.
func (e *encoder) bars(b *bars, edge int64, span stepSpan, scratch *[minutesKept]uint32) {
	write := func(n int, bar func(i int64) (Bar, bool)) {
		for _, of := range [...]func(Bar) uint32{func(b Bar) uint32 { return b.Requests }, func(b Bar) uint32 { return b.Errors }} {
			counts := scratch[:n]
			for i := range counts {
				counts[i] = 0
				if bar, ok := bar(int64(i)); ok {
					counts[i] = of(bar)
				}
			}
			e.counts(counts)
		}
	}
	minute, hour := edge/stepsPerMinute-59, edge/stepsPerHour-hourSlots+1
	write(60, func(i int64) (Bar, bool) {
		m := minute + i
		return b.minutes[(m+60)%60], m >= 0 && span.has(m*stepsPerMinute)
	})
	write(hourSlots, func(i int64) (Bar, bool) {
		h := hour + i
		return b.hours[(h+hourSlots)%hourSlots], h >= 0 && span.has(h*stepsPerHour)
	})
}

func (d *decoder) bars(b *bars, edge int64) {
	minute, hour := edge/stepsPerMinute-59, edge/stepsPerHour-hourSlots+1
	read := func(bars []Bar, first int64) {
		n := int64(len(bars))
		d.counts(len(bars), func(i int, count uint32) { bars[(first+int64(i)+n)%n].Requests = count })
		d.counts(len(bars), func(i int, count uint32) { bars[(first+int64(i)+n)%n].Errors = count })
	}
	read(b.minutes[:], minute)
	read(b.hours[:], hour)
}

// latency writes the latencies of each slot that has any.
func (e *encoder) latency(l *latency, edge int64, span stepSpan, scratch *[minutesKept]uint32) {
	write := func(at func(int64) cells, n, stepsPerSlot int64) {
		last := edge / stepsPerSlot
		for s := max(last-n+1, 0); s <= last; s++ {
			if slot := at(s); len(slot) > 0 && span.has(s*stepsPerSlot) {
				e.uint(uint64(last-s) + 1) //nolint:gosec // never negative
				e.cells(slot)
			}
		}
		e.uint(0)
	}
	if e.byMinute {
		e.uint(0) // they are in the minutes too: see refine
	} else {
		write(func(s int64) cells { return l.fine.at(s % fineSlots) }, fineSlots, 1)
	}
	write(func(m int64) cells { return l.minutes.at(m % minuteSlots) }, minuteSlots, stepsPerMinute)
	write(l.quarters.at, quarterSlots, stepsPerQuarter)
	for _, o := range l.octaves {
		e.bool(o != nil)
		if o != nil {
			e.daily(o, edge/stepsPerMinute, span, scratch)
		}
	}
	e.bool(e.byMinute)
}

func (d *decoder) latency(l *latency, edge int64) {
	read := func(at func(int64) cells, set func(int64, cells), n, stepsPerSlot int64) {
		last, total := edge/stepsPerSlot, uint64(0)
		for {
			age := int64(d.below(uint64(n)+1, "age")) - 1 //nolint:gosec // below n
			if age < 0 || age > last {
				return
			}
			if len(at(last-age)) > 0 {
				d.fail("latencies of one step twice")
				return
			}
			var slot cells
			if total += d.cells(&slot); total > maxLatencies {
				d.fail("%d latencies in a day", total)
				return
			}
			set(last-age, slot)
		}
	}
	var scratch [minuteSlots]cells
	ring := func(r *cellRing, n, stepsPerSlot int64) {
		slots := scratch[:n]
		clear(slots)
		read(func(s int64) cells { return slots[s%n] }, func(s int64, c cells) { slots[s%n] = c }, n, stepsPerSlot)
		r.fill(slots)
	}
	ring(&l.fine, fineSlots, 1)
	ring(&l.minutes, minuteSlots, stepsPerMinute)
	read(l.quarters.at, func(q int64, c cells) { *l.quarters.of(q) = c }, quarterSlots, stepsPerQuarter)
	for i := range l.octaves {
		if d.bool() {
			o := &daily{}
			d.dailyInto(edge/stepsPerMinute, o)
			l.octaves[i] = o
		}
	}
	if d.bool() {
		l.refine(edge)
	}
	l.recount(edge)
}

// cells writes the buckets of a slot, which are not none: how many cells there are, and runs of neighbours, each with how many
// empty ones lie before it. A bucket that takes several cells is written as one.
func (e *encoder) cells(c cells) {
	e.uint(uint64(len(c)))
	next := Bucket(0)
	for i := 0; i < len(c); {
		end := i + 1
		run := Bucket(1)
		for ; end < len(c) && c[end].bucket <= c[end-1].bucket+1; end++ {
			run += c[end].bucket - c[end-1].bucket
		}
		e.uint(uint64(run))
		e.uint(uint64(c[i].bucket - next))
		next = c[end-1].bucket + 1
		for i < end {
			n := uint64(c[i].n)
			for i++; i < end && c[i].bucket == c[i-1].bucket; i++ {
				n += uint64(c[i].n)
			}
			e.uint(n)
		}
	}
	e.uint(0)
}

// cells reads the buckets of a slot and returns how many latencies are in them.
func (d *decoder) cells(c *cells) (total uint64) {
	if n := d.uint(); n > 0 && n <= uint64(len(d.b)) { // more than it takes at least is not believed
		*c = make(cells, 0, n)
	}
	for bucket := uint64(0); d.ok(); {
		run := d.uint()
		if run == 0 {
			break
		}
		skip := d.uint()
		if left := BucketCount - bucket; run > left || skip > left-run {
			d.fail("a bucket beyond the last")
			break
		}
		bucket += skip
		for range run {
			n := d.uint()
			if n >= maxLatenciesAlike {
				d.fail("%d latencies of one bucket", n)
				return total
			}
			total += n
			for n > math.MaxUint16 {
				*c = append(*c, cell{Bucket(bucket), math.MaxUint16}) //nolint:gosec // below BucketCount
				n -= math.MaxUint16
			}
			if n > 0 {
				*c = append(*c, cell{Bucket(bucket), uint16(n)}) //nolint:gosec // below BucketCount
			}
			bucket++
		}
	}
	return total
}
