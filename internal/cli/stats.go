package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"errtop/internal/filter"
	"errtop/internal/logline"
	"errtop/internal/stats"
)

// statsFlags are the flags of errtop stats as they were typed.
type statsFlags struct {
	json, explain bool
	bounds        sinceUntil
	filter        string
	options       stats.Options
	lines         lineFlags
}

// errStopped ends a count that was interrupted.
var errStopped = errors.New("stopped before the end of the logs")

func (a *app) statsCommand() *cobra.Command {
	var flags statsFlags
	command := &cobra.Command{
		Use:   "stats FILE...",
		Short: "Count what request logs hold, without a dashboard",
		Long: "Count what request logs hold, without a dashboard: totals, by status, by target, hourly, top groups of errors. " +
			"- is standard input; .gz, .zst, .xz and .bz2 are unpacked; what ssh://host/path, k8s://, docker:// and journal:// name is read to its end.\n\n" +
			"--filter takes what / takes in the dashboard: " + filter.Help + "\n\n" + filter.Fields,
		Example: "errtop stats access.log\n" +
			"errtop stats --by route --since 2h --filter 'status:5xx target:api' access.log\n" +
			"kubectl logs api | errtop stats --json -",
		RunE: func(command *cobra.Command, args []string) error { return a.stats(command, args, flags) },
	}
	command.Flags().BoolVar(&flags.json, "json", false, "print one JSON object instead of text")
	command.Flags().BoolVar(&flags.explain, "explain", false, "show how the first lines of each log are understood, and count nothing")
	command.Flags().StringVar((*string)(&flags.options.By), "by", "", "`dimension` to break down by: "+words(stats.Dimensions()))
	flags.bounds.add(command, "count only what is not older", "count only what is older")
	command.Flags().StringVar(&flags.filter, "filter", "", "count only results that match the `filter`, as 'status:5xx !target:kling'")
	flags.lines.add(command)
	return command
}

func (a *app) stats(command *cobra.Command, args []string, flags statsFlags) (err error) {
	inputs, err := a.inputs("stats", args)
	if err != nil {
		return err
	}
	options := flags.options
	if err := flags.lines.apply(&options.Options, &options.Exclude); err != nil {
		return err
	}
	if options.Filter, err = filter.Parse(flags.filter); err != nil {
		return usage("--filter: "+err.Error(), "errtop stats --help says what a filter may hold")
	}
	since, until, err := flags.bounds.parse(time.Local)
	if err != nil {
		return err
	}
	if flags.explain {
		return a.explain(command, inputs, options.Options)
	}
	if since.before > 0 || until.before > 0 || options.Filter.Relative() {
		newest, done, err := newestLine(command.Context(), inputs, options.Options)
		defer done()
		if command.Context().Err() != nil {
			return errStopped
		}
		if err != nil {
			return err
		}
		options.Now = newest
	}
	options.From, options.To = since.moment(options.Now), until.moment(options.Now)
	summary, err := stats.Count(command.Context(), inputs, options)
	if command.Context().Err() != nil {
		return errStopped
	}
	if summary == nil && err != nil {
		return &exitError{err: err, status: statusUsage}
	}
	if err != nil && (summary.Lines() == 0 || summary.Results() == 0) {
		return err // no request could be read
	}
	if flags.json {
		return errors.Join(a.writeJSON(summary), err)
	}
	var text strings.Builder
	return errors.Join(summary.WriteText(&text, a.width(), a.colour()), a.print(text.String()), err)
}

// explain prints how the logs are understood.
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

// words joins names for a help text.
func words[T ~string](names []T) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
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

// width returns the columns of the terminal on standard output, or 80 if it is not a terminal.
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
