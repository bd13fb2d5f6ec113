package engine

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"errtop/internal/config"
	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/internal/recording"
	"errtop/internal/safetext"
	"errtop/probe"
	"errtop/tracker"
)

// Source hands what it reads to an intake until its input ends or ctx is done. A [logline.SourceError] says that its input
// failed; any other error stops the engine.
type Source func(ctx context.Context, in Intake) error

// Intake is where a source hands in what it has.
type Intake struct {
	ingest.Sink
	engine *Engine
	entry  func(recording.Entry) // takes what a recording holds beside results; nil where nobody wants it
}

// intake returns what a source hands its results to. Nothing in it waits for a viewer.
func (e *Engine) intake() Intake {
	return Intake{engine: e, Sink: ingest.Sink{
		Emit: func(results []tracker.Result) {
			now := time.Now()
			e.pass(now, results)
			e.tracker.Record(now, results)
		},
		Health: func(health tracker.Source) {
			now := time.Now()
			e.recorder.source(now, health)
			e.tracker.UpdateSource(now, health)
		},
		Mark:  e.AddMark,
		Log:   e.Log(""),
		Place: e.place,
	}}
}

// pass shows results to whoever sees them on their way to the tracker.
func (e *Engine) pass(now time.Time, results []tracker.Result) {
	if len(results) == 0 {
		return
	}
	e.recorder.results(now, results)
	if e.options.Observe != nil {
		e.options.Observe(results)
	}
}

// place takes what was read of a file, with how far it was read.
func (e *Engine) place(path string, results []tracker.Result, at ingest.Position, exact bool) {
	now := time.Now()
	e.pass(now, results)
	e.tracker.RecordBatch(now, tracker.Batch{Source: wholePath(path), Results: results, Position: trackerPosition(at), Unplaced: !exact})
}

// resume returns where a file was left by an engine before this one.
func (e *Engine) resume(path string) (ingest.Position, bool) {
	at, ok := e.tracker.Position(wholePath(path))
	return ingestPosition(at), ok
}

// wholePath returns a path that means the same file wherever errtop is started.
func wholePath(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

func trackerPosition(at ingest.Position) tracker.Position {
	out := tracker.Position{Head: at.Head, Offset: at.Offset}
	for _, older := range at.Older {
		out.Older = append(out.Older, trackerPosition(older))
	}
	return out
}

func ingestPosition(at tracker.Position) ingest.Position {
	out := ingest.Position{Head: at.Head, Offset: at.Offset}
	for _, older := range at.Older {
		out.Older = append(out.Older, ingestPosition(older))
	}
	return out
}

// AddMark notes that something was done.
func (in Intake) AddMark(mark tracker.Mark) { in.engine.AddMark(mark) }

// Probe announces targets and probes them until ctx is done. It is for a source that brings its own targets; those of the
// settings are probed by the engine.
func (in Intake) Probe(ctx context.Context, targets []probe.Target) error {
	infos := make([]tracker.TargetInfo, len(targets))
	for i := range targets {
		infos[i] = tracker.TargetInfo{Name: targets[i].Name, URL: safetext.MaskURL(targets[i].URL), Interval: targets[i].Interval}
	}
	now := time.Now()
	in.engine.recorder.targets(now, infos, nil)
	in.engine.tracker.AddTargets(now, infos...)
	prober := in.engine.newProber(in.engine.options.Settings.Probe)
	if err := prober.Set(targets); err != nil {
		return err
	}
	return prober.Run(ctx)
}

// sources returns everything that fills the tracker.
func (e *Engine) sources() []Source {
	settings := e.options.Settings
	all := []Source{e.secrets}
	if e.targets != nil {
		all = append(all, e.targets.probe)
	}
	if e.options.ConfigPath != "" && e.CanReload() {
		all = append(all, e.follow)
	}
	reasons := logline.NewReasons()
	for i := range settings.Sources {
		source := &settings.Sources[i]
		options := sourceOptions(source, OwnAgents(settings))
		options.Reasons = reasons
		if len(source.Command) > 0 {
			all = append(all, Command(source.Command, options))
		} else {
			all = append(all, Logs(source.Files, options))
		}
	}
	for i := range settings.Doors() {
		all = append(all, e.whenResolved(func(ctx context.Context, in Intake) error { return e.door(&settings.Doors()[i])(ctx, in) }))
	}
	return append(all, e.options.Sources...)
}

// HasInputs reports whether settings name anything to watch: targets, logs or a push address.
func HasInputs(settings *config.Config) bool {
	return len(settings.Targets) > 0 || len(settings.Sources) > 0 || len(settings.Doors()) > 0
}

// Logs reads files, and follows them unless the options say otherwise, and what shorthands such as ssh://host/path name.
func Logs(names []string, options ingest.Options) Source {
	return func(ctx context.Context, in Intake) error {
		options := options
		if in.engine != nil {
			options.Resume = in.engine.resume
		}
		return ingest.Read(ctx, names, options, in.withoutReplays().Sink)
	}
}

// maxCommandName bounds what of a command is shown as the name of its source.
const maxCommandName = 120

// Command reads what a program writes, and starts it again when it ends unless the options say otherwise.
func Command(args []string, options ingest.Options) Source {
	command := ingest.Command{Name: safetext.MaskedLine(strings.Join(args, " "), maxCommandName), Args: args, Once: options.NoFollow, Replays: true}
	return func(ctx context.Context, in Intake) error {
		return ingest.RunCommand(ctx, command, options, in.withoutReplays().Sink)
	}
}

// Reader reads the lines of r to its end; name is the source's.
func Reader(name string, r io.Reader, options ingest.Options) Source {
	return func(ctx context.Context, in Intake) error { return ingest.Stream(ctx, name, r, options, in.Sink) }
}

// FromRecording reads a recording: its results, and for a [Backtest] also what else it holds. The times of results are those that they were
// recorded with.
func FromRecording(path string) Source {
	return func(ctx context.Context, in Intake) error {
		failed := func(err error) error { return &logline.SourceError{Name: path, Err: logline.PlainError(err)} }
		reader, err := recording.Open(path)
		if err != nil {
			return failed(err)
		}
		defer reader.Close() //nolint:errcheck // only read from
		var results []tracker.Result
		health := tracker.Source{Name: safetext.Line(path), Format: "recording", State: tracker.SourceReading}
		flush := func() {
			in.Emit(results)
			results = results[:0]
		}
		for ctx.Err() == nil {
			e, err := reader.Next()
			if err != nil {
				flush()
				health.State, health.Unreadable = tracker.SourceEnded, reader.Skipped
				in.Health(health)
				if errors.Is(err, io.EOF) {
					return nil
				}
				return failed(err)
			}
			health.Lines++
			switch {
			case e.Result != nil:
				health.Results++
				e.Result.Time = e.Moment()
				if results = append(results, *e.Result); len(results) >= recordedBatch {
					flush()
				}
			case in.entry != nil && e.Header == nil:
				flush()
				in.entry(e)
			}
		}
		return nil
	}
}

// recordedBatch is how many results of a recording are handed in at once.
const recordedBatch = 512

// Window bounds what is taken from a source by the times of its results. Zero bounds nothing.
type Window struct {
	From, To time.Time     // From <= time < To
	Newest   time.Duration // not older than that before the newest result so far
}

// Within hands on only those results of a source that lie in the window. Results without a time lie outside of any bounds.
func Within(w Window, source Source) Source {
	if w == (Window{}) {
		return source
	}
	return func(ctx context.Context, in Intake) error {
		var mu sync.Mutex // several files of a source hand in at once
		var newest time.Time
		var kept []tracker.Result
		within := func(results []tracker.Result) []tracker.Result {
			kept = kept[:0]
			for i := range results {
				at := results[i].Time
				if at.After(newest) {
					newest = at
				}
				switch {
				case at.Before(w.From), !w.To.IsZero() && !at.Before(w.To), w.Newest > 0 && at.Before(newest.Add(-w.Newest)), at.IsZero():
				default:
					kept = append(kept, results[i])
				}
			}
			return kept
		}
		emit, place := in.Emit, in.Place
		in.Emit = func(results []tracker.Result) {
			mu.Lock()
			defer mu.Unlock()
			if kept := within(results); len(kept) > 0 {
				emit(kept)
			}
		}
		if place != nil {
			in.Place = func(path string, results []tracker.Result, at ingest.Position, exact bool) {
				mu.Lock()
				defer mu.Unlock()
				place(path, within(results), at, exact)
			}
		}
		return source(ctx, in)
	}
}

// addressRetry is how often a push address that another program has is tried again.
const addressRetry = time.Second

// door takes results that applications send, and answers whatever else the engine's options have doors for. Where the address is
// taken, as by another errtop on the same machine, the source says so until it is free; everything else goes on meanwhile.
func (e *Engine) door(settings *config.HTTP) Source {
	options := ingest.ListenOptions{
		Addr: settings.Listen, Token: settings.Token.Reveal(), Hosts: settings.Hosts, Cert: settings.Cert, Key: settings.Key,
		Doors: map[string]http.Handler{"/healthz": http.HandlerFunc(e.healthy), "/readyz": http.HandlerFunc(e.ready)}, Open: []string{"/healthz", "/readyz"},
	}
	maps.Copy(options.Doors, e.options.Doors)
	return func(ctx context.Context, in Intake) error {
		for {
			err := ingest.Listen(ctx, options, in.Sink)
			if !errors.Is(err, syscall.EADDRINUSE) {
				return err
			}
			in.Health(tracker.Source{
				Name: "push " + safetext.Line(settings.Listen), State: tracker.SourceFailed,
				Problem: "another program listens there, perhaps another errtop; pushes go to it",
			})
			retry := time.NewTimer(addressRetry)
			select {
			case <-ctx.Done():
				retry.Stop()
				return nil
			case <-retry.C:
			}
		}
	}
}
