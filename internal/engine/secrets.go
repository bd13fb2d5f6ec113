package engine

import (
	"context"
)

// secrets waits for the secrets that the settings take from commands. Each target is probed, and pushes are taken, as soon as
// its own are there, so that a slow command holds up nothing else. An error says which commands failed, and stops the engine:
// settings without their secrets are as wrong as settings that cannot be read.
func (e *Engine) secrets(ctx context.Context, _ Intake) error {
	defer close(e.resolved)
	settings := e.options.Settings
	err := settings.Resolve(ctx, func() {
		if e.targets != nil {
			e.targets.begin(settings)
		}
	})
	if ctx.Err() != nil { // the commands were ended, nothing is wrong with them
		return nil
	}
	return err
}

// whenResolved runs a source once the secrets are there.
func (e *Engine) whenResolved(source Source) Source {
	return func(ctx context.Context, in Intake) error {
		select {
		case <-ctx.Done():
			return nil
		case <-e.resolved:
			return source(ctx, in)
		}
	}
}
