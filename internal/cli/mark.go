package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/serve"
)

func (a *app) markCommand() *cobra.Command {
	var mark serve.Mark
	var name, at string
	command := &cobra.Command{
		Use:   "mark TEXT",
		Short: "Mark a deploy or the like in a running errtop",
		Long: "Mark a deploy or the like in every errtop that you run on this machine. Marks stand on the charts, and an incident that " +
			"begins soon after one names it.",
		Example: "errtop mark \"deploy billing 4.2.1\"\n" +
			"errtop mark --target billing --version 4.2.1 \"deploy billing\"",
		RunE: func(command *cobra.Command, args []string) error {
			mark.Text = strings.Join(args, " ")
			if strings.TrimSpace(mark.Text) == "" {
				return usage("mark needs a text: what was done", `errtop mark "deploy billing 4.2.1"`)
			}
			when, err := parseBound("at", at, time.Local)
			if err != nil {
				return err
			}
			mark.At = when.moment(time.Now())
			return a.mark(command.Context(), name, mark)
		},
	}
	command.Flags().StringVar(&mark.Target, "target", "", "what it was done to: the `name` of a target (default all)")
	command.Flags().StringVar(&mark.Version, "version", "", "the `version` that was released")
	command.Flags().StringVar(&at, "at", "", "when it was done: a `time`, or a duration before now as 5m (default now)")
	command.Flags().StringVar(&name, "name", "", "mark only in the errtop of this `name` (default in all)")
	return command
}

// mark tells every running errtop of the user, or those of a name, that something was done.
func (a *app) mark(ctx context.Context, name string, mark serve.Mark) error {
	return a.eachPeer(ctx, name, func(p *serve.Peer) error {
		if err := p.AddMark(ctx, mark); err != nil {
			return err
		}
		return a.say("marked in %s", peerName(p))
	})
}
