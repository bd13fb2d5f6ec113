package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"errtop/internal/alert"
	"errtop/internal/safetext"
)

// Command runs a program with the notification as JSON on its standard input: Alertmanager's payload, version 4. An exit status other
// than 0 says that it failed.
type Command struct{ args []string }

// NewCommand returns a sender that runs a program with its arguments. No shell is involved.
func NewCommand(args []string) (*Command, error) {
	if len(args) == 0 || args[0] == "" {
		return nil, errors.New("a command needs a program")
	}
	return &Command{args}, nil
}

// Send runs the command.
func (c *Command) Send(ctx context.Context, n *alert.Notification) error {
	input, err := json.Marshal(payloadOf(n))
	if err != nil {
		return &RefusedError{err.Error()}
	}
	command := exec.CommandContext(ctx, c.args[0], c.args[1:]...) //nolint:gosec // the user's own command
	command.Stdin = bytes.NewReader(input)
	command.WaitDelay = time.Second
	var said bytes.Buffer
	command.Stderr = &limitedWriter{&said, 300}
	if err := command.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return &RefusedError{"no such program"}
		}
		if said.Len() > 0 {
			return fmt.Errorf("%w: %s", err, safetext.MaskedLine(said.String(), 300))
		}
		return fmt.Errorf("command: %w", err)
	}
	return nil
}

// limitedWriter keeps the beginning of what is written.
type limitedWriter struct {
	into *bytes.Buffer
	room int
}

// Write never fails.
func (w *limitedWriter) Write(p []byte) (int, error) {
	n := min(len(p), w.room)
	w.room -= n
	w.into.Write(p[:n])
	return len(p), nil
}
