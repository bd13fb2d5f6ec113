package engine

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"errtop/internal/config"
	"errtop/internal/logline"
	"errtop/internal/safego"
	"errtop/tracker"
)

// failure is one failed result of a target.
func failure(target string) []tracker.Result {
	return []tracker.Result{{Time: time.Now(), Target: target, Status: 500, Kind: tracker.KindServer, Error: "boom", Source: "test"}}
}

// fill is a source that gives one result and ends.
func fill(_ context.Context, in Intake) error {
	in.Health(tracker.Source{Name: "test", State: tracker.SourceReading, Live: true, Results: 1})
	in.Emit(failure("flux"))
	return nil
}

func newEngine(t *testing.T, sources ...Source) *Engine {
	t.Helper()
	e, err := New(Options{Settings: config.Default(), Sources: sources})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestRunEndsWithItsContextAndWithEndWithSourcesAfterTheLastSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, fill)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
		if lasted := time.Since(began); lasted != time.Hour {
			t.Errorf("ran for %v", lasted)
		}
		if !e.HasResults() {
			t.Error("has no results")
		}

		e = newEngine(t, fill)
		e.options.EndWithSources = true
		began = time.Now()
		if err := e.Run(t.Context()); err != nil || time.Since(began) != 0 {
			t.Errorf("ended after %v with %v", time.Since(began), err)
		}
	})
}

func TestASourceThatFailsEndsNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &logline.SourceError{Name: "a.log", Err: errors.New("gone")}
		lasted := time.Duration(0)
		e := newEngine(t, func(context.Context, Intake) error { return broken }, func(ctx context.Context, _ Intake) error {
			began := time.Now()
			<-ctx.Done()
			lasted = time.Since(began)
			return nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := e.Run(ctx); !errors.Is(err, broken) {
			t.Errorf("Run returned %v", err)
		}
		if lasted != time.Minute {
			t.Errorf("the other source ran for %v", lasted)
		}
	})
}

func TestAPanicInASourceStopsTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, func(context.Context, Intake) error { panic("boom") })
		if _, ok := errors.AsType[*safego.PanicError](e.Run(t.Context())); !ok {
			t.Error("Run did not return the panic")
		}
	})
}

func TestASourceThatCannotEndDoesNotHoldUpTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		e := newEngine(t, func(context.Context, Intake) error { <-release; return nil })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		if err := e.Run(ctx); err != nil || time.Since(began) != shutdownTimeout {
			t.Errorf("Run returned %v after %v", err, time.Since(began))
		}
		close(release)
	})
}

func TestAnEngineRunsOnce(t *testing.T) {
	e := newEngine(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Run(ctx); err != nil {
		t.Error(err)
	}
	if e.Run(ctx) == nil {
		t.Error("it ran twice")
	}
}

func TestWithinHandsOnOnlyWhatLiesInTheWindow(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	minutes := []int{0, 5, 10, 9, 20, 15}
	source := func(_ context.Context, in Intake) error {
		for _, m := range minutes {
			in.Emit([]tracker.Result{{Time: noon.Add(time.Duration(m) * time.Minute)}})
		}
		in.Emit([]tracker.Result{{}})
		return nil
	}
	for _, c := range []struct {
		window Window
		want   []int
	}{
		{Window{From: noon.Add(5 * time.Minute)}, []int{5, 10, 9, 20, 15}},
		{Window{To: noon.Add(10 * time.Minute)}, []int{0, 5, 9}},
		{Window{From: noon.Add(5 * time.Minute), To: noon.Add(15 * time.Minute)}, []int{5, 10, 9}},
		{Window{Newest: 4 * time.Minute}, []int{0, 5, 10, 9, 20}},
	} {
		var got []int
		var in Intake
		in.Emit = func(results []tracker.Result) {
			for _, r := range results {
				got = append(got, int(r.Time.Sub(noon).Minutes()))
			}
		}
		if err := Within(c.window, source)(t.Context(), in); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v (%v)", c.window, got, c.want, err)
		}
	}
}
