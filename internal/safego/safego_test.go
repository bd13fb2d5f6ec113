package safego_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"errtop/internal/safego"
)

func TestPanicCancelsTheOthersAndComesOutOfWait(t *testing.T) {
	group, ctx := safego.WithContext(t.Context())
	group.Go(func() error {
		<-ctx.Done()
		return ctx.Err()
	})
	group.Go(func() error { panic("boom") })
	var panicked *safego.PanicError
	if err := group.Wait(); !errors.As(err, &panicked) {
		t.Fatalf("Wait returned %v, want a PanicError", err)
	}
	if panicked.Value != "boom" || !strings.Contains(string(panicked.Stack), "safego_test.go") {
		t.Errorf("value %v, stack:\n%s", panicked.Value, panicked.Stack)
	}
}

func TestFirstErrorComesOutOfWait(t *testing.T) {
	group, ctx := safego.WithContext(context.Background())
	want := errors.New("first")
	group.Go(func() error { return want })
	group.Go(func() error {
		<-ctx.Done()
		return errors.New("second")
	})
	if err := group.Wait(); !errors.Is(err, want) {
		t.Errorf("Wait returned %v, want %v", err, want)
	}
}

func TestTheLimitHolds(t *testing.T) {
	group, _ := safego.WithContext(t.Context())
	group.SetLimit(1)
	release := make(chan struct{})
	group.Go(func() error { <-release; return nil })
	if group.TryGo(func() error { return nil }) {
		t.Error("a second goroutine started while the limit is one")
	}
	close(release)
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

func TestWaitAtMostGivesUpOnWhatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want := errors.New("broken")
		for _, c := range []struct {
			broken error
			hangs  bool
			ended  bool
		}{
			{nil, false, true}, {want, false, true}, {nil, true, false}, {want, true, false},
		} {
			parent, cancel := context.WithTimeout(t.Context(), time.Minute)
			group, ctx := safego.WithContext(parent)
			release := make(chan struct{})
			group.Go(func() error {
				<-ctx.Done()
				if c.hangs {
					<-release
				}
				return c.broken
			})
			group.Go(func() error { return c.broken })
			began := time.Now()
			ended, err := group.WaitAtMost(time.Second)
			if ended != c.ended || !errors.Is(err, c.broken) {
				t.Errorf("%+v: ended %t with %v", c, ended, err)
			}
			wait := time.Duration(0)
			if c.broken == nil {
				wait += time.Minute
			}
			if c.hangs {
				wait += time.Second
			}
			if took := time.Since(began); took != wait {
				t.Errorf("%+v: waited %v, want %v", c, took, wait)
			}
			close(release)
			cancel()
		}
	})
}

func TestStartReportsTheEndAndAPanic(t *testing.T) {
	want := errors.New("first")
	if err := <-safego.Start(func() error { return want }); !errors.Is(err, want) {
		t.Errorf("received %v", err)
	}
	var panicked *safego.PanicError
	if err := <-safego.Start(func() error { panic("boom") }); !errors.As(err, &panicked) {
		t.Errorf("received %v, want a PanicError", err)
	}
}
