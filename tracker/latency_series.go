package tracker

import "time"

// LatencyBar is the latency of one step of a [LatencySeries]: three quantiles, all 0 where no result had a latency. It holds their
// buckets, because a snapshot has 154 of them for each target.
type LatencyBar struct{ at quantileBuckets }

// NewLatencyBar returns a bar of three quantiles, each rounded to its bucket.
func NewLatencyBar(p50, p95, p99 time.Duration) (bar LatencyBar) {
	for i, d := range [...]time.Duration{p50, p95, p99} {
		if d > 0 {
			bar.at[i] = BucketOf(d) + 1
		}
	}
	return bar
}

// P50 returns the median.
func (b LatencyBar) P50() time.Duration { return b.at.value(0) }

// P95 returns the 95th percentile.
func (b LatencyBar) P95() time.Duration { return b.at.value(1) }

// P99 returns the 99th percentile.
func (b LatencyBar) P99() time.Duration { return b.at.value(2) }

// LatencySeries is how latency went, oldest first, each quantile within 1.1 % of a value that was seen. It ends before the
// running minute and the running quarter of an hour: the latencies of Activity.Minute and Activity.FiveMinutes go on from
// there. A moment of the past may lie so far back that only the newest steps before it are remembered; the others are 0.
type LatencySeries struct {
	Minutes  [minuteSlots - 1]LatencyBar
	Quarters [quarterSlots - 1]LatencyBar

	MinutesKnown, QuartersKnown int // how many of the newest are remembered; of the present all
}

// trail keeps the quantiles of steps, so that a snapshot looks only at those that got another latency.
type trail struct {
	staleMinutes  uint64    // slots to be looked at anew, as bits: those of the others stand in shown
	staleQuarters [2]uint64 // the quantiles of quarters lie beside their latencies

	shown *LatencySeries // never changed once it was shown; nil before that
	ended int64          // the running minute of then
	due   bool           // another one is to be shown
}

// quantileBuckets are the buckets of three quantiles, each one more than it is; all 0 for none.
type quantileBuckets [3]Bucket

// quantiles returns the buckets of the nearest-rank quantiles.
func (c cells) quantiles() (out quantileBuckets) {
	count := uint64(0)
	for _, x := range c {
		count += uint64(x.n)
	}
	next, seen := 0, uint64(0)
	for _, x := range c {
		seen += uint64(x.n)
		for next < len(out) && seen*100 >= count*[...]uint64{50, 95, 99}[next] {
			out[next] = x.bucket + 1
			next++
		}
	}
	return out
}

func (b quantileBuckets) value(i int) time.Duration {
	if b[i] == 0 {
		return 0
	}
	return (b[i] - 1).Value()
}

func (t *trail) touchMinute(minute int64) { t.staleMinutes |= 1 << (minute % minuteSlots) }

func (t *trail) touchQuarter(quarter int64) {
	slot := quarter % quarterSlots
	t.staleQuarters[slot/64] |= 1 << (slot % 64)
}

// forget makes everything be looked at anew.
func (t *trail) forget() {
	const all = ^uint64(0)
	t.staleMinutes, t.staleQuarters, t.due = all, [...]uint64{all, all}, true
}

// minuteBar returns the quantiles of a minute that is remembered.
func (l *latency) minuteBar(minute int64) LatencyBar {
	t, slot := &l.trail, minute%minuteSlots
	if t.shown != nil && t.staleMinutes&(1<<slot) == 0 {
		if i := minute - t.ended + int64(len(t.shown.Minutes)); i >= 0 && i < int64(len(t.shown.Minutes)) {
			return t.shown.Minutes[i]
		}
	}
	return LatencyBar{l.minutes.at(slot).quantiles()}
}

// quarterBar returns the quantiles of a quarter of an hour that is remembered.
func (l *latency) quarterBar(quarter int64) LatencyBar {
	slot := quarter % quarterSlots
	if stale, bit := &l.trail.staleQuarters[slot/64], uint64(1)<<(slot%64); *stale&bit != 0 {
		*stale &^= bit
		if c := l.quarters.at(quarter); len(c) > 0 {
			block, i := l.quarters.block(quarter)
			block.quantiles[i] = c.quantiles()
		}
	}
	if len(l.quarters.at(quarter)) == 0 {
		return LatencyBar{}
	}
	block, i := l.quarters.block(quarter)
	return LatencyBar{block.quantiles[i]}
}

// seriesUntil returns the latencies before a minute and a quarter of an hour, as far as an edge has not left them behind.
func (l *latency) seriesUntil(minute, quarter, edge int64) *LatencySeries {
	s := &LatencySeries{}
	for i := range s.Minutes {
		if m := minute - int64(len(s.Minutes)-i); m > edge/stepsPerMinute-minuteSlots {
			s.MinutesKnown++
			if m >= 0 {
				s.Minutes[i] = l.minuteBar(m)
			}
		}
	}
	for i := range s.Quarters {
		if q := quarter - int64(len(s.Quarters)-i); q > edge/stepsPerQuarter-quarterSlots {
			s.QuartersKnown++
			if q >= 0 {
				s.Quarters[i] = l.quarterBar(q)
			}
		}
	}
	return s
}

// series returns the latencies up to an edge, the same ones until a minute is over or one that was has got another.
func (l *latency) series(edge int64) *LatencySeries {
	if t := &l.trail; t.due || t.shown == nil {
		minute := edge / stepsPerMinute
		t.shown, t.due = l.seriesUntil(minute, edge/stepsPerQuarter, edge), false
		t.ended = minute
		t.staleMinutes &= 1 << (minute % minuteSlots)
	}
	return l.trail.shown
}
