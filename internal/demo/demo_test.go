package demo

import (
	"context"
	"errors"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"errtop/internal/safego"
	"errtop/tracker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipes is a listener and its dialer that need no network, so that the demo can run in a bubble of faked time.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newPipes() *pipes {
	return &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.accepted <- far:
		return near, nil
	case <-p.closed:
	case <-ctx.Done():
	}
	return nil, net.ErrClosed
}

// diary keeps what a demo emitted.
type diary struct {
	mu      sync.Mutex
	results []tracker.Result
	sources []tracker.Source
}

func (d *diary) emit(batch []tracker.Result) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.results = append(d.results, batch...)
}

func (d *diary) health(s tracker.Source) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sources = append(d.sources, s)
}

func (d *diary) options(seed uint64, speed float64) Options {
	return Options{Seed: seed, Speed: speed, Emit: d.emit, Health: d.health}
}

// between returns the results that ended between two times after the start.
func (d *diary) between(start time.Time, from, to time.Duration) []tracker.Result {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(d.results), func(r tracker.Result) bool {
		return r.Time.Before(start.Add(from)) || !r.Time.Before(start.Add(to))
	})
}

// missing returns the classes of failure of the reference API that are not among the results.
func missing(results []tracker.Result) []string {
	classes := map[string]func(tracker.Result) bool{
		"400": func(r tracker.Result) bool { return r.Status == 400 && len(r.Evidence.Errors) > 0 },
		"401": func(r tracker.Result) bool { return r.Status == 401 },
		"403": func(r tracker.Result) bool { return r.Status == 403 },
		"404": func(r tracker.Result) bool { return r.Status == 404 },
		"429": func(r tracker.Result) bool { return r.Status == 429 && r.ResetAt.After(r.Time.Add(-time.Second)) },
		"500": func(r tracker.Result) bool { return r.Status == 500 },
		"5xx": func(r tracker.Result) bool { return r.Status > 500 },

		"timeout": func(r tracker.Result) bool { return r.Kind == tracker.KindTimeout },
		"network": func(r tracker.Result) bool { return r.Kind == tracker.KindConnect || r.Error == "no answer" }, // pipes know no reset
	}
	var out []string
	for name, is := range classes {
		if !slices.ContainsFunc(results, is) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// inBubble runs the whole demo, server and clients, for a while of faked time.
func inBubble(t *testing.T, seed uint64, d time.Duration, then func(t *testing.T, start time.Time, seen *diary)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p, seen, begun := newPipes(), &diary{}, time.Now()
		demo, err := start(ctx, p, p.dial, seen.options(seed, 1))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(d)
		cancel()
		if err := demo.Wait(); err != nil {
			t.Error(err)
		}
		then(t, begun, seen)
	})
}

func TestEveryClassOfFailureIsSeenWithinTenSeconds(t *testing.T) {
	for seed := range uint64(6) {
		inBubble(t, seed, 10*time.Second, func(t *testing.T, _ time.Time, seen *diary) {
			if m := missing(seen.results); m != nil {
				t.Errorf("seed %d: not seen in 10 s: %v", seed, m)
			}
			if n := len(seen.results); n < 60 || n > 200 {
				t.Errorf("seed %d: %d requests in 10 s", seed, n)
			}
			healthy := func(r tracker.Result) bool { return r.Target == "sdxl/turbo" && r.Kind.Failed() }
			if i := slices.IndexFunc(seen.results, healthy); i >= 0 {
				t.Errorf("seed %d: the healthy model failed: %+v", seed, seen.results[i])
			}
		})
	}
}

// longestRun returns the most consecutive failures of a target that an observed breaker counts.
func longestRun(results []tracker.Result, target string) int {
	run, longest := 0, 0
	for _, r := range results {
		switch {
		case r.Target != target:
		case r.Kind == tracker.KindServer, r.Kind == tracker.KindRateLimited, r.Kind == tracker.KindTimeout, r.Kind == tracker.KindConnect, r.Kind == tracker.KindProtocol:
			run++
			longest = max(longest, run)
		default:
			run = 0
		}
	}
	return longest
}

func ratio(results []tracker.Result, target string, kinds ...tracker.Kind) float64 {
	all, failed := 0, 0
	for _, r := range results {
		if r.Target == target {
			all++
			if slices.Contains(kinds, r.Kind) {
				failed++
			}
		}
	}
	return float64(failed) / float64(max(all, 1))
}

func TestTheTrackerTellsTheSameStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p, seen := newPipes(), tracker.New(tracker.Settings{})
		demo, err := start(ctx, p, p.dial, Options{
			Seed: 42, Speed: 1,
			Emit:   func(batch []tracker.Result) { seen.Record(time.Now(), batch) },
			Health: func(s tracker.Source) { seen.UpdateSource(time.Now(), s) },
		})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		for _, c := range []struct {
			at      time.Duration
			target  string
			state   tracker.TargetState
			breaker tracker.BreakerState
		}{
			{12 * time.Second, "kling/v2.1", tracker.StateFailing, tracker.BreakerOpen},
			{time.Minute, "kling/v2.1", tracker.StateFailing, tracker.BreakerOpen},
			{time.Minute, "flux/schnell", tracker.StateThrottled, tracker.BreakerOpen},
			{time.Minute, "veo/3", tracker.StateFailing, tracker.BreakerClosed},
			{time.Minute, "sdxl/turbo", tracker.StateOK, tracker.BreakerClosed},
			{4 * time.Minute, "flux/dev", tracker.StateDegraded, tracker.BreakerClosed},
			{8 * time.Minute, "kling/v2.1", tracker.StateOK, tracker.BreakerClosed},
		} {
			time.Sleep(c.at - time.Since(begun))
			targets := seen.Snapshot(time.Now()).Targets
			i := slices.IndexFunc(targets, func(t *tracker.Target) bool { return t.Name == c.target })
			if got := targets[i]; got.State != c.state || got.Breakers[0].State != c.breaker {
				t.Errorf("after %v %s is %v (%s), its breaker %v; want %v, %v", c.at, c.target, got.State, got.Reason, got.Breakers[0].State, c.state, c.breaker)
			}
		}
		cancel()
		if err := demo.Wait(); err != nil {
			t.Error(err)
		}
	})
}

func TestTheOpeningTellsItsStory(t *testing.T) {
	inBubble(t, 42, 6*time.Minute, func(t *testing.T, start time.Time, seen *diary) {
		if n := longestRun(seen.between(start, 0, 12*time.Second), "kling/v2.1"); n < 5 {
			t.Errorf("at most %d consecutive failures of kling in 12 s: no breaker opens", n)
		}
		const m = time.Minute
		down := []tracker.Kind{tracker.KindServer, tracker.KindConnect, tracker.KindProtocol}
		burn := script{seed: 42}.incidents(0)[3]
		for _, c := range []struct {
			what     string
			from, to time.Duration
			target   string
			low, top float64
			kinds    []tracker.Kind
		}{
			{"outage", 10 * time.Second, 2 * m, "kling/v2.1", 1, 1, down},
			{"after the outage", 3 * m, 6 * m, "kling/v2.1", 0, 0, down},
			{"storm", 10 * time.Second, 55 * time.Second, "flux/schnell", 0.5, 1, []tracker.Kind{tracker.KindRateLimited}},
			{"after the storm", 2*m + 30*time.Second, 6 * m, "flux/schnell", 0, 0, []tracker.Kind{tracker.KindRateLimited}},
			{"expired key", 10 * time.Second, 80 * time.Second, "veo/3", 0.3, 0.9, []tracker.Kind{tracker.KindAuth}},
			{"key renewed", 2*m + 10*time.Second, 6 * m, "veo/3", 0, 0, []tracker.Kind{tracker.KindAuth}},
			{"burn begins", burn.start, burn.start + 30*time.Second, "flux/dev", 0, 0.08, []tracker.Kind{tracker.KindServer}},
			{"burn at its peak", burn.end - 40*time.Second, burn.end, "flux/dev", 0.2, 0.4, []tracker.Kind{tracker.KindServer}},
			{"rolled back", burn.end + 5*time.Second, 6 * m, "flux/dev", 0, 0.03, []tracker.Kind{tracker.KindServer}},
		} {
			if got := ratio(seen.between(start, c.from, c.to), c.target, c.kinds...); got < c.low || got > c.top {
				t.Errorf("%s: %.3f of the requests for %s fail, want %v to %v", c.what, got, c.target, c.low, c.top)
			}
		}
		last := seen.sources[len(seen.sources)-1]
		if last.State != tracker.SourceEnded || !last.Live || last.Name != SourceName || last.Results != uint64(len(seen.results)) {
			t.Errorf("the last health is %+v after %d results", last, len(seen.results))
		}
	})
}

func TestOverRealConnectionsTheSameIsSeen(t *testing.T) {
	t.Parallel() // it waits for a client's timeout
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen, complete := &diary{}, make(chan struct{})
	o := seen.options(1, 20)
	var once sync.Once
	o.Emit = func(batch []tracker.Result) {
		seen.emit(batch)
		if missing(seen.results) == nil { // only this goroutine writes them
			once.Do(func() { close(complete) })
		}
	}
	demo, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-complete:
	case <-time.After(10 * time.Second):
		t.Error("some classes of failure never came")
	}
	cancel()
	if err := demo.Wait(); err != nil {
		t.Error(err)
	}
	if m := missing(seen.results); m != nil {
		t.Errorf("not seen: %v", m)
	}
	if !slices.ContainsFunc(seen.results, func(r tracker.Result) bool { return r.Error == "connection reset" }) {
		t.Error("no connection was reset")
	}

	// The port is free again.
	l, err := net.Listen("tcp", strings.TrimPrefix(demo.base, "http://"))
	if err != nil {
		t.Fatalf("the port is still held: %v", err)
	}
	_ = l.Close()
}

func TestTheProbersTargetsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p, seen := newPipes(), &diary{}
		demo, err := start(ctx, p, p.dial, seen.options(42, 1))
		if err != nil {
			t.Fatal(err)
		}
		transport := &http.Transport{DialContext: p.dial, DisableKeepAlives: true}
		failed := func() (names []string) {
			for _, target := range demo.Targets() {
				req, err := http.NewRequestWithContext(ctx, target.Method, target.URL, strings.NewReader(target.Body))
				if err != nil {
					t.Fatal(err)
				}
				for _, h := range target.Headers {
					req.Header.Set(h.Name, h.Value)
				}
				resp, err := transport.RoundTrip(req)
				if err == nil {
					_ = resp.Body.Close()
				}
				if err != nil || resp.StatusCode != 200 {
					names = append(names, target.Name)
				}
			}
			return names
		}
		if got := failed(); got != nil {
			t.Errorf("failing at the start: %v", got)
		}
		time.Sleep(time.Minute)
		for range 5 {
			if got := failed(); !slices.Equal(got, []string{"kling/v2.1"}) {
				t.Errorf("failing in the outage: %v", got)
			}
		}
		time.Sleep(2 * time.Minute)
		if got := failed(); got != nil {
			t.Errorf("failing after the outage: %v", got)
		}
		cancel()
		if err := demo.Wait(); err != nil {
			t.Error(err)
		}
	})
}

func TestStartRefusesWhatItCannotDo(t *testing.T) {
	emit := func([]tracker.Result) {}
	for _, o := range []Options{
		{Speed: 1},
		{Speed: -1, Emit: emit},
		{Speed: 0.05, Emit: emit},
		{Speed: 101, Emit: emit},
		{Speed: math.NaN(), Emit: emit},
		{Speed: math.Inf(1), Emit: emit},
	} {
		if d, err := Start(t.Context(), o); err == nil {
			t.Errorf("speed %v, emit %v: started at %s", o.Speed, o.Emit != nil, d.base)
		}
	}
}

func TestAPanicOfTheTakerEndsTheDemoAndComesOutOfWait(t *testing.T) {
	demo, err := Start(t.Context(), Options{Speed: 20, Emit: func([]tracker.Result) { panic("boom") }})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := errors.AsType[*safego.PanicError](demo.Wait()); !ok {
		t.Errorf("Wait returned %v, want a PanicError", demo.Wait())
	}
}
