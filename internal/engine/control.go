package engine

import (
	"context"
	"time"

	"errtop/internal/safego"
	"errtop/internal/serve"
	"errtop/tracker"
)

// longestMark bounds the texts of a mark, in bytes.
const longestMark = 500

// AddMark notes that something was done. A mark without a time is of now. Its texts are made harmless, and secrets in them masked.
func (e *Engine) AddMark(mark tracker.Mark) {
	for _, text := range []*string{&mark.Text, &mark.Target, &mark.Version, &mark.Source} {
		*text = e.options.Settings.Known().Line(*text, longestMark)
	}
	e.tracker.AddMark(time.Now(), mark)
}

// alerts evaluates rules and tells receivers until stop is called.
func (e *Engine) alerts(ctx context.Context) (stop func()) {
	return beside(ctx, e, func(ctx context.Context) error { return e.alerting.run(ctx, e.Snapshot) })
}

// beside runs what goes on beside the sources until stop is called. Its problem is told to viewers and ends nothing.
func beside(ctx context.Context, e *Engine, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	group, ctx := safego.WithContext(ctx)
	group.Go(func() error {
		if err := run(ctx); err != nil {
			e.Notice(err.Error())
		}
		return nil
	})
	return func() {
		cancel()
		_ = group.Wait() // its problem was told
	}
}

// control answers commands on the control socket until stop is called. Where nobody can reach this engine, viewers are told, and
// everything else goes on.
func (e *Engine) control(ctx context.Context) (stop func()) {
	if e.options.ControlDir == "" {
		return func() {}
	}
	control := serve.Control{Dir: e.options.ControlDir, Name: e.options.Settings.Name, Engine: e}
	return beside(ctx, e, control.Run)
}
