package probe

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"errtop/tracker"
)

// reports keeps what Options.Health was told, and when.
type reports struct {
	sources []tracker.Source
	at      []time.Time
}

func (r *reports) take(s tracker.Source) {
	r.sources, r.at = append(r.sources, s), append(r.at, time.Now())
}

// states returns the states in their order, each once.
func (r *reports) states() []tracker.SourceState {
	var states []tracker.SourceState
	for _, s := range r.sources {
		states = append(states, s.State)
	}
	return slices.Compact(states)
}

func (r *reports) last() tracker.Source { return r.sources[len(r.sources)-1] }

func TestHealthHasTheFiguresAtMostOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told reports
		s := simulate(t, Options{Health: told.take}, numbered(50, Target{Interval: time.Second}), time.Minute, wellAfter(30*time.Millisecond))
		if last := told.last(); last.Name != "probes" || !last.Live || last.State != tracker.SourceReading || last.Problem != "" || last.LastSeen.IsZero() ||
			last.Results > uint64(len(s.results)) || last.Results < uint64(len(s.results))-100 {
			t.Errorf("%+v after %d results", last, len(s.results))
		}
		if n := len(told.sources); n < 55 || n > 62 {
			t.Errorf("%d reports in a minute", n)
		}
		if !slices.ContainsFunc(told.sources, func(s tracker.Source) bool { return s.InFlight > 0 }) {
			t.Error("nothing was ever in flight")
		}
	})
}

func TestHealthOfAnIdleProberIsToldAndThenQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told reports
		simulate(t, Options{Health: told.take}, numbered(3, Target{Interval: time.Hour}), 50*time.Minute, wellAfter(time.Millisecond))
		if n := len(told.sources); n > 5 || told.last().Results < 3 {
			t.Errorf("%d reports for a handful of results: %+v", n, told.last())
		}
		var none reports
		simulate(t, Options{Health: none.take}, nil, time.Hour, refuse)
		if len(none.sources) > 0 {
			t.Errorf("without targets there is no source: %+v", none.sources)
		}
	})
}

func TestLateProbesMakeTheSourceStaleUntilTheyCatchUp(t *testing.T) {
	for name, options := range map[string]Options{
		"all requests":  {MaxInFlight: 1},
		"one host only": {MaxPerHost: 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			var told reports
			var quick atomic.Bool
			options.Health = told.take
			s := newSimulation(t, options, func(_ context.Context, a asked) tracker.Result {
				if !quick.Load() {
					time.Sleep(8 * time.Second)
				}
				quick.Store(a.at > time.Minute)
				return tracker.Result{Status: 200}
			})
			if err := s.prober.Set(numbered(10, Target{Interval: 10 * time.Second, URL: "http://same.example/"})); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			if err := s.prober.Run(ctx); err != nil {
				t.Fatal(err)
			}
			if got := told.states(); !slices.Equal(got, []tracker.SourceState{tracker.SourceReading, tracker.SourceStale, tracker.SourceReading}) {
				t.Errorf("%s: %v", name, got)
			}
			i := slices.IndexFunc(told.sources, func(s tracker.Source) bool { return s.State == tracker.SourceStale })
			if s := told.sources[i]; s.Lag < 5*time.Second || s.InFlight != 1 || !strings.HasPrefix(s.Problem, "probes start 5") || !strings.Contains(s.Problem, "late: more is due than") {
				t.Errorf("%s: %+v", name, s)
			}
		})
	}
}

func TestOwnNetworkDownIsTheSourcesFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		door, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := door.Addr().String()
		_ = door.Close()
		var told reports
		var up atomic.Bool
		s := simulate(t, Options{Health: told.take, Connectivity: address}, numbered(20, Target{Interval: 10 * time.Second}), 2*time.Minute, func(_ context.Context, a asked) tracker.Result {
			if a.at > time.Minute && up.CompareAndSwap(false, true) {
				if door, err = net.Listen("tcp", address); err != nil {
					t.Error(err)
				}
			}
			if up.Load() {
				return tracker.Result{Status: 200}
			}
			return tracker.Result{Kind: tracker.KindConnect}
		})
		_ = door.Close()
		got := told.states()
		if got[0] == tracker.SourceReading { // the first report may come before the first answer
			got = got[1:]
		}
		if !slices.Equal(got, []tracker.SourceState{tracker.SourceFailed, tracker.SourceReading}) {
			t.Errorf("%v", got)
		}
		i := slices.IndexFunc(told.sources, func(s tracker.Source) bool { return s.State == tracker.SourceFailed })
		if want := "our own network looks down: " + address + " cannot be reached"; told.sources[i].Problem != want {
			t.Errorf("%q, want %q", told.sources[i].Problem, want)
		}
		if len(s.notices) != 2 || !strings.HasPrefix(s.notices[0], "our own network looks down") || !strings.HasPrefix(s.notices[1], "our own network works again") {
			t.Errorf("one notice when it goes and one when it comes back: %q", s.notices)
		}
		for _, r := range s.results {
			if r.Kind.Failed() && !r.Inconclusive {
				t.Errorf("counts against %s while our own network is down", r.Target)
			}
		}
	})
}

func TestHealthCountsWhatWasNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told reports
		gates := tracker.New(tracker.Settings{})
		s := simulate(t, Options{Health: told.take, Gate: gates.Gate}, numbered(1, Target{Interval: time.Second, Retry: RetryNever}), time.Minute, refuse)
		skipped := 0
		for _, r := range s.results {
			if r.Kind == tracker.KindShortCircuit {
				skipped++
			}
		}
		if last := told.last(); skipped == 0 || int(last.Skipped) < skipped-3 || int(last.Skipped) > skipped {
			t.Errorf("%d were not sent: %+v", skipped, last)
		}
	})
}

func TestShortageOfDescriptorsIsTheSourcesTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told reports
		simulate(t, Options{Health: told.take}, numbered(20, Target{Interval: time.Second}), time.Minute, func(_ context.Context, a asked) tracker.Result {
			if a.at > 10*time.Second && a.at < 20*time.Second {
				return tracker.Result{Kind: tracker.KindConnect, Error: noFiles, Inconclusive: true}
			}
			return tracker.Result{Status: 200}
		})
		if got := told.states(); !slices.Equal(got, []tracker.SourceState{tracker.SourceReading, tracker.SourceStale, tracker.SourceReading}) {
			t.Errorf("%v", got)
		}
		i := slices.IndexFunc(told.sources, func(s tracker.Source) bool { return s.State == tracker.SourceStale })
		if !strings.HasPrefix(told.sources[i].Problem, "too many open files (ulimit -n)") {
			t.Errorf("%q", told.sources[i].Problem)
		}
	})
}
