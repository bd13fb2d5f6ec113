package engine

import (
	"context"
	"path/filepath"
	"time"

	"errtop/internal/safego"
	"errtop/internal/serve"
)

// besideTimeout is how long what runs beside the sources may take to end, once they have.
const besideTimeout = 300 * time.Millisecond

// beside is what runs beside the sources: alerts and the control socket.
type beside struct {
	engine *Engine
	group  *safego.Group
	ctx    context.Context //nolint:containedctx // of the group
	broken context.Context //nolint:containedctx // done when one of them has panicked
	fail   context.CancelFunc
}

// startBeside starts what runs beside the sources. It goes on when ctx is done, until stop is called; stop returns a panic.
func (e *Engine) startBeside(ctx context.Context) (b *beside, stop func() error) {
	broken, fail := context.WithCancel(context.WithoutCancel(ctx))
	running, end := context.WithCancel(broken)
	b = &beside{engine: e, broken: broken, fail: fail}
	b.group, b.ctx = safego.WithContext(running)
	if e.options.ControlDir != "" {
		control := serve.Control{Dir: e.options.ControlDir, Name: e.options.Settings.Name, Watch: e.options.Watch, Engine: e}
		if path := e.options.ConfigPath; path != "" {
			control.Config, _ = filepath.Abs(path) // it fails only where there is no working directory
		}
		b.run(control.Run)
	}
	if run := e.fleet.run(e.tracker); run != nil {
		b.run(run)
	}
	if e.recorder != nil {
		b.run(e.recorder.run)
	}
	if e.storing != nil {
		b.run(e.storing.run)
	}
	b.run(func(ctx context.Context) error { return e.alerting.run(ctx, e.Snapshot, e.outbox()) })
	return b, func() error {
		end()
		_, err := b.group.WaitAtMost(besideTimeout)
		fail()
		return err
	}
}

// run starts one of them. An error of it is told to viewers, and everything else goes on.
func (b *beside) run(f func(context.Context) error) {
	b.group.Go(func() error {
		var err error
		if panicked := safego.Catch(func() error {
			err = f(b.ctx)
			return nil
		}); panicked != nil {
			b.fail()
			return panicked
		}
		if err != nil {
			b.engine.Notice(err.Error())
		}
		return nil
	})
}
