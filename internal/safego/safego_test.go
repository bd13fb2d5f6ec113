package safego_test

import (
	"context"
	"errors"
	"strings"
	"testing"

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
