package tracker

import "time"

// When a target changes its state. To enter a worse state takes more than to stay in it, and no state is left for another
// more than twice a minute.
const (
	fewRequests = 10 // below that many a ratio says little, and the last outcomes are judged instead

	failingEnter, failingStay   = 0.50, 0.25 // share of failures in five minutes
	degradedEnter, degradedStay = 0.02, 0.01
	degradedErrors              = 3    // and at least that many
	calmAgain                   = 0.10 // of the last minute: below that nothing is failing any more; in few requests, none of the newest

	// A minute is not judged by chance: what it shows would be as rare as that if nothing had changed.
	chance       = 0.001
	chanceMinute = 1e-5 // of a minute alone
	enoughBefore = 100  // requests of the hour before that say what is usual

	limitedEnter, limitedStay = 0.9, 0.6 // share of the failures that are 429

	changesPer = time.Minute // in which a state changes at most twice
	reportKept = 5 * time.Minute

	historyKept = 256 // changes of a target's state
)

// verdictOnOrigin is the state of one origin of a target, with the numbers that say why.
type verdictOnOrigin struct {
	state  TargetState
	n, of  uint64 // failures and what they are a share of
	window time.Duration
	kind   outcomeKey // what more than half of the failures have in common; 0 where nothing
	all    bool       // and all of them
}

// share is the failures of an origin in one window.
type share struct{ requests, errors, limited uint64 }

func (s share) ratio() float64 { return ratio(s.errors, s.requests) }

// judgeTraffic judges by the share of failures in five minutes, or in the last one where that is enough.
func (tg *target) judgeTraffic() verdictOnOrigin {
	five, minute := tg.shares[OriginTraffic][lastFive], tg.shares[OriginTraffic][lastMinute]
	r := &tg.origins[OriginTraffic]
	if five.requests < fewRequests {
		return r.judgeRecent()
	}
	was := r.judged.state
	v := verdictOnOrigin{state: StateOK, n: five.errors, of: five.requests, window: 5 * time.Minute}
	enough := minute.requests >= fewRequests
	before := five.without(minute)
	over := minute.ratio() < calmAgain && minute.rarelyLess(before.ratio(), chance)
	if !enough { // or they that succeeded before those that failed leave the window, and a target that is silent gets worse
		over = r.recovered()
	}
	switch {
	case enough && minute.ratio() >= failingEnter && minute.rarelyMore(before.ratio(), chanceMinute):
		v.state = StateFailing
		if five.ratio() < failingEnter {
			v.n, v.of, v.window, five = minute.errors, minute.requests, time.Minute, minute
		}
	case !over && tg.failing(five, was):
		v.state = StateFailing
	case was >= StateThrottled && five.ratio() >= degradedStay, five.ratio() >= degradedEnter && five.errors >= degradedErrors && tg.unusual(five, degradedEnter):
		v.state = StateDegraded
	}
	if v.state >= StateThrottled && five.throttled(was) {
		v.state = StateThrottled
	}
	if v.state >= StateThrottled {
		v.kind, v.all = tg.mostOf(OriginTraffic, v.window)
	}
	return v
}

// failing reports whether five minutes are, which takes more to begin than to go on.
func (tg *target) failing(five share, was TargetState) bool {
	if was == StateFailing {
		return five.ratio() >= failingStay
	}
	return five.ratio() >= failingEnter && tg.unusual(five, failingEnter-0.05)
}

// unusual reports whether so many failures are more than chance makes of what the hour before had, or of a share if that had more.
func (tg *target) unusual(five share, most float64) bool {
	hour := tg.shares[OriginTraffic][lastHour].without(tg.shares[OriginTraffic][lastFive])
	return hour.requests < enoughBefore || five.rarelyMore(min(hour.ratio(), most), chance)
}

// without returns the share of a window without a newer part of it.
func (s share) without(newer share) share {
	return share{requests: s.requests - newer.requests, errors: s.errors - newer.errors, limited: s.limited - newer.limited}
}

// rarelyMore reports whether so many failures would be rare at a share.
func (s share) rarelyMore(at, chance float64) bool {
	y, n := float64(s.errors), float64(s.requests)
	return betaInc(at, y, n-y+1) < chance
}

// rarelyLess reports whether so few failures would be rare at a share.
func (s share) rarelyLess(at, chance float64) bool {
	y, n := float64(s.errors), float64(s.requests)
	return betaInc(1-at, n-y, y+1) < chance
}

// throttled reports whether the failures are 429, but for a stray one.
func (s share) throttled(was TargetState) bool {
	least := limitedEnter
	if was == StateThrottled {
		least = limitedStay
	}
	return float64(s.limited) >= least*float64(s.errors)
}

// shares are the shares of one origin in the windows that judgements need.
type shares [lastHour + 1]share

// bothShares returns the shares of both origins.
func (tg *target) bothShares() (out [2]shares) {
	for _, c := range tg.act.columns {
		if c.total[lastHour] == 0 || c.key == inconclusive {
			continue
		}
		kind := c.key.kind()
		if !kind.Sent() {
			continue
		}
		of := &out[c.key.origin()]
		for w := range of {
			n := c.total[w]
			of[w].requests += n
			if kind.Failed() {
				of[w].errors += n
			}
			if kind == KindRateLimited {
				of[w].limited += n
			}
		}
	}
	return out
}

// mostOf returns the outcome of most of an origin's failures in a window, or 0 where none is more than half of them, and
// whether it is that of all.
func (tg *target) mostOf(o Origin, span time.Duration) (most outcomeKey, every bool) {
	window := lastFive
	if span == time.Minute {
		window = lastMinute
	}
	var n, all uint64
	for _, c := range tg.act.columns {
		if kind := c.key.kind(); c.key == inconclusive || c.key.origin() != o || !kind.Failed() || !kind.Sent() {
			continue
		}
		all += c.total[window]
		if c.total[window] > n {
			most, n = c.key, c.total[window]
		}
	}
	if n*2 <= all {
		return 0, false
	}
	return most, n == all
}

// condition is what a target is in, as of a moment.
type condition struct {
	state  TargetState
	origin Origin // that decided; with by
	by     verdictOnOrigin
	byApp  bool // the application reports its breaker OPEN
}

// judge brings both origins' verdicts to a moment and returns what they add up to.
func (tg *target) judge(at instant) condition {
	tg.shares = tg.bothShares()
	tg.origins[OriginTraffic].judge(tg.judgeTraffic())
	tg.origins[OriginProbe].judge(tg.origins[OriginProbe].judgeRecent())
	out := condition{state: StateUnknown}
	for o := range tg.origins {
		if tg.fresh(Origin(o), at) && tg.origins[o].judged.state > out.state {
			out = condition{state: tg.origins[o].judged.state, origin: Origin(o), by: tg.origins[o].judged}
		}
	}
	if r := tg.reported; r != nil && r.state == BreakerOpen && at.sub(r.last)-r.unlived <= reportKept && out.state < StateFailing {
		return condition{state: StateFailing, byApp: true}
	}
	if out.state == StateUnknown && (tg.heard() || tg.overdue(at)) {
		out.state = StateStale
	}
	return out
}

func (tg *target) heard() bool {
	return tg.origins[OriginProbe].results+tg.origins[OriginTraffic].results > 0
}

// overdue reports whether a target that was announced should have been probed by now.
func (tg *target) overdue(at instant) bool {
	return tg.info.Interval > 0 && at.sub(tg.announced)-tg.unlived > missedTurn*tg.info.Interval
}

// fresh reports whether an origin has been heard lately. While the gate holds probes back their silence means nothing.
func (tg *target) fresh(o Origin, at instant) bool {
	r := &tg.origins[o]
	return r.results > 0 && (at <= tg.staleAt(o) || o == OriginProbe && tg.held())
}

func (tg *target) held() bool {
	if tg.gate == nil {
		return false
	}
	_, calm := tg.gate.closedGeneration()
	return !calm && tg.gate.state != BreakerClosed
}

// staleAt returns the moment after which an origin's silence is news.
func (tg *target) staleAt(o Origin) instant {
	interval := time.Duration(0)
	if o == OriginProbe {
		interval = tg.info.Interval
	}
	r := &tg.origins[o]
	return r.last.add(r.silence(interval) + r.unlived)
}

// evaluate brings the state to a moment, unless it has already changed twice in the last minute.
func (tg *target) evaluate(at instant) {
	at = max(at, tg.since) // a result that comes late changes nothing before the last change
	if tg.waits(at) {
		return
	}
	now := tg.judge(at)
	if now.state == tg.cond.state {
		tg.cond, tg.joined = now, false
		return
	}
	if tg.cond.state != StateUnknown {
		if tg.changes[0] > 0 && at.sub(tg.changes[0]) < changesPer {
			return
		}
		tg.changes[0], tg.changes[1] = tg.changes[1], at
	}
	if !tg.joined || min(tg.cond.state, now.state) < StateThrottled { // else it is in trouble for as long as one of its origins
		tg.since = at
	}
	tg.cond, tg.joined = now, false
	if len(tg.history) == historyKept {
		tg.history = tg.history[1:]
	}
	tg.turned = true
	tg.history = append(tg.history, stateChange{at: at, state: now.state, reason: tg.reason(at)})
}

// stateChange is a turn in the history of a target.
type stateChange struct {
	at     instant
	state  TargetState
	reason string
}

// trafficErrors counts the failed requests of five minutes.
func (tg *target) trafficErrors() (n uint64) {
	for _, c := range tg.act.columns {
		if kind := c.key.kind(); c.key != inconclusive && c.key.origin() == OriginTraffic && kind.Failed() && kind.Sent() {
			n += c.total[lastFive]
		}
	}
	return n
}
