//go:build unix

package tui

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// signals are the ones the dashboard acts on itself. The zero value hears none.
type signals struct {
	resized chan os.Signal // the terminal's size has changed
	stops   chan os.Signal // somebody else than the keyboard asks to stop for a while
}

func watchSignals(stops bool) *signals {
	s := &signals{resized: make(chan os.Signal, 1), stops: make(chan os.Signal, 1)}
	signal.Notify(s.resized, syscall.SIGWINCH)
	if stops {
		s.watchStops()
	}
	return s
}

func (s *signals) watchStops() {
	if !signal.Ignored(syscall.SIGTSTP) { // who started us may want us not to be stopped
		signal.Notify(s.stops, syscall.SIGTSTP)
	}
}

func (s *signals) close() {
	signal.Stop(s.resized)
	signal.Stop(s.stops)
}

// notStopped is after how long a process that has asked to be stopped knows that it has not been.
const notStopped = 200 * time.Millisecond

// pause stops the process until somebody continues it. With job it stops all of a pipeline, as ctrl+z does: a shell takes its
// prompt back only then. Where no shell is there to continue it (the process group is orphaned: ssh -t host errtop, a command
// of tmux or docker), the kernel does not stop it, and pause returns.
//
// Go never gives SIGTSTP back to the kernel once it has been listened to, but drops it; SIGTTIN, which nobody listens to, stops
// in the same way.
func (s *signals) pause(job bool) error {
	signal.Stop(s.stops)
	defer s.watchStops()
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if job {
		if err := stopOthers(); err != nil {
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

// stopOthers sends SIGTSTP to the process group and takes what comes of that to this process: if it came later, when the
// process has been continued, it would be taken for somebody's wish to stop it once more.
func stopOthers() error {
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
