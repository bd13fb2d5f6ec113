package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/engine"
	"errtop/internal/ingest"
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
			"- is standard input; .gz, .zst, .xz and .bz2 are unpacked; what ssh://host/path, k8s://, docker:// and journal:// name is read to its end. Targets are those of the logs; where the config has one of the same name, its objective holds.",
		Example: "errtop backtest access.log.2.gz access.log.1 access.log\n" +
			"errtop backtest --config errtop.toml --since 7d --json access.log\n" +
			"errtop backtest --store --since 30d",
		RunE: func(command *cobra.Command, args []string) error { return a.backtest(command.Context(), args, flags) },
	}
	a.configFlag(command)
	command.Flags().BoolVar(&flags.json, "json", false, "print one JSON object instead of text")
	flags.bounds.add(command, "judge only what is not older; what is older is read for what is usual", "read only what is older")
	command.Flags().BoolVar(&flags.store, "store", false, "judge what a store keeps: that of the config, or the FILEs")
	flags.lines.add(command)
	return command
}

func (a *app) backtest(ctx context.Context, args []string, flags backtestFlags) error {
	test, done, err := a.prepareBacktest(ctx, args, flags)
	defer done()
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

// prepareBacktest returns what the flags ask for. Call done once it has run.
func (a *app) prepareBacktest(ctx context.Context, args []string, flags backtestFlags) (test *engine.Backtest, done func(), err error) {
	done = func() {}
	if flags.store {
		test, err = a.prepareStored(args, flags)
		return test, done, err
	}
	inputs, err := a.inputs("backtest", args)
	if err == nil {
		err = checkFiles(args)
	}
	if err != nil {
		return nil, done, err
	}
	options := ingest.Options{All: true, NoFollow: true}
	if err := flags.lines.apply(&options.Options, &options.Exclude); err != nil {
		return nil, done, err
	}
	since, until, err := flags.bounds.parse(time.Local)
	if err != nil {
		return nil, done, err
	}
	if test, err = a.newBacktest(); err != nil {
		return nil, done, err
	}
	var newest time.Time
	if since.before > 0 || until.before > 0 {
		if newest, done, err = newestLine(ctx, inputs, options.Options); err != nil {
			return nil, done, err
		}
		if newest.IsZero() {
			return nil, done, usage("--since and --until count back from the newest line, and no line has a time", "give a time, as \"2026-11-22 14:00\"")
		}
	}
	test.From, test.To = since.moment(newest), until.moment(newest)
	test.Inputs = sourcesOf(inputs, options)
	return test, done, nil
}

// newBacktest returns a backtest with the rules and the advice of the settings.
func (a *app) newBacktest() (*engine.Backtest, error) {
	settings, _, err := a.openSettings()
	if err != nil {
		return nil, err
	}
	advice, err := advisor(settings)
	if err != nil {
		return nil, err
	}
	return &engine.Backtest{Settings: settings, Advice: alertAdvice(advice)}, nil
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
