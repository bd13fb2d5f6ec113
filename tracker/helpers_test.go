package tracker

import (
	"time"
)

// noon is when most tests begin.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func traffic(at time.Time, target string, status int) Result {
	return Result{Time: at, Target: target, Source: "log", Method: "POST", Route: "/api/v1/" + target, Status: status, Kind: KindOf(status)}
}

// live returns a tracker whose clock is the caller's.
func live() *ErrorTracker { return liveWith(Settings{}) }

func liveWith(settings Settings) *ErrorTracker {
	t := New(settings)
	t.UpdateSource(noon.Add(-48*time.Hour), Source{Name: "log", Live: true})
	return t
}

// find returns the target of that name.
func (s *Snapshot) find(name string) *Target {
	for i := range s.Targets {
		if s.Targets[i].Name == name {
			return s.Targets[i]
		}
	}
	return nil
}
