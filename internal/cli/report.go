package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/internal/recording"
	reports "errtop/internal/report" // report prints errors
	"errtop/internal/safefile"
	"errtop/internal/stats"
	"errtop/tracker"
	"errtop/tui"
)

// reportFlags are the flags of errtop report as they were typed.
type reportFlags struct {
	bounds         sinceUntil
	target         string // that the report is about
	incident       uint64
	output, format string
	store          string
	lines          lineFlags
}

func (a *app) reportCommand() *cobra.Command {
	var flags reportFlags
	command := &cobra.Command{
		Use:   "report [FILE...]",
		Short: "Write an incident report from logs, a recording, or what errtop has kept",
		Long: "Write an incident report from request logs (- is standard input; ssh://host/path, k8s://, docker:// and journal:// name those of others), from one recording, or from what errtop has kept in its store: what happened, since when, how long, what it cost and whether it is over, " +
			"with timelines, charts, what failing requests had in common, and examples. Secrets are masked.\n\n" +
			"It is Markdown, JSON, or one HTML page that needs no script and fetches nothing. Of logs the last 24 hours are read. " +
			"Without FILE it is about what the errtop of the config has kept, also while that runs.",
		Example: "errtop report -o incident.html incident.ndjson.zst\n" +
			"errtop report -o incident.html --config errtop.toml\n" +
			"errtop report --since 2h --target billing access.log\n" +
			"errtop report --format json access.log | jq .headline",
		RunE: func(command *cobra.Command, args []string) error { return a.report(command.Context(), args, flags) },
	}
	a.configFlag(command)
	flags.lines.addReading(command)
	flags.bounds.add(command, "report only what is not older", "report how it was then")
	command.Flags().StringVar(&flags.target, "target", "", "report only on the target of this `name`")
	command.Flags().Uint64Var(&flags.incident, "incident", 0, "report only on the incident of this `number`, as --format json prints it")
	command.Flags().StringVar(&flags.store, "store", "", "report on what is kept in this `file` (default that of the config)")
	command.Flags().StringVarP(&flags.output, "output", "o", "", "new `file` to write; .md, .json and .html say the format (default standard output)")
	command.Flags().StringVar(&flags.format, "format", "", "`format` of the report: md, json or html (default by the name of the file, else md)")
	return command
}

// reportFormats are the formats of a report.
var reportFormats = []string{"md", "json", "html"}

func (a *app) report(ctx context.Context, args []string, flags reportFlags) error {
	format, err := reportFormat(flags)
	if err != nil {
		return err
	}
	since, until, err := flags.bounds.parse(time.Local)
	if err != nil {
		return err
	}
	settings, path, err := a.openSettings()
	if err != nil {
		return err
	}
	if len(args) == 0 && flags.store == "" && path != "" && !isPiped(a.In) {
		flags.store = (&storeFlags{}).options(a, settings, path, "").Path
	}
	input := reports.Input{Title: settings.Name, Made: time.Now(), Target: flags.target, Incident: flags.incident}
	if input.Advisor, err = advisor(settings); err != nil {
		return err
	}
	done, err := a.reportOn(ctx, &input, settings, args, flags, since, until)
	if err != nil {
		return err
	}
	defer done()
	input.Drawings = tui.Drawings(input.Snapshot)
	made := reports.New(input)
	if made.Nothing(&input) {
		return &exitError{err: errors.New("nothing is in that time"), status: statusFailed, hint: reportHint(flags)}
	}
	return a.writeReport(made, format, flags.output)
}

func reportHint(flags reportFlags) string {
	switch {
	case flags.incident != 0:
		return "there is no incident of that number; errtop report --format json prints those that there are"
	case flags.bounds.since != "":
		return "--since counts back from the newest line"
	default:
		return "errtop stats --explain FILE shows how lines are read"
	}
}

// reportFormat returns the format that the flags ask for.
func reportFormat(flags reportFlags) (string, error) {
	format := flags.format
	if format == "" {
		format = strings.TrimPrefix(filepath.Ext(flags.output), ".")
	}
	switch format {
	case "":
		return "md", nil
	case "htm":
		return "html", nil
	case "markdown":
		return "md", nil
	}
	if !slices.Contains(reportFormats, format) {
		return "", usage(fmt.Sprintf("no report can be written as %q", format), "formats are "+strings.Join(reportFormats, ", ")+"; -o incident.html, or --format html")
	}
	return format, nil
}

// reportOn fills in what is reported on. Call done once the report is made.
func (a *app) reportOn(ctx context.Context, input *reports.Input, settings *config.Config, args []string, flags reportFlags, since, until bound) (done func(), err error) {
	done = func() {}
	if flags.store != "" {
		if len(args) > 0 {
			return nil, usage("report takes files or --store, not both", "")
		}
		return a.reportOnStore(ctx, input, settings, flags.store, since, until)
	}
	if len(args) == 0 && !isPiped(a.In) {
		return nil, usage("report needs logs, a recording or a store", "errtop report access.log, errtop report incident.ndjson.zst, or errtop report --config errtop.toml")
	}
	one := slices.IndexFunc(args, recording.Is)
	switch {
	case one >= 0 && len(args) > 1:
		return nil, usage("report takes one recording and nothing beside it", "")
	case one >= 0:
		err = reportOnRecording(ctx, input, settings, args[one], until)
	default:
		done, err = a.reportOnLogs(ctx, input, settings, args, flags, until)
	}
	if err == nil {
		input.From = since.moment(input.Snapshot.At)
	}
	return done, err
}

// keptIncidents bounds the incidents that a report takes from a store.
const keptIncidents = 1000

// reportOnStore reads what is kept. Call done once the report is made.
func (a *app) reportOnStore(ctx context.Context, input *reports.Input, settings *config.Config, path string, since, until bound) (done func(), err error) {
	stored, err := engine.ReadStore(ctx, settings, path)
	if err != nil {
		return nil, &exitError{err: err, status: statusFailed, hint: "--store names the file; errtop shows under sources which one it keeps"}
	}
	done = func() { _ = stored.Close() } // it was only read from
	if stored.Problem != nil {
		_, _ = fmt.Fprintf(maskedWriter{a.Err, a.known}, "errtop: not everything could be read: %v\n", stored.Problem)
	}
	input.Title = orElse(input.Title, strings.TrimSuffix(filepath.Base(path), ".db"))
	input.Snapshot = stored.Snapshot()
	input.At = func(at time.Time) *tracker.Snapshot { return stored.SnapshotAt(ctx, at) }
	input.Alerts = tui.ReportAlerts(viewOfAlerts(&stored.Alerts, &stored.Options))
	if at := until.moment(stored.Now); !at.IsZero() && at.Before(stored.Now) {
		input.Snapshot, input.At = stored.SnapshotAt(ctx, at), nil
	}
	input.From = since.moment(input.Snapshot.At)
	if err := olderOf(ctx, input, stored); err != nil {
		return nil, errors.Join(err, stored.Close())
	}
	return done, nil
}

// olderOf fills in what a store has from before the day that a snapshot remembers, as far as the report is about it.
func olderOf(ctx context.Context, input *reports.Input, stored *engine.Stored) (err error) {
	if input.From.IsZero() && input.Incident == 0 {
		return nil
	}
	older := &input.Older
	kept, err := stored.Incidents(ctx, input.From, keptIncidents)
	if err != nil {
		return err
	}
	for i := range kept {
		if kept[i].Onset.At.After(input.Snapshot.At) {
			continue
		}
		older.Incidents = append(older.Incidents, reports.Past{Incident: kept[i].Incident, Groups: kept[i].Groups})
	}
	if first := reports.FirstHour(input.Snapshot); !input.From.IsZero() && input.From.Before(first) {
		older.Known = true
		older.Requests, older.Errors, err = stored.Count(ctx, input.Target, input.From, first)
	}
	return err
}

// reportOnRecording plays a recording to its end, or to a moment.
func reportOnRecording(ctx context.Context, input *reports.Input, settings *config.Config, name string, until bound) error {
	tape, err := openTape(name)
	if err != nil {
		return err
	}
	defer tape.Close() //nolint:errcheck // only read from
	input.Title = orElse(tape.Header.Name, orElse(input.Title, filepath.Base(name)))
	playback := engine.NewPlayback(settings, tape, filepath.Base(name))
	end := until.moment(tape.Last())
	for !playback.Ended() && (end.IsZero() || playback.Now().Before(end)) {
		if ctx.Err() != nil {
			return errStopped
		}
		if err := playback.Step(); err != nil {
			return err
		}
	}
	input.Snapshot, input.At = playback.Snapshot(), playback.SnapshotAt
	return nil
}

// reportOnLogs reads logs to their ends, or to a moment: once for the picture, and once more, in the order of their times, for what the rules
// would have told. Call done once the report is made.
func (a *app) reportOnLogs(ctx context.Context, input *reports.Input, settings *config.Config, args []string, flags reportFlags, until bound) (done func(), err error) {
	options := ingest.Options{NoFollow: true, Since: defaultSince}
	if err := flags.lines.apply(&options.Options, &options.Exclude); err != nil {
		return nil, err
	}
	inputs, err := a.inputs("report", args)
	if err == nil {
		err = checkFiles(args)
	}
	if err != nil {
		return nil, err
	}
	if files := slices.DeleteFunc(slices.Clone(args), func(name string) bool { return name == "-" }); len(files) > 0 && len(files) == len(args) {
		if err := refuse(files, options); err != nil {
			return nil, err
		}
	}
	done = func() {}
	newest := time.Time{}
	if until.before > 0 || slices.ContainsFunc(inputs, func(i stats.Input) bool { return i.Once }) { // what can be read once only is read twice
		newest, done, err = newestLine(ctx, inputs, options.Options)
		if err == nil && until.before > 0 && newest.IsZero() {
			err = usage("--until counts back from the newest line, and no line has a time", "give a time, as \"2026-11-22 14:00\"")
		}
		if err != nil {
			done()
			return nil, err
		}
	}
	window := engine.Window{To: until.moment(newest)}
	if !window.To.IsZero() {
		options.From = window.To.Add(-defaultSince)
		window.From = options.From
	}
	eng, err := readLogs(ctx, settings, inputs, options, window)
	if err != nil {
		done()
		return nil, err
	}
	now := time.Now()
	input.Snapshot = eng.Snapshot(now)
	input.At = func(at time.Time) *tracker.Snapshot { return eng.SnapshotAt(now, at) } //nolint:contextcheck // it looks into no store
	if input.Alerts, err = a.alertsOf(ctx, inputs, options, window.To, input.Snapshot); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

// readLogs reads what inputs have in a window.
func readLogs(ctx context.Context, settings *config.Config, inputs []stats.Input, options ingest.Options, window engine.Window) (*engine.Engine, error) {
	logs := config.Default() // what is watched has no part in this
	logs.Tracker, logs.Breaker = settings.Tracker, settings.Breaker
	d := newDashboard(logs)
	d.options.EndWithSources = true
	var files []string // together, so that none is read twice
	for _, input := range inputs {
		if input.Once {
			d.options.Sources = append(d.options.Sources, engine.Within(window, sourceOf(input, options)))
		} else {
			files = append(files, input.Name)
		}
	}
	if len(files) > 0 {
		d.options.Sources = append(d.options.Sources, engine.Within(window, engine.Logs(files, options)))
	}
	eng, err := engine.New(d.options)
	if err != nil {
		return nil, err
	}
	if err := eng.Run(ctx); err != nil {
		if _, ok := errors.AsType[*logline.SourceError](err); !ok || !eng.HasResults() {
			return nil, err
		}
	}
	if ctx.Err() != nil {
		return nil, errStopped
	}
	return eng, nil
}

// alertsOf returns the alerts that the rules would have told over the logs of a report.
func (a *app) alertsOf(ctx context.Context, inputs []stats.Input, options ingest.Options, until time.Time, snapshot *tracker.Snapshot) ([]reports.Alert, error) {
	test, err := a.newBacktest()
	if err != nil {
		return nil, err
	}
	options.All, options.Since, options.From = true, 0, time.Time{}
	test.From, test.To, test.Inputs = snapshot.At.Add(-defaultSince), until, sourcesOf(inputs, options)
	out, err := test.Run(ctx)
	if ctx.Err() != nil {
		return nil, errStopped
	}
	if out == nil { // what is wrong with a log was said when it was read
		return nil, err
	}
	alerts := tui.ReportAlerts(viewOfAlerts(&out.Alerts, &out.AlertOptions))
	for i := range alerts {
		alerts[i].Afterwards = true
		alerts[i].Incident = incidentOf(&alerts[i], snapshot)
	}
	return alerts, nil
}

// incidentOf returns the incident of a snapshot that an alert is about. The number of one whose onset was found to be another since is not
// the one that it had when the alert fired.
func incidentOf(a *reports.Alert, snapshot *tracker.Snapshot) uint64 {
	best := a.Incident
	for i := range snapshot.Incidents {
		in := &snapshot.Incidents[i]
		if in.ID == a.Incident {
			return in.ID
		}
		if a.Incident != 0 && in.Onset.At.Before(a.Fired.Add(time.Minute)) && (in.End.IsZero() || in.End.After(a.Since)) &&
			slices.ContainsFunc(in.Targets, func(t tracker.IncidentTarget) bool { return t.Name == a.Target || a.Target == "" }) {
			best = in.ID
		}
	}
	return best
}

// writeReport writes a report to a new file, or to standard output.
func (a *app) writeReport(made *reports.Report, format, path string) error {
	var text string
	var err error
	switch format {
	case "html":
		text, err = made.HTML()
	case "json":
		var data []byte
		data, err = made.JSON()
		text = string(data)
	default:
		text = made.Markdown()
	}
	if err != nil {
		return err
	}
	if path == "" {
		return a.print(text)
	}
	if err := safefile.Create(path, []byte(text)); err != nil {
		hint := ""
		if errors.Is(err, fs.ErrExist) {
			hint = "a report never overwrites a file: give another name, or remove that one"
		}
		return &exitError{err: fmt.Errorf("cannot write the report: %w", err), status: statusFailed, hint: hint}
	}
	return nil
}
