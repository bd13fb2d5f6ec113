package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/internal/logline"
	"errtop/internal/safego"
	"errtop/internal/serve"
	"errtop/tracker"
)

func (a *app) watchCommand() *cobra.Command {
	var format, fleet string
	var kept storeFlags
	command := &cobra.Command{
		Use:   "watch",
		Short: "Watch without a screen, for others to look at",
		Long: "Watch the targets and logs of the config without a screen, until it is sent SIGTERM or SIGINT. Needs no terminal: it logs to " +
			"standard error, tells systemd how it is, and reads its config again on SIGHUP, SIGUSR1, and when the file changes; a config " +
			"with mistakes leaves the old one in effect. errtop attach looks at it.",
		Example: "errtop watch --config /etc/errtop/errtop.toml --log json",
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Sprintf("watch takes no arguments, got %q", args[0]), "its config names what to watch")
			}
			return a.watch(command.Context(), format, fleet, &kept)
		},
	}
	a.configFlag(command)
	kept.add(command)
	fleetFlag(command, &fleet)
	command.Flags().StringVar(&format, "log", "text", "`format` of the log on standard error: text or json")
	return command
}

// watcher is a running errtop watch.
type watcher struct {
	app        *app
	settings   *config.Config
	log        *slog.Logger
	engine     *engine.Engine
	advisor    *event.Advisor
	viewers    *serve.Viewers
	supervisor serve.Supervisor
}

// watch runs an engine without a screen until ctx is done.
func (a *app) watch(ctx context.Context, format, fleet string, kept *storeFlags) error {
	hangups := make(chan os.Signal, 1)
	signal.Ignore(syscall.SIGHUP) // it ends other commands; here it asks for a reload
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)

	settings, path, err := a.openSettings()
	if err != nil {
		return err
	}
	look, err := looksAtFleet(settings, fleet, false)
	if err != nil {
		return err
	}
	if !look && !engine.HasInputs(settings) {
		return usage(orElse(path, "without a config, errtop watch")+" names nothing to watch", "[[targets]], [[sources]] or [push] in an errtop.toml do; errtop init writes one")
	}
	log, err := newLog(a.Err, format, a.known)
	if err != nil {
		return err
	}
	d := newDashboard(settings)
	d.options.Look = look
	if path != "" && !look {
		d.options.ConfigPath = path
		d.options.Load = func(ctx context.Context) (*config.Config, error) { return a.load(ctx, path) }
	}
	d.options.Store = kept.options(a, settings, path, "")
	d.options.Watch, d.options.ControlDir = true, serve.ControlDir(a.LookupEnv)
	if err := a.refuseSecond(ctx, d); err != nil {
		return err
	}
	viewers := serve.NewViewers(settings.SSH.MaxViewers)
	d.looking = viewers.Count
	eng, err := newEngine(d)
	if err != nil {
		return err
	}
	if _, set := a.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent(len(settings.Targets)))
	}
	w := &watcher{app: a, settings: settings, log: log, engine: eng, advisor: d.advisor, viewers: viewers, supervisor: serve.FindSupervisor(a.LookupEnv)}
	log.InfoContext(ctx, "errtop watch starts", "version", version(), "config", path, "targets", len(settings.Targets), "sources", len(settings.Sources), "pid", os.Getpid())
	err = w.run(ctx, hangups)
	if err != nil {
		return usageError(err)
	}
	log.InfoContext(ctx, "errtop watch has ended")
	return nil
}

// run runs the engine with everything around it. Doors are open before the service manager is told that all is ready.
func (w *watcher) run(ctx context.Context, hangups <-chan os.Signal) error {
	screens, err := w.newScreens()
	if err != nil {
		return err
	}
	group, ctx := safego.WithContext(ctx)
	door, err := w.sshDoor(screens.rooms(w.settings.SSH.Idle.Std()))
	if err != nil {
		return err
	}
	if door != nil {
		listener, err := door.Open(ctx)
		if err != nil {
			return err
		}
		group.Go(func() error { return door.Serve(ctx, listener) })
	}
	local := serve.Local{Rooms: screens.rooms(0), Dir: serve.ControlDir(w.app.LookupEnv), User: userName()}
	group.Go(func() error {
		err := local.Run(ctx)
		if _, panicked := errors.AsType[*safego.PanicError](err); panicked {
			return err
		}
		if err != nil { // whoever watches need not be looked at
			w.log.WarnContext(ctx, "errtop attach cannot look at this", "error", err)
		}
		return nil
	})
	group.Go(func() error { return screens.local.Run(ctx) })
	group.Go(func() error { return screens.remote.Run(ctx) })
	group.Go(func() error { return w.runEngine(ctx) })
	group.Go(func() error { return newEventLog(w.log, w.engine, w.advisor).run(ctx) })
	group.Go(func() error { return w.supervise(ctx, hangups) })
	_, err = group.WaitAtMost(watchShutdown)
	return err
}

// watchShutdown bounds how long errtop watch takes to end.
const watchShutdown = 1200 * time.Millisecond

// runEngine runs the engine. Sources that failed were logged as they did.
func (w *watcher) runEngine(ctx context.Context) error {
	err := w.engine.Run(ctx)
	if _, ok := errors.AsType[*logline.SourceError](err); !ok || ctx.Err() == nil {
		return err
	}
	return nil
}

// statusEvery is how often the service manager is told how things are, where that has changed.
const statusEvery = 10 * time.Second

// supervise tells the service manager how this process is, and reads the settings again on SIGHUP.
func (w *watcher) supervise(ctx context.Context, hangups <-chan os.Signal) error {
	tell := func(err error) {
		if err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "cannot tell the service manager", "error", err)
		}
	}
	status := w.status()
	tell(w.supervisor.Ready(ctx, status))
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	var alive <-chan time.Time
	if every := w.supervisor.Watchdog(); every > 0 {
		watchdog := time.NewTicker(every)
		defer watchdog.Stop()
		alive = watchdog.C
	}
	for {
		select {
		case <-ctx.Done():
			w.log.InfoContext(ctx, "errtop watch ends")
			return w.supervisor.Stopping(context.WithoutCancel(ctx))
		case <-hangups:
			tell(w.supervisor.Reloading(ctx))
			if err := w.engine.Reload(ctx); err != nil {
				logError(ctx, w.log, "reload", err)
			}
			tell(w.supervisor.Ready(ctx, w.status()))
		case <-alive:
			w.engine.Snapshot(time.Now()) // a tracker that hangs does not come back
			tell(w.supervisor.Alive(ctx))
		case <-tick.C:
			if now := w.status(); now != status {
				status = now
				tell(w.supervisor.Status(ctx, status))
			}
		}
	}
}

// status says in a line how the targets are.
func (w *watcher) status() string {
	snap := w.engine.Snapshot(time.Now())
	failing := 0
	for _, t := range snap.Targets {
		if t.State == tracker.StateFailing {
			failing++
		}
	}
	return fmt.Sprintf("%s, %d failing, %d looking", human.Plural(len(snap.Targets), "target"), failing, w.viewers.Count())
}

// peerTimeout bounds the search for another errtop before this one starts.
const peerTimeout = 500 * time.Millisecond

// refuseSecond returns an error where an errtop watch of this user asks the targets of the same config already.
func (a *app) refuseSecond(ctx context.Context, d *dashboard) error {
	if d.options.ConfigPath == "" || len(d.settings.Targets) == 0 {
		return nil
	}
	path, err := filepath.Abs(d.options.ConfigPath)
	if err != nil {
		return nil // without a working directory there is nothing to compare
	}
	ctx, cancel := context.WithTimeout(ctx, peerTimeout)
	defer cancel()
	peers, _ := serve.Peers(ctx, d.options.ControlDir, "") // one that does not answer keeps nobody from starting
	for i := range peers {
		if peers[i].Watch && peers[i].Config == path {
			hint := "errtop attach shows what it sees; --anyway starts a second one, which asks every target again"
			if d.options.Watch {
				hint = "errtop attach shows what it sees; stop it before you start another"
			}
			return &exitError{err: fmt.Errorf("errtop watch (process %d) watches %s already", peers[i].PID, d.options.ConfigPath), hint: hint, status: statusFailed}
		}
	}
	return nil
}
