package engine

import (
	"context"
	"net"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/internal/safego"
	"errtop/tracker"
)

// TestAPushAddressThatIsTakenIsShownAndTakenOnceItIsFree starts a second errtop, as it were, and ends the first.
func TestAPushAddressThatIsTakenIsShownAndTakenOnceItIsFree(t *testing.T) {
	t.Parallel()
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	settings := config.Default()
	settings.Push.Listen = first.Addr().String()
	e, err := New(Options{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	changed, stop := e.Watch()
	defer stop()
	ctx, cancel := context.WithCancel(t.Context())
	done := safego.Start(func() error { return e.Run(ctx) })
	until := func(want tracker.SourceState) {
		t.Helper()
		for {
			for _, s := range e.Snapshot(time.Now()).Sources {
				if s.Name == "push "+first.Addr().String() && s.State == want && (want == tracker.SourceFailed) == (s.Problem != "") {
					return
				}
			}
			select {
			case <-changed:
			case err := <-done:
				t.Fatalf("ended with %v while it was to become %s", err, want)
			case <-t.Context().Done():
				t.Fatalf("never became %s", want)
			}
		}
	}
	until(tracker.SourceFailed)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	until(tracker.SourceWaiting)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
