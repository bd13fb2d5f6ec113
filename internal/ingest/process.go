package ingest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"errtop/internal/safego"
)

// process is a running program with its output.
type process struct {
	command  *exec.Cmd
	out      *os.File // its standard output
	problems *os.File // its standard error
	exited   <-chan error

	mu     sync.Mutex
	timers []*time.Timer
	ended  bool
}

// startProcess starts a program in a session of its own, without a terminal or input. With merged, out has its standard error too.
func startProcess(args []string, merged bool) (p *process, err error) {
	p = &process{command: exec.Command(args[0], args[1:]...)} //nolint:gosec,noctx // the program that the user asks for; end ends it
	var out, problems *os.File
	if p.out, out, err = os.Pipe(); err != nil {
		return nil, err //nolint:wrapcheck // says it is a pipe
	}
	if p.problems, problems, err = os.Pipe(); err != nil {
		return nil, errors.Join(err, p.out.Close(), out.Close())
	}
	p.command.Stdout, p.command.Stderr = out, problems
	if merged {
		p.command.Stderr = out
	}
	detach(p.command)
	started := make(chan error, 1)
	p.exited = safego.Start(func() error {
		// The system ends the program with the thread that started it (see detach), so that stays until it has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.command.Start()
		started <- err
		if err != nil {
			return err //nolint:wrapcheck // explained by the caller
		}
		return p.command.Wait()
	})
	err = errors.Join(<-started, out.Close(), problems.Close())
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// end asks the program and all it started to end, and soon makes them.
func (p *process) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.ended = true
	terminate(p.command.Process)
	p.timers = append(p.timers, time.AfterFunc(commandGrace, func() {
		kill(p.command.Process)
		_ = p.out.Close() // a process that left the group may hold it open
		_ = p.problems.Close()
	}))
}

// leave waits for a program to end whose output has ended, which is a moment before, and ends it where it does not. It returns how it
// ended.
func (p *process) leave(ctx context.Context) error {
	select {
	case err := <-p.exited:
		return err
	case <-ctx.Done():
	case <-time.After(commandGrace):
	}
	p.end()
	return <-p.exited
}

// drain ends what the program left behind, after a moment for what it wrote to be read.
func (p *process) drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timers = append(p.timers, time.AfterFunc(commandGrace, p.end))
}

// close releases what was taken.
func (p *process) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for _, timer := range p.timers {
		timer.Stop()
	}
	if p.command.Process != nil {
		kill(p.command.Process)
	}
	_ = p.out.Close()
	_ = p.problems.Close()
}
