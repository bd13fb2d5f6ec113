// Package engine owns what runs: the tracker, the sources that fill it, the prober, and the reload of the settings. It
// starts, supervises and stops them in order.
//
// An engine knows nothing of a terminal. Viewers look at it through [Engine.Watch], [Engine.Snapshot], [Engine.SnapshotAt]
// and [Engine.Notices]; any number of them may come and go, and none can slow a source. Viewers that refresh together share
// one snapshot. What a viewer may ask for beyond looking, such as [Engine.Reload], is given to it by whoever puts it on the
// engine.
package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"errtop/internal/alert"
	"errtop/internal/config"
	"errtop/internal/logline"
	"errtop/internal/notify"
	"errtop/internal/safego"
	"errtop/tracker"
)

// Options say what an engine runs.
type Options struct {
	// Settings are the targets, sources and rules. Required.
	Settings *config.Config
	// ConfigPath is the file that the settings were read from; its changes are followed. "" where there is none.
	ConfigPath string
	// Load reads the settings again and checks them. Nil where there is nothing to read.
	Load func(context.Context) (*config.Config, error)
	// Sources are read beside those of the settings.
	Sources []Source
	// Reloaded is called with settings that were read again and hold from now on; nil: nobody wants to know.
	Reloaded func(*config.Config)
	// UserAgent is what probes call themselves unless the settings say otherwise.
	UserAgent string
	// ControlDir is the folder of the user's control sockets, on which commands such as errtop mark reach the engine. "" for none.
	ControlDir string
	// Watch says that this is errtop watch: others may attach to it, and a dashboard with the same settings need not ask again.
	Watch bool
	// Doors are what the listeners of the settings answer beside pushes, by path. They may be called from any goroutine.
	Doors map[string]http.Handler
	// Observe sees every result on its way to the tracker, from any goroutine. It must not keep or change them. Nil for nobody.
	Observe func([]tracker.Result)
	// Advice says what to do about an incident; nil where nobody knows.
	Advice alert.Advice
	// Alerts keeps alerts, silences and what is yet to be told across restarts; nil keeps them in memory only.
	Alerts AlertKeeper
	// ShowPage hands alerts to whoever looks at a screen; nil where there is none, and receivers that are terminals are then left out.
	ShowPage notify.ShowPage
	// History counts requests of targets over longer windows than the tracker remembers, for burn rates and budgets; nil where nobody
	// keeps them. It is asked once a minute for each target with an objective.
	History alert.History
	// Store says where the engine remembers what it saw.
	Store StoreOptions
	// Look says that the engine counts nothing itself, and shows the sum of what the agents of the fleet count.
	Look bool
	// EndWithSources makes Run return once every source has ended; otherwise it runs until its context is done.
	EndWithSources bool
}

// Engine runs what its options name. All methods may be called from any goroutine.
type Engine struct {
	options   Options
	tracker   *tracker.ErrorTracker
	notices   notices
	shared    shared
	targets   *targets // of the settings; nil where they have none
	alerting  *alerting
	recorder  *Recorder            // nil: nothing is recorded
	storing   *storing             // nil: nothing is kept
	restored  map[string]time.Time // the newest result of each source, of what was restored
	fleet     fleetPart
	reloading reloading
	// resolved is closed when the secrets of the settings are there, or have failed.
	resolved chan struct{}
	started  atomic.Bool
}

// New returns an engine that does not run yet: its targets are announced, so that a first picture shows them. An error is a
// target that cannot be probed.
func New(o Options) (*Engine, error) {
	if o.Settings == nil {
		return nil, errors.New("engine: no settings")
	}
	e := &Engine{options: o, tracker: tracker.New(trackerSettings(o.Settings)), resolved: make(chan struct{})}
	e.shared.tracker = e.tracker
	e.reloading.read(o.ConfigPath)
	if len(o.Settings.Targets) > 0 {
		var err error
		if e.targets, err = newTargets(e); err != nil {
			return nil, err
		}
	}
	if e.storing = newStoring(e, o.Store); e.storing != nil && o.History == nil && !o.Look {
		e.options.History = e.storing.history
	}
	var err error
	if e.alerting, err = newAlerting(&e.options, e.Notice); err != nil {
		return nil, err
	}
	if e.fleet, err = newFleet(e); err != nil {
		return nil, err
	}
	for _, warning := range o.Settings.Warnings {
		e.Notice(warning)
	}
	return e, nil
}

// Run runs the engine until ctx is done, or with EndWithSources until the last source has ended. It returns the problem of
// each source that failed (as a [logline.SourceError], joined): a source's failure is shown as its health and ends nothing
// else. Any other error, or a panic ([safego.PanicError]) anywhere in it, stops the engine. An engine runs once.
//
// What goes on beside the sources, such as alerts, starts before them and stops after them, so that it sees what came last.
func (e *Engine) Run(ctx context.Context) error {
	if e.started.Swap(true) {
		return errors.New("engine: already started")
	}
	defer e.shared.drop() // what came last is seen at once
	e.storing.start(ctx)
	beside, stop := e.startBeside(ctx)
	return errors.Join(e.runSources(ctx, beside), stop())
}

// shutdownTimeout is how long sources may take to end once they were told to. One that cannot, because its read blocks, ends
// with the process.
const shutdownTimeout = 700 * time.Millisecond

// runSources runs all sources to their ends, or until what runs beside them has broken.
func (e *Engine) runSources(ctx context.Context, beside *beside) error {
	sources := e.sources()
	problems := make(chan error, len(sources))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(beside.broken, cancel)() //nolint:contextcheck // it outlives ctx, on purpose
	group, running := safego.WithContext(ctx)
	for _, source := range sources {
		group.Go(func() error {
			err := source(running, e.intake())
			if _, ok := errors.AsType[*logline.SourceError](err); ok {
				problems <- err
				return nil
			}
			return err
		})
	}
	if !e.options.EndWithSources {
		group.Go(func() error {
			<-running.Done()
			return nil
		})
	}
	if ended, err := group.WaitAtMost(shutdownTimeout); err != nil {
		return fmt.Errorf("engine: %w", err)
	} else if !ended {
		return nil // what still reads may still write to problems
	}
	close(problems)
	var failed []error
	for problem := range problems {
		failed = append(failed, problem)
	}
	return errors.Join(failed...)
}

// HasResults reports whether any source has given a result yet.
func (e *Engine) HasResults() bool {
	for _, source := range e.Snapshot(time.Now()).Sources {
		if source.Results > 0 {
			return true
		}
	}
	return false
}
