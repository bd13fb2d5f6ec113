package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"errtop/internal/engine"
	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/internal/recording"
	"errtop/internal/stats"
)

// inputs returns the logs that args name for a command; none is standard input where something is piped in.
func (a *app) inputs(command string, args []string) ([]stats.Input, error) {
	if len(args) == 0 {
		if !isPiped(a.In) {
			return nil, usage(command+" needs a log to read", "errtop "+command+" FILE..., or - for standard input")
		}
		args = []string{"-"}
	}
	if first := slices.Index(args, "-"); first >= 0 && slices.Contains(args[first+1:], "-") {
		return nil, usage("standard input is named twice", "it can be read once")
	}
	var inputs []stats.Input
	for _, name := range args {
		switch {
		case name == "-":
			inputs = append(inputs, stats.Input{Name: "stdin", Once: true, Open: func(ctx context.Context) (io.ReadCloser, error) { return ingest.OpenReader(ctx, a.In) }})
		case ingest.IsShorthand(name):
			commands, err := ingest.Shorthand(name, ingest.Options{NoFollow: true, All: true})
			if err != nil {
				return nil, usage(err.Error(), "errtop --help shows how to read other machines")
			}
			for _, c := range commands {
				inputs = append(inputs, stats.Input{Name: c.Name, Once: true, Open: func(ctx context.Context) (io.ReadCloser, error) { return ingest.OpenCommand(ctx, c) }})
			}
		default:
			inputs = append(inputs, stats.Input{Name: name, Open: func(ctx context.Context) (io.ReadCloser, error) { return ingest.Open(ctx, name) }})
		}
	}
	return inputs, nil
}

// sourceOf returns what reads an input to its end for an engine.
func sourceOf(input stats.Input, options ingest.Options) engine.Source {
	if !input.Once {
		return engine.Logs([]string{input.Name}, options)
	}
	return func(ctx context.Context, in engine.Intake) error {
		log, err := input.Open(ctx)
		if err != nil {
			return &logline.SourceError{Name: input.Name, Err: logline.PlainError(err)}
		}
		defer log.Close() //nolint:errcheck // only read from
		return engine.Reader(input.Name, log, options)(ctx, in)
	}
}

// sourcesOf returns what reads inputs to their ends, one each; a recording is read as such.
func sourcesOf(inputs []stats.Input, options ingest.Options) []engine.Source {
	sources := make([]engine.Source, len(inputs))
	for i, input := range inputs {
		if sources[i] = sourceOf(input, options); !input.Once && recording.Is(input.Name) {
			sources[i] = engine.FromRecording(input.Name)
		}
	}
	return sources
}

// newestLine returns the time of the newest line of all inputs; zero where none has a time. It reads inputs that are
// compressed to their ends; what is piped in it keeps in a temporary file, which inputs then name, until done is called. A
// log that cannot be read is left to whoever counts it.
func newestLine(ctx context.Context, inputs []stats.Input, o logline.Options) (newest time.Time, done func(), err error) {
	var temporary []string
	done = func() {
		for _, path := range temporary {
			_ = os.Remove(path)
		}
	}
	for i := range inputs {
		if inputs[i].Once {
			path, err := keep(ctx, &inputs[i])
			if err != nil {
				return newest, done, err
			}
			temporary = append(temporary, path)
		}
		log, err := inputs[i].Open(ctx)
		if err != nil {
			if at, ok := ingest.NewestOf(ctx, []string{inputs[i].Name}, o); ok && at.After(newest) { // a pattern
				newest = at
			}
			continue
		}
		at, ok, err := ingest.Newest(log, o)
		_ = log.Close()
		if err == nil && ok && at.After(newest) {
			newest = at
		}
	}
	return newest, done, nil
}

// keep copies an input, unpacked, into a temporary file that only the user can read, and makes the input read that.
func keep(ctx context.Context, input *stats.Input) (path string, err error) {
	log, err := input.Open(ctx)
	if err != nil {
		return "", &logline.SourceError{Name: input.Name, Err: logline.PlainError(err)}
	}
	defer log.Close() //nolint:errcheck // only read from
	file, err := os.CreateTemp("", "errtop-kept-*")
	if err != nil {
		return "", fmt.Errorf("cannot keep %s: %w", input.Name, err)
	}
	_, err = io.Copy(file, log)
	if err = errors.Join(err, file.Close()); err != nil {
		problem := &logline.SourceError{Name: input.Name, Err: logline.PlainError(err)}
		return "", errors.Join(problem, os.Remove(file.Name()))
	}
	input.Open = func(ctx context.Context) (io.ReadCloser, error) { return ingest.Open(ctx, file.Name()) }
	return file.Name(), nil
}
