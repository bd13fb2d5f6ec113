package fleet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"errtop/tracker"
)

// forgetful is a pace at which nothing is sent again but what a publisher knows to be lost.
func forgetful() pace {
	p := fastPace
	p.sync = time.Nanosecond
	return p
}

// adminOf returns a connection that may do everything.
func adminOf(t testing.TB, url string) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	conn, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return conn, js
}

// dayOf records a result every ten minutes of a day, so that every hour has some, and returns how many.
func dayOf(tr *tracker.ErrorTracker, now time.Time) (n uint64) {
	for at := now.Add(-23*time.Hour - 50*time.Minute); at.Before(now); at = at.Add(10 * time.Minute) {
		tr.Record(now, []tracker.Result{result(at, "checkout", 200)})
		n++
	}
	return n
}

// hoursInOrder returns the hours of the sums in a stream, in the order in which they were last sent.
func hoursInOrder(t *testing.T, js jetstream.JetStream) (hours []string) {
	t.Helper()
	consumer, err := js.OrderedConsumer(t.Context(), StreamOf("shop"), jetstream.OrderedConsumerConfig{FilterSubjects: []string{prefix + "shop.*.sum.>"}})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := consumer.Fetch(100, jetstream.FetchMaxWait(3*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for m := range messages.Messages() {
		if hour := strings.Split(m.Subject(), ".")[5]; !slices.Contains(hours, hour) {
			hours = append(hours, hour)
		}
	}
	if len(hours) < 20 {
		t.Fatalf("only the hours %v are in the stream", hours)
	}
	return hours
}

// The servers are away for a day and the agent is not: when they are back, the newest hour is sent first, then all the others.
func TestABrokerThatIsAwayForADayIsMadeUpFor(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers and waits for them")
	}
	server := newCluster(t, 1)[0]
	settings := Settings{Servers: []string{"nats://" + server.address()}, Team: "shop", Name: "web-1", Place: "eu-1", pace: fastPace}
	_, js := adminOf(t, settings.Servers[0])
	tr := liveTracker()
	tr.Record(time.Now(), []tracker.Result{result(time.Now(), "checkout", 200)})
	p, err := NewPublisher(settings, tr, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	run(t, p.Run)
	v := viewerOn(t, Settings{Servers: settings.Servers, Team: "shop", Name: "viewer", pace: fastPace})
	until(t, v, counted(1, 0))

	server.kill()
	total := 1 + dayOf(tr, time.Now())
	until(t, v, func(*tracker.Snapshot) string {
		if s := p.Status(); s.Connected || s.Waiting < 20 {
			return fmt.Sprintf("the agent does not say that the server is gone, and what waits: %+v", s)
		}
		return ""
	})
	server.start(t)
	until(t, v, counted(total, 0))
	hours := slices.DeleteFunc(hoursInOrder(t, js), func(hour string) bool { // that were sent again since
		return hour >= strconv.FormatInt(newestHour(time.Now())-1, 10)
	})
	if !slices.IsSortedFunc(hours, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("sent in the order %v", hours)
	}
	if s := p.Status(); s.Waiting != 0 || s.Problem != "" {
		t.Errorf("%+v", s)
	}
}

// sees waits until a viewer that knows only what the stream has shows so many requests.
func sees(t *testing.T, settings Settings, requests uint64) {
	t.Helper()
	settings.Name = "fresh"
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	v, err := NewViewer(settings, tracker.Settings{}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, func(context.Context) error { return v.Run(ctx) })
	defer stop()
	until(t, v, counted(requests, 0))
	cancel()
}

// A stream that loses what it had confirmed gets it again, also where the connection stays and nothing new is counted.
func TestAStreamThatLosesGetsEverythingAgain(t *testing.T) {
	s := testServer(t)
	settings := settingsOf(s, "web-1", "eu-1")
	settings.pace = forgetful()
	tr := liveTracker()
	total := dayOf(tr, time.Now())
	agentOn(t, settings, tr)
	v := viewerOn(t, settingsOf(s, "viewer", ""))
	until(t, v, counted(total, 0))
	_, js := adminOf(t, s.ClientURL())
	stream, err := js.Stream(t.Context(), StreamOf("shop"))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	sees(t, settings, total)
}

// A server without power loses what it had not written yet: it comes back with older files. What was confirmed since is sent again, and a
// viewer that was there all the time sees what comes after it.
func TestALossOfPowerLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers and waits for them")
	}
	server := newCluster(t, 1)[0]
	settings := Settings{Servers: []string{"nats://" + server.address()}, Team: "shop", Name: "web-1", Place: "eu-1", pace: forgetful()}
	tr := liveTracker()
	total := dayOf(tr, time.Now())
	agentOn(t, settings, tr)
	looks := settings
	looks.Name = "viewer"
	v := viewerOn(t, looks)
	until(t, v, counted(total, 0))

	older := filepath.Join(t.TempDir(), "older")
	if err := os.CopyFS(older, os.DirFS(server.config.Dir)); err != nil {
		t.Fatal(err)
	}
	for i := range 5 { // late results of several hours, which no later message would bring
		tr.Record(time.Now(), []tracker.Result{result(time.Now().Add(-time.Duration(i)*time.Hour), "checkout", 200)})
		total++
		until(t, v, counted(total, 0))
	}
	sees(t, settings, total)
	server.kill()
	if err := os.RemoveAll(server.config.Dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(server.config.Dir, os.DirFS(older)); err != nil {
		t.Fatal(err)
	}
	server.start(t)
	sees(t, settings, total)
	tr.Record(time.Now(), []tracker.Result{result(time.Now(), "checkout", 200)})
	until(t, v, counted(total+1, 0))
	sees(t, settings, total+1)
}

// servingTracker counts a request whenever it was looked at, as a machine does that serves all the time.
type servingTracker struct{ *tracker.ErrorTracker }

func (b servingTracker) Snapshot(now time.Time) *tracker.Snapshot {
	s := b.ErrorTracker.Snapshot(now)
	b.Record(now, []tracker.Result{result(now, "checkout", 200)})
	return s
}

func (b servingTracker) State(now time.Time, part tracker.Part) tracker.State {
	state := b.ErrorTracker.State(now, part)
	b.Record(now, []tracker.Result{result(now, "checkout", 200)})
	return state
}

// What is counted while a sum is made is in the sum or told live, never both.
func TestWhatComesDuringASumIsCountedOnce(t *testing.T) {
	s := testServer(t)
	settings := settingsOf(s, "web-1", "eu-1")
	settings.pace = fastPace
	tr := liveTracker()
	tr.Record(time.Now(), []tracker.Result{result(time.Now(), "checkout", 200)})
	p, err := NewPublisher(settings, servingTracker{tr}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	run(t, p.Run)
	v := viewerOn(t, settingsOf(s, "viewer", ""))
	until(t, v, func(s *tracker.Snapshot) string {
		got, most := s.Overall.Day.Requests, tr.Snapshot(time.Now()).Overall.Day.Requests
		if got > most {
			t.Errorf("%d requests of %d", got, most)
		}
		if got < 100 {
			return fmt.Sprintf("%d requests", got)
		}
		return ""
	})
}

// The first agent makes the stream also where somebody listens to everything, so that no server says that nobody answers.
func TestTheStreamIsMadeWhileSomebodyListens(t *testing.T) {
	s := testServer(t)
	conn, _ := adminOf(t, s.ClientURL())
	if _, err := conn.Subscribe(">", func(*nats.Msg) {}); err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	settings := settingsOf(s, "web-1", "eu-1")
	settings.pace = fastPace
	tr := liveTracker()
	tr.Record(time.Now(), []tracker.Result{result(time.Now(), "checkout", 200)})
	agentOn(t, settings, tr)
	until(t, viewerOn(t, settingsOf(s, "viewer", "")), counted(1, 0))
}
