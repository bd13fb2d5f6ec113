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
	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/internal/safego"
	"errtop/tui"
)

// patience is how long sources may take to end after the dashboard has. What cannot end by then, a read that blocks, ends
// with the process.
const patience = 700 * time.Millisecond

// garbage is how much may lie about, in percent of what is in use, before it is collected: half of what Go does by itself.
// Who stays open for days beside what it watches should rather take a little more time than much more memory.
const garbage = 50

// dashboard is a picture and what fills it.
type dashboard struct {
	title    string
	settings *config.Config
	feed     *feed
	sources  []source
	plain    bool                        // lines instead of a picture
	reload   func(context.Context) error // reads the settings again; nil where there are none
}

func newDashboard(settings *config.Config) *dashboard {
	return &dashboard{title: settings.Name, settings: settings, feed: newFeed(trackerSettings(settings))}
}

func (a *app) dashboardCommand() *cobra.Command {
	var options ingest.Options
	var plain bool
	var ascii *bool
	since := config.Duration(24 * time.Hour)
	command := &cobra.Command{
		Use:   "errtop [FILE...]",
		Short: "top for failing requests",
		Long: "top for failing requests: what is broken, since when, why, what to do about it, and is it getting better.\n\n" +
			"It watches the config's targets, the request logs that are named, - for standard input, and what is piped in; " +
			"with none of these it shows the demo.",
		Example: "errtop demo\n" +
			"errtop /var/log/nginx/access.log\n" +
			"kubectl logs -f deploy/api | errtop\n" +
			"errtop --config errtop.toml",
		RunE: func(command *cobra.Command, args []string) error {
			options.Since = since.Std()
			d, err := a.chosen(command.Context(), args, options)
			if err != nil {
				return err
			}
			d.plain = plain
			d.settings.Dashboard.ASCII = cmp.Or(ascii, d.settings.Dashboard.ASCII)
			return a.dashboard(command.Context(), d)
		},
	}
	a.configFlag(command)
	plainFlag(command, &plain)
	asciiFlag(command, &ascii)
	formatFlag(command, &options.Options)
	command.Flags().TextVar(&since, "since", since, "of logs, only what is younger than this before the newest line")
	command.Flags().BoolVar(&options.All, "all", false, "of logs, all, however old")
	command.Flags().BoolVar(&options.NoFollow, "no-follow", false, "stop at the end of the logs")
	return command
}

// plainFlag gives a command --plain.
func plainFlag(command *cobra.Command, plain *bool) {
	command.Flags().BoolVar(plain, "plain", false, "a line for every change instead of a dashboard, until the input ends")
}

// asciiFlag gives a command --ascii; *said stays nil where it is not used.
func asciiFlag(command *cobra.Command, said **bool) {
	command.Flags().BoolFunc("ascii", "draw with ASCII only, or with --ascii=false never; where not said, by the locale and TERM", func(text string) error {
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("expected true or false")
		}
		*said = &yes
		return nil
	})
}

// formatFlag gives a command --format.
func formatFlag(command *cobra.Command, options *logline.Options) {
	command.Flags().StringVar((*string)(&options.Format), "format", "", "format of the logs: "+words(logline.Formats())+"; recognised by default")
}

// chosen returns what errtop without a command shows: the config's targets and logs, the logs that args name, what is piped
// in, or else the demo.
func (a *app) chosen(ctx context.Context, args []string, options ingest.Options) (*dashboard, error) {
	if err := checkFiles(args); err != nil {
		return nil, err
	}
	settings, path, err := a.settings(ctx)
	if err != nil {
		return nil, err
	}
	d := newDashboard(settings)
	if len(settings.Targets) > 0 {
		watched, err := a.watch(settings, path, d.feed)
		if err != nil {
			return nil, err
		}
		d.sources = append(d.sources, watched.probe, watched.follow)
		d.reload = watched.reload
	}
	for i := range settings.Sources {
		d.sources = append(d.sources, logs(d.feed, settings.Sources[i].Files, sourceOptions(&settings.Sources[i])))
	}
	if settings.Push.Listen != "" {
		d.sources = append(d.sources, pushes(d.feed, settings.Push))
	}
	files := slices.DeleteFunc(slices.Clone(args), func(name string) bool { return name == "-" })
	if len(files) > 0 {
		if len(d.sources) == 0 && len(files) == len(args) {
			if err := refuse(files, options); err != nil {
				return nil, err
			}
		}
		d.sources = append(d.sources, logs(d.feed, files, options))
	}
	if len(files) < len(args) || len(args) == 0 && isPiped(a.In) {
		d.sources = append(d.sources, a.standardInput(d.feed, options))
	}
	if len(d.sources) > 0 {
		return d, nil
	}
	if path != "" {
		return nil, requireTargets(settings, path)
	}
	return demonstration(demo.Options{}), nil
}

// demonstration is the dashboard over the embedded API.
func demonstration(options demo.Options) *dashboard {
	d := newDashboard(config.Default())
	d.title = "demo"
	d.sources = []source{embeddedAPI(d.feed, options, d.settings)}
	return d
}

// dashboard shows d until somebody quits, ctx ends, or something of ours panics; then it stops the sources.
func (a *app) dashboard(ctx context.Context, d *dashboard) error {
	view, done, err := a.viewer(d)
	if err != nil {
		return err
	}
	defer done()
	if _, said := a.LookupEnv("GOGC"); !said {
		// Not before the first picture: it would wait for it.
		thrift := time.AfterFunc(10*time.Second, func() { debug.SetGCPercent(garbage) })
		defer thrift.Stop()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := safego.WithContext(ctx)
	for _, warning := range d.settings.Warnings {
		d.feed.notice(warning)
	}
	group.Go(func() error {
		if d.plain {
			defer cancel() // ends with its sources; a picture stays
		}
		return d.run(ctx)
	})
	err = safego.Catch(func() error { return view(ctx) })
	cancel()
	wrong := waitFor(group, patience)
	if errors.Is(err, wrong) { // the picture ended with it
		return err
	}
	return errors.Join(err, wrong)
}

// run runs the sources until all have ended. What is wrong with one of them is shown as its health and ends nothing; it is
// returned at the end, where there is nothing to look at: of lines, and of sources that gave no result.
func (d *dashboard) run(ctx context.Context) error {
	group, ctx := safego.WithContext(ctx)
	problems := make(chan error, len(d.sources))
	for _, source := range d.sources {
		group.Go(func() error {
			err := source(ctx)
			if _, ok := errors.AsType[*logline.SourceError](err); ok {
				problems <- err
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if !d.plain && d.feed.gave() {
		return nil
	}
	close(problems)
	var wrong []error
	for problem := range problems {
		wrong = append(wrong, problem)
	}
	return errors.Join(wrong...)
}

// viewer returns the function that shows d, and one to call after it.
func (a *app) viewer(d *dashboard) (view func(context.Context) error, done func(), err error) {
	look := d.settings.Dashboard
	options := tui.Options{
		Engine:  d.feed.tracker,
		Notices: func() (<-chan string, func()) { return d.feed.notices.subscribe(time.Now()) },
		Rights:  tui.Rights{Export: true, Suspend: true},
		Title:   d.title, Refresh: look.Refresh.Std(), ASCII: a.asciiOnly(look.ASCII), Mouse: look.Mouse, Bell: look.Bell, Notify: look.Notify,
		ExportDir: look.Export,
	}
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
	keyboard, done, err := a.keyboard()
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) error {
		if d.reload != nil {
			options.Rights.Reload = func() error { return d.reload(ctx) }
		}
		return tui.Run(ctx, keyboard, a.Out, options)
	}, done, nil
}

// waitFor returns the group's error, or nil where it does not end in time.
func waitFor(group *safego.Group, patience time.Duration) error {
	ended := make(chan error, 1)
	go func() { ended <- group.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		return nil
	}
}
