package store

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

func TestStoresAreMergedOnce(t *testing.T) {
	folder := t.TempDir()
	paths := [...]string{filepath.Join(folder, "a.db"), filepath.Join(folder, "b.db"), filepath.Join(folder, "v2.db")}
	for i, path := range paths[:2] {
		s := open(t, Options{Path: path, Now: noon})
		if err := s.SaveHours(t.Context(), hoursOf(noon.Add(time.Duration(12*i)*time.Hour), 2)); err != nil {
			t.Fatal(err)
		}
		in := Incident{Incident: tracker.Incident{ID: 7, Onset: tracker.Onset{At: noon.Add(time.Duration(i) * time.Hour)}}}
		if err := s.SaveIncidents(t.Context(), []Incident{in}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(golden(1))
	if err == nil {
		err = os.WriteFile(paths[2], old, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	a := open(t, Options{Path: paths[0], Now: noon})
	for again := range 3 {
		for _, path := range paths[1:] {
			done, err := a.Import(t.Context(), path)
			want := Imported{}
			if again == 0 && path == paths[1] {
				want = Imported{48, 1}
			}
			if err != nil || done != want {
				t.Fatalf("import %d of %s: %+v, want %+v, %v", again, path, done, want, err)
			}
		}
	}
	hours, err := a.Hours(t.Context(), "target-a", noon.Add(12*time.Hour), noon.Add(13*time.Hour))
	if err != nil || len(hours) != 2 {
		t.Errorf("of an hour that both have: %d, %v", len(hours), err)
	}
	bars, _ := a.Bars(t.Context(), "target-a", noon, noon.Add(48*time.Hour))
	if len(bars) != 36 || bars[12].Requests != 2*bars[0].Requests {
		t.Errorf("%d bars", len(bars))
	}
	if incidents, err := a.Incidents(t.Context(), noon, noon.Add(24*time.Hour), "", 9); err != nil || len(incidents) != 2 || incidents[0].Origin == "" {
		t.Errorf("%d incidents, %v", len(incidents), err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	b := open(t, Options{Path: paths[1], Now: noon}) // back again: what was its own is its own still
	done, err := b.Import(t.Context(), paths[0])
	if err != nil || done != (Imported{48, 1}) {
		t.Errorf("back: %+v, %v", done, err)
	}
	if err := os.WriteFile(filepath.Join(folder, "copy.db"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Import(t.Context(), filepath.Join(folder, "missing.db")); err == nil {
		t.Error("imported what is not there")
	}
}

func TestWhatIsExportedIsWhatIsThere(t *testing.T) {
	s := open(t, Options{Path: filepath.Join(t.TempDir(), "x.db"), Now: noon})
	hours := hoursOf(noon, 2)
	hours[0].Target = "=cmd()"
	if err := s.SaveHours(t.Context(), hours); err != nil {
		t.Fatal(err)
	}
	in := Incident{Incident: tracker.Incident{ID: 0xabc, Onset: tracker.Onset{At: noon}, Targets: []tracker.IncidentTarget{{Name: "target-b"}}}}
	if err := s.SaveIncidents(t.Context(), []Incident{in}); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := s.Export(t.Context(), &text, true, time.Time{}, noon.Add(100*time.Hour)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&text).ReadAll()
	if err != nil || len(rows) != 49 || rows[1][1] != "'=cmd()" || rows[1][0] != "2026-03-04T12:00:00Z" || rows[1][4] == "" {
		t.Fatalf("%d rows, %v; %v", len(rows), err, rows[:2])
	}
	text.Reset()
	if err := s.Export(t.Context(), &text, false, time.Time{}, noon.Add(100*time.Hour)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	var hour exportRow
	var incident exportIncident
	if err := json.Unmarshal([]byte(lines[1]), &hour); err != nil || hour.Type != "hour" || hour.ByOutcome["500"] != hour.Errors {
		t.Errorf("%v: %+v", err, hour)
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &incident); err != nil || incident.ID != "abc" || len(lines) != 49 {
		t.Errorf("%d lines, %v: %+v", len(lines), err, incident)
	}
	info, err := s.Info(t.Context())
	if err != nil || info.Hours != 48 || info.Targets != 3 || info.Incidents != 1 || !info.First.Equal(noon) || info.Holder == nil {
		t.Errorf("%+v, %v", info, err)
	}
	if err := s.Vacuum(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
