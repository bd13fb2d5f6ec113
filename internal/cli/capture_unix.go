//go:build unix

package cli

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// redirectStderr makes file descriptor 2 the file w. It returns what it was before, and the function that makes it that again.
func redirectStderr(w *os.File) (original *os.File, back func() error, err error) {
	if original, err = duplicate(os.Stderr); err != nil {
		return nil, nil, err
	}
	if err := unix.Dup2(int(w.Fd()), 2); err != nil {
		return nil, nil, errors.Join(err, original.Close())
	}
	return original, func() error {
		return errors.Join(unix.Dup2(int(original.Fd()), 2), original.Close())
	}, nil
}

// duplicate returns the file under another descriptor, which stays when the first is redirected.
func duplicate(f *os.File) (*os.File, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Dup(int(f.Fd()))
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was for
	}
	unix.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), f.Name()), nil
}
