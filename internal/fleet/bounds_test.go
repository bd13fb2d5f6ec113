package fleet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"errtop/tracker"
)

// message is what a server hands over.
type message struct {
	jetstream.Msg
	subject string
	data    []byte
}

func (m message) Subject() string { return m.subject }
func (m message) Data() []byte    { return m.data }
func (m message) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Timestamp: time.Now()}, nil
}

// idleViewer returns a viewer that is connected to nothing.
func idleViewer(t *testing.T) *Viewer {
	t.Helper()
	v, err := NewViewer(Settings{Servers: []string{"nats://127.0.0.1:1"}, Team: "shop", Name: "viewer"}, tracker.Settings{}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWhatDoesNotFitItsSubjectOrItsTimeIsNotKept(t *testing.T) {
	v := idleViewer(t)
	now := time.Now()
	hour := newestHour(now)
	state := liveTracker().State(now, tracker.Part{Brief: true})
	send := func(subject string, h header) (kept int) {
		t.Helper()
		sum, err := v.codec.encode(h, state, tracker.State{})
		if err != nil {
			t.Fatal(err)
		}
		v.takeSum(message{subject: fmt.Sprintf("%sshop.evil.sum.%s", prefix, subject), data: sum}, false)
		for _, at := range v.hours {
			kept += len(at.pieces)
		}
		return kept
	}
	right := header{V: 1, Agent: "evil", At: now, Run: now, Hour: hour}
	for what, c := range map[string]struct {
		subject string
		change  func(*header)
	}{
		"another hour":     {fmt.Sprintf("%d.x.0", hour-1), func(*header) {}},
		"another piece":    {fmt.Sprintf("%d.x.1", hour), func(*header) {}},
		"a base, no delta": {fmt.Sprintf("%d.x.0", hour), func(h *header) { h.Base = now }},
		"delta, no base":   {fmt.Sprintf("%d.x.0d", hour), func(*header) {}},
		"a clock ahead":    {fmt.Sprintf("%d.x.0", hour), func(h *header) { h.At = now.Add(11 * time.Minute) }},
		"a newer version":  {fmt.Sprintf("%d.x.0", hour), func(h *header) { h.V = formatVersion + 1 }},
		"an hour to come":  {fmt.Sprintf("%d.x.0", hour+2), func(h *header) { h.Hour = hour + 2 }},
		"an hour long ago": {fmt.Sprintf("%d.x.0", hour-hoursKept), func(h *header) { h.Hour = hour - hoursKept }},
	} {
		h := right
		if c.change(&h); h.V != 0 && send(c.subject, h) != 0 {
			t.Errorf("%s was kept", what)
		}
	}
	if send(fmt.Sprintf("%d.x.0", hour), right) != 1 {
		t.Fatal("what is right was not kept")
	}
	// An older revision changes nothing.
	older := right
	older.At = now.Add(-time.Minute)
	send(fmt.Sprintf("%d.x.0", hour), older)
	if p := v.hours[hour].pieces[pieceKey{agent: "evil", run: "x"}]; !p.At.Equal(now) {
		t.Errorf("the revision of %v stands", p.At)
	}
}

func TestMessagesAreBounded(t *testing.T) {
	v := idleViewer(t)
	now := time.Now()
	line, err := json.Marshal(header{V: 1, Agent: "a", At: now, Run: now})
	if err != nil {
		t.Fatal(err)
	}
	line = append(line, '\n')
	if _, _, err := decodeHeader(append(bytes.Clone(line), make([]byte, maxMessage)...)); err == nil {
		t.Error("a message of more than a megabyte was read")
	}
	if _, _, err := decodeHeader(append([]byte(strings.Repeat(" ", 5000)), line...)); err == nil {
		t.Error("a header of more than 4 KB was read")
	}
	bomb := v.codec.pack.EncodeAll(make([]byte, 2*maxUnpacked), nil)
	if len(bomb) > maxMessage {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	if _, err := v.codec.unpackState(bomb); err == nil || strings.Contains(err.Error(), "bytes unpacked") {
		t.Errorf("it was unpacked: %v", err)
	}
	if _, err := decodePresence([]byte(`{"agent":"` + strings.Repeat("x", 5000) + `"}`)); err == nil {
		t.Error("a presence of more than 4 KB was read")
	}
	results := strings.Repeat(`{"t":"a","c":1,"k":"server"},`, 2*maxLive)
	if l, err := v.codec.decodeLive([]byte(`{"v":1,"results":[` + strings.TrimSuffix(results, ",") + `]}`)); err != nil || len(l.Results) != maxLive {
		t.Errorf("%d results, %v", len(l.Results), err)
	}
}

func TestAgentsAreBoundedAndKeepTheNamesOfTheirSubjects(t *testing.T) {
	v := idleViewer(t)
	for i := range maxAgents {
		if v.agentOf(fmt.Sprint(i)) == nil {
			t.Fatalf("agent %d was not taken", i)
		}
	}
	if v.agentOf("one-more") != nil {
		t.Error("agents are without bound")
	}
	a := &agent{id: "evil", name: "evil"}
	if a.take("web-1", "eu-1", ""); a.name != "evil" {
		t.Errorf("evil calls itself %s", a.name)
	}
}

func TestAnAgentHearsNothingOfOthers(t *testing.T) {
	of := testHub(t)
	for _, c := range []struct {
		role, name, subject string
		may                 bool
	}{
		{roleAgent, "web-1", "_INBOX.shop.web-1.x", true},
		{roleAgent, "web-1", "_INBOX.shop.web-2.x", false},
		{roleAgent, "web-1", "errtop.v1.shop.web-2.state", false},
		{roleAgent, "web-1", "errtop.v1.shop.>", false},
		{roleAgent, "web-1", ">", false},
		{roleViewer, "ops", "errtop.v1.shop.>", true},
		{roleViewer, "ops", "errtop.v1.other.>", false},
		{roleViewer, "ops", "$KV.>", false},
	} {
		settings := of(c.role, c.name)
		options, err := settings.connectOptions(c.role, func() {})
		if err != nil {
			t.Fatal(err)
		}
		said := make(chan error, 8)
		options = append(options, nats.RetryOnFailedConnect(false), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { said <- err }))
		conn, err := nats.Connect(settings.Servers[0], options...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.SubscribeSync(c.subject); err != nil {
			t.Fatal(err)
		}
		for range 2 { // what the server says comes before its answer to the second
			if err := conn.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		refused := ""
		select {
		case err := <-said:
			refused = err.Error()
		case <-time.After(200 * time.Millisecond):
		}
		conn.Close()
		if c.may != (refused == "") {
			t.Errorf("%s %s listens to %s: %q", c.role, c.name, c.subject, refused)
		}
	}
}

// A watcher that is told to stop gives its turn away at once: the next need not wait until it expires.
func TestATurnIsGivenAway(t *testing.T) {
	s := testServer(t)
	a := NewTeller(settingsOf(s, "a", ""), func(text string) { t.Log(text) })
	stop := run(t, a.Run)
	untilTells(t, a)
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	turns, err := js.KeyValue(t.Context(), bucketOf("shop"))
	if err != nil {
		t.Fatal(err)
	}
	b := NewTeller(settingsOf(s, "b", ""), func(text string) { t.Log(text) })
	if err := b.take(t.Context(), turns); err != nil {
		t.Fatal(err)
	}
	if _, yes := b.Tells(time.Now()); yes {
		t.Fatal("both tell")
	}
	stop()
	if err := b.take(t.Context(), turns); err != nil {
		t.Fatal(err)
	}
	if _, yes := b.Tells(time.Now()); !yes {
		t.Error("the turn was not given away")
	}
}

// An agent that starts anew all the time does not make an hour larger without end: its newest runs count.
func TestRunsOfAnHourAreBounded(t *testing.T) {
	pieces := map[pieceKey]piece{}
	for i := range maxRuns + 50 {
		run := time.Unix(int64(1000+i), 0)
		pieces[pieceKey{agent: "web-1", run: fmt.Sprint(i)}] = piece{header: header{Run: run, At: run}}
	}
	hours := byPlace(pieces, map[string]agentFacts{"web-1": {name: "web-1", place: "eu-1"}})["eu-1"]
	if len(hours) != 1 || len(hours[0].pieces) != maxRuns || hours[0].pieces[0].Run.Unix() != 1000+maxRuns+49 {
		t.Errorf("%d agents, %d pieces", len(hours), len(hours[0].pieces))
	}
}
