package terminal

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/x/term"
)

// Local is a [Device] of this machine, most often the process' own terminal.
type Local struct {
	in  io.Reader
	out io.Writer

	resized chan os.Signal
	stops   chan os.Signal // nil where the process may not be suspended
}

// Open returns the terminal that is read from in and written to out. It listens to SIGWINCH, and where the process may be
// suspended to SIGTSTP, until Close is called.
func Open(in io.Reader, out io.Writer, suspend bool) *Local {
	l := &Local{in: in, out: out, resized: make(chan os.Signal, 1)}
	if suspend {
		l.stops = make(chan os.Signal, 1)
	}
	l.listen()
	return l
}

// Close stops listening to signals. It closes neither in nor out.
func (l *Local) Close() { l.unlisten() }

// Keys returns what is typed.
func (l *Local) Keys() io.Reader { return l.in }

// Write sends bytes to the terminal.
func (l *Local) Write(p []byte) (int, error) { return l.out.Write(p) } //nolint:wrapcheck // it stands for out

// Size returns the size that the kernel knows, zeros where out is not a terminal.
func (l *Local) Size() (w, h int) {
	if f, ok := l.out.(term.File); ok {
		if w, h, err := term.GetSize(f.Fd()); err == nil {
			return w, h
		}
	}
	return 0, 0
}

// Raw brings in into raw mode, where it is a terminal.
func (l *Local) Raw() (restore func() error, err error) {
	f, ok := l.in.(term.File)
	if !ok || !term.IsTerminal(f.Fd()) {
		return func() error { return nil }, nil
	}
	state, err := term.MakeRaw(f.Fd())
	if err != nil {
		return nil, fmt.Errorf("the terminal's raw mode: %w", err)
	}
	return func() error {
		if err := term.Restore(f.Fd(), state); err != nil {
			return fmt.Errorf("terminal: %w", err)
		}
		return nil
	}, nil
}

// Next waits for a signal.
func (l *Local) Next(ctx context.Context) Event {
	select {
	case <-ctx.Done():
		return None
	case <-l.resized:
		return Resized
	case <-l.stops:
		return Stop
	}
}
