package fleet

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"errtop/tracker"
)

// hotHours are kept as they were sent: the running one, and the one before, for which late results still come. Of an older hour only
// the sums of the places are kept; where something of it is sent anew, it is read again from the stream.
const hotHours = 2

// hour is what was counted in an hour by all agents.
type hour struct {
	pieces   map[pieceKey]piece       // of a hot hour
	revision uint64                   // counts the changes of pieces
	sums     map[string]tracker.State // of an older one, by place
	again    time.Time                // when it is to be read again; zero for never
	bytes    map[string]int           // of pieces, by agent
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
	if err == nil && h.At.After(now.Add(aheadMost)) {
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
	if !h.At.Before(ag.at) { // an older hour tells where the agent was then
		ag.take(h.Agent, h.Place, h.Version)
	}
	if meta, err := m.Metadata(); err == nil {
		ag.heardAt(h.At, meta.Timestamp)
	}
	if h.At.After(ag.at) {
		ag.at = h.At
	}
	switch p := (piece{h, slices.Clone(body)}); {
	case h.At.After(now.Add(aheadTaken)):
		v.hold(a, p)
	case a.hour <= newest-hotHours && !reading:
		v.again(a.hour, now)
	default:
		v.keep(a, p)
	}
}

// hourOf returns an hour, made on first use. The lock is held.
func (v *Viewer) hourOf(h int64) *hour {
	at := v.hours[h]
	if at == nil {
		at = &hour{}
		v.hours[h] = at
	}
	return at
}

// again has an older hour read again after a while, in which more of it may come. The lock is held.
func (v *Viewer) again(h int64, now time.Time) {
	at := v.hourOf(h)
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
	at := v.hourOf(a.hour)
	if at.pieces == nil {
		at.pieces, at.bytes = map[pieceKey]piece{}, map[string]int{}
	}
	key := pieceKey{a.agent, a.run, a.piece, a.delta}
	before, known := at.pieces[key]
	if known && !p.At.After(before.At) {
		return
	}
	bytes := at.bytes[a.agent] + len(p.body) - len(before.body)
	if bytes > agentHourMost {
		return // nobody counts so much in an hour
	}
	v.redo(p.At, time.Now())
	at.bytes[a.agent] = bytes
	at.pieces[key] = p
	at.revision++
	v.dirty = true
}
