package cli

import (
	"fmt"
	"os"

	"github.com/charmbracelet/x/term"

	"errtop/tui"
)

// isPiped reports whether results can be read from f: whether it is a pipe, a file or a socket, not a terminal or /dev/null.
func isPiped(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice == 0
}

// keyboard returns where keys come from: standard input if it is a terminal, otherwise the terminal device. The caller
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

// requireScreen rejects a standard output that cannot show a dashboard.
func (a *app) requireScreen() error {
	if !term.IsTerminal(a.Out.Fd()) {
		return usage("standard output is not a terminal, so a dashboard cannot be drawn",
			"errtop --plain prints a line for every change, errtop stats counts logs, errtop check probes once")
	}
	if !tui.CanDraw(os.Environ()) {
		return usage("TERM is dumb or not set, so nothing can be drawn", "errtop --plain prints a line for every change")
	}
	return nil
}
