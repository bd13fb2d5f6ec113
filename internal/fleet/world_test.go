package fleet

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"errtop/internal/safego"
	"errtop/tracker"
)

// testServer runs a NATS server with JetStream on loopback.
func testServer(t testing.TB) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server does not start")
	}
	return s
}

// run runs f until the test ends, or stop is called, and fails the test with its error.
func run(t testing.TB, f func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	group, ctx := safego.WithContext(ctx)
	group.Go(func() error { return f(ctx) })
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

func settingsOf(s *server.Server, name, place string) Settings {
	return Settings{Servers: []string{s.ClientURL()}, Team: "shop", Name: name, Place: place}
}

// agentOn publishes what a tracker counts.
func agentOn(t testing.TB, settings Settings, tr *tracker.ErrorTracker) {
	t.Helper()
	p, err := NewPublisher(settings, tr, func(text string) { t.Log(settings.Name + ": " + text) })
	if err != nil {
		t.Fatal(err)
	}
	run(t, p.Run)
}

func viewerOn(t testing.TB, settings Settings) *Viewer {
	t.Helper()
	v, err := NewViewer(settings, tracker.Settings{}, func(text string) { t.Log("viewer: " + text) })
	if err != nil {
		t.Fatal(err)
	}
	run(t, v.Run)
	return v
}

// until looks at a viewer whenever something has changed, and fails the test where it never holds. lacks says what is missing.
func until(t testing.TB, v *Viewer, holds func(*tracker.Snapshot) (lacks string)) *tracker.Snapshot {
	t.Helper()
	changed, stop := v.Watch()
	defer stop()
	deadline := time.NewTimer(60 * time.Second)
	defer deadline.Stop()
	again := time.NewTicker(200 * time.Millisecond) // what time alone changes wakes nobody
	defer again.Stop()
	for {
		s := v.Snapshot(time.Now())
		lacks := holds(s)
		if lacks == "" {
			return s
		}
		select {
		case <-changed:
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("%s; fleet: %+v", lacks, s.Fleet)
		}
	}
}

// counted says what the sum lacks of the results of a day.
func counted(requests, failed uint64) func(*tracker.Snapshot) string {
	return func(s *tracker.Snapshot) string {
		if s.Overall.Day.Requests == requests && s.Overall.Day.Errors == failed {
			return ""
		}
		return fmt.Sprintf("%d requests and %d errors, want %d and %d", s.Overall.Day.Requests, s.Overall.Day.Errors, requests, failed)
	}
}

// logSource is a log that is still written, so that a tracker counts as of now.
var logSource = tracker.Source{Name: "log", Live: true, State: tracker.SourceReading}

// liveTracker returns a tracker that counts as of now.
func liveTracker() *tracker.ErrorTracker {
	tr := tracker.New(tracker.Settings{})
	tr.UpdateSource(time.Now(), logSource)
	return tr
}

func result(at time.Time, target string, status int) tracker.Result {
	r := tracker.Result{
		Time: at, Target: target, Status: status, Kind: tracker.KindOf(status), Method: "GET", Route: "/" + target, Latency: 20 * time.Millisecond,
	}
	if r.Kind.Failed() {
		r.Message = "it went wrong"
	}
	return r
}
