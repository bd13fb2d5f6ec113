package tracker

import "time"

// SnapshotAt returns the content as of at, a moment of the last 24 hours, as far as it is still known; Snapshot.Missing
// says what is not.
func (t *ErrorTracker) SnapshotAt(now, at time.Time) *Snapshot {
	s := *t.Snapshot(now)
	s.Past = true
	s.Missing = []string{"everything but the present"}
	return &s
}
