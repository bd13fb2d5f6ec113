package tracker

// Latencies are remembered in 10 s steps for five minutes, in minutes for the hour and in quarters of an hour for the day:
// so the latency windows of a minute and of five minutes slide by 10 s, that of the hour by a minute, that of the day by 15
// minutes.
const (
	fineSlots    = 5 * stepsPerMinute
	minuteSlots  = 60
	quarterSlots = 24 * 4

	stepsPerQuarter = 15 * stepsPerMinute
)

// latency is the latencies of a target, or of all, with a running histogram for each window, so that a snapshot sums nothing.
type latency struct {
	fine     cellRing
	minutes  cellRing
	quarters quarters

	octaves octaves

	minute, five, hour, day hist

	trail trail
}

// add counts n latencies of a bucket in a step not after the edge.
func (l *latency) add(edge, step int64, bucket Bucket, n uint32) {
	if edge-step < fineSlots {
		l.addFine(edge, step, bucket, n)
	}
	m, q := step/stepsPerMinute, step/stepsPerQuarter
	last := edge / stepsPerMinute
	if last-m < minuteSlots {
		l.minutes.add(minuteSlots, m%minuteSlots, bucket, n)
		l.hour.add(bucket, n)
		l.trail.touchMinute(m)
	}
	if last/15-q < quarterSlots {
		l.quarters.of(q).add(bucket, n)
		l.day.add(bucket, n)
		l.trail.touchQuarter(q)
	}
	l.octaves.add(last, m, bucket, n)
	l.trail.due = l.trail.due || m < last
}

func (l *latency) addFine(edge, step int64, bucket Bucket, n uint32) {
	l.fine.add(fineSlots, step%fineSlots, bucket, n)
	l.five.add(bucket, n)
	if edge-step < stepsPerMinute {
		l.minute.add(bucket, n)
	}
}

// advance slides the windows from one edge to a later one, and reports whether the series slid too.
func (l *latency) advance(from, to int64) (slid bool) {
	slid = to/stepsPerMinute > from/stepsPerMinute && l.hour.count > 0 || to/stepsPerQuarter > from/stepsPerQuarter && l.day.count > 0
	l.trail.due = l.trail.due || slid
	if to/stepsPerHour > from/stepsPerHour {
		l.octaves.each(func(d *daily) { d.advance(from/stepsPerMinute, to/stepsPerMinute) })
	}
	if l.five.count > 0 {
		for s := from + 1; s <= min(to, from+fineSlots); s++ {
			l.minute.subtract(l.fine.at((s + fineSlots - stepsPerMinute) % fineSlots))
			l.five.subtract(l.fine.at(s % fineSlots))
			l.fine.clear(s % fineSlots)
		}
	}
	if l.hour.count > 0 {
		for m := from/stepsPerMinute + 1; m <= min(to/stepsPerMinute, from/stepsPerMinute+minuteSlots); m++ {
			l.hour.subtract(l.minutes.at(m % minuteSlots))
			l.minutes.clear(m % minuteSlots)
			l.trail.touchMinute(m)
		}
	}
	if l.day.count > 0 {
		running := from / stepsPerQuarter
		if last := l.quarters.at(running); to/stepsPerQuarter > running && cap(last) > len(last)+len(last)/8 {
			*l.quarters.of(running) = append(cells(nil), last...) // it is over: most of a target's memory is quarters
		}
		for q := from/stepsPerQuarter + 1; q <= min(to/stepsPerQuarter, from/stepsPerQuarter+quarterSlots); q++ {
			l.day.subtract(l.quarters.at(q))
			l.quarters.drop(q)
			l.trail.touchQuarter(q)
		}
	}
	return slid
}

// rewind forgets every step after an edge that moved back from one to another, and adds up anew.
func (l *latency) rewind(from, to int64) {
	for s := max(to+1, from-fineSlots+1); s <= from; s++ {
		l.fine.clear(s % fineSlots)
	}
	for m := max(to/stepsPerMinute+1, from/stepsPerMinute-minuteSlots+1); m <= from/stepsPerMinute; m++ {
		l.minutes.clear(m % minuteSlots)
	}
	for q := max(to/stepsPerQuarter+1, from/stepsPerQuarter-quarterSlots+1); q <= from/stepsPerQuarter; q++ {
		l.quarters.drop(q)
	}
	l.octaves.each(func(d *daily) { d.rewind(from/stepsPerMinute, to/stepsPerMinute) })
	l.recount(to)
}

// recount adds the windows up anew from what the slots hold.
func (l *latency) recount(edge int64) {
	l.trail.forget()
	l.minute.clear()
	l.five.clear()
	l.hour.clear()
	l.day.clear()
	for age := range min(fineSlots, edge+1) {
		slot := l.fine.at((edge - age) % fineSlots)
		l.five.addCells(slot)
		if age < stepsPerMinute {
			l.minute.addCells(slot)
		}
	}
	l.hour.addCells(l.minutes.all)
	l.quarters.each(l.day.addCells)
}

// absorb adds the latencies of another, as far as they lie in the windows that end with edge, which is not before the other's.
func (l *latency) absorb(b *latency, edge, other int64) {
	l.trail.forget()
	for s := max(other-fineSlots+1, edge-fineSlots+1, 0); s <= other; s++ {
		for _, c := range b.fine.at(s % fineSlots) {
			l.addFine(edge, s, c.bucket, uint32(c.n))
		}
	}
	edge, other = edge/stepsPerMinute, other/stepsPerMinute
	l.octaves.absorb(&b.octaves, edge, other)
	for m := max(other-minuteSlots+1, edge-minuteSlots+1, 0); m <= other; m++ {
		slot := b.minutes.at(m % minuteSlots)
		l.minutes.merge(minuteSlots, m%minuteSlots, slot)
		l.hour.addCells(slot)
	}
	edge, other = edge/15, other/15
	for q := max(other-quarterSlots+1, edge-quarterSlots+1, 0); q <= other; q++ {
		if slot := b.quarters.at(q); len(slot) > 0 {
			l.quarters.of(q).merge(slot)
		}
		l.day.addCells(b.quarters.at(q))
	}
}

// refine spreads the latencies of the last minutes evenly over their steps, where only the minutes are known.
func (l *latency) refine(edge int64) {
	for m := max(edge-fineSlots+1, 0) / stepsPerMinute; m <= edge/stepsPerMinute; m++ {
		first := m * stepsPerMinute
		steps := min(edge-first+1, stepsPerMinute) // of the running minute, those that have begun
		next := int64(0)
		for _, c := range l.minutes.at(m % minuteSlots) {
			each, more := int64(c.n)/steps, int64(c.n)%steps
			for i := range steps {
				step, n := first+(next+i)%steps, each
				if i < more {
					n++
				}
				if n > 0 && edge-step < fineSlots {
					l.fine.add(fineSlots, step%fineSlots, c.bucket, uint32(n)) //nolint:gosec // at most a cell's
				}
			}
			next += more
		}
	}
}
