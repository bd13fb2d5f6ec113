package tracker

import (
	"slices"
	"time"
)

// SnapshotAt returns the content as of at, a moment of the last 24 hours, as far as it is still known; Snapshot.Missing
// says what is not. Counts are by the whole minute that at lies in. A moment ahead of the clock is the present. Versions of
// the past do not compare: two moments of one version differ.
func (t *ErrorTracker) SnapshotAt(now, at time.Time) *Snapshot {
	present := t.Snapshot(now)
	s := t.past(at)
	if s == nil {
		return present
	}
	// What is sorted is large, and nobody's but ours.
	slices.SortStableFunc(s.Groups, func(a, b *Group) int { return b.Last.Compare(a.Last) })
	causes := causes(s.Groups)
	for i := range s.Targets {
		s.Targets[i].Cause = causes[s.Targets[i].Name]
	}
	slices.SortFunc(s.Targets, func(a, b *Target) int {
		return worse(a, b, band(a), band(b))
	})
	s.Incidents, s.Marks = present.lookBackAt(s.At)
	for _, n := range present.Notes {
		if !n.At.After(s.At) {
			s.Notes = append(s.Notes, n)
		}
	}
	kept := newRing(max(len(s.Errors), 1))
	for i := range s.Errors {
		kept.push(&s.Errors[i])
	}
	s.Ring = kept.stats(s.At)
	return s
}

// past puts together what is known of a moment, groups and targets in no order; nil of the present.
func (t *ErrorTracker) past(at time.Time) *Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gathered.fold(&t.all)
	p := past{at: instantOf(at), clock: &t.clock}
	if p.at >= t.clock.shown() {
		return nil
	}
	p.minute = p.at.minute()
	p.oldest = t.clock.oldest()
	s := &Snapshot{Version: t.version, At: t.clock.time(p.at), LogTime: !t.clock.live, Past: true}
	s.Missing = p.missing(t)
	p.activity(&t.all, &s.Overall)
	s.Errors = p.errors(t)
	for _, g := range t.gaps.shown {
		if !g.To.After(s.At) {
			s.Gaps = append(s.Gaps, g)
		}
	}
	for _, e := range t.events {
		if !e.At.After(s.At) {
			s.Breakers = append(s.Breakers, e)
		}
	}
	s.Groups = make([]*Group, 0, len(t.view.groups))
	for i, g := range slices.Clone(t.view.groups) {
		p.breathe(t, i)
		if g.first <= p.at {
			s.Groups = append(s.Groups, p.group(g))
		}
	}
	s.Targets = make([]*Target, 0, len(t.view.targets))
	for i, tg := range slices.Clone(t.view.targets) {
		p.breathe(t, i)
		if first := tg.began(); first > 0 && first <= p.at {
			s.Targets = append(s.Targets, p.target(tg))
			s.Overall.Since = firstOf(s.Overall.Since, s.Targets[len(s.Targets)-1].Activity.Since)
		}
	}
	return s
}

// firstOf returns the earlier of two times, of which a zero one is none.
func firstOf(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) && !b.IsZero() {
		return b
	}
	return a
}

// began returns when a target came into the picture; 0 where it has not.
func (tg *target) began() instant {
	if tg.announced > 0 && (tg.firstSeen == 0 || tg.announced < tg.firstSeen) {
		return tg.announced
	}
	return tg.firstSeen
}

// past looks back from what is remembered now.
type past struct {
	at     instant
	minute int64 // that at lies in
	oldest int64 // minute remembered
	clock  *clock
}

// breathe lets in whoever waits for the tracker, now and then: to put a thousand targets together takes long, and nobody
// who looks at the past may hold up what happens now. i counts what is put together.
func (p *past) breathe(t *ErrorTracker, i int) {
	if i%16 != 15 {
		return
	}
	t.mu.Unlock()
	t.mu.Lock()
	p.oldest = t.clock.oldest()
}

// missing says what cannot be known at that age.
func (p *past) missing(t *ErrorTracker) []string {
	missing := []string{"health of the sources", "skew and what was dropped"}
	if p.minute < p.oldest {
		return append(missing, "everything: only the last 24 hours are remembered")
	}
	now := t.clock.shown()
	if from := p.minute - minutesPerDay + 1; from < p.oldest && t.all.began(p.oldest) {
		missing = append(missing, "the part of the day's window that is older than 24 hours")
	}
	if now.minute()-p.minute >= minuteSlots {
		missing = append(missing, "latencies by the minute", "counts of groups by the minute: they are by the hour")
	}
	for _, tg := range t.view.targets {
		if len(tg.history) == historyKept && tg.history[0].at > p.at {
			missing = append(missing, "states of targets that have changed too often since")
			break
		}
	}
	missing = append(missing, "latencies by the minute over the hour and the day: they are of whole quarters of an hour")
	if t.seq > uint64(t.errors.len()) { //nolint:gosec // a length
		missing = append(missing, "errors that neither the ring nor a group has kept")
	}
	return missing
}

// began reports whether something was counted in the oldest minutes remembered, before which there may have been more.
func (a *activity) began(oldest int64) bool {
	return a.bars.hours[(oldest/60)%hourSlots].Requests > 0
}

// sum counts a series over minutes that end with the one looked at.
func (p *past) sum(c *series, minutes int64) (n uint64) {
	for m := max(p.minute-minutes+1, p.oldest); m <= p.minute; m++ {
		n += uint64(c.at(m))
	}
	return n
}

func (p *past) window(a *activity, minutes int64) Window {
	return a.tally(func(c *series) uint64 { return p.sum(c, minutes) })
}

func (p *past) activity(a *activity, into *Activity) {
	into.Minute, into.FiveMinutes = p.window(a, 1), p.window(a, 5)
	into.Hour, into.Day = p.window(a, 60), p.window(a, minutesPerDay)
	for i := range into.Minutes {
		into.Minutes[i] = p.bar(a, p.minute-59+int64(i), p.minute-59+int64(i))
	}
	hour := p.minute / 60
	for i := range into.Hours {
		h := hour - 23 + int64(i)
		into.Hours[i] = p.hourBar(a, h)
	}
	into.Yesterday = p.hourBar(a, hour-24)
	for _, c := range a.columns {
		if c.key == inconclusive {
			into.Inconclusive = p.sum(c, 60)
		}
	}
	if a.latency != nil {
		p.latencies(a.latency, a.edge, into)
	}
}

// hourBar returns the bar of an hour: of the one looked at as far as it had come, of those before whole.
func (p *past) hourBar(a *activity, hour int64) Bar {
	running := a.edge / stepsPerHour
	switch {
	case hour == p.minute/60:
		return p.bar(a, hour*60, p.minute)
	case hour > running-hourSlots && hour >= 0:
		return a.bars.hours[hour%hourSlots]
	}
	return Bar{}
}

// bar counts the minutes from one to another.
func (p *past) bar(a *activity, from, to int64) (bar Bar) {
	for _, c := range a.columns {
		kind := c.key.kind()
		if c.key == inconclusive || !kind.Sent() {
			continue
		}
		for m := max(from, p.oldest); m <= to; m++ {
			n := c.at(m)
			bar.Requests += n
			if kind.Failed() {
				bar.Errors += n
			}
		}
	}
	return bar
}

// latencies adds up the steps that are still told apart and were over by then.
func (p *past) latencies(l *latency, edge int64, into *Activity) {
	over := func(at func(int64) cells, slots, running, last, n int64) Quantiles {
		var h hist
		for x := max(last-n+1, running-slots+1, 0); x <= last; x++ {
			h.addCells(at(x))
		}
		return h.quantiles()
	}
	minuteOf := func(m int64) cells { return l.minutes.at(m % minuteSlots) }
	minute, quarter := edge/stepsPerMinute, (p.minute+1)/15-1
	into.Minute.Latency = over(minuteOf, minuteSlots, minute, p.minute, 1)
	into.FiveMinutes.Latency = over(minuteOf, minuteSlots, minute, p.minute, 5)
	into.Hour.Latency = over(l.quarters.at, quarterSlots, edge/stepsPerQuarter, quarter, 4)
	into.Day.Latency = over(l.quarters.at, quarterSlots, edge/stepsPerQuarter, quarter, quarterSlots)
	into.Latencies = l.seriesUntil(p.minute, quarter+1, edge)
}

func (p *past) target(tg *target) *Target {
	out := &Target{
		Name: tg.name, URL: tg.info.URL, Probed: tg.probed, Traffic: tg.origins[OriginTraffic].results > 0,
		Reason: "not known at that age",
	}
	out.StateChanges = tg.stateChanges(p.clock, p.at)
	if n := len(out.StateChanges); n > 0 {
		last := &out.StateChanges[n-1]
		out.State, out.Since, out.Reason = last.To, last.At, last.Reason
	}
	p.activity(&tg.act, &out.Activity)
	if tg.firstSeen <= p.at {
		out.Activity.Since = p.clock.time(tg.firstSeen)
	}
	out.LastSeen = p.lastTime(tg, tg.lastSeen, func(Kind) bool { return true })
	out.LastOK = p.lastTime(tg, tg.lastOK, func(k Kind) bool { return k == KindOK })
	for i := range tg.shown.Breakers {
		out.Breakers = append(out.Breakers, p.breaker(&tg.shown.Breakers[i]))
	}
	out.SLO = tg.slo(func(c *series, w int) uint64 {
		return p.sum(c, [...]int64{lastMinute: 1, lastFive: 5, lastHour: 60, lastSix: 6 * 60, lastDay: minutesPerDay}[w])
	})
	return out
}

// lastTime returns when a target was last heard with such a kind: exactly where that was before, else by the minute.
func (p *past) lastTime(tg *target, last instant, of func(Kind) bool) time.Time {
	if last <= p.at {
		return p.clock.time(last)
	}
	for m := p.minute; m >= p.oldest; m-- {
		for _, c := range tg.act.columns {
			if c.key != inconclusive && of(c.key.kind()) && c.at(m) > 0 {
				return p.clock.time(instant(m * int64(time.Minute)))
			}
		}
	}
	return time.Time{}
}

// breaker tells the story as far as it had come. A machine begins CLOSED.
func (p *past) breaker(b *Breaker) Breaker {
	at := p.clock.time(p.at)
	out := Breaker{Role: b.Role, State: BreakerClosed, Threshold: b.Threshold}
	if b.Role == RoleReported {
		out.State = BreakerNone
	}
	for _, tr := range b.Transitions {
		if tr.At.After(at) {
			if len(out.Transitions) == 0 {
				out.State = tr.From
			}
			break
		}
		out.Transitions = append(out.Transitions, tr)
		out.State, out.Since = tr.To, tr.At
		if tr.To == BreakerOpen {
			out.Opened++
		}
	}
	return out
}
