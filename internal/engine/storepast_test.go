package engine

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/internal/store"
	"errtop/tracker"
)

// remembering returns an engine that keeps what it holds, without running it.
func remembering(t *testing.T, path string) *Engine {
	t.Helper()
	e, err := New(Options{Settings: config.Default(), Store: StoreOptions{Path: path}})
	if err != nil {
		t.Fatal(err)
	}
	e.storing.start(t.Context())
	t.Cleanup(func() { _ = e.storing.end(t.Context()) })
	if e.storing.store == nil {
		t.Fatalf("no store: %+v", e.storing.shown)
	}
	return e
}

// outage records a day that ends at a moment, with an hour in which everything failed.
func outage(e *Engine, end time.Time) {
	for at := end.Add(-24 * time.Hour); at.Before(end); at = at.Add(10 * time.Second) {
		r := tracker.Result{Time: at, Target: "api", Status: 200, Latency: 20 * time.Millisecond}
		if before := end.Sub(at); before > 2*time.Hour && before < 3*time.Hour {
			r.Status, r.Kind, r.Message = 500, tracker.KindServer, "it went wrong"
		}
		e.tracker.Record(at, []tracker.Result{r})
	}
}

// TestThePastIsThereAfterDays keeps a day with an outage, and looks at it from four days later, in a process that never saw it.
func TestThePastIsThereAfterDays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	now := time.Now()
	end := now.Add(-4 * 24 * time.Hour)
	e := remembering(t, path)
	e.tracker.UpdateSource(end.Add(-25*time.Hour), tracker.Source{Name: "log", Live: true})
	outage(e, end)
	e.tracker.Snapshot(end)
	kept, _, _ := e.tracker.Keep(end, tracker.KeptMark{})
	if _, err := e.storing.store.Save(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	var incidents []store.Incident
	snapshot := e.tracker.Snapshot(end)
	for i := range snapshot.Incidents {
		incidents = append(incidents, store.Incident{Incident: snapshot.Incidents[i], Groups: groupsOf(snapshot, &snapshot.Incidents[i])})
	}
	if err := e.storing.store.SaveIncidents(t.Context(), incidents); err != nil || len(incidents) != 1 {
		t.Fatalf("%d incidents, %v", len(incidents), err)
	}
	if err := e.storing.store.Close(); err != nil { // as if it had been killed: no hour was kept
		t.Fatal(err)
	}
	e.storing.setStore(nil)

	e = remembering(t, path)
	e.storing.keepPast(t.Context(), now)
	s := e.SnapshotAt(now, end.Add(-150*time.Minute))
	if len(s.Targets) != 1 || !s.Past || len(s.Incidents) != 1 || !s.Incidents[0].Ongoing() {
		t.Fatalf("of then: %d targets, %d incidents; missing %q", len(s.Targets), len(s.Incidents), s.Missing)
	}
	if m := s.Overall.Minutes[59]; m.Requests == 0 || m.Errors != m.Requests {
		t.Errorf("the minute has %+v", m)
	}
	found, err := e.PastIncidents(t.Context(), end.Add(-24*time.Hour), end, "API wrong", 10)
	if err != nil || len(found) != 1 || len(found[0].Groups) != 1 || len(found[0].Groups[0].Exemplars) == 0 {
		t.Errorf("found %+v, %v", found, err)
	}
	bars, err := e.HourBars(t.Context(), "api", end.Add(-24*time.Hour), end)
	if failed := uint64(0); err != nil || len(bars) < 24 {
		t.Errorf("%d bars, %v", len(bars), err)
	} else {
		for _, b := range bars {
			failed += b.Errors
		}
		if failed < 355 || failed > 360 {
			t.Errorf("%d requests failed", failed)
		}
	}
	if oldest := e.Oldest(t.Context(), now); oldest.After(end.Add(-23 * time.Hour)) {
		t.Errorf("the oldest moment is %v", oldest)
	}
	if requests, errors, known := e.storing.history("api", 100*time.Hour); !known || requests < 360 || errors > 360 {
		t.Errorf("history: %d, %d, %v", requests, errors, known)
	}
	if _, _, known := e.storing.history("api", 300*time.Hour); known {
		t.Error("knows of a time before anything was kept")
	}
}

func TestHoursAreKeptAgainOnlyWhereTheyChanged(t *testing.T) {
	e := remembering(t, filepath.Join(t.TempDir(), "x.db"))
	now := time.Now()
	outage(e, now)
	e.storing.keepPast(t.Context(), now)
	first := fmt.Sprint(e.storing.past.hours)
	e.tracker.Record(now, []tracker.Result{{Time: now.Add(-5 * time.Hour), Target: "late", Status: 200}})
	e.storing.past.next, e.storing.past.stale = time.Time{}, true
	e.storing.keepPast(t.Context(), now)
	if fmt.Sprint(e.storing.past.hours) == first {
		t.Error("a late result changed no hour")
	}
	if hours, err := e.storing.store.Hours(t.Context(), "late", now.Add(-24*time.Hour), now); err != nil || len(hours) != 1 {
		t.Errorf("%d hours of it, %v", len(hours), err)
	}
}
