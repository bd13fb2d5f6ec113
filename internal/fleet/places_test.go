package fleet

import (
	"testing"
	"time"

	"errtop/tracker"
)

// Of one place a viewer shows what that place alone counts: requests, errors, latency, incidents, agents; now, and as it was.
func TestThePictureOfAPlace(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, settings Settings) {
		start := time.Now()
		latency := map[string]time.Duration{"eu-1": 200 * time.Millisecond, "us-1": 20 * time.Millisecond, "ap-1": 20 * time.Millisecond}
		for place, takes := range latency {
			tr := liveTracker()
			for at := start.Add(-3 * time.Hour); at.Before(start); at = at.Add(5 * time.Second) {
				status := 200
				if place == "eu-1" && start.Sub(at) < 20*time.Minute {
					status = 503
				}
				r := result(at, "checkout", status)
				r.Latency = takes
				tr.Record(start, []tracker.Result{r})
			}
			settings.Name, settings.Place = "web-"+place, place
			agentOn(t, settings, tr)
		}
		settings.Name, settings.Place = "viewer", ""
		v := viewerOn(t, settings)
		all := until(t, v, counted(3*2160, 239))
		eu, us := all.Fleet.Picture("eu-1"), all.Fleet.Picture("us-1")
		if all.Fleet.Picture("us-2") != nil || all.Fleet.Picture("eu-1") != eu {
			t.Error("a place that is not there has a picture, or one has two")
		}
		for _, c := range []struct {
			name              string
			of                *tracker.Snapshot
			errors, incidents int
		}{{"eu-1", eu, 239, 1}, {"us-1", us, 0, 0}} {
			target := c.of.Targets[0]
			if n := c.of.Overall.Day; n.Requests != 2160 || n.Errors != uint64(c.errors) {
				t.Errorf("%s: %d requests, %d errors", c.name, n.Requests, n.Errors)
			}
			if p95 := target.Activity.Day.Latency.P95; (p95 - latency[c.name]).Abs() > latency[c.name]/50 {
				t.Errorf("%s: p95 %s, want %s", c.name, p95, latency[c.name])
			}
			if len(c.of.Incidents) != c.incidents || c.of.Fleet.Alone != c.name || len(target.Places) != 3 || target.Where != "eu-1 only (1 of 3 places)" {
				t.Errorf("%s: %d incidents, alone %q, target %q, %d places", c.name, len(c.of.Incidents), c.of.Fleet.Alone, target.Where, len(target.Places))
			}
			for _, source := range c.of.Sources {
				if source.Name == "agent web-ap-1" {
					t.Errorf("%s has an agent of ap-1", c.name)
				}
			}
		}
		if eu.Targets[0].State != tracker.StateFailing || us.Targets[0].State != tracker.StateOK {
			t.Errorf("eu-1 %s, us-1 %s", eu.Targets[0].State, us.Targets[0].State)
		}
		now := time.Now()
		before := v.SnapshotAt(now, start.Add(-time.Hour)).Fleet.Picture("eu-1")
		if n := before.Overall.Hour; n.Errors != 0 || n.Requests < 715 || n.Requests > 725 || before.Fleet.Alone != "eu-1" {
			t.Errorf("an hour earlier: %+v", n)
		}
	})
}

// A target's state goes on where a sum is made anew: it is not since a minute that it is failing.
func TestStatesGoOnFromSumToSum(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, settings Settings) {
		var trackers []*tracker.ErrorTracker
		for _, place := range []string{"eu-1", "us-1"} {
			tr := liveTracker()
			trackers = append(trackers, tr)
			settings.Name, settings.Place = "web-"+place, place
			agentOn(t, settings, tr)
		}
		second := func(n int) {
			for range n {
				time.Sleep(time.Second)
				now := time.Now()
				trackers[0].Record(now, []tracker.Result{result(now, "checkout", 503)})
				trackers[1].Record(now, []tracker.Result{result(now, "checkout", 200), result(now, "checkout", 200)})
			}
		}
		second(10 * 60)
		settings.Name, settings.Place = "viewer", ""
		v := viewerOn(t, settings)
		second(5 * 60)
		first := v.Snapshot(time.Now())
		second(20 * 60)
		later := v.Snapshot(time.Now())
		a, b := first.Targets[0], later.Targets[0]
		if a.State < tracker.StateThrottled || b.State != a.State || !b.Since.Equal(a.Since) || len(b.StateChanges) != len(a.StateChanges) {
			t.Errorf("%s since %s, then %s since %s; %d and %d changes", a.State, a.Since, b.State, b.Since, len(a.StateChanges), len(b.StateChanges))
		}
		if age := first.At.Sub(a.Since); age < 14*time.Minute {
			t.Errorf("it is wrong since %s, not %s", age, 15*time.Minute)
		}
	})
}
