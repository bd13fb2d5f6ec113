package tracker

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestNoTargetChangesItsStateMoreThanTwiceAMinute tries alternating, random and slowly worsening streams, from probes,
// traffic and both.
func TestNoTargetChangesItsStateMoreThanTwiceAMinute(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	for name, status := range map[string]func(i int) int{
		"every second one fails": func(i int) int { return 200 + 300*(i%2) },
		"at random":              func(int) int { return []int{200, 429, 500}[r.IntN(3)] },
		"in runs of ten":         func(i int) int { return 200 + 300*(i/10%2) },
		"in runs of fifty":       func(i int) int { return 200 + 300*(i/50%2) },
	} {
		for _, every := range []time.Duration{time.Second, 7 * time.Second, 20 * time.Second} {
			for mix := range 3 {
				t.Run(fmt.Sprintf("%s/%s/%d", name, every, mix), func(t *testing.T) {
					tr := live()
					tr.Announce(noon, TargetInfo{Name: "t", URL: "https://example.com", Interval: 5 * time.Second})
					var changes []time.Time
					state := Unknown
					for i := range 700 {
						now := noon.Add(time.Duration(i) * every)
						x := traffic(now, "t", status(i))
						if mix == 1 || mix == 2 && i%3 == 0 {
							x.Origin = Probe
						}
						tr.Record(now, []Result{x})
						tg := tr.Snapshot(now).find("t")
						if tg.State == state {
							continue
						}
						if state != Unknown {
							changes = append(changes, now)
						}
						state = tg.State
						if n := len(changes); n > 2 && changes[n-1].Sub(changes[n-3]) < time.Minute {
							t.Fatalf("three changes in %s, the last to %s: %s", changes[n-1].Sub(changes[n-3]), state, tg.Reason)
						}
					}
				})
			}
		}
	}
}

// TestAStateHoldsSinceItBeganNotSinceSomebodyLooked compares a tracker that is looked at every second with one that is not
// looked at until the end.
func TestAStateHoldsSinceItBeganNotSinceSomebodyLooked(t *testing.T) {
	watched, unwatched := live(), live()
	for i := range 1200 {
		now := noon.Add(time.Duration(i) * time.Second)
		status := 200
		if i >= 600 && i < 900 {
			status = 500
		}
		for _, tr := range []*ErrorTracker{watched, unwatched} {
			tr.Record(now, []Result{traffic(now, "t", status)})
		}
		watched.Snapshot(now)
	}
	now := noon.Add(20 * time.Minute)
	a, b := watched.Snapshot(now).find("t"), unwatched.Snapshot(now).find("t")
	if a.State != b.State || a.Since.Sub(b.Since).Abs() > stepLength {
		t.Errorf("watched: %s since %s, unwatched: %s since %s", a.State, a.Since, b.State, b.Since)
	}
	for _, at := range []time.Duration{9 * time.Minute, 12 * time.Minute, 14 * time.Minute} {
		a, b := watched.SnapshotAt(now, noon.Add(at)).find("t"), unwatched.SnapshotAt(now, noon.Add(at)).find("t")
		if a.State != b.State {
			t.Errorf("at %s watched: %s, unwatched: %s", at, a.State, b.State)
		}
	}
}

func TestTheWorstTargetsComeFirst(t *testing.T) {
	tr := live()
	for i := range 100 {
		now := noon.Add(time.Duration(i) * time.Second)
		batch := []Result{
			traffic(now, "b-ok", 200), traffic(now, "a-ok", 200), traffic(now, "failing", 500), traffic(now, "throttled", 429),
			traffic(now, "degraded", 200), traffic(now, "more-degraded", 200),
		}
		if i%20 == 0 {
			batch[4] = traffic(now, "degraded", 500)
		}
		if i%5 == 0 {
			batch[5] = traffic(now, "more-degraded", 500)
		}
		tr.Record(now, batch)
	}
	var got []string
	for _, tg := range tr.Snapshot(noon.Add(100 * time.Second)).Targets {
		got = append(got, tg.Name)
	}
	if want := "[failing throttled more-degraded degraded a-ok b-ok]"; fmt.Sprint(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
