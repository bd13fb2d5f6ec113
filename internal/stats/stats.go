// Package stats counts whole logs at once, fast: files are read in chunks by several workers, in bounded memory whatever their
// size, and what each counted is added up to a [Summary].
package stats

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"errtop/internal/filter"
	"errtop/internal/logline"
	"errtop/tracker"
)

// Input is a log to be counted. Open returns its content, unpacked. Where that is a [RandomAccess] too, several workers
// read it at once.
type Input struct {
	Name string
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// RandomAccess is a log that can be read at any place: a plain file of so many bytes, written to at ModTime last.
type RandomAccess interface {
	io.ReaderAt
	Size() int64
	ModTime() time.Time
}

// Options say what is counted.
type Options struct {
	logline.Options
	By       Dimension      // what the summary is broken down by; empty: by the usual ones
	From, To time.Time      // only results of From <= time < To; zero for no bound
	Filter   *filter.Filter // only results for which it holds; nil: all
	// Exclude reports whether a result, whose client called itself so, is left out; nil: none is.
	Exclude func(r *tracker.Result, agent string) bool
	Now     time.Time // what since:10m in the filter counts back from
	Workers int       // goroutines that decode; 0: as many as there are processors
}

// Count reads logs to their ends and sums them up. Files are read in parallel, in bounded memory whatever their size. It
// returns what it could count together with a [SourceError] (joined, where there are several) for each log that could
// not be read or holds no requests; any other error is a wrong option, and nothing was read.
func Count(ctx context.Context, inputs []Input, o Options) (*Summary, error) {
	n := o.Workers
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	if err := o.By.check(); err != nil {
		return nil, err
	}
	workers := make([]*statsWorker, n)
	for i := range workers {
		d, err := logline.NewDecoder(o.Options, time.Now())
		if err != nil {
			return nil, err
		}
		workers[i] = &statsWorker{decoder: d, chosen: newChosen(&o), by: o.By}
	}
	total := newSummary(o.By)
	var problems []error
	for _, input := range inputs {
		counted, err := countInput(ctx, input, workers)
		if err != nil {
			problems = append(problems, &logline.SourceError{Name: input.Name, Err: err})
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
	log, err := input.Open(ctx)
	if err != nil {
		return newTally(), logline.PlainError(err)
	}
	defer log.Close() //nolint:errcheck // only read from
	sinks := make([]lineSink, len(workers))
	reference := time.Now()
	if file, ok := log.(RandomAccess); ok {
		reference = file.ModTime()
	}
	for i, w := range workers {
		w.start(input.Name, reference)
		sinks[i] = w
	}
	all, err := study(log, workers[0].decoder)
	if err != nil {
		return newTally(), logline.PlainError(err)
	}
	for _, w := range workers {
		w.decoder.Adopt(workers[0].decoder)
	}
	if workers[0].decoder.Ordered() {
		sinks = sinks[:1]
	}
	problem := scanLog(ctx, all, sinks)
	for _, w := range workers {
		w.released(true)
	}
	counted := newTally()
	for _, w := range workers {
		counted.merge(w.tally)
	}
	counted.samples = lastSamples(workers)
	if problem != nil {
		return counted, logline.PlainError(problem) // with what came before it: a file may be cut off
	}
	if counted.results+counted.filtered == 0 && counted.skipped > 0 {
		return counted, notLog(counted)
	}
	return counted, nil
}

// scanLog hands the log's lines to the workers.
func scanLog(ctx context.Context, log io.Reader, sinks []lineSink) error {
	if file, ok := log.(RandomAccess); ok {
		head, err := readSection(file, make([]byte, 64<<10), 0)
		if err != nil {
			return err
		}
		if !logline.HoldsW3C(head) && !logline.IsCutLog(head) {
			return scanFile(ctx, file, file.Size(), chunkSize, sinks)
		}
	}
	return scanStream(ctx, log, chunkSize, sinks)
}

// notLog says what was seen in a log without requests.
func notLog(t *tally) error {
	last := t.samples[len(t.samples)-1]
	return logline.NoRequestLog(t.lines, last.line, last.reason, last.text)
}

// statsWorker counts the lines that it is given.
type statsWorker struct {
	decoder *logline.Decoder
	chosen  *chosen // nil: everything is counted
	by      Dimension
	tally   *tally
	counts  []chunkLines
}

// chunkLines is how many lines belong to a chunk.
type chunkLines struct{ chunk, lines uint64 }

// start makes the worker ready for a log of that name whose newest line is of about that time.
func (w *statsWorker) start(name string, reference time.Time) {
	if w.chosen != nil {
		w.chosen.source = name
	}
	w.tally, w.counts = newTally(), nil
	w.decoder.Restart(reference)
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
	switch v, reason := w.decoder.Decode(text); v {
	case logline.LineResult:
		w.result()
	case logline.LineLeftOut:
		w.tally.filtered++
	case logline.LineUnreadable:
		w.tally.skip(chunk, number, text, reason)
	case logline.LineBlank:
	}
	if w.decoder.Waits() {
		w.released(false)
	}
}

// released counts failures whose pairs have not come.
func (w *statsWorker) released(all bool) {
	for w.decoder.Release(all) {
		w.result()
	}
}

// result counts the decoder's record.
func (w *statsWorker) result() {
	if w.chosen != nil && !w.chosen.counts(w.decoder) {
		w.tally.filtered++
		return
	}
	w.tally.add(w.decoder)
}

// preamble takes directives that stand before the next chunk.
func (w *statsWorker) preamble(directives [][]byte) {
	for _, line := range directives {
		if len(line) > 0 {
			w.decoder.Directive(line)
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
	samples = samples[max(0, len(samples)-logline.MaxSamples):]
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
