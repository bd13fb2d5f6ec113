package tracker_test

import (
	"reflect"
	"testing"
	"time"

	"errtop/tracker"
)

// TestASampledResultCountsForThoseItStandsFor compares one result with a weight with as many without.
func TestASampledResultCountsForThoseItStandsFor(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	result := func(kind tracker.Kind, status int, weight uint16) tracker.Result {
		return tracker.Result{Time: now, Target: "shop", Kind: kind, Status: status, Latency: 20 * time.Millisecond, Weight: weight, Error: "boom"}
	}
	weighed, each := tracker.New(tracker.Settings{}), tracker.New(tracker.Settings{})
	for range 30 {
		weighed.Record(now, []tracker.Result{result(tracker.KindOK, 200, 5000), result(tracker.KindServer, 500, 10), result(tracker.KindServer, 500, 0)})
		for range 5000 {
			each.Record(now, []tracker.Result{result(tracker.KindOK, 200, 0)})
		}
		for range 11 {
			each.Record(now, []tracker.Result{result(tracker.KindServer, 500, 1)})
		}
	}
	got, want := weighed.Snapshot(now), each.Snapshot(now)
	if hour := got.Overall.Hour; hour.Requests != 150_330 || hour.Errors != 330 || !reflect.DeepEqual(hour, want.Overall.Hour) {
		t.Errorf("%+v\nwant %+v", hour, want.Overall.Hour)
	}
	if g, w := got.Groups[0], want.Groups[0]; g.Count != 330 || g.Minutes != w.Minutes {
		t.Errorf("group: %d, want %d", g.Count, w.Count)
	}
	if n := len(got.Errors); n != 60 || got.Errors[0].Weight != 0 {
		t.Errorf("%d errors are kept, want one each: %+v", n, got.Errors[0])
	}
}
