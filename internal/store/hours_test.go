package store

import (
	"path/filepath"
	"testing"
	"time"

	"errtop/tracker"
)

func TestHoursAreKeptOnce(t *testing.T) {
	s := open(t, Options{Path: filepath.Join(t.TempDir(), "x.db"), Now: noon})
	day := hoursOf(noon, 3)
	for range 2 {
		if err := s.SaveHours(t.Context(), day); err != nil {
			t.Fatal(err)
		}
	}
	hours, err := s.Hours(t.Context(), "target-b", noon, noon.Add(24*time.Hour))
	if err != nil || len(hours) != 24 {
		t.Fatalf("%d hours, %v", len(hours), err)
	}
	requests, errors := day[0].Totals()
	bars, err := s.Bars(t.Context(), "", noon, noon.Add(2*time.Hour))
	if err != nil || len(bars) != 2 || bars[0].Requests < 3*requests-1000 || bars[0].Errors < errors || !bars[0].Start.Equal(noon) {
		t.Errorf("bars %+v, %v", bars, err)
	}
	less := day[:1]
	less[0].Counts = less[0].Counts[1:]
	if err := s.SaveHours(t.Context(), less); err != nil {
		t.Fatal(err)
	}
	if hours, _ := s.Hours(t.Context(), "target-a", noon, noon.Add(time.Hour)); len(hours) != 1 || len(hours[0].Counts) != 2 {
		t.Errorf("what counts less took the place of what counts more: %+v", hours)
	}
	if first, err := s.First(t.Context(), "target-c"); err != nil || !first.Equal(noon) {
		t.Errorf("first %v, %v", first, err)
	}
	if first, err := s.First(t.Context(), "nobody"); err != nil || !first.IsZero() {
		t.Errorf("first of nobody %v, %v", first, err)
	}
}

func TestIncidentsAreFoundByTheirWords(t *testing.T) {
	s := open(t, Options{Path: filepath.Join(t.TempDir(), "x.db"), Now: noon})
	for i, message := range []string{"connection refused (10.4.7.21:8443)", "Deadlock found", "connection reset"} {
		in := Incident{
			Incident: tracker.Incident{ID: uint64(i + 1), Onset: tracker.Onset{At: noon.Add(time.Duration(i) * time.Hour)}, Cause: tracker.Cause{Message: message}, Targets: []tracker.IncidentTarget{{Name: "inventory"}}},
			Groups:   []*tracker.Group{{ID: 5, Message: message}},
		}
		for range 2 {
			if err := s.SaveIncidents(t.Context(), []Incident{in}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for words, want := range map[string]int{"": 3, "connection": 2, "CONNECTION inventory reset": 1, "deadlock": 1, "100%": 0} {
		got, err := s.Incidents(t.Context(), noon, noon.Add(24*time.Hour), words, 10)
		if err != nil || len(got) != want {
			t.Errorf("%q: %d incidents, want %d, %v", words, len(got), want, err)
		}
		if len(got) == 3 && (got[0].ID != 3 || len(got[0].Groups) != 1 || got[0].Groups[0].Message != "connection reset") {
			t.Errorf("the newest is %+v", got[0])
		}
	}
	if got, _ := s.Incidents(t.Context(), noon.Add(time.Minute), noon.Add(61*time.Minute), "", 10); len(got) != 1 {
		t.Errorf("within an hour: %d", len(got))
	}
}

func TestThePastIsThinnedAndForgotten(t *testing.T) {
	s := open(t, Options{Path: filepath.Join(t.TempDir(), "x.db"), Now: noon})
	if err := s.SaveHours(t.Context(), hoursOf(noon, 60)); err != nil {
		t.Fatal(err)
	}
	age := func(now time.Time) {
		for more := true; more; {
			var err error
			if more, err = s.Age(t.Context(), now); err != nil {
				t.Fatal(err)
			}
		}
	}
	whole, _ := s.Hours(t.Context(), "", noon, noon.Add(24*time.Hour))
	age(noon.Add(100 * 24 * time.Hour))
	thinned, err := s.Hours(t.Context(), "", noon, noon.Add(24*time.Hour))
	if err != nil || len(thinned) != 24*60 || len(whole) != len(thinned) {
		t.Fatalf("%d of %d hours, %v", len(thinned), len(whole), err)
	}
	for i := range thinned {
		r, e := whole[i].Totals()
		if r2, e2 := thinned[i].Totals(); r != r2 || e != e2 || thinned[i].Counts[0].Minutes[1] != 0 || thinned[i].Quantiles() != whole[i].Quantiles() {
			t.Fatalf("%+v was thinned to %+v", whole[i], thinned[i])
		}
	}
	age(noon.Add(400 * 24 * time.Hour))
	if left, _ := s.Hours(t.Context(), "", noon, noon.Add(24*time.Hour)); len(left) != 0 {
		t.Errorf("%d hours of last year", len(left))
	}
}

// TestTheCeilingHolds writes ten times what there is room for.
func TestTheCeilingHolds(t *testing.T) {
	const most = 1 << 20
	s := open(t, Options{Path: filepath.Join(t.TempDir(), "x.db"), MaxBytes: most, Now: noon})
	days := 20
	for day := range days {
		if err := s.SaveHours(t.Context(), hoursOf(noon.Add(time.Duration(day)*24*time.Hour), 25)); err != nil {
			t.Fatalf("day %d: %v", day, err)
		}
		if _, err := s.Save(t.Context(), filled(100)); err != nil {
			t.Fatalf("day %d: %v", day, err)
		}
		if size, ceiling := s.Size(); size > ceiling || ceiling != most {
			t.Fatalf("day %d: %d of %d bytes", day, size, ceiling)
		}
	}
	last := noon.Add(time.Duration(days-1) * 24 * time.Hour)
	if hours, err := s.Hours(t.Context(), "", last, last.Add(24*time.Hour)); err != nil || len(hours) != 24*25 {
		t.Errorf("of the last day %d hours, %v", len(hours), err)
	}
	if first, err := s.First(t.Context(), ""); err != nil || !first.After(noon) {
		t.Errorf("the first hour is %v, %v", first, err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
