package fleet

import (
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// Three machines in three places count a day each, one place fails: the viewer shows the sum, and where it is wrong.
func TestAViewerShowsTheSumOfItsAgents(t *testing.T) {
	s := testServer(t)
	now := time.Now()
	for _, place := range []string{"eu-1", "us-1", "ap-1"} {
		tr := liveTracker()
		for at := now.Add(-3 * time.Hour); at.Before(now); at = at.Add(5 * time.Second) {
			status := 200
			if place == "eu-1" && now.Sub(at) < 20*time.Minute {
				status = 503
			}
			tr.Record(now, []tracker.Result{result(at, "checkout", status)})
		}
		agentOn(t, settingsOf(s, "web-"+place, place), tr)
	}
	v := viewerOn(t, settingsOf(s, "viewer", ""))
	snapshot := until(t, v, counted(3*2160, 239))
	if len(snapshot.Targets) != 1 || len(snapshot.Incidents) != 1 {
		t.Fatalf("%d targets, %d incidents", len(snapshot.Targets), len(snapshot.Incidents))
	}
	const want = "eu-1 only (1 of 3 places)"
	if target, in := snapshot.Targets[0], snapshot.Incidents[0]; target.Where != want || in.Where != want || len(target.Places) != 3 {
		t.Errorf("target %q, incident %q, places %+v", target.Where, in.Where, target.Places)
	}
	if c := snapshot.Incidents[0].Contrasts; len(c) == 0 || c[0].Field != "place" || c[0].Value != "eu-1" {
		t.Errorf("contrasts %+v", c)
	}
	if f := snapshot.Fleet; f.Agents != 3 || f.Heard != 3 || f.Note != "" || strings.Join(f.Places, " ") != "ap-1 eu-1 us-1" {
		t.Errorf("fleet %+v", f)
	}
}

// A failure is on a viewer's screen seconds after it was recorded, before the next sum.
func TestAFailureIsSeenLive(t *testing.T) {
	s := testServer(t)
	tr := liveTracker()
	tr.Record(time.Now(), []tracker.Result{result(time.Now(), "checkout", 200)})
	agentOn(t, settingsOf(s, "web-1", "eu-1"), tr)
	v := viewerOn(t, settingsOf(s, "viewer", ""))
	until(t, v, counted(1, 0))
	failed := result(time.Now(), "checkout", 503)
	failed.RequestID = "the one"
	tr.Record(time.Now(), []tracker.Result{failed})
	snapshot := until(t, v, counted(2, 1))
	if e := snapshot.Errors; len(e) != 1 || e[0].Message != "it went wrong" || e[0].RequestID != "the one" {
		t.Errorf("%+v", e)
	}
}
