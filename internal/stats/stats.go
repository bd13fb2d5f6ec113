// Package stats counts whole logs at once, fast: files are read in chunks by several workers, in bounded memory whatever their
// size, and what each counted is added up to a [Summary].
package stats

import (
	"bytes"
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
	Once bool // it can be opened only once: a pipe
}

// RandomAccess is a log that can be read at any place: a plain file of that many bytes, written to at ModTime last.
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
	// Exclude reports whether a result, whose client called itself so, is left out; nil leaves out none.
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
	c := counter{workers: make([]*statsWorker, n), reasons: logline.NewReasons(), chunk: chunkSize}
	for i := range c.workers {
		w, err := newWorker(&o)
		if err != nil {
			return nil, err
		}
		c.workers[i] = w
	}
	inOrder, err := newWorker(&o)
	if err != nil {
		return nil, err
	}
	inOrder.decoder.Share(c.reasons)
	c.inOrder = inOrder
	total := newSummary(o.By)
	var problems []error
	for _, input := range errorLogsFirst(ctx, inputs) {
		counted, err := c.count(ctx, input)
		if err != nil {
			problems = append(problems, &logline.SourceError{Name: input.Name, Err: err})
		}
		total.merge(input.Name, counted)
		if ctx.Err() != nil {
			return total, fmt.Errorf("stopped: %w", context.Cause(ctx))
		}
	}
	return total, errors.Join(append(problems, c.withoutResults(total)...)...)
}

// newWorker returns a worker for these options.
func newWorker(o *Options) (*statsWorker, error) {
	d, err := logline.NewDecoder(o.Options, time.Now())
	if err != nil {
		return nil, err
	}
	return &statsWorker{decoder: d, chosen: newChosen(o), by: o.By}, nil
}

// counter counts logs one after the other.
type counter struct {
	workers []*statsWorker
	inOrder *statsWorker     // of the lines that belong to others
	reasons *logline.Reasons // of all logs
	onlyWhy []onlyReasons    // logs that hold nothing else
	chunk   int              // bytes that are read at once
}

// onlyReasons is an error log, which says why requests failed that another log counts.
type onlyReasons struct {
	name  string
	tally *tally
}

// withoutResults returns what is wrong with error logs that were read without any log that counts their requests.
func (c *counter) withoutResults(total *Summary) (problems []error) {
	if total.Results()+total.leftOut() > 0 {
		return nil
	}
	for _, log := range c.onlyWhy {
		problems = append(problems, &logline.SourceError{Name: log.name, Err: notLog(log.tally)})
	}
	return problems
}

// count counts one log.
func (c *counter) count(ctx context.Context, input Input) (*tally, error) {
	log, err := input.Open(ctx)
	if err != nil {
		return newTally(), logline.PlainError(err)
	}
	defer log.Close() //nolint:errcheck // only read from
	reference := time.Now()
	file, isFile := log.(RandomAccess)
	if isFile {
		reference = file.ModTime()
	}
	all, err := c.study(input.Name, log, reference)
	if err != nil {
		return newTally(), logline.PlainError(err)
	}
	inChunks := false
	if isFile {
		if inChunks, err = isChunked(file); err != nil {
			return newTally(), logline.PlainError(err)
		}
	}
	expected := logline.AllPairs
	if inChunks {
		expected = c.inOrder.decoder.Pairs()
	}
	before := c.reasons.Clone()
	counted, met, problem := c.scan(ctx, input.Name, all, reference, expected)
	if met != 0 && problem == nil { // lines before belong to others: all is read again
		c.reasons = before
		c.inOrder.decoder.Share(before)
		if all, err = c.study(input.Name, log, reference); err != nil {
			return newTally(), logline.PlainError(err)
		}
		counted, _, problem = c.scan(ctx, input.Name, all, reference, logline.AllPairs)
	}
	if problem != nil {
		return counted, logline.PlainError(problem) // with what came before it: a file may be cut off
	}
	if counted.results+counted.filtered == 0 {
		if counted.skipped > 0 {
			return counted, notLog(counted)
		}
		if counted.reasons > 0 {
			c.onlyWhy = append(c.onlyWhy, onlyReasons{input.Name, counted})
		}
	}
	return counted, nil
}

// study lets the worker that reads in order learn from a log. It returns the log, to be read from its start.
func (c *counter) study(name string, log io.Reader, reference time.Time) (io.Reader, error) {
	c.inOrder.start(name, reference)
	all, err := study(log, c.inOrder.decoder)
	c.inOrder.decoder.Adopt(c.inOrder.decoder)
	c.inOrder.decoder.ExpectPairs()
	return all, err
}

// scan counts the lines of a log that has these kinds of pairs. It returns which others it met; then it stops early.
func (c *counter) scan(ctx context.Context, name string, log io.Reader, reference time.Time, expected logline.Pairs) (*tally, logline.Pairs, error) {
	stoppable, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	order := newOrder(c.inOrder)
	for _, w := range c.workers {
		w.start(name, reference)
		w.decoder.Adopt(c.inOrder.decoder)
		w.decoder.Defer(expected)
		w.order, w.stop = order, stop
	}
	problem := scanLog(stoppable, log, c.chunk, c.workers)
	if errors.Is(problem, errPaired) {
		problem = nil
	}
	c.inOrder.released(logline.WaitForNothing)
	counted := newTally()
	all := append([]*statsWorker{c.inOrder}, c.workers...)
	met := logline.Pairs(0)
	for _, w := range all {
		counted.merge(w.tally)
		met |= w.decoder.Met()
	}
	counted.samples = lastSamples(all)
	counted.why = numbered(all, []sample{counted.why})[0]
	return counted, met, problem
}

// isChunked reports whether a file's lines can be read in any order.
func isChunked(file RandomAccess) (bool, error) {
	head, err := readSection(file, make([]byte, 64<<10), 0)
	return err == nil && !logline.HoldsW3C(head) && !logline.IsCutLog(head), err
}

// scanLog hands the log's lines to the workers.
func scanLog(ctx context.Context, log io.Reader, chunk int, workers []*statsWorker) error {
	if file, ok := log.(RandomAccess); ok {
		switch chunked, err := isChunked(file); {
		case err != nil:
			return err
		case chunked:
			return scanFile(ctx, file, file.Size(), int64(chunk), workers)
		}
	}
	return scanStream(ctx, log, chunk, workers)
}

// notLog says what was seen in a log without requests.
func notLog(t *tally) error {
	last := t.why
	if len(t.samples) > 0 {
		last = t.samples[len(t.samples)-1]
	}
	return logline.NoRequestLog(t.lines, last.line, last.reason, last.text)
}

// statsWorker counts the lines that it is given.
type statsWorker struct {
	decoder *logline.Decoder
	chosen  *chosen // nil: everything is counted
	by      Dimension
	tally   *tally
	part    logline.Chunk // that is read
	batch   [batchSize]logline.Success
	counts  []chunkLines
	order   *order                  // takes lines that belong to others; nil if this worker does
	related []relatedLine           // of the chunk that is being read
	stop    context.CancelCauseFunc // stops reading when the log must be read again
}

// chunkLines is how many lines belong to a chunk.
type chunkLines struct{ chunk, lines uint64 }

// start makes the worker ready for a log of that name whose newest line was written at about that time.
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
	if v, reason := w.decoder.Decode(text); v == logline.LineResult && w.order != nil {
		w.result()
	} else {
		w.take(v, reason, chunk, number, text)
	}
}

// known counts the line of data that starts at a place, if its shape is known, and returns where it ends; else -1.
func (w *statsWorker) known(chunk, number uint64, data []byte, at int) (end int) {
	end, v, reason := w.decoder.Known(&w.part, at)
	if end < 0 {
		return -1
	}
	w.tally.lines++
	if v == logline.LineResult && w.order != nil {
		w.result()
	} else {
		w.take(v, reason, chunk, number, data[at:end])
	}
	return end
}

// read counts what a line says.
func (w *statsWorker) read(chunk, number uint64, text []byte) {
	v, reason := w.decoder.Decode(text)
	w.take(v, reason, chunk, number, text)
}

// take counts what the decoder has read.
func (w *statsWorker) take(v logline.LineKind, reason string, chunk, number uint64, text []byte) {
	switch v {
	case logline.LineResult:
		w.result()
	case logline.LineLeftOut:
		w.tally.filtered++
	case logline.LineUnreadable:
		w.tally.skip(chunk, number, text, reason)
	case logline.LineReason:
		w.tally.reason(chunk, number, text, reason)
	case logline.LineRelated:
		w.related = append(w.related, relatedLine{number, bytes.Clone(w.decoder.Whole(text))})
		if w.decoder.Met() != 0 {
			w.stop(errPaired)
		}
	case logline.LineBlank:
	}
	if w.decoder.Waits() {
		w.released(logline.WaitForLines)
	}
}

// released counts failures whose pairs have not come.
func (w *statsWorker) released(how logline.Waiting) {
	for w.decoder.Release(how) {
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
	if w.order != nil {
		w.order.take(chunk, w.related)
		w.related = nil
	}
}

// lastSamples returns the last ten unreadable lines of all workers, with their number in the log as line.
func lastSamples(workers []*statsWorker) []sample {
	var samples []sample
	for _, w := range workers {
		samples = append(samples, w.tally.samples...)
	}
	slices.SortFunc(samples, func(a, b sample) int {
		return cmp.Or(cmp.Compare(a.chunk, b.chunk), cmp.Compare(a.line, b.line))
	})
	return numbered(workers, samples[max(0, len(samples)-logline.MaxSamples):])
}

// numbered returns sorted samples with their number in the log as line.
func numbered(workers []*statsWorker, samples []sample) []sample {
	var counts []chunkLines
	for _, w := range workers {
		counts = append(counts, w.counts...)
	}
	slices.SortFunc(counts, func(a, b chunkLines) int { return cmp.Compare(a.chunk, b.chunk) })
	before, at := uint64(0), 0
	for i := range samples {
		s := &samples[i]
		for ; at < len(counts) && counts[at].chunk < s.chunk; at++ {
			before += counts[at].lines
		}
		s.line += before + 1
	}
	return samples
}
