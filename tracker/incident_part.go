package tracker

import (
	"cmp"
	"slices"
	"time"
)

// overKept is how long an incident stays in the list after its end.
const overKept = minutesPerDay

// A part is one episode of one target, as of a moment: what incidents are put together from.
type part struct {
	tg     *target
	ep     *episode
	minute int64 // the running one
	from   int64 // minutes of the episode, from one up to, without, another
	to     int64

	state    IncidentState
	cause    Cause
	raw      string // the newest message of the cause, as it came
	endpoint string // address or host that all its failures name
	own      bool   // which is the target itself
	generic  bool   // its message says nothing that tells causes apart

	contrasts        []Contrast
	failed, requests float64 // of the class, since the onset
	now              float64 // share of the class that fails now, or failed at the end
	rate             float64 // requests a minute
	trend            Trend
	note             string
	scan             bool
	side             scanSide
	harm             float64
}

// parts returns the episodes of a target that are not long over, oldest first.
func (tg *target) parts(minute int64) (out []part) {
	st := tg.live
	if st == nil {
		return nil
	}
	for i := range tg.scan.done[:st.done] {
		if e := &tg.scan.done[i]; minute-e.calmFrom < overKept {
			out = append(out, part{tg: tg, ep: e, minute: minute})
		}
	}
	for i := range st.tracks {
		if e := st.tracks[i].ep; e != nil && (e.bad || minute-e.calmFrom < overKept) {
			out = append(out, part{tg: tg, ep: e, minute: minute})
		}
	}
	return out
}

// look fills in what is known of a part.
func (p *part) look(buffer *[]sums) {
	c := p.tg.counts(min(p.ep.started, p.minute-30), p.minute+1, buffer)
	p.lookAt(&c)
}

// lookAt is look with the counts laid out.
func (p *part) lookAt(c *counts) {
	e := p.ep
	p.from, p.to = e.started, p.minute+1
	p.state = e.state(p.minute)
	if !e.bad {
		p.to = max(e.calmFrom, p.from+1)
	}
	p.measure(c)
	if e.class != classProbe || !p.tg.servesTraffic() { // else every probe differs from every user's request
		p.contrasts = p.tg.traits.contrasts(e.class, e.slow, p.usualOfAlike(), p.from, p.to)
	}
	p.explain(c)
	p.trend, p.note = p.develop(c)
	p.weigh()
}

// measure counts what failed since the onset, and what share of how many requests fails now.
func (p *part) measure(c *counts) {
	const lately = 5
	e, at := p.ep, p.to
	p.failed, p.requests = c.all(e.class, e.slow, p.from, p.to)
	y, n := c.of(e.class, e.slow, max(at-lately, p.from), at)
	if e.bad && at-1 > p.from { // the running minute and what it may lack
		y, n = c.of(e.class, e.slow, max(at-lately-1, p.from+1), at)
	}
	if e.bad && at-1 <= p.from+1 { // young: what came before it must not dilute it
		if y1, n1 := p.tg.sinceStep(e.class, e.onset.at.step()+1); n1 > 0 {
			y, n = y1, n1
		}
	}
	if n == 0 {
		y, n = p.failed, p.requests
	}
	if n > 0 {
		p.now = y / n
	}
	p.rate = c.requests(max(at-lately-1, p.from), at) / float64(at-max(at-lately-1, p.from))
	if e.class == classProbe {
		p.rate = n / float64(at-max(at-lately-1, p.from))
	}
}

// sinceStep returns the failures of a class, and what they are a share of, from a step of 10 s on; nothing for what steps do not tell.
func (tg *target) sinceStep(k class, from int64) (failures, requests float64) {
	if int(k) >= failureClasses || tg.act.unseen != nil || tg.act.edge-from >= stepsPerHour {
		return 0, 0
	}
	for _, s := range tg.act.columns {
		kind := s.key.kind()
		if s.steps == nil || s.key == inconclusive || !kind.Sent() || (s.key.origin() == OriginProbe) != (k == classProbe) {
			continue
		}
		n := 0.0
		for i := from; i <= tg.act.edge; i++ {
			n += float64(s.steps.at(i))
		}
		if requests += n; kind.Failed() && s.key.class() == k {
			failures += n
		}
	}
	return failures, requests
}

// usualOfAlike is the usual share of all failures that contrasts count with those of the part: the callers' mistakes of any sort, or
// the target's own failures.
func (p *part) usualOfAlike() float64 {
	usual, k := p.ep.usual, p.ep.class
	if int(k) >= failureClasses {
		return usual
	}
	for i := range p.tg.live.tracks {
		tr := &p.tg.live.tracks[i]
		if tr.class != k && int(tr.class) < failureClasses && tr.class.callers() == k.callers() && tr.base.requests > 0 && (tr.class == classProbe) == (k == classProbe) {
			usual += tr.base.failures / tr.base.requests
		}
	}
	return min(usual, 1)
}

// state is where the episode is in its life by the running minute.
func (e *episode) state(minute int64) IncidentState {
	switch {
	case e.flapping(minute):
		return IncidentFlapping
	case e.bad:
		return IncidentOpen
	case !e.over(minute):
		return IncidentRecovering
	}
	return IncidentOver
}

// flapping reports whether the episode comes and goes: three times of trouble, the last one not long over.
func (e *episode) flapping(minute int64) bool {
	if e.phaseCount < 3 || !e.bad && e.over(minute) {
		return false
	}
	const recent = 90
	return e.phase(2).to > minute-recent && (!e.bad || minute-e.phase(0).from <= max(15, 3*e.longestPhase()))
}

// longestPhase returns the longest of the phases that are over, in minutes.
func (e *episode) longestPhase() (longest int64) {
	for i := 1; i < e.phasesThere(); i++ {
		longest = max(longest, e.phase(i).to-e.phase(i).from)
	}
	return longest
}

// weigh estimates how much harm the part does: how much more of its requests than usual are lost, how many, and what sort.
func (p *part) weigh() {
	e := p.ep
	excess, rate := max(p.now-e.usual, 0), p.rate
	if !e.bad {
		excess = max(e.peak.share-e.usual, 0)
	}
	switch e.class {
	case classSilence:
		excess, rate = 1-e.level, e.rate
	case classSlow:
		excess = min(excess, 0.6)
	default:
	}
	p.harm = e.class.weight() * excess * logOnePlus(10*excess*rate)
	if p.scan {
		p.harm *= 0.1
	}
	if !e.known {
		p.harm *= 0.7
	}
	if age := p.minute - e.started; age > 6*60 {
		p.harm *= 0.6
	} else if age > 60 {
		p.harm *= 0.85
	}
}

// shown lays a target's parts in one incident out.
func (t *ErrorTracker) shownTarget(parts []*part, minute int64) IncidentTarget {
	lead := slices.MinFunc(parts, func(a, b *part) int { return a.ep.compare(b.ep) })
	tg := lead.tg
	out := IncidentTarget{Name: tg.name, State: IncidentOver, Onset: t.shownOnset(lead.ep), BaselineKnown: true}
	var buffer []sums
	failing := 0 // parts whose signal is failures
	from, to := lead.from, int64(0)
	for _, p := range parts {
		out.Signals |= p.ep.class.signal()
		out.State = worstState(out.State, p.state)
		out.BaselineKnown = out.BaselineKnown && p.ep.known
		to = max(to, p.to)
		if p.ep.class.signal() == SignalFailures {
			out.Now, out.Usual = min(out.Now+p.now, 1), min(out.Usual+p.ep.usual, 1)
			out.Failed += uint64(p.failed)
			failing++
		}
		if p.ep.end > 0 && !p.ep.bad {
			if end := t.clock.time(p.ep.end); end.After(out.End) {
				out.End = end
			}
		}
		if out.RateUsual < p.ep.rate {
			out.RateUsual = p.ep.rate
		}
	}
	if out.State != IncidentOver && out.State != IncidentRecovering {
		out.End = time.Time{}
	}
	c := tg.counts(from, minute+1, &buffer)
	failed, requests := c.allFailed(from, to)
	out.Requests = uint64(requests)
	if out.Signals&SignalFailures == 0 {
		if requests > 0 {
			out.Now = failed / requests
		}
		out.Usual = tg.usual()
	}
	out.RateNow = tg.rateNow(&c, parts, lead, to)
	if f, n := c.allFailed(wholeMinutes(from, to, minute)); failing > 1 && n > 0 && minute > from { // shares of different requests, as of probes and of traffic, have no sum
		out.Now = f / n
	}
	if l := tg.act.latency; l != nil {
		out.LatencyUsual = l.usualP95(from, tg.act.edge)
		out.LatencyNow = l.p95In(from, to, minute, tg.act.edge)
	}
	return out
}

// wholeMinutes returns the last five minutes of a span, without the running one, which is not over, where there are others.
func wholeMinutes(from, to, running int64) (first, end int64) {
	if to > running && running > from {
		to = running
	}
	return max(to-5, from), to
}

// rateNow is how many requests a minute come to a target by the end of its parts in an incident: none where only probes fail that is asked
// by users too, because it says what the share is of.
func (tg *target) rateNow(c *counts, parts []*part, lead *part, to int64) float64 {
	from, minute := lead.from, lead.minute
	first, end := wholeMinutes(from, to, minute)
	switch {
	case lead.ep.class == classSilence:
		return c.requests(max(to-3, from), to) / 3
	case tg.servesTraffic() && !slices.ContainsFunc(parts, func(p *part) bool { return p.ep.class != classProbe }):
		return 0
	case end-first <= 1 && to > minute: // so young that no minute of it is over
		return c.requests(minute-5, minute) / 5
	}
	return c.requests(first, end) / float64(max(end-first, 1))
}

// worstState returns the state of two together: what goes on outweighs what is over.
func worstState(a, b IncidentState) IncidentState {
	rank := [...]int{IncidentOpen: 3, IncidentRecovering: 1, IncidentFlapping: 2, IncidentOver: 0}
	if rank[a] >= rank[b] {
		return a
	}
	return b
}

func (t *ErrorTracker) shownOnset(e *episode) Onset {
	return Onset{At: t.clock.time(e.onset.at), Earliest: t.clock.time(e.onset.earliest), Latest: t.clock.time(e.onset.latest), Before: e.before}
}

// compare orders episodes by when they began, then by class.
func (e *episode) compare(o *episode) int {
	return cmp.Or(cmp.Compare(e.onset.at, o.onset.at), cmp.Compare(e.class, o.class))
}

// usual is the share of all requests of a target that usually fail, 0 where it is not known.
func (tg *target) usual() (share float64) {
	if tg.live == nil {
		return 0
	}
	for i := range tg.live.tracks {
		if tr := &tg.live.tracks[i]; int(tr.class) < failureClasses && tr.base.requests > 0 && (tr.class != classProbe || !tg.servesTraffic()) {
			share += tr.base.failures / tr.base.requests
		}
	}
	if tg.cond.state >= StateThrottled { // else nobody asks whether it is as yesterday
		share = max(share, tg.yesterdaysShare())
	}
	return min(share, 1)
}

// yesterdayUsual is what a target's failing share was at the same time of yesterday, as of a minute.
type yesterdayUsual struct {
	asOf  int64
	share float64
}

// yesterdaysShare is the largest failing share of ten minutes within half an hour of the same time of yesterday, if that was less than
// half: what happens each night is usual, and an outage is not.
func (tg *target) yesterdaysShare() float64 {
	const around, span, step = 30, 10, 5
	y := &tg.yesterday
	minute := tg.act.edge / stepsPerMinute
	from := minute - minutesPerDay - around
	if y.asOf == minute {
		return y.share
	}
	*y = yesterdayUsual{asOf: minute}
	oldest := max(tg.oldestMinute(), tg.scan.first)
	if minute-minutesPerDay < oldest {
		return 0
	}
	var failed, requests [(2*around + span) / step]float64
	for _, s := range tg.act.columns {
		kind := s.key.kind()
		if s.key == inconclusive || !kind.Sent() {
			continue
		}
		s.hours.each(max(from, oldest), from+int64(len(failed))*step, func(m int64, n uint32) {
			i := (m - from) / step
			if requests[i] += float64(n); kind.Failed() {
				failed[i] += float64(n)
			}
		})
	}
	for i := 1; i < len(failed); i++ {
		if f, n := failed[i-1]+failed[i], requests[i-1]+requests[i]; f >= leastFailures && f < aloneShare*n {
			y.share = max(y.share, f/n)
		}
	}
	return y.share
}

func (tg *target) servesTraffic() bool { return tg.origins[OriginTraffic].results > 0 }

// usualKnown reports whether there is enough of a past to say what is usual.
func (tg *target) usualKnown() bool {
	if tg.live == nil || tg.scan.first == 0 {
		return false
	}
	for i := range tg.live.tracks {
		tr := &tg.live.tracks[i]
		if int(tr.class) < failureClasses && (!tr.base.known() || tr.ep != nil && tr.ep.first) {
			return false
		}
	}
	return tg.live.next-tg.scan.first >= 2*knownMinutes
}

// usualP95 returns the 95th percentile of the two hours before a minute, by whole quarters of an hour; 0 where it is unknown.
func (l *latency) usualP95(minute, edge int64) time.Duration {
	return l.quartersP95(minute/15-8, minute/15, edge)
}

// p95In returns the 95th percentile of the newest minutes of a span; of one that is over, of its quarters of an hour.
func (l *latency) p95In(from, to, minute, edge int64) time.Duration {
	if to > minute {
		return l.five.quantiles().P95
	}
	return l.quartersP95(from/15, (to+14)/15, edge)
}

func (l *latency) quartersP95(from, to, edge int64) time.Duration {
	var h hist
	for q := max(from, edge/stepsPerQuarter-quarterSlots+1, 0); q < to && q <= edge/stepsPerQuarter; q++ {
		h.addCells(l.quarters.at(q))
	}
	return h.quantiles().P95
}
