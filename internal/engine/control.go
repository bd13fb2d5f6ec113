package engine

import (
	"time"

	"errtop/tracker"
)

// longestMark bounds the texts of a mark, in bytes.
const longestMark = 500

// AddMark notes that something was done. A mark without a time is of now. Its texts are made harmless, and secrets in them masked.
func (e *Engine) AddMark(mark tracker.Mark) {
	for _, text := range []*string{&mark.Text, &mark.Target, &mark.Version, &mark.Source} {
		*text = e.options.Settings.Known().Line(*text, longestMark)
	}
	e.addMark(mark)
}

// addMark notes a mark whose texts are harmless.
func (e *Engine) addMark(mark tracker.Mark) {
	now := time.Now()
	e.recorder.mark(now, mark)
	e.tracker.AddMark(now, mark)
}

// AddNote keeps what somebody wrote down about an incident. Its texts are made harmless, and secrets in them masked.
func (e *Engine) AddNote(note tracker.Note) {
	for _, text := range []*string{&note.Text, &note.Target, &note.By} {
		*text = e.options.Settings.Known().Line(*text, longestMark)
	}
	now := time.Now()
	e.recorder.note(now, note)
	e.tracker.AddNote(now, note)
}
