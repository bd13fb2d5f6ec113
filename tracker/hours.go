package tracker

import (
	"fmt"
	"slices"
	"time"
)

// Hour is what was counted of one target in one hour, made to be kept for long: a few hundred bytes in its binary form.
type Hour struct {
	Target  string
	Start   time.Time // UTC
	Counts  []HourCount
	Latency []LatencyCount // by bucket, of the whole hour
}

// HourCount counts one outcome by the minute. Of an hour that was thinned ([Hour.Thin]) all of it is in the first one.
type HourCount struct {
	Outcome      Outcome
	Origin       Origin
	Inconclusive bool
	Minutes      [60]uint32
}

// LatencyCount says how many results had a latency of a bucket.
type LatencyCount struct {
	Bucket Bucket
	N      uint32
}

// Totals returns how many requests of the hour were sent, and how many of them failed.
func (h *Hour) Totals() (requests, errors uint64) {
	for i := range h.Counts {
		c := &h.Counts[i]
		if c.Inconclusive || !c.Outcome.Kind.Sent() {
			continue
		}
		n := c.sum()
		requests += n
		if c.Outcome.Kind.Failed() {
			errors += n
		}
	}
	return requests, errors
}

func (c *HourCount) sum() (n uint64) {
	for _, x := range c.Minutes {
		n += uint64(x)
	}
	return n
}

// Bar returns the requests and errors of a minute of the hour.
func (h *Hour) Bar(minute int) (bar Bar) {
	for i := range h.Counts {
		c := &h.Counts[i]
		if c.Inconclusive || !c.Outcome.Kind.Sent() {
			continue
		}
		bar.Requests += c.Minutes[minute]
		if c.Outcome.Kind.Failed() {
			bar.Errors += c.Minutes[minute]
		}
	}
	return bar
}

// Thin forgets in which minutes of the hour things happened.
func (h *Hour) Thin() {
	for i := range h.Counts {
		c := &h.Counts[i]
		c.Minutes = [60]uint32{uint32(min(c.sum(), 1<<32-1))}
	}
}

// Quantiles returns the latencies of the hour.
func (h *Hour) Quantiles() Quantiles {
	var all hist
	for _, l := range h.Latency {
		all.add(l.Bucket, l.N)
	}
	return all.quantiles()
}

// Hours returns what was counted in an hour that the tracker remembers, target by target, those with nothing left out. Of the running hour
// that is what came so far.
func (t *ErrorTracker) Hours(now, start time.Time) (hours []Hour) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	t.flush()
	hour := instantOf(start).minute() / 60
	p := past{}
	for i, tg := range t.sorted() {
		p.clock = &t.clock
		p.breathe(t, i)
		if tg.gone {
			continue
		}
		if h := tg.act.hour(hour); len(h.Counts) > 0 {
			h.Target, h.Start = tg.name, time.Unix(hour*3600, 0).UTC()
			hours = append(hours, h)
		}
	}
	return hours
}

// hour returns what was counted in an hour since 1970.
func (a *activity) hour(hour int64) (h Hour) {
	if edge := a.edge / stepsPerHour; hour > edge || hour <= edge-hourSlots || hour < 0 {
		return h
	}
	for _, c := range a.columns {
		count, some := HourCount{Inconclusive: c.key == inconclusive}, false
		if !count.Inconclusive {
			count.Outcome, count.Origin = c.key.outcome(), c.key.origin()
		}
		c.hours.each(hour*60, (hour+1)*60, func(m int64, n uint32) { count.Minutes[m-hour*60], some = n, true })
		if some {
			h.Counts = append(h.Counts, count)
		}
	}
	if a.latency == nil {
		return h
	}
	edge := a.edge / stepsPerQuarter
	var all hist
	for q := hour * 4; q < hour*4+4; q++ {
		if q <= edge && q > edge-quarterSlots {
			all.addCells(a.latency.quarters.at(q))
		}
	}
	all.each(func(bucket Bucket, n uint32) { h.Latency = append(h.Latency, LatencyCount{bucket, n}) })
	return h
}

// hourVersion begins the binary form of an hour.
const hourVersion = 1

// MarshalBinary returns the counts and latencies of the hour; its target and start are no part of that. It never fails.
func (h *Hour) MarshalBinary() ([]byte, error) {
	e := encoder{b: []byte{hourVersion}}
	e.uint(uint64(len(h.Counts)))
	for i := range h.Counts {
		c := &h.Counts[i]
		key := inconclusive
		if !c.Inconclusive {
			key = outcomeKey(c.Origin&1)<<24 | outcomeKey(c.Outcome.Kind)<<16 | outcomeKey(c.Outcome.Status) //nolint:gosec // at most 999
		}
		e.uint(uint64(key))
		e.counts(c.Minutes[:])
	}
	e.uint(uint64(len(h.Latency)))
	next := Bucket(0)
	for _, l := range h.Latency {
		e.uint(uint64(l.Bucket - next))
		e.uint(uint64(l.N))
		next = l.Bucket
	}
	return e.b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote. The error says that it is damaged, or of a newer version.
func (h *Hour) UnmarshalBinary(b []byte) error {
	var fault error
	if len(b) == 0 || b[0] != hourVersion {
		return fmt.Errorf("%w: not an hour that this errtop knows", errDamaged)
	}
	d := decoder{b: b[1:], err: &fault}
	h.Counts = make([]HourCount, min(d.below(maxOutcomes+2*kindCount+2, "number of outcomes"), uint64(len(b))))
	for i := range h.Counts {
		c, key := &h.Counts[i], outcomeKey(d.below(1<<32, "outcome")) //nolint:gosec // below 1<<32
		switch {
		case key == inconclusive:
			c.Inconclusive = true
		case key.kind() >= kindCount || key>>25 != 0 || key&0xffff > 999:
			d.fail("outcome %#x", uint32(key))
		default:
			c.Outcome, c.Origin = key.outcome(), key.origin()
		}
		d.counts(60, func(m int, n uint32) { c.Minutes[m] = n })
	}
	h.Latency = make([]LatencyCount, min(d.below(BucketCount+1, "number of latencies"), uint64(len(d.b))))
	next := uint64(0)
	for i := range h.Latency {
		next += d.below(BucketCount, "bucket")
		if next >= BucketCount {
			d.fail("a bucket beyond the last")
			break
		}
		h.Latency[i] = LatencyCount{Bucket(next), d.uint32()}
	}
	if fault == nil && len(d.b) > 0 {
		d.fail("%d bytes too many", len(d.b))
	}
	return fault
}

// OfHours returns what a tracker would show at a moment whose last day these hours are: counts, charts and latencies. States, groups and
// breakers of then are not known.
func OfHours(at time.Time, hours []Hour) *Snapshot {
	t := New(Settings{MaxTargets: len(hours) + 2})
	t.begin(at)
	t.clock.goLive()
	t.clock.at = instantOf(at).add(time.Minute) // so that at is of its past
	edge := t.clock.edge()
	for i := range hours {
		h := &hours[i]
		tg := t.target(h.Target)
		tg.act.advance(edge)
		t.all.advance(edge)
		if first := instantOf(h.Start); tg.firstSeen == 0 || first < tg.firstSeen {
			tg.firstSeen = first
		}
		tg.addHour(h, &t.all)
	}
	t.view.targets = t.sorted()
	s := t.past(at)
	slices.SortFunc(s.Targets, func(a, b *Target) int { return worse(a, b, band(a), band(b)) })
	s.Missing = []string{"states, groups, errors and breakers: of days before the last only counts, latencies and incidents are kept"}
	return s
}

// addHour counts an hour that lies before the edge.
func (tg *target) addHour(h *Hour, all *activity) {
	first := instantOf(h.Start).step()
	for i := range h.Counts {
		c := &h.Counts[i]
		key := inconclusive
		if !c.Inconclusive {
			key = keyOf(&Result{Status: c.Outcome.Status, Kind: c.Outcome.Kind, Origin: c.Origin})
			if c.Origin == OriginProbe {
				tg.probed = true
			}
			tg.origins[c.Origin&1].results += c.sum()
		}
		column := tg.act.columns[tg.act.column(key, all)]
		for m, n := range c.Minutes {
			if step := first + int64(m)*stepsPerMinute; n > 0 && step <= tg.act.edge && tg.act.edge/stepsPerHour-step/stepsPerHour < hourSlots {
				tg.act.add(column, step, n)
				all.add(column.all, step, n)
				tg.lastSeen = max(tg.lastSeen, startOf(step))
			}
		}
	}
	for _, l := range h.Latency { // where in the hour is not known: at its end, so that the window of the hour has it
		if step := min(first+stepsPerHour-stepsPerQuarter, tg.act.edge); step >= first && tg.act.edge/stepsPerQuarter-step/stepsPerQuarter < quarterSlots {
			tg.act.addLatency(step, l.Bucket, l.N)
			all.addLatency(step, l.Bucket, l.N)
		}
	}
}
