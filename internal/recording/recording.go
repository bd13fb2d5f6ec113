// Package recording is the format that errtop record writes and errtop replay reads: NDJSON, one entry a line. Most entries are
// results, spelled as errtop's own log lines are, so that every command that reads logs reads a recording too. The others tell
// what else a dashboard was given: targets, the health of sources, marks, notes, and gaps.
//
// A recording loses nothing of a [tracker.Result]. Its texts are as harmless as the results were; [Encoder.Mask] masks the
// secrets that only the settings know. A file may be compressed, as its name ends in ".zst" or ".gz"; one that was cut off by a
// kill or a full disk is read up to there.
package recording

import (
	"time"

	"errtop/tracker"
)

// Version is the version of the format that this package writes. Newer ones are read as far as they are understood.
const Version = 1

// Entry is one line of a recording. Exactly one of its pointers is set.
type Entry struct {
	// At is when it came. Of a result it is zero where the result's own time says so.
	At time.Time

	Header *Header
	Result *tracker.Result
	Target *tracker.TargetInfo // declared, or changed
	Gone   string              // name of a target that was removed with its history; "" in other entries
	Source *tracker.Source     // health, without the lines that could not be read
	Mark   *tracker.Mark
	Note   *tracker.Note
	Gap    *tracker.Gap
}

// Header is the first entry.
type Header struct {
	Version int
	Name    string // of the settings that were recorded, or "demo"
}

// How far a result's own time may be ahead of when it came, and which times no result has: what the tracker calls skew.
const slack = time.Minute

var (
	oldest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	newest = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// plausible reports whether a result that came at a moment can be of the time it states.
func plausible(stated, came time.Time) bool {
	return !stated.Before(oldest) && stated.Before(newest) && !stated.After(came.Add(slack))
}

// Moment returns where on the time line of a replay the entry belongs: when it happened where that is known, otherwise when it
// came.
func (e *Entry) Moment() time.Time {
	switch {
	case e.Result != nil && e.At.IsZero():
		return e.Result.Time
	case e.Mark != nil && !e.Mark.At.IsZero() && e.Mark.At.Before(e.At):
		return e.Mark.At
	case e.Note != nil && !e.Note.At.IsZero() && e.Note.At.Before(e.At):
		return e.Note.At
	default:
		return e.At
	}
}
