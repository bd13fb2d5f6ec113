package cli

import (
	"log"
	"os"

	"golang.org/x/sys/windows"
)

// redirectStderr makes the file w the standard error of the process, of package os and of package log. It returns what it
// was before, and the function that makes it that again.
func redirectStderr(w *os.File) (original *os.File, back func() error, err error) {
	original = os.Stderr
	if err := windows.SetStdHandle(windows.STD_ERROR_HANDLE, windows.Handle(w.Fd())); err != nil {
		return nil, nil, err
	}
	os.Stderr = w
	log.SetOutput(w)
	return original, func() error {
		os.Stderr = original
		log.SetOutput(original)
		return windows.SetStdHandle(windows.STD_ERROR_HANDLE, windows.Handle(original.Fd()))
	}, nil
}

// duplicate returns f: it keeps its handle when standard error is redirected.
func duplicate(f *os.File) (*os.File, error) { return f, nil }
