package engine

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"errtop/internal/config"
	"errtop/internal/safego"
	"errtop/tracker"
)

// network is the way of one watcher to the servers, which can be cut for good.
type network struct {
	listener net.Listener
	mu       sync.Mutex
	conns    []net.Conn
	cut      bool
}

// newNetwork carries connections to an address until the test ends.
func newNetwork(t *testing.T, address string) *network {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{listener: l}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", address)
			if err != nil || !n.keep(from, to) {
				_ = from.Close()
				continue
			}
			for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
				running.Go(func() {
					_, _ = io.Copy(way[0], way[1])
					_, _ = way[0].Close(), way[1].Close()
				})
			}
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		n.end()
		running.Wait()
	})
	return n
}

func (n *network) keep(conns ...net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns = append(n.conns, conns...)
	return !n.cut
}

// end cuts it.
func (n *network) end() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = true
	for _, c := range n.conns {
		_ = c.Close()
	}
}

// inbox counts what receivers took, by the path that they are called at.
type inbox struct {
	mu    sync.Mutex
	taken map[string]int
	news  chan struct{} // holds one value at most
	shut  atomic.Bool   // the receivers c and d answer 503
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if i.shut.Load() && (r.URL.Path == "/c" || r.URL.Path == "/d") {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	i.mu.Lock()
	i.taken[r.URL.Path+fmt.Sprintf(" firing %t", strings.Contains(string(body), `"firing"`))]++
	i.mu.Unlock()
	select {
	case i.news <- struct{}{}:
	default:
	}
}

func (i *inbox) of(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.taken[path+" firing true"]
}

// waitUntil waits until something holds.
func waitUntil(t *testing.T, what string, within time.Duration, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-deadline.C:
			t.Fatalf("%s: not within %s", what, within)
		}
	}
}

// watcher starts an engine that watches over a fleet, with four receivers, and looks at one incident.
func watcher(t *testing.T, name, servers, hooks string) (e *Engine, stop func()) {
	t.Helper()
	settings := config.Default()
	settings.Alerts.GroupWait = config.Duration(time.Second)
	settings.Fleet.Servers, settings.Fleet.Name = []string{"nats://" + servers}, name
	for _, receiver := range []string{"a", "b", "c", "d"} {
		settings.Receivers = append(settings.Receivers, config.Receiver{
			Name: receiver, Webhook: config.Secret(hooks + "/" + receiver), Severity: "info", Resolved: true, AllowPrivate: true,
		})
	}
	e, err := New(Options{Settings: settings, Look: true, Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	onset := time.Now().Add(-10 * time.Minute)
	picture := func(now time.Time) *tracker.Snapshot {
		return &tracker.Snapshot{Version: uint64(now.Unix()), At: now, Incidents: []tracker.Incident{{
			ID: 7, Signals: tracker.SignalFailures, Onset: tracker.Onset{At: onset}, Targets: []tracker.IncidentTarget{{Name: "checkout"}},
			Cause: tracker.Cause{Outcome: tracker.Outcome{Kind: tracker.KindServer}},
		}}}
	}
	ctx, cancel := context.WithCancel(t.Context())
	group, ctx := safego.WithContext(ctx)
	group.Go(func() error { return e.fleet.teller.Run(ctx) })
	group.Go(func() error { return e.alerting.run(ctx, picture, e.outbox()) })
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := group.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return e, stop
}

func (e *Engine) outboxOf() (receivers []string) {
	for _, n := range e.alerting.copyState().Outbox {
		receivers = append(receivers, n.Receiver)
	}
	slices.Sort(receivers)
	return receivers
}

// Two watchers look at one fleet. The one that tells dies when two of four receivers were told, and the others did not answer: the other
// takes over within 30 s, and tells those and nobody else.
func TestAWatcherThatDiesWhileItTellsIsTakenOverFrom(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as the turn holds")
	}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Shutdown)
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server does not start")
	}
	box := &inbox{taken: map[string]int{}, news: make(chan struct{}, 1)}
	box.shut.Store(true)
	hooks := httptest.NewServer(box)
	t.Cleanup(hooks.Close)

	wire := newNetwork(t, s.Addr().String())
	first, stop := watcher(t, "pager-1", wire.listener.Addr().String(), hooks.URL)
	waitUntil(t, "the first watcher tells", 30*time.Second, func() bool { _, yes := first.fleet.teller.Tells(time.Now()); return yes })
	second, _ := watcher(t, "pager-2", s.Addr().String(), hooks.URL)
	waitUntil(t, "two receivers are told", 60*time.Second, func() bool {
		return slices.Equal(first.outboxOf(), []string{"c", "d"}) && slices.Equal(second.outboxOf(), []string{"a", "b", "c", "d"})
	})
	for _, receiver := range []string{"a", "b", "c", "d"} { // what nobody told is kept for the one that takes over, the rest is not
		if due := second.outbox().Due(receiver, time.Now().Add(5*time.Minute)); len(due) > 0 {
			t.Errorf("both tell: %+v", due)
		}
	}
	if left := second.outboxOf(); !slices.Equal(left, []string{"c", "d"}) {
		t.Errorf("the second watcher keeps %v", left)
	}
	died := time.Now()
	wire.end()
	stop()
	box.shut.Store(false)
	waitUntil(t, "the second watcher tells the others", 60*time.Second, func() bool { return box.of("/c") > 0 && box.of("/d") > 0 })
	if took := time.Since(died); took > 30*time.Second {
		t.Errorf("taken over after %s", took)
	}
	waitUntil(t, "the second watcher has nothing left", 60*time.Second, func() bool { return len(second.outboxOf()) == 0 })
	for _, path := range []string{"/a", "/b", "/c", "/d"} {
		if n := box.of(path); n != 1 {
			t.Errorf("%s was told %d times", path, n)
		}
	}
}
