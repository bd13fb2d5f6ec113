package fleet

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"errtop/tracker"
)

// cord is a connection to a server without a network, which can be cut.
type cord struct {
	server nats.InProcessConnProvider
	mu     sync.Mutex
	cut    bool
	open   []net.Conn
}

// InProcessConn connects, unless the cord is cut.
func (c *cord) InProcessConn() (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		return nil, errors.New("the cord is cut")
	}
	conn, err := c.server.InProcessConn()
	c.open = append(c.open, conn)
	return conn, err
}

// set cuts the cord, or joins it again.
func (c *cord) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	for _, conn := range c.open {
		if cut && conn != nil {
			_ = conn.Close()
		}
	}
}

// has fails the test where none of the notes of a fleet has a text.
func has(t *testing.T, s *tracker.Snapshot, text string) {
	t.Helper()
	if !slices.ContainsFunc(append([]string{s.Fleet.Note}, s.Fleet.Notes...), func(note string) bool { return strings.Contains(note, text) }) {
		t.Errorf("nothing says %q: %+v", text, *s.Fleet)
	}
}

func targetOf(t *testing.T, s *tracker.Snapshot, name string) *tracker.Target {
	t.Helper()
	i := slices.IndexFunc(s.Targets, func(target *tracker.Target) bool { return target.Name == name })
	if i < 0 {
		t.Fatalf("no target %s", name)
	}
	return s.Targets[i]
}

// An agent that falls silent is named, with how long. What it counted stays as it was: the sum does not drop, and a target of which only it
// knew is stale, not zero. When it comes back, what it counted meanwhile is there.
func TestASilentAgentIsNamedAndItsNumbersStay(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, settings Settings) {
		var trackers []*tracker.ErrorTracker
		away := &cord{server: settings.server}
		for i := range 4 {
			tr := liveTracker()
			trackers = append(trackers, tr)
			own := settings
			own.Name, own.Place = fmt.Sprintf("web-%d", i+1), "eu-1"
			if i == 3 {
				own.server = away
			}
			agentOn(t, own, tr)
		}
		settings.Name = "viewer"
		v := viewerOn(t, settings)
		var total uint64
		serve := func(trackers []*tracker.ErrorTracker, minutes int) {
			for range minutes {
				time.Sleep(time.Minute)
				now := time.Now()
				for i, tr := range trackers {
					target := "checkout"
					if i == 3 {
						target = "billing" // which the others do not have
					}
					tr.Record(now, []tracker.Result{result(now, target, 200)})
					total++
				}
			}
			time.Sleep(90 * time.Second)
		}
		serve(trackers, 10)
		before := v.Snapshot(time.Now())
		if got := before.Overall.Day.Requests; got != total || before.Fleet.Note != "" || before.Fleet.Heard != 4 {
			t.Fatalf("%d requests of %d, %+v", got, total, *before.Fleet)
		}
		billing := *targetOf(t, before, "billing")

		away.set(true)
		seen := before.Overall.Day.Requests
		for range 20 {
			serve(trackers[:3], 1)
			now := v.Snapshot(time.Now()).Overall.Day.Requests
			if now < seen {
				t.Errorf("the sum dropped from %d to %d", seen, now)
			}
			seen = now
		}
		s := v.Snapshot(time.Now())
		has(t, s, "3 of 4 agents, web-4 silent for ")
		if got := s.Overall.Day.Requests; got != total || s.Fleet.Agents != 4 || s.Fleet.Heard != 3 {
			t.Errorf("%d requests of %d, %+v", got, total, *s.Fleet)
		}
		target := targetOf(t, s, "billing")
		if target.State != tracker.StateStale || !strings.Contains(target.Reason, "no news from web-4 for ") || target.Activity.Day.Requests != billing.Activity.Day.Requests ||
			target.Activity.Hour.Requests != billing.Activity.Hour.Requests || target.Activity.FiveMinutes.Requests == 0 {
			t.Errorf("billing is %s, %q: %d requests in five minutes, %d in a day", target.State, target.Reason, target.Activity.FiveMinutes.Requests, target.Activity.Day.Requests)
		}
		if len(s.Incidents) > 0 {
			t.Errorf("silence of an agent is told as an incident: %+v", s.Incidents)
		}

		serve(trackers, 3) // it still counts, and nobody hears of it
		away.set(false)
		time.Sleep(2 * time.Minute)
		s = v.Snapshot(time.Now())
		if got := s.Overall.Day.Requests; got != total || s.Fleet.Heard != 4 || s.Fleet.Note != "" {
			t.Errorf("%d requests of %d after it came back, %+v", got, total, *s.Fleet)
		}
	})
}

// otherClock sends what an agent with another clock counts, once a minute.
func otherClock(t *testing.T, js jetstream.JetStream, name string, skew time.Duration, tr *tracker.ErrorTracker, run time.Time) {
	t.Helper()
	pack, err := newCodec()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Add(skew)
	hour := newestHour(now)
	from := time.Unix(hour*3600, 0)
	h := header{V: formatVersion, Agent: name, Place: "eu-1", Run: run, At: now, Hour: hour, Pieces: 1}
	message, err := pack.encode(h, tr.State(now, tracker.Part{From: from, To: from.Add(time.Hour), Brief: true}), tracker.State{})
	if err != nil {
		t.Fatal(err)
	}
	state := fmt.Sprintf(`{"v":1,"agent":%q,"place":"eu-1","run":%q,"at":%q}`, name, run.Format(time.RFC3339Nano), now.Format(time.RFC3339Nano))
	for subject, message := range map[string][]byte{
		subjectOf("shop", name, kindSum) + fmt.Sprintf(".%d.x.0", hour): message, subjectOf("shop", name, kindState): []byte(state),
	} {
		if _, err := js.Publish(t.Context(), subject, message); err != nil {
			t.Fatal(err)
		}
	}
}

// Clocks that differ are measured and told. The minutes of an agent stay where its clock has them: those that lie ahead of ours are shown
// when that time comes, and none is lost.
func TestClocksThatDiffer(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, settings Settings) {
		conn, err := nats.Connect("", nats.InProcessServer(settings.server))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		js, err := jetstream.New(conn)
		if err != nil {
			t.Fatal(err)
		}
		if err := EnsureStream(t.Context(), conn, settings); err != nil {
			t.Fatal(err)
		}
		settings.Name = "viewer"
		v := viewerOn(t, settings)
		skews := map[string]time.Duration{"right": 0, "behind": -7 * time.Minute, "ahead": 5 * time.Minute, "little": time.Minute}
		trackers := map[string]*tracker.ErrorTracker{}
		start := time.Now()
		const minutes = 30
		for range minutes {
			for name, skew := range skews {
				at := time.Now().Add(skew)
				if trackers[name] == nil {
					trackers[name] = tracker.New(tracker.Settings{})
					trackers[name].UpdateSource(at, logSource)
				}
				trackers[name].Record(at, []tracker.Result{result(at, "target-"+name, 200)})
				otherClock(t, js, name, skew, trackers[name], start.Add(skew))
			}
			time.Sleep(time.Minute)
		}
		time.Sleep(10 * time.Second)
		s := v.Snapshot(time.Now())
		has(t, s, "ahead 5m0s ahead")
		has(t, s, "behind 7m0s behind")
		has(t, s, "little 1m0s ahead")
		for name, want := range map[string]uint64{"right": minutes, "behind": minutes, "little": minutes - 1, "ahead": minutes - 5} { // those that lie ahead come later
			if got := targetOf(t, s, "target-"+name).Activity.Day.Requests; got < want || got > want+1 {
				t.Errorf("%s: %d requests, want %d", name, got, want)
			}
		}
		for range 10 { // they go on, with nothing to count
			time.Sleep(time.Minute)
			for name, skew := range skews {
				otherClock(t, js, name, skew, trackers[name], start.Add(skew))
			}
		}
		for name := range skews {
			if got := targetOf(t, v.Snapshot(time.Now()), "target-"+name).Activity.Day.Requests; got != minutes {
				t.Errorf("%s: %d requests when all of its time has come, want %d", name, got, minutes)
			}
		}
		for _, note := range s.Fleet.Notes {
			if strings.Contains(note, "not counted") {
				t.Error(note)
			}
		}
	})
}

// What comes late of an older hour is folded into it, and told.
func TestLateMinutesAreFoldedInAndTold(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, settings Settings) {
		tr := liveTracker()
		total := dayOf(tr, time.Now())
		own := settings
		own.Name, own.Place = "web-1", "eu-1"
		agentOn(t, own, tr)
		time.Sleep(2 * time.Minute)
		settings.Name = "viewer"
		v := viewerOn(t, settings)
		time.Sleep(2 * time.Minute)
		if s := v.Snapshot(time.Now()); s.Overall.Day.Requests != total || len(s.Fleet.Notes) > 0 {
			t.Fatalf("%d requests of %d, %+v", s.Overall.Day.Requests, total, *s.Fleet)
		}
		now := time.Now()
		tr.Record(now, []tracker.Result{result(now.Add(-5*time.Hour), "checkout", 503), result(now.Add(-5*time.Hour), "checkout", 503)})
		time.Sleep(2 * time.Minute)
		s := v.Snapshot(time.Now())
		if s.Overall.Day.Requests != total+2 || s.Overall.Day.Errors != 2 || s.Overall.Hours[23-5].Errors != 2 {
			t.Errorf("%d requests of %d, %d errors, hours %+v", s.Overall.Day.Requests, total+2, s.Overall.Day.Errors, s.Overall.Hours)
		}
		has(t, s, "late results were added to older hours once")
	})
}

// Two processes that run at once under one name are added up where they count different requests, and count once where both read the
// same log. One that is killed and started again counts nothing twice.
func TestTwoRunsOfOneAgentAtOnce(t *testing.T) {
	for name, same := range map[string]bool{"pushes": false, "the same log": true} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T, settings Settings) {
				settings.Name, settings.Place = "web-1", "eu-1"
				var trackers []*tracker.ErrorTracker
				var log []tracker.Result
				start := func() {
					tr := liveTracker()
					agentOn(t, settings, tr)
					if same {
						tr.Record(time.Now(), log)
					}
					trackers = append(trackers, tr)
				}
				var total uint64
				serve := func(minutes int) {
					for i := range minutes {
						time.Sleep(time.Minute)
						now := time.Now()
						r := []tracker.Result{result(now, "checkout", 200)}
						log = append(log, r...)
						total++
						for k, tr := range trackers {
							if same || k == i%len(trackers) {
								tr.Record(now, r)
							}
						}
					}
				}
				start()
				looks := settings
				looks.Name = "viewer"
				v := viewerOn(t, looks)
				serve(5)
				start()
				serve(150)
				time.Sleep(3 * time.Minute)
				if got := v.Snapshot(time.Now()).Overall.Day.Requests; got != total {
					t.Errorf("%d requests of %d", got, total)
				}
			})
		})
	}
}

// One agent of ten thousand targets leaves the others theirs, and takes no more room than an agent may.
func TestTenThousandTargetsOfOneAgent(t *testing.T) {
	s := testServer(t)
	honest := liveTracker()
	for _, target := range []string{"checkout", "search", "login"} {
		honest.Record(time.Now(), []tracker.Result{result(time.Now(), target, 200)})
	}
	settings := settingsOf(s, "web-1", "eu-1")
	settings.pace = fastPace
	agentOn(t, settings, honest)
	crowd := tracker.New(tracker.Settings{MaxTargets: 20_000})
	crowd.UpdateSource(time.Now(), logSource)
	var results []tracker.Result
	for i := range 10_000 {
		results = append(results, result(time.Now(), fmt.Sprintf("aaa-%d", i), 500))
	}
	crowd.Record(time.Now(), results)
	settings.Name = "evil"
	agentOn(t, settings, crowd)
	v := viewerOn(t, settingsOf(s, "viewer", ""))
	snapshot := until(t, v, func(s *tracker.Snapshot) string {
		if len(s.Targets) < 900 {
			return fmt.Sprintf("%d targets", len(s.Targets))
		}
		for _, target := range []string{"checkout", "search", "login"} {
			if !slices.ContainsFunc(s.Targets, func(tg *tracker.Target) bool { return tg.Name == target && tg.Activity.Day.Requests == 1 }) {
				return target + " is not there"
			}
		}
		return ""
	})
	const most = 1001 // the tracker's own default, and (other)
	if n := len(snapshot.Targets); n > most {
		t.Errorf("%d targets", n)
	}
}

// An agent that sends more than anybody counts in an hour fills no viewer's memory.
func TestAnAgentHasSoMuchRoom(t *testing.T) {
	v, err := NewViewer(Settings{Servers: []string{"nats://127.0.0.1:1"}, Name: "v"}, tracker.Settings{}, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	body := make([]byte, 1<<20-4096)
	for i := range 500 {
		p := piece{header{At: now.Add(time.Duration(i) * time.Second), Hour: newestHour(now)}, body}
		v.keep(address{agent: "evil", hour: p.Hour, run: fmt.Sprint(i)}, p)
		v.hold(address{agent: "evil", hour: p.Hour, run: fmt.Sprint(i)}, p)
	}
	v.keep(address{agent: "web-1", hour: newestHour(now)}, piece{header{At: now}, body})
	v.hold(address{agent: "web-1", hour: newestHour(now)}, piece{header{At: now.Add(time.Hour)}, body})
	kept := map[string]int{}
	for key, p := range v.hours[newestHour(now)].pieces {
		kept[key.agent] += len(p.body)
	}
	held := map[string]int{}
	for _, h := range v.ahead {
		held[h.agent] += len(h.body)
	}
	if kept["evil"] > agentHourMost || held["evil"] > heldMost || kept["web-1"] != len(body) || held["web-1"] != len(body) {
		t.Errorf("kept %v, held %v", kept, held)
	}
}
