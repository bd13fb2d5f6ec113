package ingest

import (
	"context"
	"io"

	"errtop/internal/safego"
)

// OpenCommand runs a program and returns what it writes, unpacked. Its end is that of the program: where that failed, the last read
// says how, with what it complained of. The program ends with ctx, and when what is returned is closed.
func OpenCommand(ctx context.Context, c Command) (io.ReadCloser, error) {
	running, err := startProcess(c.Args, c.ErrorsToo)
	if err != nil {
		return nil, c.explain(err, "")
	}
	out := &commandOutput{ctx: ctx, command: c, process: running, complaints: make(chan string, 1)}
	out.complained = safego.Start(func() error { return readComplaints(running.problems, out.complaints) })
	stop := context.AfterFunc(ctx, running.end)
	plain, release, err := unpack(out)
	if err != nil {
		stop()
		running.close()
		return nil, err
	}
	return &unpacked{plain, []func(){func() { stop() }, release, running.close}}, nil
}

// commandOutput is the standard output of a running program.
type commandOutput struct {
	ctx        context.Context //nolint:containedctx // of the one who reads
	command    Command
	process    *process
	complaints chan string // the last line of its standard error
	complained <-chan error
	ended      bool
	problem    error
}

// Read reads what the program has written. At its end it waits for the program.
func (c *commandOutput) Read(b []byte) (int, error) {
	if c.ended {
		return 0, c.problem
	}
	n, err := c.process.out.Read(b)
	if err == nil || n > 0 {
		return n, nil
	}
	c.ended = true
	exit := c.process.leave(c.ctx)
	c.process.end() // what it left behind holds its standard error open
	if c.problem = panicOf(<-c.complained); c.problem != nil {
		return 0, c.problem
	}
	c.problem = io.EOF
	complaint := ""
	select {
	case complaint = <-c.complaints:
	default:
	}
	if failed := c.command.explain(exit, complaint); failed != nil {
		c.problem = failed
	}
	return 0, c.problem
}
