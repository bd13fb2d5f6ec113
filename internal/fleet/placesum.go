package fleet

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"errtop/tracker"
)

// placeSum is the sum of one place while it is made.
type placeSum struct {
	v        *Viewer
	now      time.Time
	several  bool // there are other places
	agents   map[string]agentFacts
	newestOf map[string]header // of each agent's newest run and hour
	hours    []placeHour
	past     tracker.State         // of the hours of which no messages are kept
	before   *tracker.ErrorTracker // the sum before; nil without

	total   *tracker.Assembly
	state   tracker.State         // of total, where there are several places
	tracker *tracker.ErrorTracker // likewise
	serves  map[string][]string   // target -> agents that have counted it lately
	hot     hotSums               // for the next sum
	cost    time.Duration
}

// placeHour is what the agents of a place sent of an hour.
type placeHour struct {
	hour     int64
	revision uint64
	agents   []agentHour
	counting []*counting // by agent
	known    *hotSum     // its sum, if nothing has changed since that was made
}

// hotSums are the sums of hours that may change, but seldom do: of the one before the running one.
type hotSums map[hotKey]*hotSum

type hotKey struct {
	hour  int64
	place string
}

// hotSum is the sum of an hour of a place, and what it was made of.
type hotSum struct {
	revision uint64
	agents   map[string]agentFacts
	state    tracker.State
	serves   map[string][]string
}

// of returns the sum of an hour if it would be the same again; nil otherwise.
func (h hotSums) of(key hotKey, revision uint64, agents map[string]agentFacts) *hotSum {
	if s := h[key]; s != nil && s.revision == revision && maps.Equal(s.agents, agents) {
		return s
	}
	return nil
}

// make adds up the place: first the pieces that say how its targets are now, then everything else that was counted.
func (p *placeSum) make(place string) {
	start := time.Now()
	p.total = tracker.NewAssembly(p.now, p.v.tracker)
	slices.SortFunc(p.hours, func(a, b placeHour) int { return cmp.Compare(b.hour, a.hour) })
	for i := range p.hours {
		h := &p.hours[i]
		h.counting = make([]*counting, len(h.agents))
		if p.add(p.total, h, true, p.serves) {
			h.known = nil // what is left of it is not the same as before
		}
	}
	for i := range p.hours {
		h := &p.hours[i]
		key := hotKey{h.hour, place}
		switch {
		case h.hour >= newestHour(p.now), h.known == nil && p.isNow(h):
			p.add(p.total, h, false, p.serves)
			continue
		case h.known == nil:
			h.known = p.sumOf(h)
		}
		p.hot[key] = h.known
		_ = p.total.Add(tracker.Piece{State: h.known.state}) // it is our own
		for target, ids := range h.known.serves {
			for _, id := range ids {
				serve(p.serves, id, target)
			}
		}
	}
	_ = p.total.Add(tracker.Piece{State: p.past}) // it is our own
	if p.several {
		p.state = p.total.State(tracker.Part{})
		if p.before != nil {
			p.total.GoOn(p.before)
		}
		p.tracker = p.total.Tracker(0)
		p.tracker.Snapshot(p.now) // whoever looks first need not wait for it
	}
	p.cost = time.Since(start)
}

// sumOf adds up an hour that says nothing of how targets are now.
func (p *placeSum) sumOf(h *placeHour) *hotSum {
	total := tracker.NewAssembly(p.now, p.v.tracker)
	out := &hotSum{revision: h.revision, agents: p.agents, serves: map[string][]string{}}
	p.add(total, h, false, out.serves)
	out.state = total.State(tracker.Part{Brief: true})
	return out
}

// facts reports whether a piece is of its agent's newest run and hour: it says how targets are now.
func (p *placeSum) facts(id string, of *piece) bool {
	newest := p.newestOf[id]
	return of.Hour == newest.Hour && of.Run.Equal(newest.Run)
}

// isNow reports whether an hour is the newest of an agent.
func (p *placeSum) isNow(h *placeHour) bool {
	return slices.ContainsFunc(h.agents, func(a agentHour) bool {
		return slices.ContainsFunc(a.pieces, func(of piece) bool { return p.facts(a.id, &of) })
	})
}

// add adds the pieces of an hour that say how targets are now, or the others. It reports whether there were any.
func (p *placeSum) add(total *tracker.Assembly, h *placeHour, facts bool, serves map[string][]string) (some bool) {
	for i := range h.agents {
		of := &h.agents[i]
		if h.counting[i] == nil {
			h.counting[i] = p.v.newCounting(of, p.now)
		}
		for k := range of.pieces {
			if piece := &of.pieces[k]; p.facts(of.id, piece) == facts {
				some = true
				p.v.addPiece(total, of, piece, p.agents[of.id], facts, h.counting[i], serves)
			}
		}
	}
	return some
}

// serve notes that an agent counts a target.
func serve(serves map[string][]string, id, target string) {
	if serves != nil && !slices.Contains(serves[target], id) {
		serves[target] = append(serves[target], id)
	}
}
