package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"errtop/internal/safetext"
	"errtop/internal/serve"
	"errtop/internal/terminal"
)

func (a *app) attachCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "attach [NAME|PROCESS|FOLDER]",
		Short: "Look at an errtop watch that runs on this machine",
		Long: "Look at an errtop watch of the same user on this machine, through a socket that nobody else can open: its screen, with a size, " +
			"colours, keys, filter, freeze and time travel of your own. Where several run, NAME (of their config) or their process number says which. " +
			"FOLDER is that of another user's sockets, such as /run/errtop, for whoever may open them.",
		Example: "errtop attach\nerrtop attach prod-eu\nsudo errtop attach /run/errtop",
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(fmt.Sprintf("attach looks at one errtop watch, got %q", args), "errtop attach NAME")
			}
			return a.attach(command.Context(), args)
		},
	}
}

// attach shows the screen of a running errtop watch on this terminal.
func (a *app) attach(ctx context.Context, args []string) error {
	peer, err := a.watchToAttach(ctx, args)
	if err != nil {
		return err
	}
	if err := a.requireScreen(); err != nil {
		return err
	}
	keyboard, release, err := a.keyboard()
	if err != nil {
		return err
	}
	defer release()
	device := terminal.Open(keyboard, a.Out, false)
	defer device.Close()
	if err := peer.Attach(ctx, attachedTerminal{device}, os.Environ()); err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	return nil
}

// watchToAttach returns the errtop watch that args name, or the only one.
func (a *app) watchToAttach(ctx context.Context, args []string) (*serve.Peer, error) {
	folder := serve.ControlDir(a.LookupEnv)
	if len(args) > 0 && strings.ContainsRune(args[0], filepath.Separator) {
		folder, args = args[0], nil
	} else if len(args) > 0 && strings.Contains(args[0], ":") {
		return nil, usage(safetext.MaskedLine(args[0], 100)+" is not on this machine", "ssh -p PORT HOST looks at an errtop watch elsewhere")
	}
	peers, err := serve.Peers(ctx, folder, "")
	if err != nil && !errors.Is(err, serve.ErrNone) {
		return nil, err
	}
	var found []serve.Peer
	for i := range peers {
		if p := &peers[i]; p.Watch && (len(args) == 0 || p.Name == args[0] || strconv.Itoa(p.PID) == args[0]) {
			found = append(found, *p)
		}
	}
	switch {
	case len(found) == 1:
		return &found[0], nil
	case len(found) > 1:
		names := make([]string, len(found))
		for i := range found {
			names[i] = peerName(&found[i])
		}
		slices.Sort(names)
		return nil, usage(fmt.Sprintf("%d of your errtop watch run here", len(found)), fmt.Sprintf("name one: %q", names))
	case len(args) > 0:
		return nil, &exitError{err: fmt.Errorf("no errtop watch of yours called %q runs here", args[0]), hint: "errtop attach without a name looks at the only one", status: statusFailed}
	default:
		return nil, &exitError{err: errors.New("no errtop watch of yours runs here"), hint: "errtop watch starts one; it must run as the same user, with the same XDG_RUNTIME_DIR", status: statusFailed}
	}
}
