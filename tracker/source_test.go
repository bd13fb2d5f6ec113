package tracker_test

import (
	"fmt"
	"testing"
	"time"

	"errtop/tracker"
)

func TestAGoneSourceLeavesTheListAndIsKeptAmongTheLastHundred(t *testing.T) {
	tr := tracker.New(tracker.Settings{})
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	name := func(i int) string { return fmt.Sprintf("/var/log/pods/%d.log", i) }
	const sources = 500
	for i := range sources {
		tr.UpdateSource(now, tracker.Source{Name: name(i), State: tracker.SourceReading, Results: uint64(i)})
	}
	before := tr.Snapshot(now)
	for i := range sources {
		if i%10 != 0 {
			tr.UpdateSource(now, tracker.Source{Name: name(i), State: tracker.SourceGone, Results: uint64(i)})
		}
	}
	tr.UpdateSource(now, tracker.Source{Name: "never seen", State: tracker.SourceGone})
	snap := tr.Snapshot(now)
	if len(snap.Sources) != sources/10 || len(snap.Gone) != 100 || snap.GoneCount != sources*9/10 {
		t.Fatalf("%d sources, %d gone of %d", len(snap.Sources), len(snap.Gone), snap.GoneCount)
	}
	for i, s := range snap.Sources {
		if s.Name != name(10*i) || s.State != tracker.SourceReading {
			t.Fatalf("source %d is %+v", i, s)
		}
	}
	if last := snap.Gone[99]; last.Name != name(sources-1) || last.Results != sources-1 || last.State.String() != "gone" {
		t.Errorf("the last one is %+v", last)
	}
	if len(before.Sources) != sources || before.Sources[1].State != tracker.SourceReading || before.Sources[1].Name != name(1) {
		t.Error("an older snapshot changed")
	}

	tr.UpdateSource(now, tracker.Source{Name: name(499), State: tracker.SourceReading})
	tr.UpdateSource(now, tracker.Source{Name: name(0), State: tracker.SourceStale})
	again := tr.Snapshot(now)
	if n := len(again.Sources); n != sources/10+1 || again.Sources[n-1].Name != name(499) || again.Sources[0].State != tracker.SourceStale {
		t.Errorf("%d sources after one came back: %+v", n, again.Sources[n-1])
	}
	if len(again.Gone) != 99 || len(snap.Gone) != 100 {
		t.Errorf("%d are gone after one came back; before %d", len(again.Gone), len(snap.Gone))
	}
}
