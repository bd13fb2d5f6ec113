package engine

import (
	"slices"
	"time"

	"errtop/internal/serve"
	"errtop/tracker"
)

// longestMark bounds the texts of a mark, in bytes.
const longestMark = 500

// AddMark notes that something was done. A mark without a time is of now. Its texts are made harmless, and secrets in them masked.
func (e *Engine) AddMark(mark tracker.Mark) {
	for _, text := range []*string{&mark.Text, &mark.Target, &mark.Version, &mark.Source} {
		*text = e.line(*text, longestMark)
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
		*text = e.line(*text, longestMark)
	}
	now := time.Now()
	if note.At.IsZero() {
		note.At = now // of the clock, also where a log of yesterday is shown
	}
	e.recorder.note(now, note)
	e.tracker.AddNote(now, note)
}

// NoteIncident keeps a note about the incident of that number, else about the newest of its target, else about the worst that goes on.
func (e *Engine) NoteIncident(note serve.Note) (target string, ok bool) {
	snapshot := e.Snapshot(time.Now())
	var about *tracker.Incident
	for i := range snapshot.Incidents {
		in := &snapshot.Incidents[i]
		switch {
		case note.Incident != 0:
			if in.ID == note.Incident {
				about = in
			}
		case note.Target != "":
			has := slices.ContainsFunc(in.Targets, func(t tracker.IncidentTarget) bool { return t.Name == note.Target })
			if has && (about == nil || in.Onset.At.After(about.Onset.At)) {
				about = in
			}
		case about == nil && in.Ongoing(): // they come worst first
			about = in
		}
	}
	if about == nil {
		return "", false
	}
	e.AddNote(tracker.Note{By: note.By, Text: note.Text, Incident: about.ID, Target: about.Lead().Name})
	return about.Lead().Name, true
}
