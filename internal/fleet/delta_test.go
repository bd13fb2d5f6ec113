package fleet

import (
	"fmt"
	"testing"
	"time"

	"errtop/tracker"
)

// A message that is packed against another counts what the tracker counts; without its base, the base that is there counts alone.
func TestAMessageAgainstItsBase(t *testing.T) {
	now := time.Now()
	hour := newestHour(now)
	start := time.Unix(hour*3600, 0)
	part := tracker.Part{From: start, To: start.Add(time.Hour), Brief: true}
	tr := liveTracker()
	add := func(n int) {
		for i := range n {
			tr.Record(now, []tracker.Result{result(now, fmt.Sprintf("target-%d", i%9), 200+300*(i%2))})
		}
	}
	add(1000)
	base := tr.State(now, part)
	add(10)
	later := tr.State(now, part)
	add(5)
	newer := tr.State(now, part)
	pack, err := newCodec()
	if err != nil {
		t.Fatal(err)
	}
	message := func(at, against time.Time, state, base tracker.State) (piece, int) {
		t.Helper()
		message, err := pack.encode(header{V: 1, Agent: "web-1", At: at, Run: start, Hour: hour, Base: against}, state, base)
		if err != nil {
			t.Fatal(err)
		}
		h, body, err := decodeHeader(message)
		if err != nil {
			t.Fatal(err)
		}
		return piece{h, body}, len(message)
	}
	at := func(seconds int) time.Time { return now.Add(time.Duration(seconds) * time.Second).Round(0) }
	whole, size := message(at(1), time.Time{}, base, tracker.State{})
	delta, small := message(at(2), at(1), later, base)
	next, _ := message(at(3), time.Time{}, newer, tracker.State{})
	if small*2 > size {
		t.Errorf("%d bytes against a base of %d", small, size)
	}
	for name, c := range map[string]struct {
		pieces []piece
		want   uint64
	}{
		"the base alone":               {[]piece{whole}, 1000},
		"base and delta":               {[]piece{whole, delta}, 1010},
		"the delta came first":         {[]piece{delta, whole}, 1010},
		"the delta alone":              {[]piece{delta}, 0},
		"a delta against an old base":  {[]piece{whole, delta, next}, 1015},
		"each twice, and out of order": {[]piece{next, delta, whole, delta, next, whole}, 1015},
	} {
		v, err := NewViewer(Settings{Servers: []string{"nats://127.0.0.1:1"}, Name: "v"}, tracker.Settings{}, func(text string) { t.Error(text) })
		if err != nil {
			t.Fatal(err)
		}
		v.agentOf("web-1").take("web-1", "eu-1", "")
		for _, p := range c.pieces {
			v.keep(address{agent: "web-1", kind: kindSum, hour: hour, run: "r", delta: !p.Base.IsZero()}, p)
		}
		if _, err := v.sumUp(now); err != nil {
			t.Fatal(err)
		}
		if got := v.Snapshot(now).Overall.Day.Requests; got != c.want {
			t.Errorf("%s: %d requests, want %d", name, got, c.want)
		}
	}
}
