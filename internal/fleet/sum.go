package fleet

import (
	"context"
	"maps"
	"slices"
	"time"

	"errtop/tracker"
)

const (
	sumShare   = 20 // at most one part in so many of a core is spent on sums
	sumAtLeast = 2 * time.Second
	sumAtMost  = time.Minute
)

// picture is the sum as it was last made, which live messages are added to until it is made anew.
type picture struct {
	total  *tracker.ErrorTracker
	places map[string]*tracker.ErrorTracker // nil where there are not several
	sumOf  map[string]time.Time             // revision of each agent's newest sum that is in it
	serves map[string][]string              // target -> agents that have counted it lately
	past   pastSums
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
	tick := time.NewTicker(look)
	defer tick.Stop()
	var next time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			v.mu.Lock()
			due := v.dirty && v.loaded && !now.Before(next)
			v.mu.Unlock()
			if due {
				start := time.Now()
				v.sumUp(start)
				next = time.Now().Add(min(max(time.Since(start)*sumShare, sumAtLeast), sumAtMost))
			}
		}
	}
}

// sumUp makes the sum anew.
func (v *Viewer) sumUp(now time.Time) {
	v.mu.Lock()
	agents := v.places()
	newest := newestHour(now)
	hot := map[int64]map[pieceKey]piece{}
	sums := map[int64]map[string]tracker.State{}
	for h, at := range v.hours {
		if at.pieces != nil {
			hot[h] = maps.Clone(at.pieces)
		} else {
			sums[h] = at.sums
		}
	}
	past, version := v.picture.past, uint64(0)
	if v.picture.total != nil {
		version = v.picture.total.Snapshot(now).Version
	}
	v.dirty = false
	v.mu.Unlock()

	past.update(now, v.tracker, sums)
	made := picture{sumOf: map[string]time.Time{}, serves: map[string][]string{}, past: past, made: now}
	newestOf := map[string]header{}
	for _, pieces := range hot {
		for key, p := range pieces {
			if p.At.After(made.sumOf[key.agent]) {
				made.sumOf[key.agent] = p.At
			}
			if of, known := newestOf[key.agent]; !known || p.Run.After(of.Run) || p.Run.Equal(of.Run) && p.Hour > of.Hour {
				newestOf[key.agent] = p.header
			}
		}
	}
	facts := func(id string, p *piece) bool {
		of := newestOf[id]
		return p.Hour == of.Hour && p.Run.Equal(of.Run)
	}
	serves := func(id, target string) {
		if !slices.Contains(made.serves[target], id) {
			made.serves[target] = append(made.serves[target], id)
		}
	}
	assemblies := map[string]*tracker.Assembly{}
	of := func(place string) *tracker.Assembly {
		if assemblies[place] == nil {
			assemblies[place] = tracker.NewAssembly(now, v.tracker)
		}
		return assemblies[place]
	}
	for _, h := range slices.Backward(slices.Sorted(maps.Keys(hot))) {
		if h > newest-hoursKept {
			for place, hours := range byPlace(hot[h], agents) {
				v.addPieces(of(place), hours, agents, facts, serves, now)
			}
		}
	}
	for place, state := range past.states {
		_ = of(place).Add(tracker.Piece{State: state}) // it is our own
	}
	v.finish(&made, assemblies, version, now)
}

// finish turns the sums of the places into trackers, and one over all of them, and shows them.
func (v *Viewer) finish(made *picture, assemblies map[string]*tracker.Assembly, version uint64, now time.Time) {
	switch len(assemblies) {
	case 0:
		made.total = tracker.NewAssembly(now, v.tracker).Tracker(version)
	case 1:
		for _, a := range assemblies {
			made.total = a.Tracker(version)
		}
	default:
		const mostPlaces = 8
		all := v.tracker
		all.MaxTargets *= min(len(assemblies), mostPlaces) // no place pushes another's targets out
		total := tracker.NewAssembly(now, all)
		made.places = map[string]*tracker.ErrorTracker{}
		for _, place := range slices.Sorted(maps.Keys(assemblies)) {
			_ = total.Add(tracker.Piece{State: assemblies[place].State(tracker.Part{}), Facts: true}) // it is our own
			made.places[place] = assemblies[place].Tracker(0)
		}
		made.total = total.Tracker(version)
	}
	made.total.Snapshot(now) // whoever looks first need not wait for the search for incidents
	v.mu.Lock()
	defer v.mu.Unlock()
	v.picture = *made
	for _, ag := range v.agents {
		for i := range ag.live {
			if !ag.live[i].Base.Before(made.sumOf[ag.id]) {
				v.picture.record(ag, &ag.live[i], now)
			}
		}
	}
	v.tell()
}

// record adds what happened live.
func (p *picture) record(ag *agent, l *live, now time.Time) {
	place := ag.placeName()
	labels := &tracker.Labels{{Name: "place", Value: place}, {Name: "machine", Value: ag.name}}
	var results []tracker.Result
	for i := range l.Results {
		result, count, ok := l.Results[i].result(now, labels)
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
func (p *pastSums) update(now time.Time, settings tracker.Settings, sums map[int64]map[string]tracker.State) {
	same := len(sums) == len(p.sums)
	for h, of := range sums {
		for place, state := range of {
			same = same && p.sums[h] != nil && state.Same(p.sums[h][place])
		}
		same = same && len(of) == len(p.sums[h])
	}
	if same && p.states != nil {
		return
	}
	states := map[string]tracker.State{}
	places := map[string]*tracker.Assembly{}
	for _, h := range slices.Backward(slices.Sorted(maps.Keys(sums))) {
		for place, state := range sums[h] {
			if places[place] == nil {
				places[place] = tracker.NewAssembly(now, settings)
			}
			_ = places[place].Add(tracker.Piece{State: state}) // it is our own
		}
	}
	for place, total := range places {
		states[place] = total.State(tracker.Part{Brief: true})
	}
	p.states, p.sums = states, sums
}
