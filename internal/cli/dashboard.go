package cli

import (
	"cmp"
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/config"
	"errtop/internal/demo"
	"errtop/internal/engine"
	"errtop/internal/event"
	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/internal/safego"
	"errtop/internal/serve"
	"errtop/tui"
)

// gcPercent returns the GC target percentage once the first picture stands, for so many probed targets: half of Go's default, because a
// dashboard that stays open for days should rather spend a little more time than much more memory. Thousands of targets hold a hundred MB
// that hardly change, and half of that again would be kept free.
func gcPercent(targets int) int {
	if targets > 2000 {
		return 30
	}
	return 50
}

// gcDelay is when gcPercent takes effect. Earlier, the first picture would wait for the collector.
const gcDelay = 10 * time.Second

// dashboard is what a viewer is put on, and how it looks.
type dashboard struct {
	title    string
	settings *config.Config
	plain    bool // a line for every change instead of a picture
	anyway   bool // although errtop watch asks the same targets
	demo     bool
	record   string         // the file that everything is recorded into; "" for none
	pages    chan tui.Page  // alerts for the terminal of the dashboard
	advisor  *event.Advisor // of the settings as they are
	options  engine.Options
	looking  func() int // how many viewers look; nil where there can be only one
}

func newDashboard(settings *config.Config) *dashboard {
	return &dashboard{title: settings.Name, settings: settings, options: engine.Options{Settings: settings, UserAgent: userAgent()}}
}

// defaultSince is how far before its newest line a log is read.
const defaultSince = 24 * time.Hour

// defaultBounds are the bounds where nobody says others.
func defaultBounds() sinceUntil { return sinceUntil{since: config.Duration(defaultSince).String()} }

func (a *app) dashboardCommand() *cobra.Command {
	var options ingest.Options
	var lines lineFlags
	var plain, anyway bool
	var ascii *bool
	var record, fleet string
	var kept storeFlags
	bounds := defaultBounds()
	command := &cobra.Command{
		Use:   "errtop [FILE...]",
		Short: "top for failing requests",
		Long: "top for failing requests: what is broken, since when, why, what to do about it, and is it getting better.\n\n" +
			"It watches the targets of the config, the request logs named (- is standard input), and piped input; " +
			"with none of these it shows the demo.",
		Example: "errtop demo\n" +
			"errtop /var/log/nginx/access.log\n" +
			"kubectl logs -f deploy/api | errtop\n" +
			"errtop ssh://web{1..3}/var/log/nginx/access.log\n" +
			"errtop k8s://shop/app=api docker://db journal://billing\n" +
			"errtop --config errtop.toml",
		RunE: func(command *cobra.Command, args []string) error {
			if options.All {
				bounds.since = ""
			}
			if err := lines.apply(&options.Options, &options.Exclude); err != nil {
				return err
			}
			d, err := a.chosen(command.Context(), args, options, bounds, fleet)
			if err != nil {
				return err
			}
			d.plain, d.anyway, d.record = plain, anyway, record
			if !d.demo && !d.options.Look {
				d.options.Store = kept.options(a, d.settings, d.options.ConfigPath, storeNameOfLogs(args, &lines, &options, bounds))
			}
			d.settings.Dashboard.ASCII = cmp.Or(ascii, d.settings.Dashboard.ASCII)
			return a.dashboard(command.Context(), d)
		},
	}
	a.configFlag(command)
	plainFlag(command, &plain)
	asciiFlag(command, &ascii)
	recordFlag(command, &record)
	kept.add(command)
	fleetFlag(command, &fleet)
	lines.add(command)
	readFlags(command, &options, &bounds)
	command.Flags().BoolVar(&anyway, "anyway", false, "start although an errtop watch of yours watches the same config")
	return command
}

// readFlags gives a command the flags that say how much of logs is read.
func readFlags(command *cobra.Command, options *ingest.Options, bounds *sinceUntil) {
	bounds.add(command, "read of logs only what is not older", "read of logs only what is older")
	command.Flags().BoolVar(&options.All, "all", false, "read logs from their beginning, however old they are")
	command.Flags().BoolVar(&options.NoFollow, "no-follow", false, "stop at the end of the logs instead of following them")
}

// plainFlag gives a command --plain.
func plainFlag(command *cobra.Command, plain *bool) {
	command.Flags().BoolVar(plain, "plain", false, "print a line for every change instead of drawing, until the input ends")
}

// asciiFlag gives a command --ascii; *said stays nil where it is not used.
func asciiFlag(command *cobra.Command, said **bool) {
	command.Flags().BoolFunc("ascii", "draw with ASCII only, or never with --ascii=false (default by the locale and TERM)", func(text string) error {
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("expected true or false")
		}
		*said = &yes
		return nil
	})
}

// chosen returns what errtop without a command shows: the config's targets and logs, the logs that args name, what is piped
// in, or else the demo.
func (a *app) chosen(ctx context.Context, args []string, options ingest.Options, bounds sinceUntil, fleet string) (*dashboard, error) {
	since, until, err := bounds.parse(time.Local)
	if err != nil {
		return nil, err
	}
	if err := checkFiles(args); err != nil {
		return nil, err
	}
	settings, path, look, err := a.openForFleet(fleet, len(args) > 0 || isPiped(a.In))
	if err != nil {
		return nil, err
	}
	d := newDashboard(settings)
	options.OwnAgents = engine.OwnAgents(settings)
	if look {
		d.title, d.options.Look = fleetTitle(settings), true
		return d, nil
	}
	if path != "" {
		d.options.ConfigPath = path
		d.options.Load = func(ctx context.Context) (*config.Config, error) { return a.load(ctx, path) }
	}
	files := slices.DeleteFunc(slices.Clone(args), func(name string) bool { return name == "-" })
	if len(files) > 0 {
		if !engine.HasInputs(settings) && len(files) == len(args) {
			if err := refuse(files, options); err != nil {
				return nil, err
			}
		}
		logs, err := boundedLogs(ctx, files, options, since, until)
		if err != nil {
			return nil, err
		}
		d.options.Sources = append(d.options.Sources, logs)
	}
	if len(files) < len(args) || len(args) == 0 && isPiped(a.In) {
		if until.before > 0 {
			return nil, usage("--until "+bounds.until+" needs a newest line, and what is piped in may go on", "give a time, as \"2026-11-22 14:00\"")
		}
		window := engine.Window{From: since.at, To: until.at, Newest: since.before}
		if since.before == defaultSince { // everything that comes; the dashboard shows a day of it
			window.Newest = 0
		}
		d.options.Sources = append(d.options.Sources, engine.Within(window, engine.Reader("stdin", a.In, options)))
	}
	if engine.HasInputs(settings) || len(d.options.Sources) > 0 {
		return d, nil
	}
	if path != "" {
		return nil, requireTargets(settings, path)
	}
	return demonstration(demo.Options{}), nil
}

// boundedLogs reads what files have between the bounds. A duration counts back from the newest line that any of them has now.
func boundedLogs(ctx context.Context, files []string, options ingest.Options, since, until bound) (engine.Source, error) {
	options.Since = since.before
	if since.before == defaultSince && until == (bound{}) {
		return engine.Logs(files, options), nil
	}
	var newest time.Time
	if since.before > 0 || until.before > 0 {
		var ok bool
		if newest, ok = ingest.NewestOf(ctx, files, options.Options); !ok {
			if until.before > 0 {
				return nil, usage("--until counts back from the newest line, and no line has a time", "give a time, as \"2026-11-22 14:00\"")
			}
			return engine.Within(engine.Window{Newest: since.before, To: until.at}, engine.Logs(files, options)), nil
		}
	}
	options.From = since.moment(newest)
	return engine.Within(engine.Window{From: options.From, To: until.moment(newest)}, engine.Logs(files, options)), nil
}

// demonstration is the dashboard over the embedded API.
func demonstration(options demo.Options) *dashboard {
	d := newDashboard(config.Default())
	d.title, d.demo = "demo", true
	d.options.Sources = []engine.Source{embeddedAPI(options)}
	return d
}

// dashboard runs an engine and shows it until somebody quits, ctx ends, or something of ours panics. A plain dashboard also
// ends with its sources.
func (a *app) dashboard(ctx context.Context, d *dashboard) error {
	d.options.EndWithSources, d.options.ControlDir = d.plain, serve.ControlDir(a.LookupEnv)
	if !d.anyway {
		if err := a.refuseSecond(ctx, d); err != nil {
			return err
		}
	}
	if !d.plain {
		d.pages = make(chan tui.Page)
		d.options.ShowPage = pagesTo(d.pages)
	}
	eng, err := newEngine(d)
	if err != nil {
		return err
	}
	view, done, err := a.viewer(d, eng)
	if err != nil {
		return err
	}
	defer done()
	recorded, err := startRecording(ctx, eng, d.record)
	if err != nil {
		return err
	}
	if _, set := a.LookupEnv("GOGC"); !set {
		frugal := time.AfterFunc(gcDelay, func() { debug.SetGCPercent(gcPercent(len(d.settings.Targets))) })
		defer frugal.Stop()
	}
	group, ctx := safego.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group.Go(func() error {
		if d.plain {
			defer cancel()
		}
		err := eng.Run(ctx)
		if _, ok := errors.AsType[*logline.SourceError](err); ok && !d.plain && eng.HasResults() {
			return nil // the picture has shown it
		}
		return err
	})
	err = safego.Catch(func() error { return view(ctx) })
	cancel()
	failed, lost := group.Wait(), recorded()
	if errors.Is(err, failed) { // the picture ended with it
		failed = nil
	}
	return usageError(errors.Join(err, failed, lost))
}

// newEngine returns an engine with the advice of the settings, which changes with them.
func newEngine(d *dashboard) (*engine.Engine, error) {
	var err error
	if d.advisor, err = advisor(d.settings); err != nil {
		return nil, err
	}
	d.options.Advice = alertAdvice(d.advisor)
	d.options.Reloaded = func(settings *config.Config) {
		if fresh, err := advisor(settings); err == nil { // else Load has refused them
			d.advisor.Replace(fresh)
		}
	}
	metrics := d.metrics()
	eng, err := engine.New(d.options)
	if err == nil && metrics != nil {
		metrics.engine = eng
	}
	return eng, err
}

// viewer returns the function that shows an engine, and one to call after it.
func (a *app) viewer(d *dashboard, eng *engine.Engine) (view func(context.Context) error, done func(), err error) {
	look := d.settings.Dashboard
	options := tui.Options{
		Engine: eng, Notices: eng.Notices,
		Title: d.title, Refresh: look.Refresh.Std(), ASCII: a.asciiOnly(look.ASCII), Mouse: look.Mouse, Bell: look.Bell, Notify: look.Notify,
		ExportDir: look.Export,
		Rights: tui.Rights{ // it is the user's own process
			Export: true, Suspend: true,
		},
		History: historyOf(eng),
	}
	alerts := &alertsView{engine: eng}
	options.Alerting, options.Pages = alerts, d.pages
	alerts.rights(&options.Rights, userName())
	options.Advisor = d.advisor
	if d.plain {
		return func(ctx context.Context) error { return tui.Plain(ctx, a.Out, options) }, func() {}, nil
	}
	if err := a.requireScreen(); err != nil {
		return nil, nil, err
	}
	if options.Styles, err = tui.NewStyles(look.Theme, look.Styles); err != nil {
		return nil, nil, err
	}
	if options.Keys, err = tui.NewKeyMap(look.Keys); err != nil {
		return nil, nil, err
	}
	keyboard, release, err := a.keyboard()
	if err != nil {
		return nil, nil, err
	}
	restore, err := captureStderr(eng.Log("standard error: ")) // before any source can write there
	if err != nil {
		release()
		return nil, nil, err
	}
	return func(ctx context.Context) error {
			if eng.CanReload() {
				options.Rights.Reload = func() error { return eng.Reload(ctx) }
			}
			return tui.Run(ctx, keyboard, a.Out, options)
		}, func() {
			_ = restore() // there is nobody left to tell
			release()
		}, nil
}
