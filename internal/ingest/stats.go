package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"
)

// Input is a log to be counted: a file's path, or a reader with a name.
type Input struct {
	Name   string
	Reader io.Reader // nil: the file of that name
}

// StatsOptions say what is counted.
type StatsOptions struct {
	Options
	By       Dimension // what the summary is broken down by; empty: by the usual ones
	From, To time.Time // only results of From <= time < To; zero for no bound
	Filter   string    // only results for which this expression holds: `status >= 500 && target == "flux"`
	Workers  int       // goroutines that decode; 0: as many as there are processors
}

// SourceError is a log that could not be read, or is no request log.
type SourceError struct {
	Name string
	Err  error
}

// Error names the log and says what is wrong with it.
func (e *SourceError) Error() string { return fmt.Sprintf("%s: %v", e.Name, e.Err) }

// ErrNoLog is within the error of a source that has lines, and no request among them.
var ErrNoLog = errors.New("no request log")

// Unwrap returns what is wrong.
func (e *SourceError) Unwrap() error { return e.Err }

// Stats reads logs to their ends and sums them up. Files are read in parallel, in bounded memory whatever their size. It
// returns what it could count together with a [SourceError] (joined, where there are several) for each log that could
// not be read or holds no requests; any other error is a wrong option, and nothing was read.
func Stats(ctx context.Context, inputs []Input, o StatsOptions) (*Summary, error) {
	n := o.Workers
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	if err := o.By.check(); err != nil {
		return nil, err
	}
	workers := make([]*statsWorker, n)
	for i := range workers {
		d, err := newDecoder(o.Options, time.Now())
		if err != nil {
			return nil, err
		}
		f, err := newFilter(o.From, o.To, o.Filter)
		if err != nil {
			return nil, err
		}
		workers[i] = &statsWorker{decoder: d, filter: f, by: o.By}
	}
	total := newSummary(o.By)
	var problems []error
	for _, input := range inputs {
		counted, err := countInput(ctx, input, workers)
		if err != nil {
			problems = append(problems, &SourceError{Name: input.Name, Err: err})
		}
		total.merge(input.Name, counted)
		if ctx.Err() != nil {
			return total, fmt.Errorf("stopped: %w", context.Cause(ctx))
		}
	}
	return total, errors.Join(problems...)
}

// countInput counts one log.
func countInput(ctx context.Context, input Input, workers []*statsWorker) (*tally, error) {
	sinks := make([]lineSink, len(workers))
	reference := time.Now()
	if info, err := os.Stat(input.Name); input.Reader == nil && err == nil {
		reference = info.ModTime()
	}
	for i, w := range workers {
		w.start(reference)
		sinks[i] = w
	}
	problem := scanInput(ctx, input, sinks)
	counted := newTally()
	for _, w := range workers {
		counted.merge(w.tally)
	}
	counted.samples = lastSamples(workers)
	if problem != nil {
		return counted, bare(problem) // with what came before it: a file may be cut off
	}
	if counted.results+counted.filtered == 0 && counted.skipped > 0 {
		return counted, notLog(counted)
	}
	return counted, nil
}

// scanInput hands the input's lines to the workers.
func scanInput(ctx context.Context, input Input, sinks []lineSink) error {
	reader := input.Reader
	if reader == nil {
		file, err := openLog(input.Name)
		if err != nil {
			return bare(err)
		}
		defer file.Close() //nolint:errcheck // only read from
		reader = file
	}
	head := make([]byte, 64<<10)
	if file, ok := reader.(*os.File); ok {
		info, err := file.Stat()
		if err != nil {
			return bare(err)
		}
		if at, err := file.Seek(0, io.SeekCurrent); info.Mode().IsRegular() && err == nil && at == 0 {
			if head, err = readAt(file, head, 0); err != nil {
				return bare(err)
			}
			if compressionOf(head) == uncompressed && !holdsW3C(head) {
				return scanFile(ctx, file, info.Size(), chunkSize, sinks)
			}
		}
	}
	growPipe(reader)
	reader, cancel, release := cancellable(reader)
	defer release()
	defer context.AfterFunc(ctx, func() { cancel() })()
	plain, closeReader, err := unpack(reader)
	if err != nil {
		return err
	}
	defer closeReader()
	return scanStream(ctx, plain, chunkSize, sinks)
}

// bare returns the error without the operation and path that os puts before it: whoever reports it names the file. Only
// compressed data has an end that is not expected.
func bare(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("cut off: the compressed data ends early")
	}
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

// notLog says what was seen in a log without requests.
func notLog(t *tally) error {
	last := t.samples[len(t.samples)-1]
	return noRequestLog(t.lines, last.line, last.reason, last.text)
}

// noRequestLog says what was seen in a log of so many lines without requests, with one of them.
func noRequestLog(lines, number uint64, reason, text string) error {
	none := fmt.Sprintf("none of its %d lines is a request's; line %d", lines, number)
	if lines == 1 {
		none = "its only line is no request's"
	}
	return fmt.Errorf("%w: %s: %s: %s", ErrNoLog, none, reason, safeLine([]byte(text), 100))
}

// statsWorker counts the lines that it is given.
type statsWorker struct {
	decoder *decoder
	filter  *filter // nil: everything is counted
	by      Dimension
	tally   *tally
	counts  []chunkLines
}

// chunkLines is how many lines belong to a chunk.
type chunkLines struct{ chunk, lines uint64 }

// start makes the worker ready for a log whose newest line is of about that time.
func (w *statsWorker) start(reference time.Time) {
	w.tally, w.counts = newTally(), nil
	w.decoder.clock.reference, w.decoder.w3c = reference, w3cReader{}
	if w.by == ByRoute {
		w.tally.routes = map[string]*count{}
	}
}

// line counts a line.
func (w *statsWorker) line(chunk, number uint64, text []byte, tooLong bool) {
	w.tally.lines++
	if tooLong {
		w.tally.skip(chunk, number, text, "longer than 1 MiB")
		return
	}
	switch v, reason := w.decoder.decode(text); v {
	case verdictResult:
		if w.filter != nil && !w.filter.passes(w.decoder) {
			w.tally.filtered++
			return
		}
		w.tally.add(w.decoder)
	case verdictUnreadable:
		w.tally.skip(chunk, number, text, reason)
	case verdictNothing:
	}
}

// preamble takes directives that stand before the next chunk.
func (w *statsWorker) preamble(directives [][]byte) {
	for _, line := range directives {
		if len(line) > 0 {
			w.decoder.w3c.directive(line)
		}
	}
}

// lineCount notes how many lines belong to a chunk.
func (w *statsWorker) lineCount(chunk, lines uint64) {
	w.counts = append(w.counts, chunkLines{chunk, lines})
}

// lastSamples returns the last ten unreadable lines of all workers, with their number in the log as line.
func lastSamples(workers []*statsWorker) []sample {
	var samples []sample
	var counts []chunkLines
	for _, w := range workers {
		samples = append(samples, w.tally.samples...)
		counts = append(counts, w.counts...)
	}
	slices.SortFunc(samples, func(a, b sample) int {
		return cmp.Or(cmp.Compare(a.chunk, b.chunk), cmp.Compare(a.line, b.line))
	})
	samples = samples[max(0, len(samples)-maxSamples):]
	slices.SortFunc(counts, func(a, b chunkLines) int { return cmp.Compare(a.chunk, b.chunk) })
	before, at := uint64(0), 0
	for i := range samples {
		for ; at < len(counts) && counts[at].chunk < samples[i].chunk; at++ {
			before += counts[at].lines
		}
		samples[i].line += before + 1
	}
	return samples
}
