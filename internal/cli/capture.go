package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/charmbracelet/x/term"

	"errtop/internal/safego"
)

// maxCaptured bounds a line on standard error; what is longer is cut into several.
const maxCaptured = 4 << 10

// captureStderr hands every line that anything in this process writes to standard error to lines, until restore is called:
// log, log/slog, libraries, the runtime. Nothing but the screen may write to the terminal while one is up. What the runtime
// prints when it ends the process still reaches the terminal. Where standard error is not a terminal, nothing is changed.
func captureStderr(lines io.Writer) (restore func() error, err error) {
	if !term.IsTerminal(os.Stderr.Fd()) {
		return func() error { return nil }, nil
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("cannot capture standard error: %w", err)
	}
	original, back, err := redirectStderr(write)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot capture standard error: %w", err), read.Close(), write.Close())
	}
	_ = debug.SetCrashOutput(original, debug.CrashOptions{}) // where it cannot, only a crash of the runtime goes unseen
	done := safego.Start(func() error { return copyLines(lines, read) })
	return func() error {
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
		err := errors.Join(back(), write.Close()) // the last writer: the reader comes to its end
		return errors.Join(err, <-done, read.Close())
	}, nil
}

// copyLines writes each line of r to w, in pieces where it is long.
func copyLines(w io.Writer, r io.Reader) error {
	reader := bufio.NewReaderSize(r, maxCaptured)
	for {
		line, err := reader.ReadSlice('\n')
		if len(line) > 0 {
			_, _ = w.Write(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("standard error: %w", err)
		}
	}
}
