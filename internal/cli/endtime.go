package cli

import (
	"context"
	"errors"
	"os"
	"time"

	"errtop/internal/safego"
)

// endTimeout bounds how long a command takes to end after it was told to. What cleans up has shorter bounds of its own: only a system call
// that does not return, as the opening of a named pipe that nobody writes to, takes as long.
const endTimeout = 10 * time.Second

var errStuck = errors.New("it was told to end and hung for 10s: a file or a pipe does not answer")

// endInTime ends the process where the command is still there endTimeout after ctx was done. It acts until stop is called.
func endInTime(ctx context.Context, w *os.File) (stop func()) {
	done := make(chan struct{})
	safego.Start(func() error {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
		}
		select {
		case <-done:
		case <-time.After(endTimeout):
			os.Exit(reportWithin(reportTimeout, w, errStuck))
		}
		return nil
	})
	return func() { close(done) }
}
