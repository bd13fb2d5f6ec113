// Package ingest reads what others asked: request logs from files and standard input, and results that are pushed over
// HTTP. Every line becomes a tracker.Result, or is counted as unreadable with the reason; none is fatal and none is
// dropped silently.
//
// What leaves the package is harmless and bounded: text has passed safetext, secrets in URLs are masked, strings may be
// kept. It never waits for whoever takes the results longer than that one call, and never blocks the exit on a read.
package ingest

import (
	"time"

	"errtop/tracker"
)

// Sink takes what a source reads. Its functions are called from one goroutine at a time per source, but by several
// sources at once.
type Sink struct {
	// Emit takes results, as soon as there are any and in batches where they flood in. The slice is the callee's only
	// until Emit returns; the strings in it may be kept.
	Emit func([]tracker.Result)
	// Health takes the source's health after every batch and whenever it changes otherwise.
	Health func(tracker.Source)
	// Position takes how far a followed file was read, once its results were emitted; nil where nobody keeps it.
	Position func(path string, at Position)
}

// Position is how far a file was read. It finds the file again under another name, by its first bytes.
type Position struct {
	Head   []byte // at most 64 bytes
	Offset int64  // of the first line that was not read
}

// Check returns an error for options that no source can be read with: a format, field or template that does not exist.
func Check(o Options) error {
	_, err := newDecoder(o, time.Time{})
	return err
}

// Options say how a source is read. The zero value recognises everything by itself.
type Options struct {
	Format Format            // forced; empty: recognised line by line
	Fields map[string]string // our field name -> the log's key path: {"status": "http.code", "duration_ms": "took"}
	// Target is the template of the target: "{host}", "{path[0:2]}". Empty: the line's own target field; else the service or
	// upstream cluster that it names; else its host, where that is a name; else of a path with a prefix such as /api or /v1 the first
	// folder behind it (/api/v1/flux/dev is "flux"); else the path's first folder, or all of it where it is one word
	// (/login); else "/". What looks made up, a number or an id, is never a target, nor is a file at the root.
	Target string

	Since    time.Duration // only what is younger than this before the newest line; 0: 24 hours
	All      bool          // the whole file, whatever its age
	NoFollow bool          // stop at the end of the file

	// Resume returns where a followed file was left; nil where nobody knows. Where the file at the path is another by now,
	// the one that was left is looked for beside it ("access.log.1") and read to its end first.
	Resume func(path string) (Position, bool)
}
