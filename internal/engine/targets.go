package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"errtop/internal/config"
	"errtop/probe"
)

// targets probes the targets of the settings. They come, change and go with the settings while the others go on.
type targets struct {
	engine *Engine
	prober *probe.Prober

	mu       sync.Mutex
	settings *config.Config // in effect
}

func newTargets(e *Engine) (*targets, error) {
	t := &targets{engine: e, prober: e.newProber(e.options.Settings.Probe)}
	_, err := t.set(e.options.Settings)
	return t, err
}

func (e *Engine) newProber(settings config.Probe) *probe.Prober {
	options := ProbeOptions(settings, e.options.UserAgent)
	in := e.intake()
	lost := &lostTime{engine: e}
	options.Emit, options.Health, options.Gate, options.Notice, options.Gap = in.Emit, in.Health, e.tracker.Gate, lost.notice, lost.gap
	options.Mark = e.addMark
	return probe.New(options)
}

// set probes the targets of the settings from now on (those that wait for a secret later), and forgets those that are gone with their history. It returns how
// many went.
func (t *targets) set(settings *config.Config) (removed int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.prober.Set(probeTargets(settings)); err != nil {
		return 0, err
	}
	var gone []string
	for _, old := range t.targets() {
		if !slices.ContainsFunc(settings.Targets, func(t config.Target) bool { return t.Name == old.Name }) {
			gone = append(gone, old.Name)
		}
	}
	now := time.Now()
	t.engine.tracker.RemoveTargets(now, gone...)
	t.engine.recorder.targets(now, targetInfos(settings), gone)
	t.engine.tracker.AddTargets(now, targetInfos(settings)...)
	t.settings = settings
	return len(gone), nil
}

// targets returns the targets in effect.
func (t *targets) targets() []config.Target {
	if t.settings == nil {
		return nil
	}
	return t.settings.Targets
}

// begin probes the targets of the settings whose secrets have come from their commands meanwhile, unless other settings have taken
// their place.
func (t *targets) begin(settings *config.Config) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.settings != settings {
		return
	}
	if err := t.prober.Set(probeTargets(settings)); err != nil {
		t.engine.Notice(err.Error())
	}
}

// probe probes the targets until ctx is done.
func (t *targets) probe(ctx context.Context, _ Intake) error { return t.prober.Run(ctx) }
