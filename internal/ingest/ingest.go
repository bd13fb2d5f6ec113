// Package ingest reads lines where they come from: request logs in files and on standard input, and results that are pushed
// over HTTP. Every line becomes a tracker.Result, or is counted as unreadable with the reason; none is fatal and none is
// dropped silently. What lines mean is internal/logline's.
//
// It never waits for the receiver of its results longer than that one call, and a read that blocks never delays the exit.
package ingest

import (
	"io"
	"time"

	"errtop/internal/logline"
	"errtop/tracker"
)

// Sink receives what a source reads. Its functions are called from one goroutine at a time per source, but by several
// sources at once.
type Sink struct {
	// Emit takes results, as soon as there are any and in batches where they flood in. The slice is the callee's only
	// until Emit returns; the strings in it may be kept.
	Emit func([]tracker.Result)
	// Health takes the source's health after every batch and whenever it changes otherwise.
	Health func(tracker.Source)
	// Mark takes an action that a line reports, such as a deploy; nil if marks are not kept. Its texts are harmless.
	Mark func(tracker.Mark)
	// Log takes lines that are not about results and change no health, such as the troubles of an HTTP server; nil if nothing
	// reads them.
	Log io.Writer
	// Place takes the results of a file instead of Emit, with how far the file was read: at covers all results so far, and no more.
	// Where exact is false, it does not, and another call will follow. Nil if positions are not kept.
	Place func(path string, results []tracker.Result, at Position, exact bool)
}

// report hands on a source's health, if there is a receiver.
func (s Sink) report(health *tracker.Source) {
	if s.Health != nil {
		s.Health(*health)
	}
}

// Position is how far a file was read. It finds the file again under another name, by its first bytes.
type Position struct {
	Head   []byte     // what its first bytes, at most 64, are known by
	Offset int64      // of the first line that was not read
	Older  []Position // of files that stood at the path before, which may not be read to their ends
}

// Check returns an error for options that no source can be read with: a format, field or template that does not exist.
func Check(o Options) error {
	_, err := logline.NewDecoder(o.Options, time.Time{})
	return err
}

// Options say how a source is read. The zero value recognises everything by itself.
type Options struct {
	logline.Options

	// Exclude reports whether a result, whose client called itself so, is left out; nil leaves out none.
	Exclude func(r *tracker.Result, agent string) bool

	// Reasons are shared with the other sources that are read: an error log says in them why requests failed that an access log
	// counts. nil: a source's own, but those of one call share some.
	Reasons *logline.Reasons

	Since    time.Duration // only what is younger than this before the newest line; 0: 24 hours
	From     time.Time     // only what is not older, instead of Since; zero: by Since
	All      bool          // the whole file, whatever its age
	NoFollow bool          // stop at the end of the file

	// Resume returns where a file was left; nil if that is not known. Where the file at the path is another by now, the one that was
	// left is looked for beside it ("access.log.1") and read to its end first, then those that came after it.
	Resume func(path string) (Position, bool)
}
