package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"errtop/internal/config"
	"errtop/internal/safego"
	"errtop/internal/safetext"
)

// The exit statuses.
const (
	statusOK     = 0
	statusFailed = 1 // something fails, or cannot be read
	statusUsage  = 2 // a wrong flag or config

	statusQuit = 131 // SIGQUIT, as shells number it
)

// exitError is an error with an exit status and a hint at how to fix it.
type exitError struct {
	err    error
	status int
	hint   string
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// reportTimeout bounds printing an error: the terminal may have stopped reading.
const reportTimeout = 300 * time.Millisecond

// reportWithin is [report] with a timeout, for a writer that blocks.
func reportWithin(timeout time.Duration, w io.Writer, err error) int {
	status := statusFailed
	printed := safego.Start(func() error {
		status = report(w, err)
		return nil
	})
	select {
	case err := <-printed:
		if err != nil { // report itself panicked
			return statusFailed
		}
		return status
	case <-time.After(timeout):
		return statusFailed
	}
}

// usage returns an error of the command line.
func usage(message, hint string) error {
	return &exitError{err: errors.New(message), status: statusUsage, hint: hint}
}

// errFailing ends a command that has already printed what fails.
var errFailing = errors.New("something fails")

// maskedWriter masks the secrets of the settings in what is printed, which comes a line or more at a time.
type maskedWriter struct {
	to    io.Writer
	known func() safetext.Known // nil where there are none
}

func (w maskedWriter) Write(p []byte) (int, error) {
	text := string(p)
	if w.known != nil {
		text = w.known().Mask(text)
	}
	if _, err := io.WriteString(w.to, text); err != nil {
		return 0, err //nolint:wrapcheck // the writer's own
	}
	return len(p), nil
}

// report prints err on w as "errtop: error: …" with its hint, and returns the exit status. An error of several lines is
// printed a line each. A panic is printed with its stack.
func report(w io.Writer, err error) int {
	if err == nil || errors.Is(err, context.Canceled) {
		return statusOK
	}
	if errors.Is(err, errFailing) || errors.Is(err, syscall.EPIPE) { // the reader of the output is gone, as head does
		return statusFailed
	}
	if asked, ok := errors.AsType[*stacksError](err); ok {
		_, _ = fmt.Fprintf(w, "errtop: %s\n\n%s\n", asked, asked.stacks)
		return statusQuit
	}
	if panicked, ok := errors.AsType[*safego.PanicError](err); ok {
		_, _ = fmt.Fprintf(w, "errtop: error: %s\n\n%s\n", safetext.Line(safetext.MaskSecrets(panicked.Error())), safetext.Block(safetext.MaskSecrets(string(panicked.Stack))))
		return statusFailed
	}
	mask := safetext.MaskSecrets
	if _, ok := errors.AsType[*config.Error](err); ok {
		mask = func(s string) string { return s } // it has masked what it quotes; the names of settings stay
	}
	for line := range strings.Lines(err.Error()) {
		_, _ = fmt.Fprintf(w, "errtop: error: %s\n", mask(safetext.Line(strings.TrimRight(line, "\n"))))
	}
	exit, ok := errors.AsType[*exitError](err)
	if !ok {
		return statusFailed
	}
	if exit.hint != "" {
		_, _ = fmt.Fprintf(w, "hint: %s\n", safetext.MaskSecrets(safetext.Line(exit.hint)))
	}
	return exit.status
}
