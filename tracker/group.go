package tracker

import (
	"cmp"
	"slices"
	"time"
)

const (
	newFor       = 15 * time.Minute // a group is new for that long after its first error
	quietAfter   = 15 * time.Minute // and quiet after that long without one
	regressAfter = time.Hour        // one that comes back after that much silence has regressed
	regressedFor = time.Hour        // and is shown so for that long

	newestKept = 5 // exemplars of a group, after the first
	otherName  = "(other)"
)

// group counts the errors of one fingerprint.
type group struct {
	id             uint64
	target         *target
	method, route  string
	outcome        Outcome
	error, message string

	merged      uint32 // groups that were folded into it; 0: none
	count       uint64
	first, last instant
	unlived     time.Duration // of gaps in the clock since last
	back        instant       // when it last came back after an hour of silence
	edge        int64         // the minute that the newest of minutes is
	minutes     [60]uint32
	hours       [hourSlots]uint32 // by the hour, for a look back
	day         daily             // by the minute, for incidents

	oldest *Failure   // the first exemplar
	newest []*Failure // the newest, in a ring once full
	next   int

	gone     bool // forgotten or evicted
	dirty    bool
	shown    *Group // as of the last snapshot, which shares it
	unshared bool   // no snapshot shares it yet
	five     uint64 // errors of the last five minutes, as of then
	hour     uint64 // and of the last hour
	until    instant
}

// add counts n errors that came at a moment, of which f is kept.
func (g *group) add(at instant, f *Failure, n uint32) (dropped *Failure) {
	if g.count > 0 && at.sub(g.last)-g.unlived >= regressAfter {
		g.back = at
	}
	if g.count == 0 || at < g.first {
		g.first = at
	}
	if at > g.last {
		g.last, g.unlived = at, 0
	}
	g.count += uint64(n)
	g.dirty = true
	g.advance(at.minute())
	m := at.minute()
	if g.edge-m < 60 {
		g.minutes[m%60] += n
	}
	if h := m / 60; g.edge/60-h < hourSlots {
		g.hours[h%hourSlots] += n
	}
	if g.edge-m < minutesPerDay {
		g.day.add(m, n)
	}
	return g.keep(f, at)
}

// keep makes an error the first exemplar or one of the newest, and returns the one that is not kept for it: nil where there was
// room, or the error itself. One that comes late goes in by its time.
func (g *group) keep(f *Failure, at instant) (dropped *Failure) {
	switch {
	case g.oldest == nil:
		g.oldest = f
	case at <= g.first && f.Time.Before(g.oldest.Time):
		f, g.oldest = g.oldest, f
		if len(g.newest) == newestKept {
			return f
		}
		g.newest = slices.Insert(g.newest, 0, f)
	case len(g.newest) < newestKept:
		place := len(g.newest)
		for place > 0 && f.Time.Before(g.newest[place-1].Time) {
			place--
		}
		g.newest = slices.Insert(g.newest, place, f)
	case at >= g.last.add(-stepLength):
		dropped, g.newest[g.next] = g.newest[g.next], f
		g.next = (g.next + 1) % newestKept
		return dropped
	default:
		return f
	}
	return nil
}

// advance moves the series on to a minute and reports whether it looks different.
func (g *group) advance(minute int64) (changed bool) {
	if minute <= g.edge {
		return false
	}
	changed = g.minutes != [60]uint32{}
	for m := g.edge + 1; m <= min(minute, g.edge+60); m++ {
		g.minutes[m%60] = 0
	}
	for h := g.edge/60 + 1; h <= min(minute/60, g.edge/60+hourSlots); h++ {
		g.hours[h%hourSlots] = 0
	}
	g.day.advance(g.edge, minute)
	g.edge = minute
	return changed
}

// rewind forgets what lies after a moment; the counts stay, they are not of a window.
func (g *group) rewind(to instant) {
	minute := to.minute()
	if minute >= g.edge {
		return
	}
	for m := max(minute+1, g.edge-59); m <= g.edge; m++ {
		g.minutes[m%60] = 0
	}
	for h := max(minute/60+1, g.edge/60-hourSlots+1); h <= g.edge/60; h++ {
		g.hours[h%hourSlots] = 0
	}
	g.day.rewind(g.edge, minute)
	g.edge = minute
	g.first, g.last, g.back = min(g.first, to), min(g.last, to), min(g.back, to)
	g.dirty = true
}

// recent counts the errors of the newest minutes of the series.
func (g *group) recent(minutes int64) (n uint64) {
	for m := g.edge; m > g.edge-minutes && m >= 0; m-- {
		n += uint64(g.minutes[m%60])
	}
	return n
}

// badge returns how the group has behaved as of a moment, and when that changes if nothing else comes.
func (g *group) badge(at instant) (Badge, instant) {
	quiet := g.last.add(quietAfter + g.unlived)
	switch {
	case at >= quiet:
		return BadgeQuiet, 0
	case g.back > 0 && at < g.back.add(regressedFor):
		return BadgeRegressed, min(quiet, g.back.add(regressedFor))
	case at < g.first.add(newFor):
		return BadgeNew, min(quiet, g.first.add(newFor))
	}
	return BadgeOngoing, quiet
}

// outweighs reports whether the group says more about what is wrong than another: by its errors of the last five minutes, of
// the last hour, or by being newer. Requests that were never sent, because a breaker was open, say the least: what opened it
// is the cause.
func (g *group) outweighs(other *group) bool {
	if (g.hour > 0) != (other.hour > 0) {
		return g.hour > 0
	}
	if sent := g.outcome.Kind.Sent(); sent != other.outcome.Kind.Sent() {
		return sent
	}
	return cmp.Or(cmp.Compare(g.five, other.five), cmp.Compare(g.hour, other.hour), cmp.Compare(g.last, other.last)) > 0
}

// exemplars returns the first and the newest errors, oldest first.
func (g *group) exemplars() []Failure {
	out := make([]Failure, 0, 1+len(g.newest))
	for _, f := range g.kept() {
		out = append(out, *f)
	}
	return out
}

// kept returns the exemplars, the first before the newest.
func (g *group) kept() []*Failure {
	out := make([]*Failure, 0, 1+newestKept)
	if g.oldest != nil {
		out = append(out, g.oldest)
	}
	return append(append(out, g.newest[g.next:]...), g.newest[:g.next]...)
}

// show brings the group to a moment and returns whether it looks different from when it was last shown.
func (g *group) show(at instant, clock *clock) (changed bool) {
	changed = g.advance(at.minute()) || g.dirty || g.until > 0 && at >= g.until
	if !changed {
		return false
	}
	g.five, g.hour = g.recent(5), g.recent(60)
	g.target.regrouped = true
	if !g.unshared {
		shown := *g.shown
		g.shown, g.unshared = &shown, true
	}
	out := g.shown
	if out.ID == 0 {
		out.ID, out.Target, out.Method, out.Route = g.id, g.target.name, g.method, g.route
		out.Outcome, out.Error, out.Message = g.outcome, g.error, g.message
	}
	out.Error, out.Folded = g.error, int(g.merged)
	out.Count, out.First, out.Last = g.count, clock.time(g.first), clock.time(g.last)
	out.PerMinute = perMinute(g.five, 5*time.Minute)
	out.Badge, g.until = g.badge(at)
	out.RegressedAt = clock.time(g.back)
	newest := int(g.edge%60) + 1
	copy(out.Minutes[copy(out.Minutes[:], g.minutes[newest:]):], g.minutes[:newest])
	if g.dirty {
		out.Exemplars = g.exemplars()
		out.Example = &out.Exemplars[len(out.Exemplars)-1].Result
		g.dirty = false
	}
	return true
}

// perMinute turns a count over a span into a rate.
func perMinute(count uint64, span time.Duration) float64 { return float64(count) / span.Minutes() }
