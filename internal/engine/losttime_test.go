package engine

import (
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/tracker"
)

// Lost time is a gap in the snapshot, which viewers tell; the prober's notice of the same is left out, and no other.
func TestLostTimeIsToldOnce(t *testing.T) {
	e, err := New(Options{Settings: config.Default()})
	if err != nil {
		t.Fatal(err)
	}
	notices, stop := e.Notices()
	defer stop()
	now := time.Now()
	e.tracker.UpdateSource(now.Add(-time.Hour), tracker.Source{Name: "probes", Live: true, State: tracker.SourceReading})
	lost := &lostTime{engine: e}
	const why = "nothing was probed for 10 minutes: the process or the machine was stopped"
	lost.gap(tracker.Gap{From: now.Add(-10 * time.Minute), To: now, Why: why})
	if gaps := e.Snapshot(now).Gaps; len(gaps) != 1 || gaps[0].Why != why {
		t.Fatalf("gaps: %+v", gaps)
	}
	lost.notice(why)
	lost.gap(tracker.Gap{From: now.Add(-40 * time.Minute), To: now.Add(-40*time.Minute + 20*time.Second), Why: "too short for a gap"})
	lost.notice("too short for a gap")
	lost.notice("another notice")
	for _, want := range []string{"too short for a gap", "another notice"} {
		if got := <-notices; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
}
