package tui

import (
	"time"

	"errtop/tracker"
)

// Engine is what a viewer reads. Several viewers may share one; it never waits for any of them.
type Engine interface {
	// Watch returns a channel that holds one element after something has changed, until stop is called.
	Watch() (changed <-chan struct{}, stop func())
	// Snapshot returns the state as of now. Viewers share what it returns and must not write to it.
	Snapshot(now time.Time) *tracker.Snapshot
	// SnapshotAt returns the state at an earlier moment of the last 24 hours.
	SnapshotAt(now, at time.Time) *tracker.Snapshot
}

// Subscribe returns a channel with the notices that come from now on, until stop is called. Each subscriber gets its own copy.
type Subscribe func() (notices <-chan string, stop func())

// Rights are what a viewer may do beside looking. The zero value may only look and leave. Whoever starts a viewer decides what
// ends with it.
type Rights struct {
	Reload func() error // reads the settings again; nil: not allowed, or there are none
	// Acknowledge notes that somebody has seen alerts, by their IDs, and returns how many of them are not over; nil: not allowed.
	Acknowledge func(alerts []uint64) int
	// Silence keeps alerts from being told for a while; its ID and By are not set. Nil: not allowed.
	Silence func(Silence) error
	// EndSilence ends a silence by its ID, and reports whether there was one; nil: not allowed.
	EndSilence func(id uint64) bool
	// Note keeps what this viewer writes about an incident, whose worst target it names; nil: not allowed.
	Note    func(incident uint64, target, text string)
	Mark    func(text string) // notes that something was done now; nil: not allowed
	Export  bool              // write reports to Options.ExportDir
	Suspend bool              // stop the process with the suspend key or SIGTSTP
}
