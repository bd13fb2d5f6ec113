package fleet

import (
	"strconv"
	"testing"
	"time"

	"errtop/tracker"
)

// halfPast returns a moment in the midst of the running hour or the one before, so that nothing spans two hours.
func halfPast() time.Time {
	return time.Now().Add(-30 * time.Minute).Truncate(time.Hour).Add(30 * time.Minute)
}

// An agent that is started again counts nothing twice and loses nothing, whether it restored its store, reads its logs again, or begins
// with nothing; and while it reads, its numbers do not drop.
func TestTheRunsOfAnAgent(t *testing.T) {
	start := halfPast() // of the second run
	const step = 10 * time.Second
	// requests returns n of them, the last just before a moment.
	requests := func(target string, n int, until time.Time) (out []tracker.Result) {
		for i := range n {
			out = append(out, result(until.Add(-time.Duration(i)*step), target, 200))
		}
		return out
	}
	type counts struct {
		began   time.Time
		results []tracker.Result
	}
	first := counts{start.Add(-25 * time.Minute), requests("checkout", 100, start.Add(-time.Second))}
	after := requests("checkout", 7, start.Add(2*time.Minute))
	many := []counts{first}
	for i := range 100 {
		began := start.Add(time.Duration(i) * 5 * time.Second)
		many = append(many, counts{began, requests("checkout", 1, began.Add(time.Second))})
	}
	for name, c := range map[string]struct {
		runs []counts
		want uint64
	}{
		"one run":                         {[]counts{first}, 100},
		"the second begins with nothing":  {[]counts{first, {start, after}}, 107},
		"it has restored all":             {[]counts{first, {start, append(after, first.results...)}}, 107},
		"it has restored, nothing came":   {[]counts{first, {start, first.results}}, 100},
		"it still reads the newest":       {[]counts{first, {start, append(after, first.results[:30]...)}}, 100},
		"its log was rotated away":        {[]counts{first, {start, first.results[:5]}}, 100},
		"a request began before it did":   {[]counts{first, {start, append(after, result(start.Add(-20*time.Second), "checkout", 200))}}, 108},
		"a new target is read again":      {[]counts{{start.Add(-time.Minute), requests("checkout", 4, start.Add(-5*time.Second))}, {start, requests("checkout", 4, start.Add(-5*time.Second))}}, 4},
		"another target":                  {[]counts{first, {start, requests("search", 7, start.Add(2*time.Minute))}}, 107},
		"the third has read all again":    {[]counts{first, {start, after}, {start.Add(3 * time.Minute), append(after, first.results...)}}, 107},
		"a hundred begin with nothing":    {many, 200},
		"the last of them reads it again": {append(many, counts{start.Add(10 * time.Minute), first.results}), 200},
	} {
		v, err := NewViewer(Settings{Servers: []string{"nats://127.0.0.1:1"}, Name: "v"}, tracker.Settings{}, func(text string) { t.Error(text) })
		if err != nil {
			t.Fatal(err)
		}
		now := start.Add(20 * time.Minute)
		hour := newestHour(start)
		v.agentOf("web-1").take("web-1", "eu-1", "")
		for i, run := range c.runs {
			tr := liveTracker()
			for _, r := range run.results {
				tr.Record(now, []tracker.Result{r})
			}
			from := time.Unix(hour*3600, 0)
			state := tr.State(now, tracker.Part{From: from, To: from.Add(time.Hour), Brief: true})
			message, err := v.codec.encode(header{V: 1, Agent: "web-1", At: now, Run: run.began, Hour: hour}, state, tracker.State{})
			if err != nil {
				t.Fatal(err)
			}
			h, body, err := decodeHeader(message)
			if err != nil {
				t.Fatal(err)
			}
			v.keep(address{agent: "web-1", kind: kindSum, hour: hour, run: strconv.Itoa(i)}, piece{h, body})
		}
		if _, err := v.sumUp(now); err != nil {
			t.Fatal(err)
		}
		s := v.Snapshot(now)
		if got := s.Overall.Day.Requests; got != c.want {
			t.Errorf("%s: %d requests, want %d", name, got, c.want)
		}
		for _, target := range s.Targets {
			if target.State == tracker.StateUnknown {
				t.Errorf("%s: nothing is known of %s", name, target.Name)
			}
		}
	}
}
