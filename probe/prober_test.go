package probe_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"errtop/probe"
	"errtop/tracker"
)

// runUntil runs a prober over targets until enough says so of the results so far, and returns them.
func runUntil(t *testing.T, options probe.Options, targets []probe.Target, enough func([]tracker.Result) bool) []tracker.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var results []tracker.Result
	emit := options.Emit
	options.Emit = func(batch []tracker.Result) {
		results = append(results, batch...)
		if emit != nil {
			emit(batch)
		}
		if enough(results) {
			cancel()
		}
	}
	prober := probe.New(options)
	if err := prober.Set(targets); err != nil {
		t.Fatal(err)
	}
	if err := prober.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		t.Fatalf("not enough after %d results", len(results))
	}
	return results
}

func TestNothingIsSentWhileTheBreakerIsOpen(t *testing.T) {
	var asked atomic.Int32
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) <= 6 {
			w.WriteHeader(500)
		}
	})
	const recovery = 300 * time.Millisecond
	tracked := tracker.New(tracker.Settings{BreakerThreshold: 5, BreakerRecovery: recovery})
	options := probe.Options{Gate: tracked.Gate, Emit: func(results []tracker.Result) { tracked.Record(time.Now(), results) }}
	targets := []probe.Target{{Name: "api", URL: server.URL, Interval: 20 * time.Millisecond}}
	results := runUntil(t, options, targets, func(results []tracker.Result) bool {
		return results[len(results)-1].Kind == tracker.KindOK
	})
	var sent, skipped int
	var opened time.Time
	for i, r := range results {
		switch r.Kind {
		case tracker.KindShortCircuit:
			skipped++
			if r.Message != "breaker open: not sent" || r.Evidence == nil {
				t.Errorf("skipped: %+v", r)
			}
		default:
			if sent++; sent == 5 {
				opened = r.Time
			}
			if sent > 5 && r.Time.Sub(opened) < recovery {
				t.Errorf("result %d is of a request sent while the breaker was open", i)
			}
			if sent > 5 {
				opened = r.Time
			}
		}
	}
	gate := tracked.Snapshot(time.Now()).Targets[0].Breakers[0]
	if int(asked.Load()) != sent || sent != 7 || skipped < 10 || gate.State != tracker.BreakerClosed {
		t.Errorf("asked %d times, %d results of sent and %d of skipped requests, breaker %s", asked.Load(), sent, skipped, gate.State)
	}
}

func TestWhileOurOwnNetworkIsDownNothingIsHeldAgainstATarget(t *testing.T) {
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := door.Addr().String()
	_ = door.Close()
	target := probe.Target{Name: "api", URL: "http://" + closedPort(t), Attempts: 1}
	var notices []string
	options := probe.Options{Connectivity: address, Notice: func(s string) { notices = append(notices, s) }}
	r, err := probe.Once(t.Context(), target, options)
	if err != nil || !r.Inconclusive || r.Kind != tracker.KindConnect || len(notices) != 1 || !strings.Contains(notices[0], "our own network looks down") {
		t.Errorf("network down: %+v, %v, %q", r, err, notices)
	}
	options.Connectivity = rawServer(t, hang)
	if r, err = probe.Once(t.Context(), target, options); err != nil || r.Inconclusive || len(notices) != 1 {
		t.Errorf("network up: %+v, %v, %q", r, err, notices)
	}
	options.Connectivity = address
	mixed := []probe.Target{{Name: "dead", URL: target.URL, Attempts: 1, Interval: 100 * time.Millisecond}, {Name: "alive", URL: serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }).URL, Attempts: 1, Interval: 100 * time.Millisecond}}
	answered := map[string]bool{}
	for _, r := range runUntil(t, options, mixed, func(r []tracker.Result) bool { return len(r) >= 12 }) {
		answered[r.Target] = true
		if r.Inconclusive != (r.Target == "dead") {
			t.Errorf("while our own network is down, %s %s is inconclusive: %v", r.Target, r.Kind, r.Inconclusive)
		}
	}
	if len(answered) != 2 {
		t.Errorf("results of %v", answered)
	}
	failing := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	target.URL, options.Connectivity = failing.URL, address
	if r, err = probe.Once(t.Context(), target, options); err != nil || r.Inconclusive {
		t.Errorf("a target that answers proves that the network works: %+v, %v", r, err)
	}
}

func TestConnectionIsReusedOnlyWhereTheTargetWantsIt(t *testing.T) {
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	for keep, want := range map[bool]int32{true: 1, false: 10} {
		opened.Store(0)
		results := runUntil(t, probe.Options{}, []probe.Target{{Name: "api", URL: server.URL, Interval: 5 * time.Millisecond, KeepAlive: keep}}, func(r []tracker.Result) bool { return len(r) >= 10 })
		if n := opened.Load(); n < want || n > want+1 {
			t.Errorf("keep alive %v: %d connections for %d requests", keep, n, len(results))
		}
		if last := results[len(results)-1].Evidence; keep && (last.Phases.Connect != 0 || last.RemoteAddr == "") {
			t.Errorf("evidence over a kept connection: %+v", last)
		}
	}
}

func TestAddressStandsInForTheTargetsHostOnly(t *testing.T) {
	elsewhere := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "elsewhere "+r.Host) })
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "api.example" {
			w.WriteHeader(421)
			return
		}
		w.Header().Set("Location", elsewhere.URL)
		w.WriteHeader(302)
	})
	r := once(t, probe.Target{URL: "http://api.example/", Address: server.Listener.Addr().String(), FollowRedirects: true})
	if want := "elsewhere " + elsewhere.Listener.Addr().String(); r.Status != 200 || r.Evidence.Body != want {
		t.Errorf("%d %s, want %s", r.Status, r.Evidence.Body, want)
	}
}

func TestAnswersOfAnySizeHoldLittleMemory(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(500)
		}
		chunk := make([]byte, 64<<10)
		for range 1600 { // 100 MiB
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	for _, target := range []probe.Target{{URL: server.URL}, {URL: server.URL + "/bad"}, {URL: server.URL, Expect: []string{"len(body) == 1048576"}}, {URL: server.URL, KeepAlive: true}} {
		r := once(t, target)
		if !r.Evidence.BodyCut || len(r.Evidence.Body) > 4*2048 || r.Kind == tracker.KindAssertion || r.Latency > 5*time.Second {
			t.Errorf("%s: %s after %v, %d bytes kept, cut %v", target.URL, r.Kind, r.Latency, len(r.Evidence.Body), r.Evidence.BodyCut)
		}
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not show descriptors: ", err)
	}
	return len(open)
}

func TestDescriptorsNeverLeak(t *testing.T) {
	good := rawServer(t, answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
	cut := rawServer(t, answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok"))
	silent, reset, closed := rawServer(t, hang), rawServer(t, answerAndReset("")), closedPort(t)
	run := func() {
		for _, address := range []string{good, cut, silent, reset, closed} {
			for _, scheme := range []string{"http", "https", "tls", "tcp"} {
				once(t, probe.Target{URL: scheme + "://" + address, Timeout: 20 * time.Millisecond, FollowRedirects: true})
			}
		}
	}
	run()
	before := descriptors(t)
	for range 10 {
		run()
	}
	// What a server of the test has not noticed yet may still be open; a leak would be two hundred.
	if now := descriptors(t); now > before+20 {
		t.Errorf("%d descriptors, %d before 200 probes", now, before)
	}
}

// TestFewDescriptors runs itself again in a process that may open 64 files, while this one serves.
func TestFewDescriptorsAreLivedWith(t *testing.T) {
	if address := os.Getenv("ERRTOP_TEST_FEW_DESCRIPTORS"); address != "" {
		probeWithFewDescriptors(t, address)
		return
	}
	server := serve(t, func(http.ResponseWriter, *http.Request) {
		select {
		case <-t.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
	})
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFewDescriptorsAreLivedWith$", "-test.v")
	child.Env = append(os.Environ(), "ERRTOP_TEST_FEW_DESCRIPTORS="+server.URL)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func probeWithFewDescriptors(t *testing.T, address string) {
	t.Helper()
	if err := limitDescriptors(64); err != nil {
		t.Skip("this system does not limit descriptors: ", err)
	}
	targets := make([]probe.Target, 400)
	for i := range targets {
		targets[i] = probe.Target{Name: fmt.Sprint(i), URL: address, Interval: 500 * time.Millisecond, Attempts: 1, KeepAlive: i%2 == 0}
	}
	var mu sync.Mutex
	good, starved := 0, 0
	runUntil(t, probe.Options{MaxPerHost: 256}, targets, func(results []tracker.Result) bool {
		mu.Lock()
		defer mu.Unlock()
		good, starved = 0, 0
		for _, r := range results {
			switch {
			case r.Kind == tracker.KindOK:
				good++
			case r.Inconclusive && r.Error == "too many open files":
				starved++
			default:
				t.Errorf("%s: %s", r.Kind, r.Message)
			}
		}
		return good >= 1000
	})
	if starved == 0 || starved > good/2 {
		t.Errorf("%d good results, %d without a descriptor", good, starved)
	}
}
