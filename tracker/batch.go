package tracker

import "time"

// Batch is what a source read, with how far it had come afterwards.
type Batch struct {
	Source   string
	Position Position // the zero value forgets the source's position
	Results  []Result // the tracker's only until RecordBatch returns
	Unplaced bool     // the source has read more than Position covers, and will tell later how far: nothing is kept until then
}

// maxPositions bounds the sources whose position is kept.
const maxPositions = 10_000

// RecordBatch is [ErrorTracker.Record] for a source that can go on where it stopped: results and position are taken at once, so
// that a [State] never has the one without the other.
func (t *ErrorTracker) RecordBatch(now time.Time, batch Batch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	for i := range batch.Results {
		t.record(&batch.Results[i])
	}
	if batch.Unplaced {
		if t.unplaced == nil {
			t.unplaced = map[string]bool{}
		}
		t.unplaced[batch.Source] = true
	} else {
		delete(t.unplaced, batch.Source)
		t.setPosition(batch.Source, batch.Position)
	}
	if len(batch.Results) > 0 {
		t.changed(nil)
	} else {
		t.version++ // what is kept changed, and nothing that is shown
	}
}

// setPosition notes how far a source was read.
func (t *ErrorTracker) setPosition(source string, at Position) {
	if at.Offset == 0 && len(at.Head) == 0 && len(at.Older) == 0 {
		delete(t.positions, source)
		return
	}
	if t.positions == nil {
		t.positions = map[string]Position{}
	}
	if _, known := t.positions[source]; !known && len(t.positions) >= maxPositions {
		return
	}
	t.positions[source] = at
}

// Position returns how far a source had been read, as of the last batch or of the state that was restored.
func (t *ErrorTracker) Position(source string) (at Position, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, ok = t.positions[source]
	return at, ok
}
