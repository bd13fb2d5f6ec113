package tracker

// A result may stand for others of its kind that were not sampled ([Result.Weight]). They are counted like those that were, but
// tell nothing more: twenty failures that one result stands for are one observation. unseen counts, minute by minute, how many
// were not observed, of all requests and of the failures of each class; a target without weights has none.
type unseen struct {
	requests *daily
	failed   [failureClasses]*daily
}

// addUnseen notes that a result of a minute stands for n more.
func (a *activity) addUnseen(minute int64, r *Result, n uint32) {
	if n == 0 || r.Inconclusive || !r.Kind.Sent() || r.Origin == OriginProbe || a.edge/stepsPerMinute-minute >= minutesPerDay {
		return
	}
	if a.unseen == nil {
		a.unseen = &unseen{requests: &daily{}}
	}
	a.unseen.requests.add(minute, n)
	if r.Kind.Failed() {
		a.unseen.class(classOf(r.Outcome())).add(minute, n)
	}
}

// class returns the counts of a class, made on first use.
func (u *unseen) class(k class) *daily {
	if u.failed[k] == nil {
		u.failed[k] = &daily{}
	}
	return u.failed[k]
}

func (u *unseen) each(do func(*daily)) {
	if u == nil {
		return
	}
	do(u.requests)
	for _, d := range u.failed {
		if d != nil {
			do(d)
		}
	}
}

// absorb adds what another activity has not observed.
func (a *activity) absorbUnseen(b *unseen, edge, other int64) {
	if b == nil {
		return
	}
	if a.unseen == nil {
		a.unseen = &unseen{requests: &daily{}}
	}
	a.unseen.requests.absorb(b.requests, edge, other)
	for k, d := range b.failed {
		if d != nil {
			a.unseen.class(class(k)).absorb(d, edge, other)
		}
	}
}

// weight is how many requests an observation stands for, in the minutes from one up to, without, another: of the failures of a
// class, because it is their number that a test asks about; where there are none, of those of the hours before, or of all requests.
func (c *counts) weight(k class, from, to int64, failures float64) float64 {
	if int(k) < failureClasses {
		if failures == 0 {
			from = max(to-lookBack, c.from)
			failures, _ = c.all(k, 0, from, to)
		}
		if failures > 0 {
			return perObservation(failures, c.unseen.failed[k], from, to)
		}
	}
	return perObservation(c.requests(from, to), c.unseen.requests, from, to)
}

// perObservation returns how many of n requests one that was observed stands for.
func perObservation(n float64, unseen *daily, from, to int64) float64 {
	if unseen == nil || n == 0 {
		return 1
	}
	return n / max(n-float64(unseen.sum(from, to)), 1)
}
