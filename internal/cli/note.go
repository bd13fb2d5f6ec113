package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"errtop/internal/serve"
)

func (a *app) noteCommand() *cobra.Command {
	var note serve.Note
	var name string
	command := &cobra.Command{
		Use:   "note TEXT",
		Short: "Write a note about an incident in a running errtop",
		Long: "Write a note about an incident in every errtop that you run on this machine, or in that of a name: the worst incident that goes on, " +
			"or the newest of a target. It stands on the incident's page and in reports, with your name and the time. In the dashboard c does the same.",
		Example: "errtop note \"rolling back 4.2.1\"\n" +
			"errtop note --target billing \"the pool was too small; raised to 200\"",
		RunE: func(command *cobra.Command, args []string) error {
			note.Text, note.By = strings.Join(args, " "), userName()
			if strings.TrimSpace(note.Text) == "" {
				return usage("note needs a text", `errtop note "rolling back 4.2.1"`)
			}
			return a.eachPeer(command.Context(), name, func(p *serve.Peer) error {
				target, err := p.AddNote(command.Context(), note)
				if err != nil {
					return err
				}
				return a.say("noted in %s about the incident of %s", peerName(p), target)
			})
		},
	}
	command.Flags().StringVar(&note.Target, "target", "", "about the newest incident of this `target` (default the worst that goes on)")
	command.Flags().Uint64Var(&note.Incident, "incident", 0, "about the incident of this `number`, as errtop report --format json prints it")
	command.Flags().StringVar(&name, "name", "", "only in the errtop of this `name` (default in all)")
	return command
}
