package fleet

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"errtop/internal/safego"
	"errtop/tracker"
)

const (
	maxAgents   = 20_000
	silentAfter = 45 * time.Second
	forgetAfter = 24 * time.Hour  // an agent that was silent for as long is no longer missed
	againAfter  = 5 * time.Second // late results of an hour come together
	lookAgain   = time.Second
)

// Viewer sums up what the agents of a team sent. All methods may be called from any goroutine.
type Viewer struct {
	settings Settings
	tracker  tracker.Settings
	notice   func(string)
	codec    *codec
	texts    *texts

	conn *nats.Conn
	js   jetstream.JetStream
	wake chan struct{} // there is something to do

	urgent chan struct{} // what the stream has was read: it is summed up at once
	shown  chan struct{} // closed behind the first sum

	sumPause time.Duration // at least, between sums; 0: as their cost asks for

	mu       sync.Mutex
	agents   map[string]*agent
	hours    map[int64]*hour
	loaded   bool      // the newest hours are there
	complete bool      // and all older ones
	dirty    bool      // something came since the sum was made
	untold   bool      // something was recorded since those who look were told
	down     time.Time // since when there is no connection; zero while there is one
	refused  map[string]refusal
	ahead    []heldSum // of agents whose clocks are ahead
	redoAt   time.Time // when the picture is made anew because of them; zero for never
	late     int       // hours that were sent anew after they were summed up
	picture  picture
	version  uint64 // of the newest snapshot
	watchers map[chan struct{}]struct{}
}

// agent is one machine, as it was last heard of.
type agent struct {
	id      string // as in subjects
	name    string
	place   string
	version string
	run     time.Time
	heard   time.Time     // by our clock
	at      time.Time     // revision of the newest sum
	skew    time.Duration // its clock against that of the server that took its message
	skewed  bool          // skew is known
	left    bool          // it was told to stop
	waiting int
	live    liveSince
}

// NewViewer returns a Viewer that does not run yet.
func NewViewer(settings Settings, bounds tracker.Settings, notice func(string)) (*Viewer, error) {
	settings = settings.withDefaults()
	const maxTargets = 1000 // the tracker's own default
	bounds.MaxTargets = cmp.Or(bounds.MaxTargets, maxTargets)
	if err := settings.Check(); err != nil {
		return nil, err
	}
	codec, err := newCodec()
	if err != nil {
		return nil, err
	}
	v := &Viewer{
		settings: settings, tracker: bounds, notice: notice, codec: codec, texts: newTexts(), wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1), shown: make(chan struct{}),
		agents: map[string]*agent{}, hours: map[int64]*hour{}, refused: map[string]refusal{}, watchers: map[chan struct{}]struct{}{},
	}
	v.picture.total = tracker.New(bounds)
	return v, nil
}

// Run follows the stream and sums up until ctx is done.
func (v *Viewer) Run(ctx context.Context) error {
	changed := make(chan struct{}, 1)
	conn, err := v.settings.connect("viewer", func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return err
	}
	defer conn.Close()
	v.conn = conn
	if v.js, err = jetstream.New(conn); err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	group, ctx := safego.WithContext(ctx)
	group.Go(func() error {
		for {
			v.noteConnection()
			select {
			case <-ctx.Done():
				return nil
			case <-changed:
			}
		}
	})
	group.Go(func() error { return v.follow(ctx) })
	group.Go(func() error { return v.keepSum(ctx) })
	return group.Wait()
}

// noteConnection keeps since when there is no connection. After one came back, everything is read anew: what came meanwhile is in the
// stream.
func (v *Viewer) noteConnection() {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch connected := v.conn.IsConnected(); {
	case connected && !v.down.IsZero():
		v.down = time.Time{}
	case !connected && v.down.IsZero():
		v.down = time.Now()
	}
	v.tell()
}

// tell wakes those who look. The lock is held.
func (v *Viewer) tell() {
	v.untold = false
	for w := range v.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// Watch returns a channel that receives after something changed; it holds at most one value. Call stop when done.
func (v *Viewer) Watch() (changed <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	v.mu.Lock()
	v.watchers[c] = struct{}{}
	v.mu.Unlock()
	return c, func() {
		v.mu.Lock()
		delete(v.watchers, c)
		v.mu.Unlock()
	}
}

// take takes a message that is not from the stream.
func (v *Viewer) take(m *nats.Msg) {
	a, ok := parse(v.settings.Team, m.Subject)
	if !ok {
		return
	}
	switch a.kind {
	case kindState:
		v.takePresence(a, m.Data, time.Now())
	case kindErr, kindLive:
		v.takeLive(a, m.Data)
	}
}

// takePresence notes that an agent is there, as of a moment of our clock.
func (v *Viewer) takePresence(a address, message []byte, heard time.Time) {
	p, err := decodePresence(message)
	if err != nil {
		v.refuse(a.agent, err)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	ag := v.agentOf(a.agent)
	if ag == nil || heard.Before(ag.heard) {
		return
	}
	ag.take(p.Agent, p.Place, p.Version)
	ag.heard, ag.left, ag.waiting, ag.run = heard, p.Leaves, max(p.Waiting, 0), p.Run
	if !p.At.IsZero() {
		ag.skew, ag.skewed = p.At.Sub(heard), true
	}
}

// take takes what an agent says of itself. Its name counts only where it is that of the subject.
func (a *agent) take(name, place, version string) {
	if token(name) == a.id {
		a.name = name
	}
	a.place, a.version = place, version
}

// agentOf returns an agent, made on first use; nil where there are too many. The lock is held.
func (v *Viewer) agentOf(id string) *agent {
	ag := v.agents[id]
	if ag == nil && len(v.agents) < maxAgents {
		ag = &agent{id: id, name: id}
		v.agents[id] = ag
	}
	return ag
}

// refusal is why messages of an agent were not taken, and when that was told.
type refusal struct {
	why string
	at  time.Time
}

// refuse tells why messages of an agent are not taken: once, and another reason at most once a minute, since reasons may hold figures.
func (v *Viewer) refuse(id string, why error) {
	now := time.Now()
	v.mu.Lock()
	last, known := v.refused[id]
	tell := !known && len(v.refused) < maxAgents || known && last.why != why.Error() && now.Sub(last.at) >= time.Minute
	if tell {
		v.refused[id] = refusal{why.Error(), now}
	}
	v.mu.Unlock()
	if tell {
		v.notice("fleet: what " + id + " sends is not counted: " + why.Error())
	}
}
