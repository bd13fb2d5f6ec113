package tracker

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestAPictureFromResults is the main job in small: requests of three targets come in, and the snapshot says what is broken,
// since when and why.
func TestAPictureFromResults(t *testing.T) {
	tr := live()
	changed, stop := tr.Watch()
	defer stop()
	for i := range 120 {
		now := noon.Add(time.Duration(i) * time.Second)
		batch := []Result{traffic(now, "veo", 200), traffic(now, "flux/dev", 200), traffic(now, "kling", 429)}
		batch[2].Message = fmt.Sprintf("Too many requests. Try again in %d seconds", 300-i)
		if i%12 == 11 {
			batch[1].Status, batch[1].Kind, batch[1].Message = 500, KindServer, "Generation failed"
		}
		tr.Record(now, batch)
	}
	select {
	case <-changed:
	default:
		t.Error("no watcher was woken")
	}
	now := noon.Add(2 * time.Minute)
	s := tr.Snapshot(now)
	var names []string
	for i := range s.Targets {
		names = append(names, fmt.Sprintf("%s %s: %s", s.Targets[i].Name, s.Targets[i].State, s.Targets[i].Reason))
	}
	want := "kling throttled: 100 % of 120 requests failed in 5 min, all answered 429\n" +
		"flux/dev degraded: 8.3 % of 120 requests failed in 5 min, all answered 500\n" +
		"veo ok: no failures since it was first seen 2 min ago"
	if got := strings.Join(names, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if s.Overall.Hour.Requests != 360 || s.Overall.Hour.Errors != 130 || s.Ring.Total != 100 {
		t.Errorf("overall %+v, ring %+v", s.Overall.Hour, s.Ring)
	}
	kling := s.find("kling")
	if kling.Cause == nil || kling.Cause.Message != "Too many requests. Try again in {n} seconds" || kling.Cause.Count != 120 {
		t.Errorf("cause: %+v", kling.Cause)
	}
	if len(kling.Breakers) != 1 || kling.Breakers[0].Role != RoleObserved || kling.Breakers[0].Opened == 0 {
		t.Errorf("breakers: %+v", kling.Breakers)
	}
	if again := tr.Snapshot(now); again.Version != s.Version {
		t.Errorf("nothing changed, but the version went from %d to %d", s.Version, again.Version)
	}
}
