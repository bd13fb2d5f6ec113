package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	gossh "golang.org/x/crypto/ssh"

	"errtop/internal/safego"
)

// Terminal is what [Peer.Attach] shows a screen on.
type Terminal interface {
	io.Writer

	// Keys returns what is typed.
	Keys() io.Reader
	// Size returns columns and rows.
	Size() (w, h int)
	// WaitForSize waits for another size. It reports false when ctx is done.
	WaitForSize(ctx context.Context) bool
	// Raw turns line editing and echo off and returns what turns them on again.
	Raw() (restore func() error, err error)
	// Reset gives back what a screen took that can no longer do so itself.
	Reset()
}

// Attach shows the screen of an errtop watch on a terminal of this machine, until its viewer leaves, the watch ends or ctx is done.
// The terminal is given back as it was, whatever ends it. The environment says what the terminal can do.
func (p *Peer) Attach(ctx context.Context, device Terminal, environ []string) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", strings.TrimSuffix(p.path, socketSuffix)+viewerSuffix)
	if err != nil {
		return fmt.Errorf("errtop %d: %w", p.PID, err)
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer conn.Close()                                                                            //nolint:errcheck // nothing is lost
	config := &gossh.ClientConfig{User: "errtop", HostKeyCallback: gossh.InsecureIgnoreHostKey()} //nolint:gosec // nobody else can open the socket
	client, channels, requests, err := gossh.NewClientConn(conn, "errtop", config)
	if err != nil {
		return fmt.Errorf("errtop %d: %w", p.PID, err)
	}
	session, err := gossh.NewClient(client, channels, requests).NewSession()
	if err != nil {
		return fmt.Errorf("errtop %d: %w", p.PID, err)
	}
	err = attached(ctx, session, device, environ)
	if ctx.Err() != nil {
		return nil
	}
	if exit, ok := errors.AsType[*gossh.ExitMissingError](err); ok {
		return fmt.Errorf("errtop watch (process %d) has ended: %w", p.PID, exit)
	}
	return err
}

// attached runs the screen of a session.
func attached(ctx context.Context, session *gossh.Session, device Terminal, environ []string) error {
	kind := ""
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if name == "TERM" {
			kind = value
		} else if slices.Contains(allowedVariables, name) {
			_ = session.Setenv(name, value) // what the watch does not take is not needed
		}
	}
	w, h := device.Size()
	if err := session.RequestPty(kind, h, w, nil); err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	var problems limitedBuffer
	in, err := session.StdinPipe()
	if err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	session.Stderr = &problems
	restore, err := device.Raw()
	if err != nil {
		return err
	}
	if err := session.Shell(); err != nil {
		return errors.Join(fmt.Errorf("attach: %w", err), restore())
	}
	group, ctx := safego.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group.Go(func() error { return resizes(ctx, session, device) })
	safego.Start(func() error { // not waited for: the read of a key cannot be ended
		_, err := io.Copy(in, device.Keys())
		_ = session.Close() // nobody can type any more
		return err          //nolint:wrapcheck // nobody reads it
	})
	_, copied := io.Copy(device, out)
	err = session.Wait()
	cancel()
	if _, missing := errors.AsType[*gossh.ExitMissingError](err); missing { // it had no time to give the terminal back
		device.Reset()
	}
	if exit, ok := errors.AsType[*gossh.ExitError](err); ok && problems.kept.Len() > 0 {
		err = fmt.Errorf("%s (status %d)", strings.TrimPrefix(strings.TrimSpace(problems.kept.String()), "errtop: "), exit.ExitStatus())
	}
	return errors.Join(err, copied, restore(), group.Wait())
}

// resizes tells the watch each size of the terminal.
func resizes(ctx context.Context, session *gossh.Session, device Terminal) error {
	for device.WaitForSize(ctx) {
		w, h := device.Size()
		if session.WindowChange(h, w) != nil {
			return nil //nolint:nilerr // it has ended
		}
	}
	return nil
}
