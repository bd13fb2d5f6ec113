package fleet

import (
	"cmp"
	"slices"
	"time"

	"errtop/tracker"
)

// maxRuns is how many runs of one agent are counted in an hour, the newest ones: one that crashes twice a minute all the time has as many.
const maxRuns = 120

// agentFacts are what a sum needs to know of an agent.
type agentFacts struct {
	name, place string
	alone       bool // in its place, which says as much as its name
}

// places returns where the agents are. The lock is held.
func (v *Viewer) places() map[string]agentFacts {
	agents := make(map[string]agentFacts, len(v.agents))
	inPlace := map[string]int{}
	for _, ag := range v.agents {
		inPlace[ag.placeName()]++
	}
	for id, ag := range v.agents {
		agents[id] = agentFacts{ag.name, ag.placeName(), inPlace[ag.placeName()] == 1}
	}
	return agents
}

// labels are given to every request of an agent.
func (a agentFacts) labels() []tracker.Label {
	labels := []tracker.Label{{Name: "place", Value: a.place}}
	if !a.alone {
		labels = append(labels, tracker.Label{Name: "machine", Value: a.name})
	}
	return labels
}

// noPlace is where agents are that do not say it.
const noPlace = "elsewhere"

// agentHour is what one agent sent of an hour, the newest run first, and of a run the newest piece first.
type agentHour struct {
	id     string
	pieces []piece
	runs   []string
}

// size returns how many bytes an agent sent of an hour.
func (a *agentHour) size() (n int) {
	for i := range a.pieces {
		n += len(a.pieces[i].body)
	}
	return n
}

// byPlace sorts the pieces of an hour by place and agent.
func byPlace(pieces map[pieceKey]piece, agents map[string]agentFacts) map[string][]agentHour {
	byAgent := map[string]*agentHour{}
	type keyed struct {
		key pieceKey
		piece
	}
	all := make([]keyed, 0, len(pieces))
	for key, p := range pieces {
		all = append(all, keyed{key, p})
	}
	slices.SortFunc(all, func(a, b keyed) int {
		return cmp.Or(cmp.Compare(a.key.agent, b.key.agent), b.Run.Compare(a.Run), b.At.Compare(a.At), cmp.Compare(a.key.piece, b.key.piece))
	})
	var order []string
	for _, p := range all {
		of := byAgent[p.key.agent]
		if of == nil {
			of = &agentHour{id: p.key.agent}
			byAgent[p.key.agent] = of
			order = append(order, p.key.agent)
		}
		if !slices.Contains(of.runs, p.key.run) {
			if len(of.runs) >= maxRuns {
				continue
			}
			of.runs = append(of.runs, p.key.run)
		}
		of.pieces = append(of.pieces, p.piece)
	}
	// Where targets are too many for the bounds, those of the agents that send most are left out: nobody pushes others out.
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(byAgent[a].size(), byAgent[b].size()) })
	out := map[string][]agentHour{}
	for _, id := range order {
		place := cmp.Or(agents[id].place, noPlace)
		out[place] = append(out[place], *byAgent[id])
	}
	return out
}

// claim is a target that a run has counted.
type claim struct {
	target string
	run    string
}

// counting is what of an agent's hour has been added.
type counting struct {
	chosen taken
	claims map[claim]bool
	whole  map[sameTargets]bool
}

// sameTargets are pieces of a run that hold the same targets: the newest of them has all that the others have.
type sameTargets struct {
	run           string
	piece, pieces int
}

func (v *Viewer) newCounting(of *agentHour, now time.Time) *counting {
	return &counting{chosen: v.chooseRuns(of, now), claims: map[claim]bool{}, whole: map[sameTargets]bool{}}
}

// addPieces adds what agents counted in an hour to a sum. Of an agent that was started again in the hour, [Viewer.chooseRuns] says which
// runs count.
func (v *Viewer) addPieces(total *tracker.Assembly, hours []agentHour, agents map[string]agentFacts, now time.Time) {
	for i := range hours {
		of := &hours[i]
		counting := v.newCounting(of, now)
		for k := range of.pieces {
			v.addPiece(total, of, &of.pieces[k], agents[of.id], false, counting, nil)
		}
	}
}

// unpack returns the state of a piece, of which all pieces of the agent's hour are there. One whose base is not there says nothing: the
// base that is there has what was before, and the next message all of it.
func (v *Viewer) unpack(id string, p *piece, all []piece) (state tracker.State, ok bool) {
	var err error
	if p.Base.IsZero() {
		state, err = v.codec.unpackState(p.body)
	} else {
		i := slices.IndexFunc(all, func(b piece) bool {
			return b.Base.IsZero() && b.Piece == p.Piece && b.At.Equal(p.Base) && b.Run.Equal(p.Run)
		})
		if i < 0 {
			return state, false
		}
		state, err = v.codec.unpackAgainst(p.body, all[i].body)
	}
	if err != nil {
		v.refuse(id, err)
	}
	return state, err == nil
}

// addPiece adds the targets of a piece that are taken of its run, and that no newer piece of the run has.
func (v *Viewer) addPiece(total *tracker.Assembly, hour *agentHour, p *piece, of agentFacts, facts bool, c *counting, serves map[string][]string) {
	run := p.Run.UTC().Format(time.RFC3339Nano)
	same := sameTargets{run, p.Piece, p.Pieces}
	if c.whole[same] {
		return
	}
	state, ok := v.unpack(hour.id, p, hour.pieces)
	if !ok {
		return
	}
	var mine []string
	err := total.Add(tracker.Piece{
		State: state, Origin: tracker.OriginID(of.name), Clean: v.texts.clean, Facts: facts,
		Labels: of.labels(),
		Targets: func(name string, _ time.Time) bool {
			if c.claims[claim{name, run}] || !c.chosen.has(name, p.Run) || len(mine) >= v.tracker.MaxTargets {
				return false
			}
			mine = append(mine, name)
			return true
		},
	})
	if err != nil {
		v.refuse(hour.id, err)
		return
	}
	c.whole[same] = true
	for _, name := range mine {
		c.claims[claim{name, run}] = true
		serve(serves, hour.id, name)
	}
}
