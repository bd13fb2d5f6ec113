package tracker

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// causes returns each target's group with the most errors in the time before, of those that were sent if there are any.
func causes(groups []*Group) map[string]*Group {
	best := map[string]*Group{}
	weight := func(g *Group) float64 {
		if g.Outcome.Kind.Sent() {
			return g.PerMinute
		}
		return g.PerMinute - math.MaxFloat32
	}
	for i := range groups {
		if g := groups[i]; best[g.Target] == nil || weight(g) > weight(best[g.Target]) {
			best[g.Target] = g
		}
	}
	return best
}

// group shows a group as it was, as far as its series and exemplars tell.
func (p *past) group(g *group) *Group {
	shown := *g.shown
	out := &shown
	var after uint64
	hour := p.minute / 60
	for h := hour + 1; h <= g.edge/60; h++ {
		after += uint64(g.hours[h%hourSlots])
	}
	last := g.last
	if last > p.at {
		last = max(g.first, p.lastHourOf(g))
	}
	out.Minutes = [60]uint32{}
	inHour, five := uint64(0), uint64(0)
	if hour > g.edge/60-hourSlots {
		inHour = uint64(g.hours[hour%hourSlots])
	}
	fine := g.edge-p.minute < 60 // the minute looked at is still told apart
	for m := max(g.edge-59, 0); m <= g.edge; m++ {
		n := g.minutes[m%60]
		switch {
		case m > p.minute && m/60 == hour:
			after += uint64(n)
		case m <= p.minute && m > p.minute-60:
			out.Minutes[59-(p.minute-m)] = n
			if n > 0 {
				last = max(last, min(instant(m*int64(time.Minute)), g.last))
			}
			if m > p.minute-5 {
				five += uint64(n)
			}
		}
	}
	out.Count -= min(after, out.Count)
	out.PerMinute = perMinute(inHour, time.Hour)
	if fine {
		out.PerMinute = perMinute(five, 5*time.Minute)
	}
	out.Exemplars = slices.DeleteFunc(g.exemplars(), func(f Failure) bool { return instantOf(f.Time) > p.at })
	for i := range out.Exemplars {
		last = max(last, min(instantOf(out.Exemplars[i].Time), p.at))
	}
	if n := len(out.Exemplars); n > 0 {
		out.Example = &out.Exemplars[n-1].Result
	} else {
		out.Example = &g.oldest.Result
	}
	out.Last = p.clock.time(last)
	was := group{first: g.first, last: last}
	if g.back <= p.at {
		was.back = g.back
	}
	out.RegressedAt = p.clock.time(was.back)
	out.Badge, _ = was.badge(p.at)
	return out
}

// errors returns what the ring and the groups have kept of the errors up to then, the newest as many as the ring holds.
func (p *past) errors(t *ErrorTracker) []Failure {
	var all []*Failure
	keep := func(f *Failure) {
		if instantOf(f.Time) <= p.at {
			all = append(all, f)
		}
	}
	for i := range t.errors.len() {
		keep(t.errors.at(i))
	}
	for _, g := range t.view.groups {
		keep(g.oldest)
		for _, f := range g.newest {
			keep(f)
		}
	}
	slices.SortFunc(all, func(a, b *Failure) int {
		return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(b.size(), a.size())) // the one with more evidence first
	})
	all = slices.CompactFunc(all, func(a, b *Failure) bool { return a.Seq == b.Seq })
	all = all[max(len(all)-t.settings.Ring, 0):]
	errors := make([]Failure, len(all))
	for i, f := range all {
		errors[i] = *f
	}
	return errors
}

// lastHourOf returns when a group was last seen by what is counted by the hour alone: the end of that hour, as far as it
// had come. What happened in the hour looked at counts as seen, as it does in the count.
func (p *past) lastHourOf(g *group) (last instant) {
	told := g.edge - 59 // the first minute that is told apart
	for h := max(g.edge/60-hourSlots+1, 0); h <= p.minute/60; h++ {
		n := g.hours[h%hourSlots]
		for m := max(told, h*60); m <= min(g.edge, h*60+59); m++ {
			n -= min(n, g.minutes[m%60])
		}
		if n > 0 {
			last = min(instant(min((h+1)*60, told)*int64(time.Minute))-1, p.at)
		}
	}
	return last
}
