package tracker

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

const maxOutcomes = 64 // outcomes told apart within a target; of the rest only the kind is kept

// activity is everything that is counted for one target, or for all together.
type activity struct {
	edge    int64 // the running step: windows end with it
	columns []*series
	bars    bars
	latency *latency // nil before the first latency
	unseen  *unseen  // nil where every result stands for itself
}

// column returns the index of an outcome's series, made on first use.
func (a *activity) column(key outcomeKey, all *activity) int {
	for i, c := range a.columns {
		if c.key == key {
			return i
		}
	}
	if plain := key.withoutStatus(); len(a.columns) >= maxOutcomes && key != plain && key != inconclusive {
		return a.column(plain, all)
	}
	s := &series{key: key}
	if all != nil {
		s.all = all.columns[all.column(key, nil)]
	}
	a.columns = append(a.columns, s)
	return len(a.columns) - 1
}

// add counts n results of an outcome in a step not after the edge.
func (a *activity) add(c *series, step int64, n uint32) {
	c.add(a.edge, step, n)
	switch kind := c.key.kind(); {
	case c.key == inconclusive || !kind.Sent():
	case kind.Failed():
		a.bars.add(a.edge, step, n, n)
	default:
		a.bars.add(a.edge, step, n, 0)
	}
}

func (a *activity) addLatency(step int64, bucket Bucket, n uint32) {
	if a.latency == nil {
		a.latency = &latency{}
	}
	a.latency.add(a.edge, step, bucket, n)
}

// advance slides every window so that it ends with a step, and reports whether anything shown changed.
func (a *activity) advance(to int64) (changed bool) {
	if to <= a.edge {
		return false
	}
	for _, c := range a.columns {
		changed = c.advance(a.edge, to) || changed
	}
	changed = a.bars.advance(a.edge, to) || changed
	if a.latency != nil {
		// What slides out of a latency window was counted once, and its quarter goes no earlier than its minutes.
		before := [...]uint64{a.latency.hour.count, a.latency.day.count}
		slid := a.latency.advance(a.edge, to)
		changed = changed || slid || before != [...]uint64{a.latency.hour.count, a.latency.day.count}
	}
	if to/stepsPerHour > a.edge/stepsPerHour {
		a.unseen.each(func(d *daily) { d.advance(a.edge/stepsPerMinute, to/stepsPerMinute) })
	}
	a.edge = to
	return changed
}

// rewind moves the edge back and forgets what lies after it.
func (a *activity) rewind(to int64) {
	if to >= a.edge {
		return
	}
	for _, c := range a.columns {
		c.rewind(a.edge, to)
	}
	a.bars.rewind(a.edge, to)
	if a.latency != nil {
		a.latency.rewind(a.edge, to)
	}
	a.unseen.each(func(d *daily) { d.rewind(a.edge/stepsPerMinute, to/stepsPerMinute) })
	a.edge = to
}

// failing returns how many outcomes are failures.
func (a *activity) failing() (n int) {
	for _, c := range a.columns {
		if c.key.kind().Failed() {
			n++
		}
	}
	return n
}

// tally adds up what count says of each series.
func (a *activity) tally(count func(*series) uint64) (out Window) {
	for _, c := range a.columns {
		if n := count(c); n > 0 {
			out.count(c.key, n)
		}
	}
	out.finish()
	return out
}

// count adds n results of an outcome.
func (w *Window) count(key outcomeKey, n uint64) {
	kind := key.kind()
	switch {
	case key == inconclusive:
		return
	case !kind.Sent():
		w.NotSent += n
	case kind.Failed():
		w.Requests += n
		w.Errors += n
	default:
		w.Requests += n
		return
	}
	w.ByOutcome = addOutcome(w.ByOutcome, key.outcome(), n)
}

// finish puts the outcomes in order.
func (w *Window) finish() {
	if len(w.ByOutcome) == 0 {
		w.ByOutcome = nil
	}
	sortOutcomes(w.ByOutcome)
}

func addOutcome(counts []OutcomeCount, o Outcome, n uint64) []OutcomeCount {
	for i := range counts {
		if counts[i].Outcome == o {
			counts[i].Count += n
			return counts
		}
	}
	return append(counts, OutcomeCount{o, n})
}

// sortOutcomes puts the most frequent first, and equals in an order of their own.
func sortOutcomes(counts []OutcomeCount) {
	if len(counts) < 2 {
		return
	}
	slices.SortFunc(counts, func(a, b OutcomeCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Kind, b.Kind))
	})
}

// show lays everything out over what was shown before; anew where that was of something else.
func (a *activity) show(into *Activity, anew bool) {
	windows := [windowCount]*Window{lastMinute: &into.Minute, lastFive: &into.FiveMinutes, lastHour: &into.Hour, lastDay: &into.Day}
	for w, window := range windows {
		if window != nil {
			a.showWindow(window, w, anew)
		}
	}
	a.bars.show(a.edge, into)
	if l := a.latency; l != nil {
		into.Minute.Latency, into.FiveMinutes.Latency = l.minute.quantiles(), l.five.quantiles()
		into.Hour.Latency, into.Day.Latency = l.hour.quantiles(), l.day.quantiles()
		into.Latencies = l.series(a.edge)
	}
	for _, c := range a.columns {
		if c.key == inconclusive {
			into.Inconclusive = c.total[lastHour]
		}
	}
}

// showWindow lays a window out. Where no failure was added or slid out, its outcomes are those that were shown before, which
// a snapshot may share.
func (a *activity) showWindow(window *Window, w int, anew bool) {
	same, succeeded := !anew, uint64(0)
	for _, c := range a.columns {
		if c.key.kind() == KindOK && c.key != inconclusive {
			succeeded += c.total[w]
			continue
		}
		same = same && c.shown[w] == c.total[w]
		c.shown[w] = c.total[w]
	}
	if same {
		window.Requests = window.Errors + succeeded
		return
	}
	*window = Window{ByOutcome: make([]OutcomeCount, 0, a.failing())}
	for _, c := range a.columns {
		if n := c.total[w]; n > 0 {
			window.count(c.key, n)
		}
	}
	window.finish()
}

// totals returns what was ever counted.
func (a *activity) totals() []Total {
	totals := make([]Total, 0, len(a.columns))
	for _, c := range a.columns {
		total := Total{Count: c.ever}
		if c.key == inconclusive {
			total.Inconclusive = true
		} else {
			total.Origin, total.Outcome = c.key.origin(), c.key.outcome()
		}
		place := len(totals)
		for place > 0 && total.before(&totals[place-1]) {
			place--
		}
		totals = slices.Insert(totals, place, total)
	}
	return totals
}

func (t *Total) before(other *Total) bool {
	key := func(t *Total) int {
		n := int(t.Origin)<<20 | int(t.Outcome.Kind)<<10 | t.Outcome.Status
		if t.Inconclusive {
			n |= 1 << 30
		}
		return n
	}
	return key(t) < key(other)
}

// pending is what a target got in one step and has not yet been added to its windows: so that a result costs two counters,
// and a window is touched once a step, or when somebody looks.
type pending struct {
	step    int64
	results uint32
	fewUsed uint8
	few     [fewLatencies]Bucket // latencies one by one, until there are more
	counts  []uint32             // by column
	dense   *denseBuckets        // nil while there are few
}

const fewLatencies = 6

// denseBuckets counts latencies by bucket.
type denseBuckets struct {
	n       [BucketCount]uint16
	touched [(BucketCount + 63) / 64]uint64 // the buckets that are not 0
}

func (d *denseBuckets) add(bucket Bucket, n uint16) {
	d.n[bucket] += n
	d.touched[bucket/64] |= 1 << (bucket % 64)
}

func (p *pending) count(column int) {
	for column >= len(p.counts) {
		p.counts = append(p.counts, 0)
	}
	p.counts[column]++
	p.results++
}

func (p *pending) countLatency(bucket Bucket, spare *spareBuckets) {
	if p.dense != nil {
		p.dense.add(bucket, 1)
		return
	}
	if p.fewUsed < fewLatencies {
		p.few[p.fewUsed] = bucket
		p.fewUsed++
		return
	}
	p.dense = spare.take()
	for _, b := range p.few {
		p.dense.add(b, 1)
	}
	p.fewUsed = 0
	p.dense.add(bucket, 1)
}

// spareBuckets are empty counters of latencies for targets that get many results. A target gives its own back when they were folded:
// of ten thousand that are probed every 30 s none holds 4 KiB of counters.
type spareBuckets struct{ free []*denseBuckets }

const maxSpareBuckets = 256

func (s *spareBuckets) take() *denseBuckets {
	n := len(s.free)
	if n == 0 {
		return &denseBuckets{}
	}
	buckets := s.free[n-1]
	s.free[n-1], s.free = nil, s.free[:n-1]
	return buckets
}

// give takes the counters of a folded pending, which are all 0. Where there are spare ones enough, as with many busy targets, it
// keeps its own.
func (s *spareBuckets) give(p *pending) {
	if p.dense != nil && len(s.free) < maxSpareBuckets {
		s.free, p.dense = append(s.free, p.dense), nil
	}
}

// full reports whether one more could overflow a counter.
func (p *pending) full() bool { return p.results >= math.MaxUint16 }

// fold empties p into a target's windows, and gathers it for those of all.
func (p *pending) fold(a *activity, all *gathered) {
	for i, n := range p.counts {
		if n == 0 {
			continue
		}
		c := a.columns[i]
		c.ever += uint64(n)
		a.add(c, p.step, n)
		all.count(c.all, n)
		p.counts[i] = 0
	}
	for _, bucket := range p.few[:p.fewUsed] {
		a.addLatency(p.step, bucket, 1)
		all.countLatency(bucket, 1)
	}
	p.fewUsed = 0
	p.foldDense(a, all)
	p.results = 0
}

func (p *pending) foldDense(a *activity, all *gathered) {
	if p.dense == nil {
		return
	}
	for i, word := range p.dense.touched {
		for ; word != 0; word &= word - 1 {
			bucket := Bucket(i*64 + bits.TrailingZeros64(word)) //nolint:gosec // below BucketCount
			n := uint32(p.dense.n[bucket])
			p.dense.n[bucket] = 0
			a.addLatency(p.step, bucket, n)
			all.countLatency(bucket, n)
		}
		p.dense.touched[i] = 0
	}
}

// gathered is what targets got in one step and has not yet been added to the windows of all: a bucket that a thousand targets
// had is added once.
type gathered struct {
	step    int64
	series  []*series // of all, with something gathered
	buckets [BucketCount]uint32
	touched [(BucketCount + 63) / 64]uint64
}

func (g *gathered) count(c *series, n uint32) {
	if c.gathered == 0 {
		g.series = append(g.series, c)
	}
	c.gathered += n
}

func (g *gathered) countLatency(bucket Bucket, n uint32) {
	g.buckets[bucket] += n
	g.touched[bucket/64] |= 1 << (bucket % 64)
}

// fold empties g into the windows of all.
func (g *gathered) fold(all *activity) {
	if len(g.series) == 0 {
		return
	}
	for _, c := range g.series {
		all.add(c, g.step, c.gathered)
		c.gathered = 0
	}
	clear(g.series)
	g.series = g.series[:0]
	for i, word := range g.touched {
		for ; word != 0; word &= word - 1 {
			bucket := Bucket(i*64 + bits.TrailingZeros64(word)) //nolint:gosec // below BucketCount
			all.addLatency(g.step, bucket, g.buckets[bucket])
			g.buckets[bucket] = 0
		}
		g.touched[i] = 0
	}
}

// absorb adds everything that another activity counts.
func (a *activity) absorb(b, all *activity) {
	a.advance(b.edge)
	for _, from := range b.columns {
		into := a.columns[a.column(from.key, all)]
		into.absorb(from, a.edge, b.edge)
	}
	a.bars.absorb(&b.bars, a.edge, b.edge)
	a.absorbUnseen(b.unseen, a.edge/stepsPerMinute, b.edge/stepsPerMinute)
	if b.latency != nil {
		if a.latency == nil {
			a.latency = &latency{}
		}
		a.latency.absorb(b.latency, a.edge, b.edge)
	}
}
