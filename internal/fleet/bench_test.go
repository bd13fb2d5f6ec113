package fleet

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"errtop/tracker"
)

// busyTracker counts hours of 50 targets at a rate of results a second in all.
func busyTracker(now time.Time, hours float64, rate int) *tracker.ErrorTracker {
	r := rand.New(rand.NewPCG(1, 9))
	tr := tracker.New(tracker.Settings{})
	tr.UpdateSource(now, tracker.Source{Name: "log", Live: true, State: tracker.SourceReading})
	batch := make([]tracker.Result, 0, 1000)
	step := time.Second / time.Duration(rate)
	for at := now.Add(-time.Duration(hours * float64(time.Hour))); at.Before(now); at = at.Add(step) {
		status := 200
		if r.IntN(50) == 0 {
			status = []int{400, 429, 500, 503}[r.IntN(4)]
		}
		x := result(at, fmt.Sprintf("target-%d", r.IntN(50)), status)
		x.Latency = time.Duration(float64(30*time.Millisecond) * (1 + r.ExpFloat64()))
		if batch = append(batch, x); len(batch) == cap(batch) {
			tr.Record(now, batch)
			batch = batch[:0]
		}
	}
	tr.Record(now, batch)
	return tr
}

// What an agent does each minute for 50 targets at 1000 results a second. Bar: 1 % of a core (600 ms a minute), 120 KB.
func BenchmarkAgentMinute(b *testing.B) {
	now := time.Now().Truncate(time.Hour).Add(50 * time.Minute)
	tr := busyTracker(now, 50.0/60, 1000)
	pack, err := newCodec()
	if err != nil {
		b.Fatal(err)
	}
	start := now.Truncate(time.Hour)
	part := tracker.Part{From: start, To: start.Add(time.Hour), Brief: true, ByMinute: true}
	size := 0
	b.ReportAllocs()
	for b.Loop() {
		message, err := pack.encode(header{V: 1, At: now, Run: now}, tr.State(now, part), tracker.State{})
		if err != nil {
			b.Fatal(err)
		}
		size = len(message)
	}
	b.ReportMetric(float64(size)/1000, "KB")
}

// The sum over agents with 50 targets each, of the running hour. It is made at most for one part in twenty of a core.
func BenchmarkSum(b *testing.B) {
	for _, agents := range []int{100, 1000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) { sumAgents(b, agents) })
	}
}

func sumAgents(b *testing.B, agents int) {
	now := time.Now()
	v, err := NewViewer(Settings{Servers: []string{"nats://127.0.0.1:1"}, Name: "v"}, tracker.Settings{}, func(string) {})
	if err != nil {
		b.Fatal(err)
	}
	hour := newestHour(now)
	start := time.Unix(hour*3600, 0)
	tr := busyTracker(now, now.Sub(start).Hours(), 100)
	state := tr.State(now, tracker.Part{From: start, To: start.Add(time.Hour), Brief: true, ByMinute: true})
	message, err := v.codec.encode(header{V: 1, At: now, Run: start, Hour: hour}, state, tracker.State{})
	if err != nil {
		b.Fatal(err)
	}
	h, body, err := decodeHeader(message)
	if err != nil {
		b.Fatal(err)
	}
	for i := range agents {
		id := fmt.Sprintf("web-%d", i)
		v.agentOf(id).take(id, fmt.Sprintf("place-%d", i%3), "")
		v.keep(address{agent: id, kind: kindSum, hour: hour, run: "r"}, piece{h, body})
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := processorTime(b)
	for b.Loop() {
		if _, err := v.sumUp(now); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processorTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms")
	b.ReportMetric(float64(len(message)*agents)/1000, "KB")
	if got := v.Snapshot(now).Overall.Day.Requests; got != uint64(agents)*tr.Snapshot(now).Overall.Day.Requests {
		b.Fatalf("%d requests", got)
	}
}

// What an agent does in the minutes between, when most of the hour is as it was sent. Bar: 120 KB a minute in the mean.
func BenchmarkAgentMinuteAgainstBase(b *testing.B) {
	now := time.Now().Truncate(time.Hour).Add(50 * time.Minute)
	tr := busyTracker(now, 50.0/60, 1000)
	pack, err := newCodec()
	if err != nil {
		b.Fatal(err)
	}
	start := now.Truncate(time.Hour)
	part := tracker.Part{From: start, To: start.Add(time.Hour), Brief: true, ByMinute: true}
	base := tr.State(now, part)
	later := now.Add(5 * time.Minute)
	for at := now; at.Before(later); at = at.Add(time.Millisecond) {
		tr.Record(at, []tracker.Result{result(at, fmt.Sprintf("target-%d", at.UnixMilli()*7919%50), 200)})
	}
	size := 0
	b.ReportAllocs()
	for b.Loop() {
		message, err := pack.encode(header{V: 1, At: later, Run: now, Base: now}, tr.State(later, part), base)
		if err != nil {
			b.Fatal(err)
		}
		size = len(message)
	}
	b.ReportMetric(float64(size)/1000, "KB")
}
