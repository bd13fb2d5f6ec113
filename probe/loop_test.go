package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"errtop/internal/safego"
	"errtop/tracker"
)

// asked is one request that a simulated prober was told to send.
type asked struct {
	target  string
	attempt int
	at      time.Duration // since the start
}

// simulation runs a prober in a bubble of simulated time, with answers instead of a network.
type simulation struct {
	prober   *Prober
	start    time.Time
	mu       sync.Mutex
	asked    []asked
	inFlight map[string]int // by host
	most     map[string]int
	results  []tracker.Result
	notices  []string
}

// simulate runs the targets for so long; answer says what the n-th request of all gets, and may take its time.
func simulate(t *testing.T, options Options, targets []Target, long time.Duration, answer func(ctx context.Context, a asked) tracker.Result) *simulation {
	t.Helper()
	s := newSimulation(t, options, answer)
	if err := s.prober.Set(targets); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	if err := s.prober.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return s
}

func newSimulation(t *testing.T, options Options, answer func(ctx context.Context, a asked) tracker.Result) *simulation {
	t.Helper()
	s := &simulation{start: time.Now(), inFlight: map[string]int{}, most: map[string]int{}}
	emit := options.Emit
	options.Emit = func(results []tracker.Result) {
		s.results = append(s.results, results...)
		if emit != nil {
			emit(results)
		}
	}
	options.Notice = func(text string) { s.notices = append(s.notices, text) }
	s.prober = New(options)
	s.prober.ask = func(ctx context.Context, p *plan, attempt int) tracker.Result {
		a := asked{p.Name, attempt, time.Since(s.start)}
		s.fly(a, p.host, 1)
		defer s.fly(asked{}, p.host, -1)
		r := answer(ctx, a)
		r.Target, r.Time, r.Evidence = p.Name, time.Now(), &tracker.Evidence{Attempt: attempt}
		return r
	}
	return s
}

func (s *simulation) fly(a asked, host string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > 0 {
		s.asked = append(s.asked, a)
	}
	for _, h := range []string{host, ""} {
		s.inFlight[h] += n
		s.most[h] = max(s.most[h], s.inFlight[h])
	}
}

// of returns when a target was asked.
func (s *simulation) of(target string) []time.Duration {
	var times []time.Duration
	for _, a := range s.asked {
		if a.target == target {
			times = append(times, a.at)
		}
	}
	return times
}

// wellAfter answers well after d.
func wellAfter(d time.Duration) func(context.Context, asked) tracker.Result {
	return func(context.Context, asked) tracker.Result {
		time.Sleep(d)
		return tracker.Result{Status: 200}
	}
}

func numbered(n int, like Target) []Target {
	targets := make([]Target, n)
	for i := range targets {
		targets[i] = like
		targets[i].Name = fmt.Sprintf("t%05d", i)
		if like.URL == "" {
			targets[i].URL = fmt.Sprintf("http://h%d.example/", i)
		}
	}
	return targets
}

func TestTenThousandTargetsAreSpreadAndOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval, minutes = 30 * time.Second, 5
		s := simulate(t, Options{}, numbered(10_000, Target{Interval: interval}), minutes*time.Minute, wellAfter(40*time.Millisecond))
		perSecond := make([]int, minutes*60)
		last := map[string]time.Duration{}
		for _, a := range s.asked {
			perSecond[min(int(a.at.Seconds()), len(perSecond)-1)]++
			if before, ok := last[a.target]; ok {
				if gap := a.at - before; gap > 3*interval/2+2*time.Second || gap < interval/2-time.Second || (before > interval && (gap-interval).Abs() > 2*time.Second) {
					t.Fatalf("%s: asked at %v, then after %v", a.target, before, gap)
				}
			}
			last[a.target] = a.at
		}
		mean := 10_000 / interval.Seconds()
		if busiest := slices.Max(perSecond); float64(busiest) > 2*mean {
			t.Errorf("%d starts in the busiest second, the mean is %.0f", busiest, mean)
		}
		if len(last) != 10_000 || slices.Min(perSecond[2:len(perSecond)-1]) < int(mean/2) {
			t.Errorf("%d targets asked, %d starts in the quietest second", len(last), slices.Min(perSecond))
		}
	})
}

func TestAHandfulOfTargetsIsAskedAtOnceAndThenApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, Options{}, numbered(6, Target{Interval: time.Minute}), 10*time.Minute, wellAfter(time.Millisecond))
		var second []time.Duration
		for i := range 6 {
			times := s.of(fmt.Sprintf("t%05d", i))
			if times[0] > time.Second || len(times) < 10 || len(times) > 11 {
				t.Errorf("target %d: asked at %v", i, times)
			}
			second = append(second, times[2]%time.Minute)
		}
		slices.Sort(second)
		for i := range 5 {
			if apart := second[i+1] - second[i]; apart < 3*time.Second {
				t.Errorf("in the steady rhythm two targets are asked within %v: %v", apart, second)
			}
		}
	})
}

func TestWhatIsInFlightIsCapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		targets := append(numbered(300, Target{URL: "http://one.example/", Interval: 10 * time.Second}), Target{Name: "other", URL: "http://two.example/", Interval: 10 * time.Second})
		s := simulate(t, Options{MaxInFlight: 20, MaxPerHost: 8}, targets, 3*time.Minute, wellAfter(2*time.Second))
		if s.most["one.example:80"] != 8 || s.most[""] > 20 {
			t.Errorf("in flight: %v", s.most)
		}
		if n := len(s.of("other")); n < 17 {
			t.Errorf("a host that is asked too often held up another one, asked %d times", n)
		}
		if len(s.notices) != 1 || !strings.Contains(s.notices[0], "late: more is due than 20 requests at once, 8 to one host, get done") {
			t.Errorf("notices: %q", s.notices)
		}
		least := 1 << 30
		for i := range 300 {
			least = min(least, len(s.of(fmt.Sprintf("t%05d", i))))
		}
		if least < 1 {
			t.Errorf("a target of the busy host was asked %d times", least)
		}
	})
}

func TestNoTargetIsAskedTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, Options{}, []Target{{Name: "slow", URL: "http://a.example", Interval: time.Second, Timeout: time.Minute}}, time.Minute, wellAfter(3500*time.Millisecond))
		if s.most[""] != 1 || len(s.asked) < 12 {
			t.Errorf("%d at once, asked %d times", s.most[""], len(s.asked))
		}
	})
}

func TestAStopIsNotCaughtUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stopped atomic.Bool
		options := Options{Emit: func([]tracker.Result) {
			if !stopped.Load() && time.Now().Second() == 40 {
				stopped.Store(true)
				time.Sleep(time.Hour) // as if the process was stopped
			}
		}}
		s := simulate(t, options, numbered(1000, Target{Interval: 30 * time.Second}), 65*time.Minute, func(_ context.Context, a asked) tracker.Result {
			time.Sleep(400 * time.Millisecond)
			if stopped.Load() && a.at < time.Minute {
				return tracker.Result{Kind: tracker.KindTimeout}
			}
			return tracker.Result{Status: 200}
		})
		doubted := 0
		for _, r := range s.results {
			if r.Kind == tracker.KindTimeout && !r.Inconclusive {
				t.Error("a request that was in flight over the stop counts against its target")
			}
			if r.Inconclusive {
				doubted++
			}
		}
		if doubted == 0 {
			t.Error("no request was in flight over the stop")
		}
		perSecond := map[int]int{}
		for _, a := range s.asked {
			perSecond[int(a.at.Seconds())]++
		}
		for second, n := range perSecond {
			if second > 3600 && n > 70 {
				t.Errorf("%d requests in second %d: the stop is caught up", n, second)
			}
		}
		if len(s.notices) != 1 || !strings.Contains(s.notices[0], "nothing was probed for 59 minutes") {
			t.Errorf("notices: %q", s.notices)
		}
	})
}

func TestTimeThatWasLostIsNamed(t *testing.T) {
	for _, c := range []struct {
		late, moved time.Duration
		want        string
	}{
		{0, 0, ""},
		{2 * time.Second, 2 * time.Second, ""},
		{0, -2 * time.Second, ""},
		{0, 24 * time.Hour, "the clock jumped ahead by 24 hours: the machine was suspended, or the clock was set"},
		{0, -24 * time.Hour, "the clock was set back by 24 hours"},
		{3 * time.Hour, 0, "nothing was probed for 3 hours: the process or the machine was stopped"},
	} {
		if got := lost(c.late, c.moved); got != c.want {
			t.Errorf("%v late, moved by %v: %q", c.late, c.moved, got)
		}
	}
}

// refuse fails at once, the way an outage does.
func refuse(context.Context, asked) tracker.Result {
	return tracker.Result{Kind: tracker.KindConnect, Error: "connection refused"}
}

func TestRetriesAddAtMostATenthInAFullOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, Options{}, numbered(200, Target{Interval: 10 * time.Second}), 10*time.Minute, refuse)
		first := 0
		for _, a := range s.asked {
			if a.attempt == 1 {
				first++
			}
		}
		if retries := len(s.asked) - first; retries > first/10 || retries < first/20 || len(s.results) != len(s.asked) {
			t.Errorf("%d probes, %d retries, %d results", first, retries, len(s.results))
		}
	})
}

func TestRetriesWaitLongerEachTimeAndEnd(t *testing.T) {
	p, err := newPlan(Target{Name: "api", URL: "http://a.example", Attempts: 9}, newClients(Options{}), newSchemas())
	if err != nil {
		t.Fatal(err)
	}
	failed := &tracker.Result{Kind: tracker.KindServer, Status: 500}
	for attempt := 1; attempt <= 8; attempt++ {
		longest := min(time.Second<<(attempt-1), 30*time.Second)
		var least, most time.Duration = time.Hour, 0
		for range 400 {
			wait, retryable := p.retryDelay(failed, attempt, time.Now())
			if !retryable {
				t.Fatalf("no attempt after the %d.", attempt)
			}
			least, most = min(least, wait), max(most, wait)
		}
		if most > longest || most < longest*9/10 || least > longest/10 {
			t.Errorf("attempt %d: waits from %v to %v, of at most %v", attempt, least, most, longest)
		}
	}
	if _, retryable := p.retryDelay(failed, 9, time.Now()); retryable {
		t.Error("a tenth attempt is made")
	}
}

func TestOnlyWhatMayHealAndMayBeRepeatedIsRetried(t *testing.T) {
	healing := []tracker.Kind{tracker.KindRateLimited, tracker.KindServer, tracker.KindTimeout, tracker.KindDNS, tracker.KindConnect, tracker.KindProtocol}
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST", "PATCH"} {
		for _, retry := range []Retry{RetrySafe, RetryAlways, RetryNever} {
			p, err := newPlan(Target{Name: "api", URL: "http://a.example", Method: method, Retry: retry}, newClients(Options{}), newSchemas())
			if err != nil {
				t.Fatal(err)
			}
			for _, kind := range tracker.Kinds() {
				idempotent := method != "POST" && method != "PATCH"
				want := slices.Contains(healing, kind) && (retry == RetryAlways || retry == RetrySafe && idempotent)
				if _, retryable := p.retryDelay(&tracker.Result{Kind: kind}, 1, time.Now()); retryable != want {
					t.Errorf("%s, retry %q, %s: %v", method, retry, kind, retryable)
				}
				if _, retryable := p.retryDelay(&tracker.Result{Kind: kind, Inconclusive: true}, 1, time.Now()); retryable {
					t.Errorf("%s, retry %q, %s: asked again while our own network is down", method, retry, kind)
				}
			}
		}
	}
}

func TestRateLimitMovesTheNextProbePastTheReset(t *testing.T) {
	for reset, retried := range map[time.Duration]bool{20 * time.Second: true, 95 * time.Second: false} {
		synctest.Test(t, func(t *testing.T) {
			var until time.Time
			s := simulate(t, Options{}, numbered(40, Target{Interval: 10 * time.Second}), 5*time.Minute, func(_ context.Context, a asked) tracker.Result {
				if a.target != "t00007" {
					return tracker.Result{Status: 200}
				}
				if until.IsZero() && a.at > time.Minute { // when the budget has something
					until = time.Now().Add(reset)
				}
				if time.Now().Before(until) {
					return tracker.Result{Status: 429, Kind: tracker.KindRateLimited, ResetAt: until.Round(0)}
				}
				return tracker.Result{Status: 200}
			})
			limited := 0
			for _, r := range s.results {
				if r.Kind == tracker.KindRateLimited {
					limited++
				}
			}
			if limited != 1 {
				t.Errorf("asked %d times before the reset in %v", limited, reset)
			}
			for _, a := range s.asked {
				if a.target == "t00007" && a.attempt > 1 && !retried {
					t.Errorf("a wait of %v, longer than the backoff may be, is taken for a retry", reset)
				}
			}
		})
	}
}

func TestBodyThatBreaksItsSchemaIsNeverSentAndSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		targets := []Target{{Name: "flux", URL: "https://firemoon.studio/api/v1/flux/dev", Interval: 10 * time.Second, Method: "POST", Body: `{"num_images":9}`}}
		s := simulate(t, Options{}, targets, time.Minute, refuse)
		if len(s.asked) != 0 || len(s.results) < 5 {
			t.Fatalf("sent %d times, %d results", len(s.asked), len(s.results))
		}
		r := s.results[0]
		if r.Kind != tracker.KindValidation || len(r.Evidence.Errors) != 2 || !strings.Contains(r.Message, "prompt") || !strings.Contains(r.Message, "num_images") {
			t.Errorf("%s: %s", r.Kind, r.Message)
		}
	})
}

func TestSetKeepsTheRhythmOfTargetsThatStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, Options{}, func(ctx context.Context, a asked) tracker.Result {
			if a.target == "hangs" {
				<-ctx.Done()
			}
			return tracker.Result{Status: 200}
		})
		set := func(targets ...Target) {
			if err := s.prober.Set(targets); err != nil {
				t.Error(err)
			}
		}
		long := Target{Name: "stays", URL: "http://a.example", Interval: time.Minute}
		set(long, Target{Name: "goes", URL: "http://b.example", Interval: time.Minute}, Target{Name: "hangs", URL: "http://d.example", Interval: time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		ended := make(chan error)
		go func() { ended <- s.prober.Run(ctx) }()
		time.Sleep(5*time.Minute + 30*time.Second)
		synctest.Wait()
		before := s.of("stays")
		changed := long
		changed.URL = "http://other.example"
		set(changed, Target{Name: "comes", URL: "http://c.example", Interval: time.Minute})
		if err := s.prober.Set([]Target{{Name: "bad", URL: "gopher://x"}}); err == nil {
			t.Error("a bad target is accepted")
		}
		if err := s.prober.Set([]Target{long, long}); err == nil {
			t.Error("two targets of one name are accepted")
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		times := s.of("stays")
		for i, at := range times[2:] {
			if rhythm := at - times[i+1]; (rhythm - time.Minute).Abs() > 2*time.Second {
				t.Errorf("the change of another setting moved it: %v", times)
			}
		}
		if len(times) < len(before)+4 {
			t.Errorf("asked no more after the change: %v", times)
		}
		if goes := s.of("goes"); goes[len(goes)-1] > 5*time.Minute+31*time.Second {
			t.Errorf("a target that vanished is still asked: %v", goes)
		}
		if comes := s.of("comes"); len(comes) == 0 || comes[0] > 5*time.Minute+31*time.Second {
			t.Errorf("a new target is not asked soon: %v", comes)
		}
		for _, r := range s.results {
			if r.Target == "hangs" {
				t.Errorf("a target that vanished in mid-request has a result: %+v", r)
			}
		}
	})
}

func TestIntervalThatChangesIsKeptFromThenOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, Options{}, wellAfter(time.Millisecond))
		target := Target{Name: "api", URL: "http://a.example", Interval: time.Hour}
		if err := s.prober.Set([]Target{target}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		ended := make(chan error)
		go func() { ended <- s.prober.Run(ctx) }()
		time.Sleep(time.Minute)
		target.Interval = 10 * time.Second
		if err := s.prober.Set([]Target{target}); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if n := len(s.asked); n < 53 || n > 56 {
			t.Errorf("asked %d times in ten minutes, nine of them every 10 s", n)
		}
	})
}

func TestRunEndsAtOnceWithWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, Options{}, numbered(50, Target{Interval: time.Second, Timeout: time.Hour}), time.Minute, func(ctx context.Context, _ asked) tracker.Result {
			<-ctx.Done()
			return tracker.Result{Kind: tracker.KindTimeout}
		})
		if took := time.Since(s.start); took != time.Minute || len(s.results) != 0 || s.inFlight[""] != 0 {
			t.Errorf("ended after %v with %d results and %d in flight", took, len(s.results), s.inFlight[""])
		}
	})
}

func TestPanicOfARequestComesOutOfRun(t *testing.T) {
	s := newSimulation(t, Options{}, func(context.Context, asked) tracker.Result { panic("boom") })
	if err := s.prober.Set(numbered(1, Target{})); err != nil {
		t.Fatal(err)
	}
	if _, ok := errors.AsType[*safego.PanicError](s.prober.Run(t.Context())); !ok {
		t.Error("the panic is lost")
	}
}

func TestShortageOfDescriptorsLowersWhatIsInFlightForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const have = 10
		var s *simulation
		s = newSimulation(t, Options{MaxInFlight: 200}, func(_ context.Context, a asked) tracker.Result {
			s.mu.Lock()
			starved := s.inFlight[""] > have && a.at < 5*time.Minute
			s.mu.Unlock()
			if starved {
				return tracker.Result{Kind: tracker.KindConnect, Error: noFiles, Inconclusive: true}
			}
			time.Sleep(500 * time.Millisecond)
			return tracker.Result{Status: 200}
		})
		if err := s.prober.Set(numbered(1000, Target{Interval: 10 * time.Second})); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if err := s.prober.Run(ctx); err != nil {
			t.Fatal(err)
		}
		good, starved := 0, 0
		for _, r := range s.results {
			if r.Inconclusive {
				starved++
			} else {
				good++
			}
		}
		// While short, ten at once of half a second each are 20 a second; after it, all 100 a second.
		if want := 5*60*20*6/10 + 5*60*100*9/10; good < want || starved > good/4 {
			t.Errorf("%d good results of at least %d, %d starved", good, want, starved)
		}
	})
}
