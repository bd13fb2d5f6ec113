package tracker

import (
	"testing"
	"time"
)

func TestIncidentsOfThePastAreThoseThatHadBegun(t *testing.T) {
	s, end := troubled(1)
	tr := New(Settings{})
	tr.UpdateSource(end, Source{Name: "log", Live: true})
	tr.AddMark(end, Mark{At: noon.Add(80 * time.Minute), Text: "deploy"})
	tr.Record(end, s.results)
	for minutes, want := range map[int]IncidentState{100: IncidentOpen, 200: IncidentOver} {
		at := tr.SnapshotAt(end, noon.Add(time.Duration(minutes)*time.Minute))
		if len(at.Incidents) != 1 || at.Incidents[0].Lead().Name != "over" || at.Incidents[0].State != want || len(at.Marks) != 1 {
			t.Errorf("after %d minutes: %v, %d marks", minutes, named(at.Incidents), len(at.Marks))
		}
	}
	if at := tr.SnapshotAt(end, noon.Add(time.Hour)); len(at.Incidents) != 0 || len(at.Marks) != 0 {
		t.Errorf("before all: %v, %d marks", named(at.Incidents), len(at.Marks))
	}
}
