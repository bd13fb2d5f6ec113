package cli

import (
	"context"
	"errors"

	"errtop/internal/serve"
	"errtop/internal/terminal"
)

// remoteTerminal is a viewer's terminal as a screen wants it.
type remoteTerminal struct{ *serve.Viewer }

var _ terminal.Device = remoteTerminal{}

// Raw does nothing: the terminal's own end brings it into raw mode.
func (t remoteTerminal) Raw() (restore func() error, err error) {
	return func() error { return nil }, nil
}

// Next waits for another size.
func (t remoteTerminal) Next(ctx context.Context) terminal.Event {
	if t.WaitForSize(ctx) {
		return terminal.Resized
	}
	return terminal.None
}

// Suspend refuses: the process serves others.
func (t remoteTerminal) Suspend(bool) error {
	return errors.New("a viewer cannot be suspended; leave it and come back")
}

// attachedTerminal is the terminal of this process as errtop attach wants it.
type attachedTerminal struct{ *terminal.Local }

var _ serve.Terminal = attachedTerminal{}

// Size returns a size that can be drawn.
func (t attachedTerminal) Size() (w, h int) { return terminal.Bounded(t.Local.Size()) }

// WaitForSize waits for another size.
func (t attachedTerminal) WaitForSize(ctx context.Context) bool {
	return t.Next(ctx) == terminal.Resized
}

// Reset gives back what the screen took.
func (t attachedTerminal) Reset() { _, _ = t.Write(terminal.Reset()) }
