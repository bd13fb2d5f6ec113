package ingest

import (
	"context"
	"errors"
	"sync"

	"errtop/internal/logline"
	"errtop/internal/safego"
)

// CheckNames returns an error for a source that [Read] does not know how to read, or nil.
func CheckNames(names []string) error {
	var wrong []error
	for _, name := range names {
		if IsShorthand(name) {
			_, err := Shorthand(name, Options{})
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}

// Read reads files as [Follow] does, and the commands that shorthands stand for (see [Shorthand]) as [RunCommand] does, all
// at once.
func Read(ctx context.Context, names []string, o Options, sink Sink) error {
	if o.Reasons == nil {
		o.Reasons = logline.NewReasons()
	}
	var files []string
	var commands []Command
	for _, name := range names {
		if !IsShorthand(name) {
			files = append(files, name)
			continue
		}
		named, err := Shorthand(name, o)
		if err != nil {
			return err
		}
		commands = append(commands, named...)
	}
	if len(commands) == 0 {
		return Follow(ctx, files, o, sink)
	}
	if err := Check(o); err != nil {
		return err
	}
	var mu sync.Mutex
	var problems []error
	group, ctx := safego.WithContext(ctx)
	start := func(read func() error) {
		group.Go(func() error {
			err := read()
			if _, ofSource := errors.AsType[*logline.SourceError](err); !ofSource {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			problems = append(problems, err)
			return nil // what is wrong with one source does not end the others
		})
	}
	if len(files) > 0 {
		start(func() error { return Follow(ctx, files, o, sink) })
	}
	for _, c := range commands {
		start(func() error { return RunCommand(ctx, c, o, sink) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return errors.Join(problems...)
}
