package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"errtop/tracker"
)

// hotHours are kept as they were sent: the running one, and the one before, for which late results still come. Of an older hour only
// the sums of the places are kept; where something of it is sent anew, it is read again from the stream.
const hotHours = 2

// hour is what was counted in an hour by all agents.
type hour struct {
	pieces map[pieceKey]piece       // of a hot hour
	sums   map[string]tracker.State // of an older one, by place
	again  time.Time                // when it is to be read again; zero for never
}

// pieceKey names a message of the stream within its hour.
type pieceKey struct {
	agent string
	run   string
	piece int
	delta bool
}

// piece is a message as it was sent.
type piece struct {
	header
	body []byte
}

// maxRuns is how many runs of one agent are counted in an hour, the newest ones: one that crashes twice a minute all the time has as many.
const maxRuns = 120

// newestHour returns the running hour.
func newestHour(now time.Time) int64 { return now.Unix() / 3600 }

// takeSum takes a message of the stream. reading says that it is read on purpose, whatever its hour.
func (v *Viewer) takeSum(m jetstream.Msg, reading bool) {
	a, ok := parse(v.settings.Team, m.Subject())
	if !ok || a.kind != kindSum {
		return
	}
	h, body, err := decodeHeader(m.Data())
	if err == nil && (h.Hour != a.hour || h.Piece != a.piece || h.Base.IsZero() == a.delta) {
		err = errors.New("its header is of another subject")
	}
	now := time.Now()
	if err == nil && h.At.After(now.Add(10*time.Minute)) {
		err = fmt.Errorf("its clock is ahead of ours by %s", h.At.Sub(now).Round(time.Second))
	}
	if err != nil {
		v.refuse(a.agent, err)
		return
	}
	newest := newestHour(now)
	if a.hour > newest+1 || a.hour <= newest-hoursKept {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	ag := v.agentOf(a.agent)
	if ag == nil {
		return
	}
	ag.take(h.Agent, h.Place, h.Version)
	if meta, err := m.Metadata(); err == nil {
		ag.heardAt(h.At, meta.Timestamp)
	}
	if h.At.After(ag.at) {
		ag.at = h.At
		ag.live, ag.liveNext = slices.DeleteFunc(ag.live, func(l live) bool { return l.Base.Before(h.At) }), 0
	}
	if a.hour <= newest-hotHours && !reading {
		v.again(a.hour, now)
		return
	}
	v.keep(a, piece{h, slices.Clone(body)})
}

// again has an older hour read again after a while, in which more of it may come. The lock is held.
func (v *Viewer) again(h int64, now time.Time) {
	at := v.hours[h]
	if at == nil {
		at = &hour{}
		v.hours[h] = at
	}
	if at.again.IsZero() {
		at.again = now.Add(againAfter)
	}
	if v.complete {
		v.late++
	}
}

// heardAt notes when an agent was heard of, by the clock of the server.
func (a *agent) heardAt(own, server time.Time) {
	if server.After(a.heard) {
		a.heard = server
	}
	if !a.skewed {
		a.skew, a.skewed = own.Sub(server), true
	}
}

// keep keeps a piece of an hour if it is the newest. The lock is held.
func (v *Viewer) keep(a address, p piece) {
	at := v.hours[a.hour]
	if at == nil {
		at = &hour{}
		v.hours[a.hour] = at
	}
	if at.pieces == nil {
		at.pieces = map[pieceKey]piece{}
	}
	key := pieceKey{a.agent, a.run, a.piece, a.delta}
	if before, ok := at.pieces[key]; ok && !p.At.After(before.At) {
		return
	}
	at.pieces[key] = p
	v.dirty = true
}

// readAll reads the day from the stream, the newest hour first.
func (v *Viewer) readAll(ctx context.Context, stream jetstream.Stream) error {
	if err := v.readPresences(ctx, stream); err != nil {
		return err
	}
	newest := newestHour(time.Now())
	for h := newest + 1; h > newest-hoursKept; h-- {
		if err := v.readHour(ctx, stream, h); err != nil {
			return err
		}
		v.mu.Lock()
		v.loaded = v.loaded || h <= newest-hotHours+1
		v.complete = h <= newest-hoursKept+1
		v.dirty = true
		v.mu.Unlock()
	}
	return nil
}

// readAgain reads the hours of which something came late, and sums up those that are not hot any more.
func (v *Viewer) readAgain(ctx context.Context, stream jetstream.Stream) error {
	now := time.Now()
	newest := newestHour(now)
	var again []int64
	v.mu.Lock()
	for h, at := range v.hours {
		switch {
		case h <= newest-hoursKept:
			delete(v.hours, h)
		case !at.again.IsZero() && !now.Before(at.again), at.pieces != nil && h <= newest-hotHours:
			again = append(again, h)
			at.again = time.Time{}
		}
	}
	v.mu.Unlock()
	slices.Sort(again)
	for _, h := range slices.Backward(again) {
		if err := v.readHour(ctx, stream, h); err != nil {
			return err
		}
	}
	return nil
}

// readPresences reads which agents there are.
func (v *Viewer) readPresences(ctx context.Context, stream jetstream.Stream) error {
	return v.read(ctx, stream, prefix+token(v.settings.Team)+".*."+kindState, func(m jetstream.Msg) {
		meta, err := m.Metadata()
		a, ok := parse(v.settings.Team, m.Subject())
		if err == nil && ok && time.Since(meta.Timestamp) < forgetAfter {
			v.takePresence(a, m.Data(), meta.Timestamp)
		}
	})
}

// readHour reads an hour. An older one is summed up by place at once, and what was sent is let go.
func (v *Viewer) readHour(ctx context.Context, stream jetstream.Stream, h int64) error {
	if h <= newestHour(time.Now())-hotHours {
		v.mu.Lock()
		if at := v.hours[h]; at != nil {
			at.pieces = nil // what is read anew has all of it
		}
		v.mu.Unlock()
	}
	err := v.read(ctx, stream, prefix+token(v.settings.Team)+".*."+kindSum+"."+strconv.FormatInt(h, 10)+".>", func(m jetstream.Msg) { v.takeSum(m, true) })
	if err != nil || h > newestHour(time.Now())-hotHours {
		return err
	}
	v.mu.Lock()
	at := v.hours[h]
	if at == nil {
		at = &hour{}
		v.hours[h] = at
	}
	pieces := maps.Clone(at.pieces)
	agents := v.places()
	v.mu.Unlock()
	now := time.Now()
	sums := map[string]tracker.State{}
	for place, of := range byPlace(pieces, agents) {
		total := tracker.NewAssembly(now, v.tracker)
		v.addPieces(total, of, agents, nil, nil, now)
		sums[place] = total.State(tracker.Part{Brief: true})
	}
	v.mu.Lock()
	at.sums, at.pieces = sums, nil
	v.dirty = true
	v.mu.Unlock()
	return nil
}

// read hands every message of a subject that the stream has now to take.
func (v *Viewer) read(ctx context.Context, stream jetstream.Stream, subject string, take func(jetstream.Msg)) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}, DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy})
	if err != nil {
		return err //nolint:wrapcheck // reason says it
	}
	info := consumer.CachedInfo()
	if info == nil || info.NumPending == 0 {
		return nil
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(256), jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullHeartbeat))
	if err != nil {
		return err //nolint:wrapcheck // reason says it
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err //nolint:wrapcheck // reason says it
		}
		take(m)
		if meta, err := m.Metadata(); err == nil && meta.NumPending == 0 {
			return nil
		}
	}
}

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

// addPieces adds an hour of agents to a sum. facts says of which pieces what is known now is taken, and these are added first; nil
// for none. Of an agent that was started again in the hour, [Viewer.chooseRuns] says which runs count.
func (v *Viewer) addPieces(total *tracker.Assembly, hours []agentHour, agents map[string]agentFacts, facts func(id string, p *piece) bool, serves func(id, target string), now time.Time) {
	chosen := make([]taken, len(hours))
	claims := make([]map[claim]bool, len(hours))
	for i := range hours {
		chosen[i], claims[i] = v.chooseRuns(&hours[i], now), map[claim]bool{}
	}
	for _, first := range []bool{true, false} {
		for i := range hours {
			of := &hours[i]
			for k := range of.pieces {
				p := &of.pieces[k]
				if known := facts != nil && facts(of.id, p); known == first {
					v.addPiece(total, of, p, agents[of.id], known, chosen[i], claims[i], serves)
				}
			}
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
func (v *Viewer) addPiece(total *tracker.Assembly, hour *agentHour, p *piece, of agentFacts, facts bool, chosen taken, claimed map[claim]bool, serves func(id, target string)) {
	state, ok := v.unpack(hour.id, p, hour.pieces)
	if !ok {
		return
	}
	run := p.Run.UTC().Format(time.RFC3339Nano)
	var mine []string
	err := total.Add(tracker.Piece{
		State: state, Origin: tracker.OriginID(of.name), Clean: v.texts.clean, Facts: facts,
		Labels: of.labels(),
		Targets: func(name string, _ time.Time) bool {
			if claimed[claim{name, run}] || !chosen.has(name, p.Run) || len(mine) >= v.tracker.MaxTargets {
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
	for _, name := range mine {
		claimed[claim{name, run}] = true
		if serves != nil {
			serves(hour.id, name)
		}
	}
}
