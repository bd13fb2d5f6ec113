package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"time"

	"errtop/internal/config"
	"errtop/internal/demo"
	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/internal/safetext"
	"errtop/probe"
	"errtop/tracker"
)

// standardInput reads results that are piped in.
func (a *app) standardInput(f *feed, options ingest.Options) source {
	return func(ctx context.Context) error {
		return ingest.Stream(ctx, "stdin", a.In, options, ingest.Sink{Emit: f.emit, Health: f.health})
	}
}

// logs reads files and follows them.
func logs(f *feed, files []string, options ingest.Options) source {
	return func(ctx context.Context) error {
		return ingest.Follow(ctx, files, options, ingest.Sink{Emit: f.emit, Health: f.health})
	}
}

// pushAgain is how long an address that another program has is left to it.
const pushAgain = time.Second

// pushes takes results that applications send. Where the address is taken, as by a colleague's errtop on the same machine, the
// source says so until it is free, and everything else is shown meanwhile.
func pushes(f *feed, settings config.Push) source {
	options := ingest.ListenOptions{Addr: settings.Listen, Token: settings.Token.Reveal()}
	return func(ctx context.Context) error {
		for {
			err := ingest.Listen(ctx, options, ingest.Sink{Emit: f.emit, Health: f.health})
			if !errors.Is(err, syscall.EADDRINUSE) {
				return err
			}
			f.health(tracker.Source{
				Name: "push " + safetext.Line(settings.Listen), State: tracker.SourceFailed,
				Problem: "another program listens there, perhaps another errtop; pushes go to it",
			})
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(pushAgain):
			}
		}
	}
}

// sourceOptions returns how a source of the config is read.
func sourceOptions(s *config.Source) ingest.Options {
	return ingest.Options{
		Options: logline.Options{Format: logline.Format(s.Format), Fields: s.Fields, Target: s.Target},
		Since:   s.Since.Std(), All: s.All, NoFollow: s.NoFollow,
	}
}

// refuse returns an error where none of the files on the command line is a request log, or can become one.
func refuse(files []string, options ingest.Options) error {
	err := ingest.Refuse(files, options)
	if err == nil {
		return nil
	}
	exit := &exitError{err: err, status: statusFailed}
	if errors.Is(err, logline.ErrNoLog) {
		exit.hint = "errtop stats --explain FILE shows how lines are read; --format NAME follows a log that has no requests yet"
	}
	return exit
}

// checkFiles refuses an argument that looks like a mistyped command rather than a log that will appear.
func checkFiles(args []string) error {
	for _, name := range args {
		if _, err := os.Stat(name); err != nil && name != "-" && !strings.ContainsAny(name, "./*?[") {
			return usage("no such command or file: "+name, "errtop --help lists the commands; a log that will appear: ./"+name)
		}
	}
	return nil
}

func newProber(f *feed, settings config.Probe) *probe.Prober {
	return probe.New(probe.Options{
		Emit: f.emit, Gate: f.tracker.Gate, Notice: f.notice,
		UserAgent: userAgent(settings), MaxInFlight: settings.MaxInFlight, MaxPerHost: settings.MaxPerHost,
		Connectivity: settings.Connectivity,
	})
}

// userAgent returns what probes call themselves.
func userAgent(settings config.Probe) string {
	if settings.UserAgent != "" {
		return settings.UserAgent
	}
	return "errtop/" + version()
}

// embeddedAPI runs the demo's API with its clients, and probes it.
func embeddedAPI(f *feed, options demo.Options, settings *config.Config) source {
	return func(ctx context.Context) error {
		options.Emit, options.Health = f.emit, f.health
		api, err := demo.Start(ctx, options)
		if err != nil {
			return err
		}
		targets := api.Targets()
		infos, asked := make([]tracker.TargetInfo, len(targets)), make([]probe.Target, len(targets))
		for i, t := range targets {
			infos[i] = tracker.TargetInfo{Name: t.Name, URL: t.URL, Interval: t.Interval}
			asked[i] = probe.Target{
				Name: t.Name, URL: t.URL, Method: t.Method, Headers: t.Headers, Body: t.Body,
				Interval: t.Interval, Timeout: t.Timeout, Expect: t.Expect,
			}
		}
		f.tracker.AddTargets(time.Now(), infos...)
		prober := newProber(f, settings.Probe)
		if err := prober.Set(asked); err != nil {
			return err
		}
		if err := prober.Run(ctx); err != nil {
			return err
		}
		return api.Wait()
	}
}
