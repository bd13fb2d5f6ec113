package tracker

import (
	"testing"
	"time"
)

func TestAPictureTakenBeforeTheFirstLineOfAnOldLogHidesNothingOfIt(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	tr := New(Settings{})
	tr.AddTargets(now, TargetInfo{Name: "flux", Objective: 0.99})
	tr.Snapshot(now)
	tr.Record(now, []Result{
		{Time: now.Add(-7 * 365 * 24 * time.Hour), Target: "flux", Status: 200},
		{Time: now.Add(-7 * 365 * 24 * time.Hour), Target: "flux", Status: 500, Kind: KindServer},
	})
	s := tr.Snapshot(now)
	if !s.LogTime || s.Overall.Hour.Requests != 2 || s.Overall.Hour.Errors != 1 {
		t.Errorf("overall: log time %v, %d requests, %d errors; want true, 2, 1", s.LogTime, s.Overall.Hour.Requests, s.Overall.Hour.Errors)
	}
	if hour := s.Targets[0].Activity.Hour; hour.Requests != 2 || hour.Errors != 1 {
		t.Errorf("target: %d requests, %d errors; want 2, 1", hour.Requests, hour.Errors)
	}
}
