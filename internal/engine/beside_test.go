package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatRunsBesideTheSourcesStopsAfterThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		ctx, cancel := context.WithCancel(t.Context())
		b, stop := e.startBeside(ctx)
		var order []string
		b.run(func(ctx context.Context) error {
			<-ctx.Done()
			order = append(order, "beside")
			return errors.New("a problem")
		})
		cancel() // as SIGTERM does
		e.options.Sources = []Source{func(ctx context.Context, _ Intake) error {
			<-ctx.Done()
			time.Sleep(100 * time.Millisecond)
			order = append(order, "source")
			return nil
		}}
		if err := errors.Join(e.runSources(ctx, b), stop()); err != nil {
			t.Error(err)
		}
		if len(order) != 2 || order[0] != "source" {
			t.Errorf("ended in the order %v", order)
		}
		notices, unsubscribe := e.Notices()
		defer unsubscribe()
		if got := <-notices; got != "a problem" {
			t.Errorf("viewers were told %q", got)
		}
	})
}

func TestAPanicBesideTheSourcesStopsTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		b, stop := e.startBeside(t.Context())
		b.run(func(context.Context) error { panic("boom") })
		began := time.Now()
		if err := errors.Join(e.runSources(t.Context(), b), stop()); !isPanic(err) || time.Since(began) != 0 {
			t.Errorf("ended with %v after %v", err, time.Since(began))
		}
	})
}
