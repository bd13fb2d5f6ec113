package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"errtop/internal/config"
	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/internal/stats"
)

// statsFlags are the flags of errtop stats as they were typed.
type statsFlags struct {
	json, explain bool
	since, until  string
	options       stats.Options
}

func (a *app) statsCommand() *cobra.Command {
	var flags statsFlags
	command := &cobra.Command{
		Use:   "stats FILE...",
		Short: "Count what request logs hold, without a dashboard",
		Long: "Count what request logs hold, without a dashboard: totals, by status, by target, hourly, top groups of errors. " +
			"- is standard input; .gz and .zst are unpacked.",
		Example: "errtop stats access.log\n" +
			"errtop stats --by route --since 2h --filter 'status >= 500' access.log\n" +
			"kubectl logs api | errtop stats --json -",
		RunE: func(command *cobra.Command, args []string) error { return a.stats(command, args, flags) },
	}
	command.Flags().BoolVar(&flags.json, "json", false, "print one JSON object instead of text")
	command.Flags().BoolVar(&flags.explain, "explain", false, "show how the first lines of each log are understood, and count nothing")
	command.Flags().StringVar((*string)(&flags.options.By), "by", "", "`dimension` to break down by: "+words(stats.Dimensions()))
	command.Flags().StringVar(&flags.since, "since", "", "only what is not older: a time, or a duration before now as 2h")
	command.Flags().StringVar(&flags.until, "until", "", "only what is older, likewise")
	command.Flags().StringVar(&flags.options.Filter, "filter", "", "only results for which the expression holds, as 'status >= 500'")
	formatFlag(command, &flags.options.Options)
	return command
}

func (a *app) stats(command *cobra.Command, args []string, flags statsFlags) (err error) {
	inputs, err := a.inputs(args)
	if err != nil {
		return err
	}
	now := time.Now()
	if flags.options.From, err = moment("since", flags.since, now); err != nil {
		return err
	}
	if flags.options.To, err = moment("until", flags.until, now); err != nil {
		return err
	}
	if flags.explain {
		return a.explain(command, inputs, flags.options.Options)
	}
	summary, err := stats.Count(command.Context(), inputs, flags.options)
	if command.Context().Err() != nil {
		return errors.New("stopped before the end, so there is nothing to tell")
	}
	if summary == nil && err != nil {
		return &exitError{err: err, status: statusUsage}
	}
	if summary.Lines() == 0 && err != nil || summary.Results() == 0 && summary.Skipped() > 0 {
		return err // nothing but what could not be read
	}
	if flags.json {
		return errors.Join(a.writeJSON(summary), err)
	}
	var text strings.Builder
	return errors.Join(summary.WriteText(&text, a.width(), a.colour()), a.print(text.String()), err)
}

// explain says how the logs are understood.
func (a *app) explain(command *cobra.Command, inputs []stats.Input, options logline.Options) error {
	var problems []error
	for i, input := range inputs {
		if i > 0 {
			problems = append(problems, a.say(""))
		}
		var text strings.Builder
		problems = append(problems, stats.Explain(command.Context(), input, options, &text, a.width()), a.print(text.String()))
	}
	return errors.Join(problems...)
}

// moment understands a time (RFC 3339, or as people write it, in the local zone), or a duration before now; "" is the zero
// time.
func moment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	var before config.Duration
	if err := before.UnmarshalText([]byte(text)); err == nil {
		return now.Add(-before.Std()), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usage(fmt.Sprintf("--%s %q is neither a time nor a duration", flag, text),
		"as 2h, 2026-11-22T14:00:00Z, or \"2026-11-22 14:00\" in the local zone")
}

// words joins names for a help text.
func words[T ~string](names []T) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
}

// inputs returns the logs that args name; none is standard input where something is piped in.
func (a *app) inputs(args []string) ([]stats.Input, error) {
	if len(args) == 0 {
		if !isPiped(a.In) {
			return nil, usage("stats needs a log to read", "errtop stats FILE..., or - for standard input")
		}
		args = []string{"-"}
	}
	if first := slices.Index(args, "-"); first >= 0 && slices.Contains(args[first+1:], "-") {
		return nil, usage("standard input is named twice", "it can be read once")
	}
	inputs := make([]stats.Input, len(args))
	for i, name := range args {
		inputs[i] = stats.Input{Name: name, Open: func(ctx context.Context) (io.ReadCloser, error) { return ingest.Open(ctx, name) }}
		if name == "-" {
			inputs[i] = stats.Input{Name: "stdin", Open: func(ctx context.Context) (io.ReadCloser, error) { return ingest.OpenReader(ctx, a.In) }}
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
