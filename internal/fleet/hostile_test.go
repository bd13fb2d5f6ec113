package fleet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"errtop/tracker"
)

// An agent that sends what it should not crashes no viewer, and what the others count stays.
func TestAHostileAgentPushesNobodyOut(t *testing.T) {
	s := testServer(t)
	honest := liveTracker()
	for range 100 {
		honest.Record(time.Now(), []tracker.Result{result(time.Now(), "checkout", 200)})
	}
	agentOn(t, settingsOf(s, "web-1", "eu-1"), honest)
	v := viewerOn(t, settingsOf(s, "viewer", ""))
	until(t, v, counted(100, 0))

	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	crowd := tracker.New(tracker.Settings{MaxTargets: 20_000})
	crowd.UpdateSource(time.Now(), tracker.Source{Name: "\x1b]0;x\a", Live: true})
	for i := range 5000 {
		crowd.Record(time.Now(), []tracker.Result{result(time.Now(), fmt.Sprintf("t\x1b[2J%d", i), 500)})
	}
	pack, err := newCodec()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	hour := newestHour(now)
	send := func(h header, state tracker.State) {
		t.Helper()
		message, err := pack.encode(h, state, tracker.State{})
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Publish(fmt.Sprintf("%sshop.evil.sum.%d.x.%d", prefix, hour, h.Piece), message)
	}
	state := crowd.State(now, tracker.Part{Brief: true})
	send(header{V: 1, Agent: "evil\x1b[31m", Place: "eu\n1", At: now, Run: now, Hour: hour}, state)
	send(header{V: 99, Agent: "evil", At: now, Run: now, Hour: hour, Piece: 1}, state)
	send(header{V: 1, Agent: "evil", At: now.Add(48 * time.Hour), Run: now, Hour: hour, Piece: 2}, state)
	send(header{V: 1, Agent: "web-1", At: now, Run: now, Hour: hour + 5, Piece: 3}, state)
	ahead := liveTracker()
	ahead.Record(now.Add(24*time.Hour), []tracker.Result{result(now.Add(24*time.Hour), "checkout", 500)})
	send(header{V: 1, Agent: "evil", At: now, Run: now, Hour: hour, Piece: 4}, ahead.State(now.Add(24*time.Hour), tracker.Part{}))
	for _, subject := range []string{"sum", "sum.1.2", "sum.x.y.z", "state", "err", "live", fmt.Sprintf("sum.%d.x.9", hour)} {
		for _, junk := range []string{"", "{", "\n", "{}\n", `{"v":1}` + "\nnot zstd", strings.Repeat("[", 9000), `{"v":1,"results":[{"t":"\u001b[2J","c":18446744073709551615,"k":"server"},{"t":"","k":"x"}]}`} {
			_ = conn.Publish(prefix+"shop.evil."+subject, []byte(junk))
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	snapshot := until(t, v, func(s *tracker.Snapshot) string {
		if !slices.ContainsFunc(s.Fleet.Notes, func(note string) bool { return strings.Contains(note, "not counted: evil") }) {
			return "nothing is said of what is not counted"
		}
		if len(s.Targets) < 2 {
			return "the targets of the other agent are not there"
		}
		return ""
	})
	i := slices.IndexFunc(snapshot.Targets, func(tg *tracker.Target) bool { return tg.Name == "checkout" })
	if i < 0 || snapshot.Targets[i].Activity.Day.Requests < 100 {
		t.Fatal("the honest agent's target is gone")
	}
	if n := len(snapshot.Targets); n > 2002 {
		t.Errorf("%d targets", n)
	}
	text, err := json.Marshal(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte(`\u001b`)) || bytes.Contains(text, []byte(`\u0007`)) {
		t.Error("a control character came through")
	}
}

// What an older version sent is read for good: a message of every version is kept.
func TestMessagesOfEveryVersionAreRead(t *testing.T) {
	at := time.Date(2026, 11, 1, 12, 30, 0, 0, time.UTC)
	path := filepath.Join("testdata", "sum-v1.bin")
	pack, err := newCodec()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("ERRTOP_GOLDEN") != "" { // writes the message of this version
		tr := tracker.New(tracker.Settings{})
		tr.UpdateSource(at, tracker.Source{Name: "log", Live: true})
		for i := range 12 {
			tr.Record(at, []tracker.Result{result(at.Add(-time.Duration(i)*time.Minute), "checkout", []int{200, 200, 503}[i%3])})
		}
		message, err := pack.encode(header{V: 1, Agent: "web-1", Place: "eu-1", At: at, Run: at.Add(-time.Hour), Hour: at.Unix() / 3600, Pieces: 1}, tr.State(at, tracker.Part{Brief: true}), tracker.State{})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, message, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	message, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h, body, err := decodeHeader(message)
	if err != nil || h.Agent != "web-1" || h.Place != "eu-1" || !h.At.Equal(at) || h.Hour != 498204 {
		t.Fatalf("%+v, %v", h, err)
	}
	state, err := pack.unpackState(body)
	if err != nil {
		t.Fatal(err)
	}
	sum := tracker.NewAssembly(at, tracker.Settings{})
	if err := sum.Add(tracker.Piece{State: state, Origin: "web-1", Facts: true}); err != nil {
		t.Fatal(err)
	}
	if day := sum.Tracker(0).Snapshot(at).Overall.Day; day.Requests != 12 || day.Errors != 4 {
		t.Errorf("%+v", day)
	}
	p, err := decodePresence([]byte(`{"v":1,"agent":"web-1","place":"eu-1","run":"2026-11-01T11:30:00Z","at":"2026-11-01T12:30:00Z","targets":0,"waiting":2}`))
	if err != nil || p.Agent != "web-1" || p.Waiting != 2 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := pack.decodeLive(pack.pack.EncodeAll(make([]byte, 64<<20), nil)); err == nil {
		t.Error("a message of 64 MB is read")
	}
	l, err := pack.decodeLive([]byte(`{"v":1,"base":"2026-11-01T12:30:00Z","n":1,"at":"2026-11-01T12:30:02Z","results":[{"t":"checkout","c":3,"k":"server","s":503}]}`))
	if err != nil || len(l.Results) != 1 {
		t.Fatalf("%+v, %v", l, err)
	}
	if r, n, ok := l.Results[0].result(at, nil); !ok || n != 3 || r.Status != 503 || r.Kind != tracker.KindServer {
		t.Errorf("%+v", r)
	}
}

// Names become tokens of subjects that nobody else has, and back.
func TestNamesAreTokens(t *testing.T) {
	for name, want := range map[string]string{"web-7": "web-7", "web.7": "web_2e7", "a_b": "a_5fb", "*": "_2a", "": "_", "ä": "_c3_a4"} {
		if got := token(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
		if name != "" && untoken(token(name)) != name {
			t.Errorf("%q comes back as %q", name, untoken(token(name)))
		}
	}
	for _, subject := range []string{"errtop.v1.shop", "errtop.v1.shop.a", "errtop.v1.shop.a.sum.1.2", "errtop.v1.shop.a.sum.1.2.-1", "errtop.v1.other.a.state", "errtop.v1.shop.a.sum.1.2.999"} {
		if a, ok := parse("shop", subject); ok {
			t.Errorf("%s: %+v", subject, a)
		}
	}
}
