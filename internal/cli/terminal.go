package cli

import (
	"fmt"
	"os"

	"github.com/charmbracelet/x/term"

	"errtop/tui"
)

// isPiped reports whether f is a pipe, a file or a socket: something that results can be read from. A terminal is none, nor
// is /dev/null.
func isPiped(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice == 0
}

// keyboard returns where keys come from: standard input where it is a terminal, the terminal device otherwise. The caller
// closes it with done.
func (a *app) keyboard() (in *os.File, done func(), err error) {
	if term.IsTerminal(a.In.Fd()) {
		return a.In, func() {}, nil
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, &exitError{
			err: fmt.Errorf("no terminal to read keys from: %w", err), status: statusUsage,
			hint: "errtop --plain needs none; errtop stats reads to the end and prints",
		}
	}
	return tty, func() { _ = tty.Close() }, nil
}

// requireScreen refuses a standard output that nothing can be drawn on.
func (a *app) requireScreen() error {
	if !term.IsTerminal(a.Out.Fd()) {
		return usage("standard output is not a terminal, so there is no place for a dashboard",
			"errtop --plain prints a line for every change, errtop stats counts logs, errtop check probes once")
	}
	if !tui.CanDraw(os.Environ()) {
		return usage("TERM is dumb or not set: nothing can be placed on such a terminal", "errtop --plain prints a line for every change")
	}
	return nil
}
