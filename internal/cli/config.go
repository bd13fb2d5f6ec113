package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"errtop/internal/safetext"
)

func (a *app) configCommand() *cobra.Command {
	var checkOnly bool
	command := &cobra.Command{
		Use:   "config",
		Short: "Print the effective settings, secrets masked",
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Sprintf("config takes no arguments, got %q", args[0]), "errtop config --config FILE")
			}
			settings, path, err := a.settings(command.Context())
			if err != nil {
				return err
			}
			for _, warning := range settings.Warnings {
				_, _ = fmt.Fprintf(a.Err, "errtop: warning: %s\n", safetext.Line(warning))
			}
			if checkOnly {
				if path == "" {
					return usage("no config found", "errtop init writes one; --config FILE names another")
				}
				return a.say("%s: good, targets: %d, sources: %d", safetext.Line(path), len(settings.Targets), len(settings.Sources))
			}
			return settings.WriteTOML(a.Out)
		},
	}
	a.configFlag(command)
	command.Flags().BoolVar(&checkOnly, "check", false, "only say whether the config is good")
	return command
}
