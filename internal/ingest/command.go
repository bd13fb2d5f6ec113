package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"errtop/internal/logline"
	"errtop/internal/safego"
	"errtop/internal/safetext"
	"errtop/tracker"
)

const (
	restartFirst = time.Second
	restartMost  = time.Minute
	steadyAfter  = time.Minute            // a command that ran for so long starts over with restartFirst
	commandGrace = 300 * time.Millisecond // between asking a command to end and ending it
	maxComplaint = 300                    // bytes of what a command writes to its standard error
)

// Command is a program whose standard output is a log.
type Command struct {
	Name      string   // the source's, harmless
	Args      []string // the program and its arguments
	Machine   string   // where it reads; every result gets it as the label "machine". "" is this machine
	ErrorsToo bool     // its standard error is part of the log
	Once      bool     // it is not started again
	Replays   bool     // a new start begins with lines that came before: they are left out
}

// RunCommand runs a program and reads the lines it writes, until ctx is done or, with Once, it ends. It is started again
// when it ends, after a second and then after twice as long each time, up to a minute; what it writes to its standard error
// is shown as the source's problem. It has no terminal, and no input, so it can ask nothing. It and all that it started end
// with ctx.
//
// A wrong option is returned at once; with Once what goes wrong is returned as [logline.SourceError].
func RunCommand(ctx context.Context, c Command, o Options, sink Sink) error {
	p, err := newPump(c.Name, o, sink)
	if err != nil {
		return err
	}
	if c.Machine != "" {
		p.labels = tracker.Labels{{Name: "machine", Value: c.Machine}}
	}
	if c.Replays {
		p.replay = newReplay()
	}
	failures := 0
	for {
		began := time.Now()
		err := c.run(ctx, p)
		if panicked, ok := errors.AsType[*safego.PanicError](err); ok {
			return panicked
		}
		if ctx.Err() != nil {
			p.end(tracker.SourceEnded, "")
			return nil //nolint:nilerr // it ended because it was told to
		}
		if c.Once {
			return c.endOnce(p, err)
		}
		if time.Since(began) > steadyAfter {
			failures = 0
		}
		wait := restartDelay(failures, rand.Float64()) //nolint:gosec // spread, not secret
		failures++
		c.lost(p, err, wait)
		select {
		case <-ctx.Done():
			p.end(tracker.SourceEnded, "")
			return nil
		case <-time.After(wait):
		}
		if p.replay != nil {
			p.replay.again(time.Now())
		}
	}
}

// restartDelay returns how long to wait before the next start after so many that failed: random is in [0, 1), so that many
// commands that were lost together do not come back together.
func restartDelay(failures int, random float64) time.Duration {
	most := min(restartFirst<<min(failures, 10), restartMost)
	return most/2 + time.Duration(random*float64(most/2))
}

// lost tells that a command ended and will be started again. A line that it did not finish comes again or is lost.
func (c *Command) lost(p *pump, err error, wait time.Duration) {
	p.lines = splitter{}
	p.flush()
	p.health.State, p.health.Live = tracker.SourceFailed, false
	if err == nil {
		p.health.State, err = tracker.SourceWaiting, errors.New("it ended")
	}
	p.health.Problem = fmt.Sprintf("%s; starts again in %s", problemText(err), wait.Round(time.Second))
	p.report()
}

// endOnce finishes a command that is not started again.
func (c *Command) endOnce(p *pump, err error) error {
	if err != nil {
		p.end(tracker.SourceFailed, problemText(err))
		return &logline.SourceError{Name: c.Name, Err: err}
	}
	p.end(tracker.SourceEnded, "")
	if err := p.verdict(); err != nil {
		return &logline.SourceError{Name: c.Name, Err: err}
	}
	return nil
}

// run runs the program once and feeds the pump with what it writes. The error says how the program failed.
func (c *Command) run(ctx context.Context, p *pump) error {
	running, err := startProcess(c.Args, c.ErrorsToo)
	if err != nil {
		return c.explain(err, "")
	}
	defer running.close()
	chunks := make(chan chunk, streamChunks+1)
	free := make(chan []byte, streamChunks+1)
	for range streamChunks + 1 {
		free <- make([]byte, streamChunk/4)
	}
	read := safego.Start(func() error {
		readChunks(ctx, running.out, free, chunks)
		return nil
	})
	complaints := make(chan string, 16)
	complained := safego.Start(func() error { return readComplaints(running.problems, complaints) })
	complaint, exited, stop := "", running.exited, ctx.Done()
	var exit error
	for {
		select {
		case <-stop:
			stop = nil
			running.end()
		case exit = <-exited:
			exited = nil
			running.drain() // what it started may hold its output open
		case text := <-complaints:
			complaint = text
			if p.health.Problem = text; p.health.Results == 0 && p.health.State == tracker.SourceReading {
				p.health.State = tracker.SourceWaiting
			}
			p.report()
		case part, ok := <-chunks:
			if ok {
				if len(part.data) > 0 {
					p.feed(part.data, len(chunks) > 0)
					free <- part.data[:cap(part.data)]
				}
				continue
			}
			if exited != nil {
				exit = running.leave(ctx)
			}
			running.end() // what it left behind
			err := errors.Join(panicOf(<-read), panicOf(<-complained))
			for more := true; more; { // said last
				select {
				case complaint = <-complaints:
				default:
					more = false
				}
			}
			if err != nil {
				return err
			}
			if p.sample(); c.ErrorsToo && len(p.health.Samples) > 0 {
				last := p.health.Samples[len(p.health.Samples)-1].Text
				complaint = safetext.Cut(last, maxComplaint)
			}
			return c.explain(exit, complaint)
		}
	}
}

// panicOf returns an error that is a panic of ours; others say only that a pipe was closed.
func panicOf(err error) error {
	if panicked, ok := errors.AsType[*safego.PanicError](err); ok {
		return panicked
	}
	return nil
}

// explain says in words how a program failed, with what it complained of last; nil if it did not fail.
func (c *Command) explain(err error, complaint string) error {
	program := filepath.Base(c.Args[0])
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s is not installed, or not on the PATH", program)
	case complaint != "":
		return errors.New(complaint)
	case exited:
		return fmt.Errorf("%s ended with %s", program, exit.ProcessState)
	default:
		return fmt.Errorf("%s: %w", program, err)
	}
}

// readComplaints hands on the lines of a standard error, made harmless; where they come too fast, some of them.
func readComplaints(r io.Reader, complaints chan string) error {
	lines := bufio.NewReaderSize(r, 4<<10)
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			return err //nolint:wrapcheck // the end
		}
		text := strings.TrimSpace(logline.SafeLine(line, maxComplaint))
		if text == "" {
			continue
		}
		select {
		case complaints <- text:
		default:
			select { // the newest matter
			case <-complaints:
			default:
			}
			select {
			case complaints <- text:
			default:
			}
		}
	}
}
