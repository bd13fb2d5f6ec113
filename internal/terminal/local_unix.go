//go:build unix

package terminal

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

func (l *Local) listen() {
	signal.Notify(l.resized, syscall.SIGWINCH)
	l.listenToStops()
}

// listenToStops asks for SIGTSTP, unless whoever started the process has it ignored.
func (l *Local) listenToStops() {
	if l.stops != nil && !signal.Ignored(syscall.SIGTSTP) {
		signal.Notify(l.stops, syscall.SIGTSTP)
	}
}

func (l *Local) unlisten() {
	signal.Stop(l.resized)
	if l.stops != nil {
		signal.Stop(l.stops)
	}
}

// notStopped is the time after which a process that asked to be stopped knows that it was not.
const notStopped = 200 * time.Millisecond

// errNotSuspendable says that a terminal was opened without leave to suspend the process.
var errNotSuspendable = errors.New("this terminal may not suspend the process")

// Suspend stops the process until somebody continues it. With job it stops the whole pipeline, as ctrl+z does, since a shell
// takes its prompt back only then; but only where the pipeline is the foreground job of this very terminal. Where no shell
// could continue it (the process group is orphaned: ssh -t host errtop, a command of tmux or docker), the kernel does not stop
// it, and Suspend returns.
//
// Once a Go program has listened to SIGTSTP, the runtime never gives it back to the kernel but drops it. SIGTTIN, which
// nobody listens to, stops the process in the same way.
func (l *Local) Suspend(job bool) error {
	if l.stops == nil {
		return errNotSuspendable
	}
	signal.Stop(l.stops)
	defer l.listenToStops()
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if job && l.ownsForeground() {
		if err := stopJob(); err != nil {
			return fmt.Errorf("cannot suspend: %w", err)
		}
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTTIN); err != nil {
		return fmt.Errorf("cannot suspend: %w", err)
	}
	late := time.NewTimer(notStopped)
	defer late.Stop()
	select {
	case <-continued:
	case <-late.C:
	}
	return nil
}

// ownsForeground reports whether the process group of this process is the foreground job of the terminal.
func (l *Local) ownsForeground() bool {
	f, ok := l.in.(term.File)
	if !ok {
		return false
	}
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// stopJob sends SIGTSTP to the process group and takes what comes of that to this process: if it came later, after the process
// was continued, it would be taken for a wish to stop once more.
func stopJob() error {
	own := make(chan os.Signal, 1)
	signal.Notify(own, syscall.SIGTSTP)
	defer signal.Stop(own)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return err //nolint:wrapcheck // the caller says what it was for
	}
	select {
	case <-own:
	case <-time.After(notStopped): // it is ignored
	}
	return nil
}
