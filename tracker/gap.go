package tracker

import "time"

// Gap is time that nobody lived through: the machine was suspended, errtop was stopped, or somebody set the clock. Nothing is
// judged over it: no target falls silent, no group returns, and a state holds until there is something new to go by.
type Gap struct {
	From time.Time // the last moment before it
	To   time.Time // when it went on; before From where the clock was set back
	Why  string    // in words: "the clock jumped ahead by 60 minutes"
}

const (
	gapsKept  = 50
	leastJump = time.Minute     // of the clock, that is a gap
	holdAfter = 5 * time.Minute // a gap, in which a state holds unless something is heard
)

// gap is a Gap as it is kept.
type gap struct {
	from, to instant
	why      string
}

// length is how much time was lost; a clock that was set back loses none.
func (g *gap) length() time.Duration { return max(g.to.sub(g.from), 0) }

// since returns how much of a gap lies after a moment.
func (g *gap) since(last instant) time.Duration { return max(g.to.sub(max(g.from, last)), 0) }

// A gapList is the newest gaps, by when they were noticed.
type gapList struct {
	list  []gap
	shown []Gap // never changed in place
}

// has reports whether a minute lies in a gap, or partly.
func (l *gapList) has(minute int64) bool {
	for i := range l.list {
		if g := &l.list[i]; minute >= g.from.minute() && minute <= g.to.minute() {
			return true
		}
	}
	return false
}

// after returns the first minute after the last gap that began before a minute, and 0 where there was none.
func (l *gapList) after(minute int64) (first int64) {
	for i := range l.list {
		if g := &l.list[i]; g.length() > 0 && g.from.minute() <= minute {
			first = max(first, g.to.minute()+1)
		}
	}
	return first
}

// near reports whether a gap is known already.
func (l *gapList) near(g gap) bool {
	for _, known := range l.list {
		if g.from <= known.to.add(leastJump) && g.to >= known.from.add(-leastJump) {
			return true
		}
	}
	return false
}

func (l *gapList) add(g gap, c *clock) {
	l.list = append(l.list[max(len(l.list)-gapsKept+1, 0):], g)
	l.show(c)
}

// show lays the list out for snapshots.
func (l *gapList) show(c *clock) {
	l.shown = nil
	for _, g := range l.list {
		l.shown = append(l.shown, Gap{From: c.time(g.from), To: c.time(g.to), Why: g.why})
	}
}

// AddGap notes time that nobody lived through, where somebody knows of it that the tracker cannot: it sees by itself when the
// wall clock of the moments it is told moves against their monotonic one, or goes back. A gap that is known already is noted once.
func (t *ErrorTracker) AddGap(now time.Time, lost Gap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	g := gap{from: instantOf(lost.From), to: min(instantOf(lost.To), t.clock.shown()), why: lost.Why}
	if !t.clock.live || g.length() < leastJump || t.gaps.near(g) {
		return
	}
	t.skip(g)
}

// skip notes a gap that ends now or has ended, and makes nothing be judged over it.
func (t *ErrorTracker) skip(g gap) {
	t.flush()
	t.changedEarlier()
	edge := t.clock.edge()
	t.gaps.add(g, &t.clock)
	for _, tg := range t.targets {
		tg.skip(g, edge, &t.sums)
	}
	t.view.groupsDirty = true
	t.changed(nil)
}

// skip takes a target over a gap to a step.
func (tg *target) skip(g gap, edge int64, buffer *[]sums) {
	tg.scanTo(min(g.from.minute()+1, edge/stepsPerMinute), buffer) // while all of it is remembered
	tg.act.advance(edge)
	tg.unlived += g.since(tg.announced)
	for o := range tg.origins {
		tg.origins[o].unlived += g.since(tg.origins[o].last)
	}
	if r := tg.reported; r != nil {
		r.unlived += g.since(r.last)
	}
	for _, group := range tg.groups {
		group.unlived += g.since(group.last)
		group.dirty = true
	}
	tg.resumed = g.to
	tg.dirty, tg.until = true, 0
}

// waits reports whether the state holds, because nothing was heard since a gap that is over for a short while only.
func (tg *target) waits(at instant) bool {
	return tg.resumed > 0 && tg.lastSeen <= tg.resumed && at.sub(tg.resumed) < holdAfter &&
		tg.cond.state != StateStale && tg.cond.state != StateUnknown
}
