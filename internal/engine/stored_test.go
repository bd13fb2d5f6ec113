package engine

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/internal/serve"
	"errtop/internal/store"
	"errtop/tracker"
)

func TestWhatIsKeptIsReadWithoutAnEngine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	e := remembering(t, path)
	now := time.Now()
	e.tracker.UpdateSource(now.Add(-30*time.Hour), tracker.Source{Name: "log", Live: true})
	outage(e, now)
	e.AddNote(tracker.Note{Text: "rolled back", By: "sam", Target: "api"})
	kept, _, _ := e.tracker.Keep(now, tracker.KeptMark{})
	if _, err := e.storing.store.Save(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	old := tracker.Incident{ID: 5, Onset: tracker.Onset{At: now.AddDate(0, 0, -6)}, Targets: []tracker.IncidentTarget{{Name: "api"}}}
	if err := e.storing.store.SaveIncidents(t.Context(), []store.Incident{{Incident: old}}); err != nil {
		t.Fatal(err)
	}
	if err := e.storing.store.SaveAlerting(t.Context(), 1, []byte(`{"alerts":[{"id":7,"rule":"incident"}]}`)); err != nil {
		t.Fatal(err)
	}
	stored, err := ReadStore(t.Context(), config.Default(), path) // while the engine has it
	if err != nil || stored.Problem != nil {
		t.Fatal(err, stored.Problem)
	}
	defer stored.Close() //nolint:errcheck // only read from
	s := stored.Snapshot()
	if s.Overall.Day.Requests < 8000 || len(s.Incidents) != 1 || len(s.Notes) != 1 || len(stored.Alerts.Alerts) != 1 || stored.Alerts.Alerts[0].Rule != "incident" {
		t.Errorf("%d requests, %d incidents, %d notes, alerts %+v", s.Overall.Day.Requests, len(s.Incidents), len(s.Notes), stored.Alerts.Alerts)
	}
	if past := stored.SnapshotAt(t.Context(), now.Add(-150*time.Minute)); past.Overall.Minute.Errors == 0 {
		t.Errorf("in the outage %+v", past.Overall.Minute)
	}
	if list, err := stored.Incidents(t.Context(), now.AddDate(0, 0, -7), 10); err != nil || len(list) == 0 || list[len(list)-1].ID != 5 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, _, err := stored.Count(t.Context(), "", now.AddDate(0, 0, -7), now); err != nil {
		t.Error(err)
	}
	if _, err := ReadStore(t.Context(), config.Default(), path+".missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestANoteFindsItsIncidentByNumberOrTarget(t *testing.T) {
	e := remembering(t, filepath.Join(t.TempDir(), "x.db"))
	now := time.Now()
	e.tracker.UpdateSource(now.Add(-30*time.Hour), tracker.Source{Name: "log", Live: true})
	outage(e, now) // its incident is over
	in := e.Snapshot(now).Incidents[0]
	for _, c := range []struct {
		note serve.Note
		ok   bool
	}{
		{serve.Note{Text: "a", Incident: in.ID}, true},
		{serve.Note{Text: "b", Target: "api", By: "sam"}, true},
		{serve.Note{Text: "c", Incident: in.ID + 1}, false},
		{serve.Note{Text: "d", Target: "nobody"}, false},
		{serve.Note{Text: "e"}, false},
	} {
		if target, ok := e.NoteIncident(c.note); ok != c.ok || ok && target != "api" {
			t.Errorf("%+v: %q %v", c.note, target, ok)
		}
	}
	e.shared.drop()
	s := e.Snapshot(now)
	if notes := s.NotesOf(&s.Incidents[0]); len(notes) != 2 || notes[1].By != "sam" || notes[0].Incident != in.ID {
		t.Errorf("%+v", notes)
	}
}
