package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"errtop/internal/safego"
	"errtop/internal/safetext"
)

// stacksError ends a command that was sent SIGQUIT.
type stacksError struct{ stacks string }

func (*stacksError) Error() string { return "SIGQUIT: the stacks of all goroutines" }

// quitTimeout bounds the cleanup after SIGQUIT, which people send when something hangs.
const quitTimeout = 1500 * time.Millisecond

// onQuit ends the command with a [stacksError] on SIGQUIT, so that the terminal is restored before the stacks are printed. If the
// command does not end in time, the process exits here. It acts until stop is called.
func onQuit(end context.CancelCauseFunc, w *os.File) (stop func()) {
	asked, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(asked, syscall.SIGQUIT)
	safego.Start(func() error {
		select {
		case <-done:
			return nil
		case <-asked:
		}
		signal.Stop(asked) // Go handles a second one
		err := &stacksError{stacks: allStacks()}
		end(err)
		select {
		case <-done:
		case <-time.After(quitTimeout):
			os.Exit(reportWithin(reportTimeout, w, err))
		}
		return nil
	})
	return func() {
		signal.Stop(asked)
		close(done)
	}
}

// allStacks returns the stacks of all goroutines, up to 16 MiB.
func allStacks() string {
	buf := make([]byte, 1<<16)
	for len(buf) < 16<<20 {
		if n := runtime.Stack(buf, true); n < len(buf) {
			return safetext.Block(string(buf[:n]))
		}
		buf = make([]byte, 4*len(buf))
	}
	return safetext.Block(string(buf))
}

// stacksAskedFor returns the [stacksError] that ended ctx, or nil.
func stacksAskedFor(ctx context.Context) error {
	if err, ok := errors.AsType[*stacksError](context.Cause(ctx)); ok {
		return err
	}
	return nil
}
