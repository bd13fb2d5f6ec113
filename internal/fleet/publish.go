package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"errtop/tracker"
)

// Tracker is what a Publisher reads: of [tracker.ErrorTracker].
type Tracker interface {
	State(now time.Time, part tracker.Part) tracker.State
	Snapshot(now time.Time) *tracker.Snapshot
}

// Publisher sends what a tracker counts to the team's stream, every minute, and what happens between while somebody looks.
type Publisher struct {
	settings Settings
	tracker  Tracker
	notice   func(string)
	codec    *codec
	run      time.Time // when it was made, before anything is counted
	outbox   outbox
	pieces   int // an hour is sent in so many
	bases    bases
	canary   canary

	conn    *nats.Conn
	js      jetstream.JetStream
	changes chan struct{} // the connection came or went

	mu      sync.Mutex
	status  Status
	watched time.Time // somebody looked then
	live    liveSender
	traffic traffic
}

// Status is how a Publisher is doing.
type Status struct {
	Connected bool
	Waiting   int       // hours that no server has confirmed
	Oldest    time.Time // when the earliest of them begins; zero without
	Sent      int64     // bytes, since it started
	LastAck   time.Time // when a server last confirmed something
	Problem   string    // in words, why nothing is confirmed; "" while all is well
}

// NewPublisher returns a Publisher that does not run yet. Make it before anything is counted: the time tells what this process counted from
// what it read or restored of before. notice tells people, in words, what they should know.
func NewPublisher(settings Settings, t Tracker, notice func(string)) (*Publisher, error) {
	settings = settings.withDefaults()
	codec, err := newCodec()
	if err != nil {
		return nil, err
	}
	if err := settings.Check(); err != nil {
		return nil, err
	}
	return &Publisher{
		settings: settings, tracker: t, notice: notice, codec: codec, pieces: 1, changes: make(chan struct{}, 1),
		outbox: newOutbox(), run: time.Now(),
	}, nil
}

// Status returns how it is doing.
func (p *Publisher) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// Run publishes until ctx is done, and then once more what is new, so that nothing waits in a process that has ended.
func (p *Publisher) Run(ctx context.Context) error {
	conn, err := p.settings.connect("agent", func() {
		select {
		case p.changes <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return err
	}
	defer conn.Close()
	p.conn = conn
	if p.js, err = jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(asyncPending), jetstream.WithPublishAsyncTimeout(p.settings.pace.ack)); err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	due := schedule{offset: offsetOf(p.settings.Name)}
	p.step(ctx, &due, time.Now())
	for {
		select {
		case <-ctx.Done():
			p.leave(context.WithoutCancel(ctx))
			return nil
		case <-p.changes:
			if p.conn.IsConnected() {
				p.unsure(&due)
			}
			p.note()
		case <-tick.C:
		}
		p.step(ctx, &due, time.Now())
	}
}

// asyncPending is how many messages may wait for a confirmation: more than one hour takes, and a canary.
const asyncPending = 2 * maxPieces

// unsure has everything sent again that was confirmed so lately that the servers may have lost it.
func (p *Publisher) unsure(due *schedule) {
	p.outbox.reconnected(time.Now(), p.settings.pace.sync)
	p.bases = bases{}
	due.publish = time.Time{}
}

// heed does what the answer to a canary asks for.
func (p *Publisher) heed(due *schedule, now time.Time) {
	switch p.canary.look() {
	case alive:
	case unsure:
		p.unsure(due)
	case dead:
		due.presence = now
		p.outbox.gone = true
	}
	if p.outbox.gone && now.Sub(p.canary.lost) >= lostEvery {
		p.canary.lost = now
		p.outbox.forget()
		p.unsure(due)
		p.notice("fleet: the servers lost something that they had confirmed: all of the day is sent again")
	}
}

// schedule is when what is due next.
type schedule struct {
	counted                         time.Time     // what waits, while there is no connection
	offset                          time.Duration // into the minute, so that agents do not all publish at once
	publish, presence, live, looked time.Time
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// offsetOf spreads the agents over the first eight seconds of a minute: viewers sum up after them.
func offsetOf(name string) time.Duration {
	return time.Second + time.Duration(pieceOf(name, 8000))*time.Millisecond
}

// step does what is due.
func (p *Publisher) step(ctx context.Context, due *schedule, now time.Time) {
	if !p.conn.IsConnected() {
		if !now.Before(due.counted) {
			due.counted = now.Add(p.settings.pace.retry)
			p.countWaiting(p.tracker.Snapshot(now))
		}
		return
	}
	p.heed(due, now)
	if !now.Before(due.publish) {
		due.publish = now.Add(-due.offset).Truncate(p.settings.pace.publish).Add(p.settings.pace.publish + due.offset)
		sent, ok := p.publish(ctx, now)
		if !ok || now.Sub(p.run) < p.settings.pace.start {
			due.publish = now.Add(p.settings.pace.retry)
		}
		if sent {
			due.presence = now // behind what was confirmed, as the canary of it
		}
	}
	if !now.Before(due.presence) && p.canary.waiting == nil {
		due.presence = now.Add(p.settings.pace.presence)
		p.announce(now, false)
	}
	if !now.Before(due.looked) {
		due.looked = now.Add(p.settings.pace.look)
		p.askWhoLooks()
	}
	if !now.Before(due.live) && p.somebodyLooks(now) {
		due.live = now.Add(p.settings.pace.live - p.settings.pace.live/8) // or a tick that comes early would make it one more
		if p.sendLive(now) {
			due.publish = earlier(due.publish, now.Add(p.settings.pace.retry))
		}
	}
}

// leave sends what is new for the last time.
func (p *Publisher) leave(ctx context.Context) {
	if !p.conn.IsConnected() {
		return
	}
	const most = 2 * time.Second
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	now := time.Now()
	_, _ = p.publish(ctx, now)
	p.canary = canary{} // nobody waits for the answer
	p.announce(now, true)
	_ = p.conn.FlushTimeout(time.Second) // the process ends either way
}

// announce says that this agent is there. It is kept in the stream, so that a viewer that starts knows who should be there.
func (p *Publisher) announce(now time.Time, leaves bool) {
	status := p.Status()
	message, err := json.Marshal(presence{
		V: formatVersion, Agent: p.settings.Name, Place: p.settings.Place, Version: p.settings.Version, Run: p.run, At: now,
		Waiting: status.Waiting, Leaves: leaves,
	})
	if err != nil {
		return
	}
	subject := subjectOf(p.settings.Team, p.settings.Name, kindState)
	future, err := p.js.PublishAsync(subject, message, p.canary.options(StreamOf(p.settings.Team))...)
	if err == nil {
		p.canary.sent(future)
		p.traffic.add(len(message))
	}
}

// atOnce is how many hours are taken from the tracker at one moment: the running one and those for which something came late. Of a
// backlog each is taken when it is its turn, so that it need not be held in memory.
const atOnce = 3

// publish sends every hour that has changed, the newest first, and reports whether there was any, and whether all of them were confirmed.
func (p *Publisher) publish(ctx context.Context, now time.Time) (sent, ok bool) {
	snapshot := p.tracker.Snapshot(now)
	hours := p.outbox.due(snapshot, now)
	backlog := len(hours) > atOnce
	var taken map[int64][]tracker.State
	if !backlog {
		taken, snapshot = p.take(hours, now)
	}
	if p.somebodyLooks(now) {
		p.sendChanges(snapshot, now) // or what came since the last time would be seen only when viewers sum up
	}
	var failed error
	for _, hour := range hours {
		states := taken[hour.hour] // nil in a backlog
		if len(states) != p.pieces {
			states = nil // they are more since
		}
		if failed = p.publishHour(ctx, hour, states, now); failed != nil {
			break // the others would fail too: newest first, and the backlog later
		}
		sent = true
	}
	if failed == nil && !backlog {
		p.live.restart(snapshot, now)
	}
	p.report(failed, snapshot)
	return sent, failed == nil && !backlog // behind a backlog, what came meanwhile is sent soon
}

// take takes hours from the tracker, and then a snapshot, behind which results are told live: what comes between is told by the next sum,
// never twice.
func (p *Publisher) take(hours []hourState, now time.Time) (map[int64][]tracker.State, *tracker.Snapshot) {
	var parts []tracker.Part
	for _, hour := range hours {
		parts = append(parts, p.parts(hour.hour, now)...)
	}
	states := p.states(parts, now)
	taken := map[int64][]tracker.State{}
	for i, hour := range hours {
		taken[hour.hour] = states[i*p.pieces : (i+1)*p.pieces]
	}
	return taken, p.tracker.Snapshot(now)
}

func (p *Publisher) states(parts []tracker.Part, now time.Time) []tracker.State {
	states := make([]tracker.State, len(parts))
	for i, part := range parts {
		states[i] = p.tracker.State(now, part)
	}
	return states
}

// parts returns the pieces of an hour.
func (p *Publisher) parts(hour int64, now time.Time) []tracker.Part {
	start := time.Unix(hour*3600, 0).UTC()
	parts := make([]tracker.Part, p.pieces)
	for i := range parts {
		parts[i] = tracker.Part{From: start, To: start.Add(time.Hour), Brief: true, ByMinute: true}
	}
	if p.pieces == 1 {
		return parts
	}
	for i := range parts {
		parts[i].Targets = []string{}
	}
	for _, target := range p.tracker.Snapshot(now).Targets {
		part := &parts[pieceOf(target.Name, p.pieces)]
		part.Targets = append(part.Targets, target.Name)
	}
	return parts
}

// publishHour sends one hour in as many pieces as it takes, and notes what was confirmed. Where its states are not given, or turn out
// too large, they are taken now.
func (p *Publisher) publishHour(ctx context.Context, hour hourState, states []tracker.State, now time.Time) error {
	made := false
	for {
		if states == nil {
			states = p.states(p.parts(hour.hour, now), now)
		}
		messages, err := p.hourMessages(hour.hour, states, now)
		if errors.Is(err, errTooLarge) && p.pieces < maxPieces {
			p.pieces, states = p.pieces*2, nil
			continue
		}
		if err != nil {
			return err
		}
		err = p.sendAll(ctx, hour.hour, messages)
		if unanswered(err) && !made {
			made = true
			ensuring, cancel := context.WithTimeout(ctx, p.settings.pace.ack)
			err := EnsureStream(ensuring, p.conn, p.settings)
			cancel()
			if err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		p.outbox.confirmed(hour, now)
		p.bases.confirmed(hour.hour, p.pieces, messages, now)
		return nil
	}
}

var errUnconfirmed = errors.New("no server confirmed in time")

// unanswered reports whether there may be no stream: a server says so only where nobody else has subscribed to what was published.
func unanswered(err error) bool {
	return errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrAsyncPublishTimeout) || errors.Is(err, errUnconfirmed)
}

var errTooLarge = errors.New("the targets of one machine count more than messages can hold")

// hourMessages returns the messages of an hour, one for each of its states.
func (p *Publisher) hourMessages(hour int64, states []tracker.State, now time.Time) ([]outgoing, error) {
	most := min(int(p.conn.MaxPayload()), maxMessage) - 1024 // for headers
	messages := make([]outgoing, len(states))
	for i, state := range states {
		h := header{
			V: formatVersion, Agent: p.settings.Name, Place: p.settings.Place, Run: p.run, At: now, Hour: hour, Piece: i, Pieces: p.pieces,
			Version: p.settings.Version,
		}
		base := p.bases.of(hour, i, p.pieces, now)
		if base != nil {
			h.Base = base.at
			message, err := p.codec.encode(h, state, base.state)
			if err != nil {
				return nil, err
			}
			if len(message) <= most {
				messages[i] = outgoing{message: message, delta: true}
				continue
			}
			h.Base = time.Time{}
		}
		message, err := p.codec.encode(h, state, tracker.State{})
		if err != nil {
			return nil, err
		}
		if len(message) > most {
			return nil, errTooLarge
		}
		messages[i] = outgoing{message: message, state: state}
	}
	return messages, nil
}

// sendAll publishes messages and waits until all of them are confirmed.
func (p *Publisher) sendAll(ctx context.Context, hour int64, messages []outgoing) error {
	ctx, cancel := context.WithTimeout(ctx, p.settings.pace.ack)
	defer cancel()
	var waiting []jetstream.PubAckFuture
	at := subjectOf(p.settings.Team, p.settings.Name, kindSum) + "." + strconv.FormatInt(hour, 10) + "." + strconv.FormatInt(p.run.UnixNano(), 36) + "."
	for i, message := range messages {
		if message.message == nil {
			continue
		}
		subject := at + strconv.Itoa(i)
		if message.delta {
			subject += "d"
		}
		future, err := p.js.PublishAsync(subject, message.message, jetstream.WithExpectStream(StreamOf(p.settings.Team)))
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		p.traffic.add(len(message.message))
		waiting = append(waiting, future)
	}
	for _, future := range waiting {
		select {
		case ack := <-future.Ok():
			p.outbox.sequence(ack.Sequence)
		case err := <-future.Err():
			return err
		case <-ctx.Done():
			return errUnconfirmed
		}
	}
	return nil
}

// report notes how it went, and tells people where that has changed.
func (p *Publisher) report(failed error, snapshot *tracker.Snapshot) {
	p.countWaiting(snapshot)
	p.mu.Lock()
	was := p.status.Problem
	if failed == nil {
		p.status.Problem, p.status.LastAck = "", time.Now()
	} else {
		p.status.Problem = failed.Error()
	}
	now := p.status.Problem
	p.mu.Unlock()
	p.note()
	switch {
	case now != "" && was == "":
		p.notice("fleet: nothing is confirmed (" + now + "): what was counted is kept and sent later")
	case now == "" && was != "":
		p.notice("fleet: confirmed again, nothing was lost")
	}
}

// countWaiting notes what is in the outbox.
func (p *Publisher) countWaiting(snapshot *tracker.Snapshot) {
	waiting, oldest := p.outbox.waiting(snapshot)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status.Waiting, p.status.Oldest, p.status.Sent = waiting, oldest, p.traffic.total()
}

// note keeps whether there is a connection.
func (p *Publisher) note() {
	p.mu.Lock()
	p.status.Connected = p.conn.IsConnected()
	p.mu.Unlock()
}
