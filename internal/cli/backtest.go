package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/engine"
	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/internal/recording"
)

// backtestFlags are the flags of errtop backtest as they were typed.
type backtestFlags struct {
	json   bool
	store  bool
	bounds sinceUntil
	lines  lineFlags
}

func (a *app) backtestCommand() *cobra.Command {
	var flags backtestFlags
	command := &cobra.Command{
		Use:   "backtest FILE...",
		Short: "Show what the alert rules would have told over past logs",
		Long: "Show what the alert rules would have told over past logs: which rule, when, to whom, how long after the trouble began, and " +
			"which rules never fired. Logs are read in the order of their times, and the rules, grouping and receivers of the config are " +
			"evaluated as if errtop had watched while they were written. Nobody is told anything.\n\n" +
			"- is standard input; .gz and .zst are unpacked. Targets are those of the logs; where the config has one of the same name, its objective holds.",
		Example: "errtop backtest access.log.2.gz access.log.1 access.log\n" +
			"errtop backtest --config errtop.toml --since 7d --json access.log\n" +
			"errtop backtest --store --since 30d",
		RunE: func(command *cobra.Command, args []string) error { return a.backtest(command.Context(), args, flags) },
	}
	a.configFlag(command)
	command.Flags().BoolVar(&flags.json, "json", false, "print one JSON object instead of text")
	command.Flags().StringVar(&flags.bounds.since, "since", "", "judge only what is not older; what is older is read for what is usual: "+boundHelp)
	command.Flags().StringVar(&flags.bounds.until, "until", "", "read only what is older: "+boundHelp)
	command.Flags().BoolVar(&flags.store, "store", false, "judge what a store keeps: that of the config, or the FILEs")
	flags.lines.add(command)
	return command
}

func (a *app) backtest(ctx context.Context, args []string, flags backtestFlags) error {
	test, err := a.prepareBacktest(ctx, args, flags)
	if err != nil {
		return err
	}
	out, err := test.Run(ctx)
	if ctx.Err() != nil {
		return errStopped
	}
	if out == nil || out.Results == 0 {
		if err == nil {
			err = &exitError{err: errors.New("no result with a time in the logs"), hint: "errtop stats --explain FILE shows how lines are read", status: statusFailed}
		}
		return err
	}
	if flags.json {
		return errors.Join(a.writeJSON(out), err)
	}
	return errors.Join(a.print(backtestText(out, time.Local)), err)
}

// prepareBacktest returns what the flags ask for.
func (a *app) prepareBacktest(ctx context.Context, args []string, flags backtestFlags) (*engine.Backtest, error) {
	if flags.store {
		return a.prepareStored(args, flags)
	}
	if len(args) == 0 {
		if !isPiped(a.In) {
			return nil, usage("backtest needs a log to read", "errtop backtest FILE..., or - for standard input")
		}
		args = []string{"-"}
	}
	if first := slices.Index(args, "-"); first >= 0 && slices.Contains(args[first+1:], "-") {
		return nil, usage("standard input is named twice", "it can be read once")
	}
	if err := checkFiles(args); err != nil {
		return nil, err
	}
	options := ingest.Options{All: true, NoFollow: true}
	if err := flags.lines.apply(&options.Options, &options.Exclude); err != nil {
		return nil, err
	}
	since, until, err := flags.bounds.parse(time.Local)
	if err != nil {
		return nil, err
	}
	settings, _, err := a.openSettings()
	if err != nil {
		return nil, err
	}
	test := &engine.Backtest{Settings: settings}
	advice, err := advisor(settings)
	if err != nil {
		return nil, err
	}
	test.Advice = alertAdvice(advice)
	for _, name := range args {
		if name == "-" {
			test.Inputs = append(test.Inputs, engine.Reader("stdin", a.In, options))
			continue
		}
		if recording.Is(name) {
			test.Inputs = append(test.Inputs, engine.FromRecording(name))
			continue
		}
		test.Inputs = append(test.Inputs, engine.Logs([]string{name}, options))
	}
	if since.before > 0 || until.before > 0 {
		newest, ok := newestOf(ctx, args, options.Options)
		if !ok {
			return nil, usage("--since and --until count back from the newest line, which standard input and logs without times do not have", "give a time, as \"2026-11-22 14:00\"")
		}
		test.From, test.To = since.moment(newest), until.moment(newest)
	} else {
		test.From, test.To = since.at, until.at
	}
	return test, nil
}

// usualBefore is how much of a store's past is read before what is judged, for what is usual.
const usualBefore = 48 * time.Hour

// prepareStored returns a backtest of stores. A duration counts back from now.
func (a *app) prepareStored(args []string, flags backtestFlags) (*engine.Backtest, error) {
	since, until, err := flags.bounds.parse(time.Local)
	if err != nil {
		return nil, err
	}
	settings, path, err := a.openSettings()
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		kept := (&storeFlags{}).options(a, settings, path, "").Path
		if kept == "" {
			return nil, usage("no config with a store found", "errtop backtest --store FILE names one; --config FILE names a config")
		}
		args = []string{kept}
	}
	now := time.Now()
	test := &engine.Backtest{Settings: settings, Stored: true, From: since.moment(now), To: until.moment(now)}
	advice, err := advisor(settings)
	if err != nil {
		return nil, err
	}
	test.Advice = alertAdvice(advice)
	from := test.From
	if !from.IsZero() {
		from = from.Add(-usualBefore)
	}
	for _, name := range args {
		test.Inputs = append(test.Inputs, engine.FromStore(name, from))
	}
	return test, nil
}

// newestOf returns the time of the newest line of files.
func newestOf(ctx context.Context, files []string, options logline.Options) (time.Time, bool) {
	if slices.Contains(files, "-") {
		return time.Time{}, false
	}
	return ingest.NewestOf(ctx, files, options)
}
