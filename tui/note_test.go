package tui

import (
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// noted is the morning's snapshot with its incidents before a viewer that may write notes.
func noted(t *testing.T, note func(uint64, string, string)) (*user, *tracker.Snapshot) {
	t.Helper()
	snap := morning().Snapshot(noon)
	s := visit(t, 120, 50, snap, func(o *Options) { o.Rights.Note = note })
	return s, snap
}

func TestANoteIsWrittenAboutTheIncidentAtHandAndStandsOnItsPage(t *testing.T) {
	type written struct {
		incident     uint64
		target, text string
	}
	var got []written
	s, snap := noted(t, func(incident uint64, target, text string) { got = append(got, written{incident, target, text}) })
	s.press("c")
	s.write("rolling back").run("enter")
	in := &snap.Incidents[0]
	if len(got) != 1 || got[0] != (written{in.ID, in.Lead().Name, "rolling back"}) {
		t.Fatalf("%+v", got)
	}
	s.sees("noted about " + in.Lead().Name)
	s.press("c")
	s.write("never mind").press("esc")
	s.press("c")
	s.press("enter") // nothing was typed
	if len(got) != 1 {
		t.Errorf("%+v", got)
	}
	with := *snap
	with.Notes = []tracker.Note{{At: noon.Add(-time.Minute), By: "kim", Text: "rolling back", Incident: in.ID}, {At: noon, Text: "elsewhere", Incident: 99}}
	s.m.Update(newsMsg{now: noon.Add(time.Minute), snap: &with})
	s.press("e").sees("NOTES", "kim", "rolling back").lacks("elsewhere")
}

func TestWhoMayNotWriteNotesIsToldSo(t *testing.T) {
	s, _ := noted(t, nil)
	s.press("c").sees("may not write notes")
	s = visit(t, 120, 40, calm(), func(o *Options) { o.Rights.Note = func(uint64, string, string) {} })
	s.press("c").sees("no incident is selected")
	if strings.Contains(s.text(), "note:") {
		t.Error("the line is open")
	}
}

func TestAMarkIsSetOfWhatWasDoneNow(t *testing.T) {
	var got []string
	s := visit(t, 120, 40, morning().Snapshot(noon), func(o *Options) { o.Rights.Mark = func(text string) { got = append(got, text) } })
	s.press("m").sees("mark:", "Charts show it")
	s.write(" deploy billing 4.2.1 ").run("enter")
	if len(got) != 1 || got[0] != "deploy billing 4.2.1" {
		t.Fatalf("%q", got)
	}
	s.sees("the mark is set")
	s.press("m")
	s.write("no").press("esc")
	if len(got) != 1 {
		t.Errorf("%q", got)
	}
	s = visit(t, 120, 40, calm(), func(*Options) {})
	s.press("m").sees("may not set marks")
}
