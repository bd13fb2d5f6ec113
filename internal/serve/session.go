package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"errtop/internal/safego"
	"errtop/internal/safetext"
)

// Bounds on what one connection may have open, and on commands.
const (
	maxChannels   = 4 // of a connection
	maxCommand    = 1 << 10
	maxCommands   = 8 // at once, of all viewers
	commandTime   = time.Minute
	keepaliveTime = 30 * time.Second
	// A screen may take a while to give the terminal back before its channel is closed.
	leaveTime = 2 * time.Second
)

// channelsKey is where a connection's context counts its channels.
type channelsKey struct{}

// channel serves one channel of a connection: a screen or a command.
func (d *door) channel(_ *ssh.Server, conn *gossh.ServerConn, newChannel gossh.NewChannel, ctx ssh.Context) {
	ctx.Lock()
	open, _ := ctx.Value(channelsKey{}).(*atomic.Int32)
	if open == nil {
		open = new(atomic.Int32)
		ctx.SetValue(channelsKey{}, open)
		d.keepAlive(ctx, conn)
	}
	ctx.Unlock()
	defer open.Add(-1)
	if open.Add(1) > maxChannels {
		_ = newChannel.Reject(gossh.ResourceShortage, "too many sessions in one connection")
		return
	}
	channel, requests, err := newChannel.Accept()
	if err != nil {
		return // the connection is gone
	}
	d.enter()
	defer d.leave()
	defer channel.Close() //nolint:errcheck // it may be closed already
	if err := safego.Catch(func() error {
		d.session(ctx, conn, channel, requests)
		return nil
	}); err != nil {
		d.fail(err)
	}
}

// keepAlive closes a connection whose other end no longer answers.
func (d *door) keepAlive(ctx context.Context, conn *gossh.ServerConn) {
	if d.local != "" {
		return // the kernel knows
	}
	safego.Start(func() error {
		tick := time.NewTicker(keepaliveTime)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
			silent := time.AfterFunc(2*keepaliveTime, func() { _ = conn.Close() })
			_, _, err := conn.SendRequest("keepalive@openssh.com", true, nil)
			silent.Stop()
			if err != nil {
				return nil // it has ended
			}
		}
	})
}

// viewer returns who is at the other end of a channel.
func (d *door) viewer(ctx context.Context, conn *gossh.ServerConn, channel gossh.Channel) *Viewer {
	v := &Viewer{channel: channel, since: time.Now(), resized: make(chan struct{}, 1)}
	v.ctx, v.end = context.WithCancelCause(ctx)
	v.keys = newKeys(v.ctx, channel, d.Idle, v.end) //nolint:contextcheck // it comes from ctx
	if d.local != "" {
		v.Name, v.From, v.Local, v.Access = d.local, "this machine", true, MayAct
		return v
	}
	v.From = conn.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(v.From); err == nil {
		v.From = host
	}
	v.set("SSH_CONNECTION", v.From)
	if conn.Permissions != nil { // they are those of the key that the client has proved to have
		v.Name = conn.Permissions.Extensions[nameExtension]
		v.Access, _ = ParseAccess(conn.Permissions.Extensions[accessExtension])
	}
	return v
}

// session answers the requests of a channel until it is closed, and runs the one screen or command that they ask for.
func (d *door) session(ctx context.Context, conn *gossh.ServerConn, channel gossh.Channel, requests <-chan *gossh.Request) {
	v := d.viewer(ctx, conn, channel)
	defer context.AfterFunc(d.ctx, func() { v.end(context.Cause(d.ctx)) })() //nolint:contextcheck // of the door
	var running <-chan error
	for running != nil || requests != nil {
		select {
		case request, open := <-requests:
			if !open {
				requests = nil
				v.end(nil)
				if running == nil {
					return
				}
				continue
			}
			run := d.answer(v, request, running != nil)
			if run != nil {
				running = safego.Start(func() error { return d.run(v, run) })
			}
		case err := <-running:
			if _, panicked := errors.AsType[*safego.PanicError](err); panicked {
				d.fail(err)
			}
			v.end(nil)
			safego.Start(func() error { // of a channel that the other end has not closed yet
				gossh.DiscardRequests(requests)
				return nil
			})
			return
		}
	}
}

// run runs a screen or a command, tells its exit status, and closes the channel.
func (d *door) run(v *Viewer, do func(context.Context) int) error {
	status := do(v.ctx)
	message := gossh.Marshal(&struct{ Status uint32 }{uint32(status)}) //nolint:gosec // 0 to 255
	_, _ = v.channel.SendRequest("exit-status", false, message)
	return v.channel.Close() //nolint:wrapcheck // the other end may be gone
}

// answer answers a request. It returns what is to be run, where the request asks for it and nothing runs yet.
func (d *door) answer(v *Viewer, request *gossh.Request, busy bool) (run func(context.Context) int) {
	ok := false
	switch request.Type {
	case "env":
		var variable struct{ Name, Value string }
		ok = !busy && gossh.Unmarshal(request.Payload, &variable) == nil && v.setVariable(variable.Name, variable.Value)
	case "pty-req":
		var pty struct {
			Kind          string
			Columns, Rows uint32
			Width, Height uint32 // in pixels
			Modes         string
		}
		ok = !busy && gossh.Unmarshal(request.Payload, &pty) == nil && v.openTerminal(pty.Kind, pty.Columns, pty.Rows)
	case "window-change":
		var size struct{ Columns, Rows, Width, Height uint32 }
		if ok = gossh.Unmarshal(request.Payload, &size) == nil; ok {
			v.resize(size.Columns, size.Rows)
		}
	case "shell":
		if ok = !busy; ok {
			run = func(ctx context.Context) int { return d.look(ctx, v) }
		}
	case "exec":
		var command struct{ Line string }
		if ok = !busy && gossh.Unmarshal(request.Payload, &command) == nil && len(command.Line) <= maxCommand; ok {
			run = func(ctx context.Context) int { return d.print(ctx, v, command.Line) }
		}
	}
	_ = request.Reply(ok, nil) // agents, X11, subsystems, signals, breaks: no
	return run
}

// look shows a screen.
func (d *door) look(ctx context.Context, v *Viewer) (status int) {
	if !v.HasTerminal() {
		return d.refuse(v, "a screen needs a terminal: ssh -t, or give a command: stats, report, alerts or who")
	}
	leave, err := d.Viewers.enter(v)
	if err != nil {
		return d.refuse(v, err.Error())
	}
	defer leave()
	w, h := v.Size()
	d.Log.InfoContext(ctx, "viewer came", "name", v.Name, "from", v.From, "access", v.Access.String(), "size", fmt.Sprintf("%dx%d", w, h), "looking", d.Viewers.Count())
	defer func() {
		leave()
		attrs := []any{"name", v.Name, "from", v.From, "after", time.Since(v.since).Round(time.Second).String(), "looking", d.Viewers.Count()}
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
			attrs = append(attrs, "why", cause)
		}
		d.Log.InfoContext(context.WithoutCancel(ctx), "viewer left", attrs...)
	}()
	// Whoever does not read keeps a screen from giving its terminal back: then the channel is closed under it.
	defer context.AfterFunc(ctx, func() { time.AfterFunc(leaveTime, func() { _ = v.channel.Close() }) })()
	err = d.Show(ctx, v)
	switch {
	case errors.Is(context.Cause(ctx), errIdle):
		return d.refuse(v, "left: "+errIdle.Error())
	case err != nil && ctx.Err() == nil:
		attrs := []any{"name", v.Name, "from", v.From, "error", err}
		if panicked, ok := errors.AsType[*safego.PanicError](err); ok {
			attrs = append(attrs, "stack", string(panicked.Stack))
		}
		d.Log.ErrorContext(ctx, "viewer failed", attrs...) // the others go on
		return d.refuse(v, err.Error())
	}
	return 0
}

// print runs a command.
func (d *door) print(ctx context.Context, v *Viewer, line string) (status int) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = v.channel.Close() })()
	select {
	case d.commands <- struct{}{}:
		defer func() { <-d.commands }()
	case <-ctx.Done():
		return 1
	}
	d.Log.InfoContext(ctx, "viewer asks", "name", v.Name, "from", v.From, "command", safetext.MaskedLine(line, 100))
	var out, problems io.Writer = v.channel, v.channel.Stderr()
	if v.HasTerminal() {
		out, problems = carriageReturns{out}, carriageReturns{problems}
	}
	return d.Print(ctx, v, out, problems, strings.Fields(line))
}

// refuse says why nothing is shown.
func (d *door) refuse(v *Viewer, why string) (status int) {
	_, _ = fmt.Fprintf(v.channel.Stderr(), "errtop: %s\r\n", safetext.Line(why))
	return 1
}

// carriageReturns writes line feeds as a terminal in raw mode wants them.
type carriageReturns struct{ to io.Writer }

func (c carriageReturns) Write(p []byte) (int, error) {
	if _, err := io.WriteString(c.to, strings.ReplaceAll(string(p), "\n", "\r\n")); err != nil {
		return 0, err //nolint:wrapcheck // it stands for the channel
	}
	return len(p), nil
}
