package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/engine"
	"errtop/internal/human"
	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/internal/safego"
	"errtop/internal/safetext"
)

// recordTimeout is how long a dashboard that ends waits for the disk.
const recordTimeout = 200 * time.Millisecond

// recordFlag gives a command --record.
func recordFlag(command *cobra.Command, path *string) {
	command.Flags().StringVar(path, "record", "", "record every result into a new `file`, which errtop replay shows again; .zst and .gz compress")
}

func (a *app) recordCommand() *cobra.Command {
	var options ingest.Options
	var lines lineFlags
	bounds := sinceUntil{since: defaultSince.String()}
	command := &cobra.Command{
		Use:   "record FILE [LOG...]",
		Short: "Record every result into a file, without a dashboard",
		Long: "Record every result into a new file, which errtop replay shows again: what the targets of the config answer, what stands in the request " +
			"logs named (- is standard input), or what a command prints. It goes on until the input ends or ctrl+c is pressed.\n\n" +
			"The file holds a JSON object a line; a name that ends in .zst or .gz compresses it. Secrets are masked, and only you can read it.",
		Example: "errtop record incident.ndjson.zst --config errtop.toml\n" +
			"errtop record monday.ndjson.zst --no-follow /var/log/nginx/access.log\n" +
			"errtop record api.ndjson -- kubectl logs -f deploy/api",
		RunE: func(command *cobra.Command, args []string) error {
			if options.All {
				bounds.since = ""
			}
			if err := lines.apply(&options.Options, &options.Exclude); err != nil {
				return err
			}
			if len(args) == 0 || command.ArgsLenAtDash() == 0 {
				return usage("record needs the name of a new file", "errtop record incident.ndjson.zst access.log")
			}
			d, err := a.recorded(command, args[1:], options, bounds)
			if err != nil {
				return err
			}
			return a.record(command.Context(), d, args[0])
		},
	}
	a.configFlag(command)
	lines.add(command)
	readFlags(command, &options, &bounds)
	return command
}

// recorded returns what is recorded: what args name, a command behind --, or else what the config names or what is piped in.
func (a *app) recorded(command *cobra.Command, args []string, options ingest.Options, bounds sinceUntil) (*dashboard, error) {
	if command.ArgsLenAtDash() == 1 && len(args) > 0 {
		settings, _, err := a.openSettings()
		if err != nil {
			return nil, err
		}
		d := newDashboard(settings)
		options.NoFollow = true // a program that has ended is not started again
		d.options.Sources = append(d.options.Sources, engine.Command(args, options))
		return d, nil
	}
	d, err := a.chosen(command.Context(), args, options, bounds, "")
	if err == nil && d.demo {
		return nil, usage("record needs something to record: a config, logs, or piped input", "errtop demo --record FILE records the demo")
	}
	return d, err
}

// record runs an engine until its sources end or ctx is done, and says what is in the file.
func (a *app) record(ctx context.Context, d *dashboard, path string) error {
	d.options.EndWithSources = true
	d.settings.Receivers = nil // it tells nobody of alerts: the dashboard beside it does
	eng, err := engine.New(d.options)
	if err != nil {
		return usageError(err)
	}
	recorder, err := eng.Record(path, true)
	if err != nil {
		return recordError(err)
	}
	notices, stop := eng.Notices()
	defer stop()
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	group, _ := safego.WithContext(ctx)
	group.Go(func() error {
		recorder.Wait(running) // it ends before the engine where the disk fails
		cancel()
		return nil
	})
	group.Go(func() error {
		for {
			select {
			case text := <-notices:
				_, _ = fmt.Fprintln(maskedWriter{a.Err, a.known}, "errtop: "+text)
			case <-running.Done():
				return nil
			}
		}
	})
	failed := eng.Run(running)
	cancel()
	failed = errors.Join(failed, group.Wait())
	done, _ := recorder.Wait(context.WithoutCancel(ctx))
	if done.Err != nil {
		return errors.Join(failed, done.Err)
	}
	if _, ok := errors.AsType[*logline.SourceError](failed); failed != nil && !ok {
		return usageError(failed)
	}
	text := fmt.Sprintf("recorded %s results in %s, %d KB", human.Thousands(done.Results), safetext.MaskSecrets(safetext.Line(path)), (done.Bytes+999)/1000)
	if !done.First.IsZero() {
		text += ", " + done.First.Local().Format(time.DateTime) + " to " + done.Last.Local().Format(time.DateTime)
	}
	return errors.Join(a.say("%s", text), failed)
}

// startRecording makes an engine that does not run yet record into a new file, "" for none. Call what it returns after the engine
// has ended: it returns what is wrong with the recording.
func startRecording(ctx context.Context, eng *engine.Engine, path string) (ended func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	recorder, err := eng.Record(path, false)
	if err != nil {
		return nil, recordError(err)
	}
	return func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
		defer cancel()
		done, ok := recorder.Wait(ctx)
		switch {
		case !ok:
			return fmt.Errorf("the disk is too slow: the end of the recording %s may be missing", path)
		case done.LeftOut > 0 && done.Err == nil:
			return fmt.Errorf("%d results are not in the recording %s: the disk was full or too slow", done.LeftOut, path)
		default:
			return done.Err
		}
	}, nil
}

// recordError says what to do where a recording cannot be made.
func recordError(err error) error {
	hint := ""
	if errors.Is(err, fs.ErrExist) {
		hint = "a recording never overwrites a file: give another name, or remove that one"
	}
	return &exitError{err: fmt.Errorf("cannot record: %w", err), status: statusFailed, hint: hint}
}
