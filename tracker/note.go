package tracker

import (
	"slices"
	"time"
)

// Note is what somebody wrote down about an incident.
type Note struct {
	At       time.Time
	By       string // "" where nobody says
	Text     string
	Incident uint64 // Incident.ID when it was written
	Target   string // the worst target of it then, by which it is found if the ID changes
}

// notesKept bounds the notes that are remembered.
const notesKept = 200

// AddNote keeps a note. One without a time is of now. The same note told twice is kept once, and only the newest 200 are kept.
func (t *ErrorTracker) AddNote(now time.Time, note Note) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	if note.At.IsZero() {
		note.At = t.clock.time(t.clock.shown())
	}
	if t.addNote(note) {
		t.changed(nil)
	}
}

// addNote keeps a note in its place by time and reports whether it is a new one.
func (t *ErrorTracker) addNote(note Note) bool {
	place := len(t.notes)
	for place > 0 && t.notes[place-1].At.After(note.At) {
		place--
	}
	for i := place; i > 0 && t.notes[i-1].At.Equal(note.At); i-- {
		if was := t.notes[i-1]; was.Text == note.Text && was.By == note.By && was.Target == note.Target {
			return false
		}
	}
	if place == 0 && len(t.notes) == notesKept {
		return false
	}
	t.notes = slices.Insert(slices.Clone(t.notes), place, note) // snapshots share the list
	t.notes = t.notes[max(len(t.notes)-notesKept, 0):]
	return true
}

// NotesOf returns the notes about an incident, by time. Its ID may have changed since one was written, because its onset is now known
// better; such a note is the incident's that its target had at that time.
func (s *Snapshot) NotesOf(in *Incident) (notes []Note) {
	for _, n := range s.Notes {
		if n.Incident == in.ID || !s.hasIncident(n.Incident) && in.couldBe(&n) {
			notes = append(notes, n)
		}
	}
	return notes
}

func (s *Snapshot) hasIncident(id uint64) bool {
	return slices.ContainsFunc(s.Incidents, func(i Incident) bool { return i.ID == id })
}

// couldBe reports whether a note, whose incident is not known under its ID any more, was about this one.
func (i *Incident) couldBe(n *Note) bool {
	const around = time.Hour
	if n.At.Before(i.Onset.At.Add(-around)) || !i.End.IsZero() && n.At.After(i.End.Add(around)) {
		return false
	}
	return slices.ContainsFunc(i.Targets, func(t IncidentTarget) bool { return t.Name == n.Target })
}

func (e *encoder) notes(notes []Note) {
	e.uint(uint64(len(notes)))
	for _, n := range notes {
		e.block(func() {
			e.time(n.At)
			e.text(n.By)
			e.text(n.Text)
			e.uint(n.Incident)
			e.text(n.Target)
		})
	}
}

func (d *decoder) notes() (notes []Note) {
	d.list(func(d *decoder) {
		notes = append(notes, Note{At: d.zoned(), By: d.text(), Text: d.text(), Incident: d.uint(), Target: d.text()})
	})
	return notes[max(len(notes)-notesKept, 0):]
}
