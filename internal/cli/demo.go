package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/demo"
)

// demoHistory is how much of the time before its start the demo shows, so that its charts are not empty.
const demoHistory = time.Hour

func (a *app) demoCommand() *cobra.Command {
	var options demo.Options
	var plain bool
	var ascii *bool
	var record string
	command := &cobra.Command{
		Use:   "demo",
		Short: "Show the dashboard over an embedded API with incidents",
		Long: "Show the dashboard over an embedded API with incidents: a server on a free loopback port, asked over real HTTP by " +
			"probes and by a load of clients. Nothing leaves this machine.",
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Sprintf("demo takes no arguments, got %q", args[0]), "errtop demo --help")
			}
			if options.Speed < 0.1 || options.Speed > 100 {
				return usage(fmt.Sprintf("--speed %g is out of range", options.Speed), "from 0.1 to 100; 1 is real time")
			}
			d := demonstration(options)
			d.plain, d.record = plain, record
			d.settings.Dashboard.ASCII = ascii
			return a.dashboard(command.Context(), d)
		},
	}
	plainFlag(command, &plain)
	asciiFlag(command, &ascii)
	recordFlag(command, &record)
	command.Flags().Uint64Var(&options.Seed, "seed", 1, "`number` that the incidents and the clients' habits are made from")
	command.Flags().Float64Var(&options.Speed, "speed", 1, "`factor` by which the demo runs faster than real time, 0.1 to 100")
	return command
}
