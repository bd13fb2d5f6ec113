package fleet

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"errtop/tracker"
)

// publishDay puts a day of agents into the stream of a server, in three places, each of which counted what a tracker holds.
func publishDay(t testing.TB, s *server.Server, tr *tracker.ErrorTracker, agents int, now time.Time) {
	t.Helper()
	pack, err := newCodec()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := EnsureStream(t.Context(), conn, settingsOf(s, "", "")); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	for h := newestHour(now); h > newestHour(now)-hoursKept; h-- {
		start := time.Unix(h*3600, 0)
		state := tr.State(now, tracker.Part{From: start, To: start.Add(time.Hour), Brief: true, ByMinute: true})
		for i := range agents {
			message, err := pack.encode(header{
				V: 1, Agent: fmt.Sprintf("web-%d", i), Place: fmt.Sprintf("place-%d", i%3), At: now, Run: now.Add(-25 * time.Hour), Hour: h, Pieces: 1,
			}, state, tracker.State{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := js.Publish(t.Context(), fmt.Sprintf("%sshop.web-%d.sum.%d.r.0", prefix, i, h), message); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// How long a viewer that starts takes over 20 agents with 50 targets each, at 100 results a second of each agent, until it shows the
// present (bar: 1 s) and until it shows the day (bar: 3 s). The data are made before.
func BenchmarkBackfill(b *testing.B) {
	s := testServer(b)
	now := time.Now()
	tr := busyTracker(now, 24, 100)
	publishDay(b, s, tr, 20, now)
	want := 20 * tr.Snapshot(now).Overall.Day.Requests
	var first time.Duration
	b.ResetTimer()
	before := processorTime(b)
	for b.Loop() {
		start := time.Now()
		v, err := NewViewer(settingsOf(s, "viewer", ""), tracker.Settings{}, func(string) {})
		if err != nil {
			b.Fatal(err)
		}
		stop := run(b, v.Run)
		until(b, v, func(s *tracker.Snapshot) string {
			if s.Overall.Hour.Requests == 0 {
				return "nothing"
			}
			return ""
		})
		first += time.Since(start)
		until(b, v, func(s *tracker.Snapshot) string {
			if s.Overall.Day.Requests*1000 < want*995 { // minutes leave the day meanwhile
				return fmt.Sprintf("%d requests, want %d", s.Overall.Day.Requests, want)
			}
			return ""
		})
		stop()
	}
	b.ReportMetric(float64((processorTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms")
	b.ReportMetric(float64(first.Milliseconds())/float64(b.N), "ms-first")
}
