package tui

import (
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// TestAJobThatFailedTwiceDoesNotHeadAQuietScreen shows services that are well and a job that is seldom heard of: two failures of it are
// counted among what is too rare to tell, four are news, and those of a probe are news at once.
func TestAJobThatFailedTwiceDoesNotHeadAQuietScreen(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name     string
		failures int
		origin   tracker.Origin
		heads    bool
	}{
		{"two of a job", 2, tracker.OriginTraffic, false},
		{"four of a job", 4, tracker.OriginTraffic, true},
		{"three probes", 3, tracker.OriginProbe, true},
	} {
		tr := tracker.New(tracker.Settings{})
		tr.UpdateSource(now.Add(-time.Hour), tracker.Source{Name: "log", Live: true})
		for at := now.Add(-time.Hour); at.Before(now); at = at.Add(2 * time.Second) {
			batch := []tracker.Result{{Time: at, Target: "shop", Source: "log", Method: "GET", Route: "/", Status: 200}}
			for i := range c.failures {
				if at.Equal(now.Add(-time.Duration(60*(i+1)) * time.Second)) {
					batch = append(batch, tracker.Result{Time: at, Target: "weekly-job", Origin: c.origin, Method: "POST", Route: "/run", Status: 500, Kind: tracker.KindServer})
				}
			}
			tr.Record(at, batch)
		}
		u := visit(t, 80, 24, tr.Snapshot(now))
		first := strings.Split(u.text(), "\n")[1]
		if heads := strings.Contains(first, "weekly-job"); heads != c.heads {
			t.Errorf("%s: the headline is %q", c.name, first)
		}
		if !c.heads && !strings.Contains(first, "1 too rare to judge") {
			t.Errorf("%s: the headline does not count it: %q", c.name, first)
		}
	}
}
