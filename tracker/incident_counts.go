package tracker

// Latencies are counted by octaves, minute by minute for the day: coarse, but enough to see that a 95th percentile is
// several times what it was.
const (
	octaveFirst = 17 // 2^17 ns, 131 µs; what is faster counts there
	octaveSlots = 21 // up to 2^38 ns, 275 s; what is slower counts in the last
)

// octaveOf returns the slot of a latency's bucket.
func octaveOf(b Bucket) int { return min(max(int(b)/bucketsPerOctave-octaveFirst, 0), octaveSlots-1) }

// octaves are the latencies of a target by octave and minute. Octaves without a latency cost a nil pointer.
type octaves [octaveSlots]*daily

func (o *octaves) add(edge, minute int64, b Bucket, n uint32) {
	if edge-minute >= minutesPerDay {
		return
	}
	slot := octaveOf(b)
	if o[slot] == nil {
		o[slot] = &daily{}
	}
	o[slot].add(minute, n)
}

func (o *octaves) each(do func(*daily)) {
	for _, d := range o {
		if d != nil {
			do(d)
		}
	}
}

func (o *octaves) absorb(b *octaves, edge, other int64) {
	for slot, d := range b {
		if d == nil {
			continue
		}
		if o[slot] == nil {
			o[slot] = &daily{}
		}
		o[slot].absorb(d, edge, other)
	}
}

// sums are counts of a target from some moment up to a minute. They may wrap around: only differences are used.
type sums struct {
	requests uint32 // of traffic, sent
	probes   uint32
	timed    uint32 // that had a latency
	failed   [failureClasses]uint32
}

// counts are a target's counts from one minute to another, cumulated, so that those of any window are one subtraction.
type counts struct {
	from    int64
	cum     []sums // cum[i] sums the minutes from from up to, without, from+i
	octaves *octaves
	columns []*series
	oldest  int64 // the first minute that is remembered at all
	gaps    *gapList
	unseen  *unseen // nil where no result stands for others
	openings
}

// last returns the counts of the last minute that is laid out.
func (c *counts) last() sums {
	n := len(c.cum) - 1
	return c.cum[n].minus(&c.cum[n-1])
}

// setLast replaces the counts of the last minute.
func (c *counts) setLast(of sums) {
	n := len(c.cum) - 1
	of.add(&c.cum[n-1])
	c.cum[n] = of
}

// counts lays out the minutes from one up to, without, another, into a buffer that the next call uses again.
func (tg *target) counts(from, to int64, buffer *[]sums) counts {
	from = max(from, tg.oldestMinute())
	to = max(from, to)
	n := int(to - from)
	if cap(*buffer) < n+1 {
		*buffer = make([]sums, n+1, 2*n+64)
	}
	cum := (*buffer)[:n+1]
	clear(cum)
	c := counts{from: from, cum: cum, columns: tg.act.columns, oldest: max(tg.oldestMinute(), tg.scan.first), gaps: tg.gaps, unseen: tg.act.unseen}
	if tg.gate != nil {
		c.openings = tg.gate.openings()
	}
	for _, s := range tg.act.columns {
		c.addColumn(s, to)
	}
	if l := tg.act.latency; l != nil {
		c.octaves = &l.octaves
		l.octaves.each(func(d *daily) {
			d.each(from, to, func(m int64, n uint32) { cum[m-from+1].timed += n })
		})
	}
	for i := 1; i < len(cum); i++ {
		cum[i].add(&cum[i-1])
	}
	return c
}

// addColumn adds the counts of one outcome, not yet cumulated.
func (c *counts) addColumn(s *series, to int64) {
	kind := s.key.kind()
	if s.key == inconclusive || !kind.Sent() {
		return
	}
	cum, from := c.cum, c.from
	switch probe, failed := s.key.origin() == OriginProbe, kind.Failed(); {
	case failed:
		class := s.key.class()
		s.hours.each(from, to, func(m int64, n uint32) {
			at := &cum[m-from+1]
			at.failed[class] += n
			if probe {
				at.probes += n
			} else {
				at.requests += n
			}
		})
	case probe:
		s.hours.each(from, to, func(m int64, n uint32) { cum[m-from+1].probes += n })
	default:
		s.hours.each(from, to, func(m int64, n uint32) { cum[m-from+1].requests += n })
	}
}

func (s *sums) add(before *sums) {
	s.requests += before.requests
	s.probes += before.probes
	s.timed += before.timed
	for i := range s.failed {
		s.failed[i] += before.failed[i]
	}
}

func (s *sums) minus(before *sums) sums {
	out := sums{requests: s.requests - before.requests, probes: s.probes - before.probes, timed: s.timed - before.timed}
	for i := range out.failed {
		out.failed[i] = s.failed[i] - before.failed[i]
	}
	return out
}

// oldestMinute is the first minute whose counts are still there.
func (tg *target) oldestMinute() int64 { return max(tg.act.edge/stepsPerHour-hourSlots+1, 0) * 60 }

// end is the minute after the last one laid out.
func (c *counts) end() int64 { return c.from + int64(len(c.cum)) - 1 }

// of returns the failures of a class and what they are a share of, in the minutes from one up to, without, another, as many as
// were observed: a result that stands for several counts once, because it tells as much as one. For classSlow a failure is a
// request of an octave from slow on.
func (c *counts) of(k class, slow int, from, to int64) (failures, requests float64) {
	failures, requests = c.all(k, slow, from, to)
	if c.unseen != nil && requests > 0 {
		weight := c.weight(k, max(from, c.from), min(to, c.end()), failures)
		failures, requests = failures/weight, requests/weight
	}
	return failures, requests
}

// all is of with as many as results stand for.
func (c *counts) all(k class, slow int, from, to int64) (failures, requests float64) {
	from, to = max(from, c.from), min(to, c.end())
	if from >= to {
		return 0, 0
	}
	a, b := &c.cum[from-c.from], &c.cum[to-c.from]
	switch k {
	case classProbe:
		return float64(b.failed[k] - a.failed[k]), float64(b.probes - a.probes)
	case classSlow:
		if c.octaves == nil {
			return 0, 0
		}
		for _, d := range c.octaves[slow:] {
			if d != nil {
				failures += float64(d.sum(from, to))
			}
		}
		return failures, float64(b.timed - a.timed)
	case classSilence:
		return 0, float64(b.requests - a.requests)
	default:
		return float64(b.failed[k] - a.failed[k]), float64(b.requests - a.requests)
	}
}

// before is of for minutes that were not laid out, but are remembered.
func (c *counts) before(k class, slow int, from, to int64) (failures, requests float64) {
	from = max(from, c.oldest)
	sum := func(of *daily) (n float64) {
		of.each(from, to, func(_ int64, count uint32) { n += float64(count) })
		return n
	}
	if k == classSlow {
		for slot, d := range c.octaves {
			if d != nil {
				n := sum(d)
				if requests += n; slot >= slow {
					failures += n
				}
			}
		}
		return failures, requests
	}
	for _, s := range c.columns {
		kind := s.key.kind()
		if s.key == inconclusive || !kind.Sent() || (s.key.origin() == OriginProbe) != (k == classProbe) {
			continue
		}
		n := sum(&s.hours)
		if requests += n; kind.Failed() && s.key.class() == k {
			failures += n
		}
	}
	return failures, requests
}

// requests returns the requests of traffic in the minutes from one up to, without, another.
func (c *counts) requests(from, to int64) float64 {
	_, n := c.all(classSilence, 0, from, to)
	return n
}

// allFailed returns the failures of every class, and all requests and probes.
func (c *counts) allFailed(from, to int64) (failures, requests float64) {
	from, to = max(from, c.from), min(to, c.end())
	if from >= to {
		return 0, 0
	}
	a, b := &c.cum[from-c.from], &c.cum[to-c.from]
	for i := range a.failed {
		failures += float64(b.failed[i] - a.failed[i])
	}
	return failures, float64(b.requests-a.requests) + float64(b.probes-a.probes)
}
