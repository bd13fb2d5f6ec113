package cli

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"errtop/internal/ingest"
)

func (a *app) statsCommand() *cobra.Command {
	var asJSON bool
	var options ingest.StatsOptions
	command := &cobra.Command{
		Use:     "stats FILE...",
		Short:   "Count what request logs hold, without a dashboard",
		Long:    "Count what request logs hold, without a dashboard: totals, by status, by target, hourly, top groups of errors. - is standard input.",
		Example: "errtop stats access.log\nkubectl logs api | errtop stats --json -",
		RunE: func(command *cobra.Command, args []string) error {
			inputs, err := a.inputs(args)
			if err != nil {
				return err
			}
			summary, err := ingest.Stats(command.Context(), inputs, options)
			if summary == nil {
				return &exitError{err: err, status: statusUsage}
			}
			if summary.Results() == 0 && err != nil {
				return err
			}
			if asJSON {
				return errors.Join(a.writeJSON(summary), err)
			}
			return errors.Join(summary.WriteText(a.Out, a.width(), a.colour()), err)
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "one JSON object instead of text")
	formatFlag(command, &options.Options)
	return command
}

// inputs returns the logs that args name; none is standard input where something is piped in.
func (a *app) inputs(args []string) ([]ingest.Input, error) {
	if len(args) == 0 {
		if !isPiped(a.In) {
			return nil, usage("stats needs a log to read", "errtop stats FILE..., or - for standard input")
		}
		args = []string{"-"}
	}
	inputs := make([]ingest.Input, len(args))
	for i, name := range args {
		inputs[i] = ingest.Input{Name: name}
		if name == "-" {
			inputs[i] = ingest.Input{Name: "stdin", Reader: a.In}
		}
	}
	return inputs, nil
}

// writeJSON writes value as indented JSON.
func (a *app) writeJSON(value any) error {
	encoder := json.NewEncoder(a.Out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("cannot write the result: %w", err)
	}
	return nil
}

// width returns the columns of the terminal on standard output, and 80 where it is none.
func (a *app) width() int {
	if width, _, err := term.GetSize(a.Out.Fd()); err == nil && width > 0 {
		return width
	}
	return 80
}

// colour reports whether standard output should be coloured (https://no-color.org, https://bixense.com/clicolors).
func (a *app) colour() bool {
	if value, _ := a.LookupEnv("NO_COLOR"); value != "" {
		return false
	}
	if value, ok := a.LookupEnv("CLICOLOR_FORCE"); ok && value != "0" {
		return true
	}
	clicolor, _ := a.LookupEnv("CLICOLOR")
	name, _ := a.LookupEnv("TERM")
	return term.IsTerminal(a.Out.Fd()) && clicolor != "0" && name != "dumb"
}
