package tracker

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestNotesAreKeptByTimeOnceAndOverARestart(t *testing.T) {
	tr := live()
	first := Note{At: noon.Add(time.Minute), By: "sam", Text: "rolling back", Incident: 7, Target: "billing"}
	tr.AddNote(noon.Add(time.Hour), first)
	tr.AddNote(noon.Add(time.Hour), Note{At: noon, Text: "it began"})
	before := tr.Snapshot(noon.Add(time.Hour))
	tr.AddNote(noon.Add(time.Hour), first)
	if again := tr.Snapshot(noon.Add(time.Hour)); again.Version != before.Version {
		t.Error("the same note twice is a change")
	}
	tr.AddNote(noon.Add(time.Hour), Note{Text: "now"})
	after := tr.Snapshot(noon.Add(time.Hour))
	if len(before.Notes) != 2 || before.Notes[1] != first || len(after.Notes) != 3 || !after.Notes[2].At.Equal(noon.Add(time.Hour)) {
		t.Errorf("before %+v, after %+v", before.Notes, after.Notes)
	}
	if past := tr.SnapshotAt(noon.Add(time.Hour), noon.Add(30*time.Second)); len(past.Notes) != 1 {
		t.Errorf("in the past %+v", past.Notes)
	}
	restored := New(Settings{})
	if err := restored.Restore(noon.Add(2*time.Hour), tr.State(noon.Add(time.Hour), Part{})); err != nil {
		t.Fatal(err)
	}
	got := restored.Snapshot(noon.Add(2 * time.Hour)).Notes
	if !slices.EqualFunc(got, after.Notes, func(a, b Note) bool {
		sameTime := a.At.Equal(b.At)
		a.At = b.At
		return sameTime && a == b
	}) {
		t.Errorf("restored %+v, not %+v", got, after.Notes)
	}
	for i := range 3 * notesKept {
		tr.AddNote(noon, Note{At: noon.Add(time.Duration(i*7919%(3*notesKept)) * time.Second), Text: fmt.Sprint(i)})
	}
	if n := len(tr.Snapshot(noon).Notes); n != notesKept {
		t.Errorf("%d notes are kept", n)
	}
}

func TestANoteIsFoundAlsoWhenItsIncidentHasAnotherIDByNow(t *testing.T) {
	billing := Incident{ID: 2, Targets: []IncidentTarget{{Name: "billing"}}, Onset: Onset{At: noon}, End: noon.Add(time.Hour)}
	search := Incident{ID: 3, Targets: []IncidentTarget{{Name: "search"}}, Onset: Onset{At: noon}}
	s := &Snapshot{Incidents: []Incident{billing, search}, Notes: []Note{
		{At: noon.Add(time.Minute), Text: "by its ID", Incident: 3, Target: "search"},
		{At: noon.Add(time.Minute), Text: "by target and time", Incident: 99, Target: "billing"},
		{At: noon.Add(5 * time.Hour), Text: "long after it", Incident: 98, Target: "billing"},
		{At: noon.Add(time.Minute), Text: "of another", Incident: 97, Target: "cron"},
	}}
	for i, want := range map[int]string{0: "by target and time", 1: "by its ID"} {
		if got := s.NotesOf(&s.Incidents[i]); len(got) != 1 || got[0].Text != want {
			t.Errorf("incident %d: %+v", i, got)
		}
	}
}
