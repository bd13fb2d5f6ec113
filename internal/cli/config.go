package cli

import (
	"bytes"
	"fmt"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"errtop/internal/config"
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
				_, _ = fmt.Fprintf(a.Err, "errtop: warning: %s\n", safetext.Line(settings.Known().Mask(warning)))
			}
			if checkOnly {
				if path == "" {
					return usage("no config found", "errtop init writes one; --config FILE names another")
				}
				return a.say("%s: good, targets: %d, sources: %d", safetext.Line(path), len(settings.Targets), len(settings.Sources))
			}
			return a.writeSettings(settings)
		},
	}
	a.configFlag(command)
	command.Flags().BoolVar(&checkOnly, "check", false, "only say whether the config is good")
	return command
}

// writeSettings prints the settings. To a terminal it writes characters that cannot be seen as escapes of TOML, so that they neither
// move its cursor nor deceive its reader.
func (a *app) writeSettings(settings *config.Config) error {
	var text bytes.Buffer
	if err := settings.WriteTOML(&text); err != nil {
		return err
	}
	written := text.Bytes()
	if term.IsTerminal(a.Out.Fd()) {
		written = config.EscapeTOML(written)
	}
	if _, err := a.Out.Write(written); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	return nil
}
