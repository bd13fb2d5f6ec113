package tracker

import (
	"slices"
	"time"
)

// Mark is something that was done at a moment: a deploy, a change of configuration, a release seen in the results.
type Mark struct {
	At      time.Time
	Text    string // "deploy billing 4.2.1"
	Target  string // "" where it concerns all
	Version string // "" where it is none of a release
	Source  string // who said so: "errtop mark", a source's name, "results"
}

const marksKept = 200

// AddMark notes that something was done. A mark without a time is of now. The same mark told twice is kept once, and only the
// newest 200 are kept.
func (t *ErrorTracker) AddMark(now time.Time, mark Mark) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	if mark.At.IsZero() {
		mark.At = t.clock.time(t.clock.shown())
	}
	if t.addMark(mark) {
		t.changed(nil)
	}
}

// addMark keeps a mark in its place by time and reports whether it is a new one.
func (t *ErrorTracker) addMark(mark Mark) bool {
	place := len(t.marks)
	for place > 0 && t.marks[place-1].At.After(mark.At) {
		place--
	}
	for i := place; i > 0 && t.marks[i-1].At.Equal(mark.At); i-- {
		if was := &t.marks[i-1]; was.Text == mark.Text && was.Target == mark.Target && was.Version == mark.Version {
			return false
		}
	}
	if place == 0 && len(t.marks) == marksKept {
		return false
	}
	t.marks = slices.Insert(slices.Clone(t.marks), place, mark) // snapshots share the list
	t.marks = t.marks[max(len(t.marks)-marksKept, 0):]
	return true
}
