package fleet

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"errtop/tracker"
)

const (
	sumShare   = 20 // at most one part in so many of a core is spent on sums
	sumAtLeast = 2 * time.Second
	sumAtMost  = time.Minute
	// settleTime is how long after the first sum the others follow without a rest: agents may not know yet that somebody looks, and say
	// only in their sums what fails.
	settleTime = 10 * time.Second
)

// picture is the sum as it was last made, which live messages are added to until it is made anew.
type picture struct {
	total  *tracker.ErrorTracker
	places map[string]*tracker.ErrorTracker // nil where there are not several
	sumOf  map[string]time.Time             // revision of each agent's newest sum that is in it
	serves map[string][]string              // target -> agents that have counted it lately
	past   pastSums
	hot    hotSums
	agents map[string]agentFacts
	made   time.Time
	shown  shown
}

// pastSums are the older hours of each place as one state, made anew when an hour has changed.
type pastSums struct {
	states map[string]tracker.State
	sums   map[int64]map[string]tracker.State // that it was made of
}

// keepSum makes the sum anew when something has come.
func (v *Viewer) keepSum(ctx context.Context) error {
	const look = 250 * time.Millisecond
	tick := time.NewTicker(look) // which also bounds how often those who look are woken
	defer tick.Stop()
	var next, settled time.Time
	var first sync.Once
	for {
		urgent := false
		select {
		case <-ctx.Done():
			return nil
		case <-v.urgent:
			urgent = true
		case <-tick.C:
		}
		start := time.Now()
		v.mu.Lock()
		if v.untold {
			v.tell()
		}
		due := v.dirty && v.loaded && (urgent || !start.Before(next))
		v.mu.Unlock()
		if !due {
			continue
		}
		cost, err := v.sumUp(start)
		if err != nil {
			return err
		}
		first.Do(func() {
			close(v.shown)
			settled = time.Now().Add(settleTime)
		})
		rest := sumAtLeast
		if !start.Before(settled) {
			rest = max(v.sumPause, min(max(cost*sumShare, sumAtLeast), sumAtMost))
		}
		next = time.Now().Add(rest)
	}
}

// sumUp makes the sum anew, place by place on as many cores as there are, and returns how much time that took of all of them.
func (v *Viewer) sumUp(now time.Time) (cost time.Duration, err error) {
	in := v.input()
	made := picture{sumOf: map[string]time.Time{}, past: in.past, agents: in.agents, made: now}
	if err := made.past.update(now, v.tracker, in.sums); err != nil {
		return 0, err
	}
	newestOf := map[string]header{}
	for _, hot := range in.hot {
		for key, p := range hot.pieces {
			if p.At.After(made.sumOf[key.agent]) {
				made.sumOf[key.agent] = p.At
			}
			if of, known := newestOf[key.agent]; !known || p.Run.After(of.Run) || p.Run.Equal(of.Run) && p.Hour > of.Hour {
				newestOf[key.agent] = p.header
			}
		}
	}
	places := map[string]*placeSum{}
	of := func(place string) *placeSum {
		if places[place] == nil {
			places[place] = &placeSum{v: v, before: in.before.places[place], now: now, agents: in.agents, newestOf: newestOf, serves: map[string][]string{}, hot: hotSums{}}
		}
		return places[place]
	}
	for h, hot := range in.hot {
		if h <= newestHour(now)-hoursKept {
			continue
		}
		for place, hours := range byPlace(hot.pieces, in.agents) {
			known := in.known.of(hotKey{h, place}, hot.revision, in.agents)
			of(place).hours = append(of(place).hours, placeHour{hour: h, revision: hot.revision, agents: hours, known: known})
		}
	}
	for place, state := range made.past.states {
		of(place).past = state
	}
	for _, p := range places {
		p.several = len(places) > 1
	}
	if err := inParallel(slices.Sorted(maps.Keys(places)), func(place string) { places[place].make(place) }); err != nil {
		return 0, err
	}
	joining := time.Now()
	v.finish(&made, places, &in, now)
	cost = time.Since(joining)
	for _, p := range places {
		cost += p.cost
	}
	return cost, nil
}

// sumInput is what a sum is made of.
type sumInput struct {
	agents  map[string]agentFacts
	hot     map[int64]hour
	sums    map[int64]map[string]tracker.State
	past    pastSums
	known   hotSums
	version uint64
	before  picture
}

// input returns what there is to sum up.
func (v *Viewer) input() sumInput {
	v.mu.Lock()
	defer v.mu.Unlock()
	in := sumInput{agents: v.places(), hot: map[int64]hour{}, sums: map[int64]map[string]tracker.State{}, past: v.picture.past, known: v.picture.hot}
	for h, at := range v.hours {
		if at.pieces != nil {
			in.hot[h] = hour{pieces: maps.Clone(at.pieces), revision: at.revision}
		} else {
			in.sums[h] = at.sums
		}
	}
	in.version, in.before = v.version, v.picture
	v.dirty = false
	return in
}

// finish turns the sums of the places into trackers, and one over all of them, and shows them.
func (v *Viewer) finish(made *picture, places map[string]*placeSum, in *sumInput, now time.Time) {
	made.serves, made.hot = map[string][]string{}, hotSums{}
	for _, p := range places {
		maps.Copy(made.hot, p.hot)
		for target, ids := range p.serves {
			made.serves[target] = append(made.serves[target], ids...) // an agent is in one place
		}
	}
	switch len(places) {
	case 0:
		made.total = tracker.NewAssembly(now, v.tracker).Tracker(in.version)
	case 1:
		for _, p := range places {
			p.total.GoOn(in.before.total)
			made.total = p.total.Tracker(in.version)
		}
	default:
		const mostPlaces = 8
		all := v.tracker
		all.MaxTargets *= min(len(places), mostPlaces) // no place pushes another's targets out
		total := tracker.NewAssembly(now, all)
		made.places = map[string]*tracker.ErrorTracker{}
		names := slices.Sorted(maps.Keys(places))
		for _, place := range names {
			_ = total.Add(tracker.Piece{State: places[place].state, Facts: true}) // it is our own
			made.places[place] = places[place].tracker
		}
		total.GoOn(in.before.total)
		made.total = total.Tracker(in.version)
	}
	made.total.Snapshot(now) // whoever looks first need not wait for the search for incidents
	v.mu.Lock()
	defer v.mu.Unlock()
	v.picture = *made
	for _, ag := range v.agents {
		ag.live.drop(made.sumOf[ag.id])
		for i := range ag.live.list {
			v.picture.record(ag, &ag.live.list[i], now)
		}
	}
	v.tell()
}

// record adds what happened live.
func (p *picture) record(ag *agent, l *live, now time.Time) {
	place := ag.placeName()
	facts, known := p.agents[ag.id]
	if !known { // it is new
		facts = agentFacts{name: ag.name, place: place, alone: true}
	}
	all := tracker.Labels(facts.labels())
	labels := &all
	var results []tracker.Result
	for i := range l.Results {
		result, count, ok := l.Results[i].result(l.got, labels)
		for ok && count > 0 {
			const most = 1<<16 - 1
			result.Weight = uint16(min(count, most))
			count -= uint64(result.Weight)
			results = append(results, result)
		}
	}
	p.total.Record(now, results)
	if of := p.places[place]; of != nil {
		of.Record(now, results)
	}
}

// update makes the states of the past anew where hours have changed.
func (p *pastSums) update(now time.Time, settings tracker.Settings, sums map[int64]map[string]tracker.State) error {
	same := len(sums) == len(p.sums)
	for h, of := range sums {
		for place, state := range of {
			same = same && p.sums[h] != nil && state.Same(p.sums[h][place])
		}
		same = same && len(of) == len(p.sums[h])
	}
	if same && p.states != nil {
		return nil
	}
	places := map[string][]tracker.State{}
	for _, h := range slices.Backward(slices.Sorted(maps.Keys(sums))) {
		for place, state := range sums[h] {
			places[place] = append(places[place], state)
		}
	}
	var mu sync.Mutex
	states := map[string]tracker.State{}
	err := inParallel(slices.Sorted(maps.Keys(places)), func(place string) {
		total := tracker.NewAssembly(now, settings)
		for _, state := range places[place] {
			_ = total.Add(tracker.Piece{State: state}) // it is our own
		}
		state := total.State(tracker.Part{Brief: true})
		mu.Lock()
		defer mu.Unlock()
		states[place] = state
	})
	p.states, p.sums = states, sums
	return err
}
