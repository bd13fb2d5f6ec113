package cli

import (
	"context"
	"errors"
	"os"
	"strings"

	"errtop/internal/demo"
	"errtop/internal/engine"
	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/probe"
)

// refuse returns an error if none of the files is a request log or can become one.
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

// checkFiles rejects an argument that looks like a mistyped command. A log that does not exist yet has a path with a dot or slash.
func checkFiles(args []string) error {
	for _, name := range args {
		if ingest.IsShorthand(name) {
			if err := ingest.CheckNames([]string{name}); err != nil {
				return usage(err.Error(), "errtop --help shows how to read other machines")
			}
			continue
		}
		if _, err := os.Stat(name); err != nil && name != "-" && !strings.ContainsAny(name, "./*?[") {
			return usage("no such command or file: "+name, "errtop --help lists the commands; a log that will appear: ./"+name)
		}
	}
	return nil
}

// userAgent is what probes call themselves unless the settings say otherwise.
func userAgent() string { return "errtop/" + version() }

// embeddedAPI runs the demo's API with its clients, and probes it.
func embeddedAPI(options demo.Options) engine.Source {
	return func(ctx context.Context, in engine.Intake) error {
		options.Emit, options.Health, options.Mark, options.History = in.Emit, in.Health, in.AddMark, demoHistory
		api, err := demo.Start(ctx, options)
		if err != nil {
			return err
		}
		targets := api.Targets()
		probed := make([]probe.Target, len(targets))
		for i, t := range targets {
			probed[i] = probe.Target{
				Name: t.Name, URL: t.URL, Method: t.Method, Headers: t.Headers, Body: t.Body,
				Interval: t.Interval, Timeout: t.Timeout, Expect: t.Expect,
			}
		}
		if err := in.Probe(ctx, probed); err != nil {
			return err
		}
		return api.Wait()
	}
}
