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
					tr.AddTargets(noon, TargetInfo{Name: "t", URL: "https://example.com", Interval: 5 * time.Second})
					var changes []time.Time
					state := StateUnknown
					for i := range 700 {
						now := noon.Add(time.Duration(i) * every)
						x := traffic(now, "t", status(i))
						if mix == 1 || mix == 2 && i%3 == 0 {
							x.Origin = OriginProbe
						}
						tr.Record(now, []Result{x})
						tg := tr.Snapshot(now).find("t")
						if tg.State == state {
							continue
						}
						if state != StateUnknown {
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

// TestATargetThatIsWellAgainSaysSoBeforeTheOutage looks at a target a quarter of an hour after its outage: its reason must
// not read as if most of its requests still failed.
func TestATargetThatIsWellAgainSaysSoBeforeTheOutage(t *testing.T) {
	for name, c := range map[string]struct {
		late map[int]bool // seconds of the quarter of an hour after the outage that fail too
		want string
	}{
		"none since":       {nil, "no failures in 5 min; 50 % of 1,800 requests failed in 60 min"},
		"one a minute ago": {map[int]bool{840: true}, "0.3 % of 290 requests failed in 5 min; 50 % of 1,800 in 60 min"},
		"one an age ago":   {map[int]bool{400: true}, "no failures in 5 min; 50 % of 1,800 requests failed in 60 min"},
	} {
		tr := live()
		for i := range 1800 {
			status := 200
			if i < 900 || c.late[i-900] {
				status = 502
			}
			now := noon.Add(time.Duration(i) * time.Second)
			tr.Record(now, []Result{traffic(now, "t", status)})
		}
		tg := tr.Snapshot(noon.Add(1800 * time.Second)).find("t")
		if tg.State != StateOK || tg.Reason != c.want {
			t.Errorf("%s: got %s, %q, want %q", name, tg.State, tg.Reason, c.want)
		}
	}
}

// TestAProbedTargetThatIsWellAgainSaysWhatTheLastProbesDid is the same where only the last outcomes are judged.
func TestAProbedTargetThatIsWellAgainSaysWhatTheLastProbesDid(t *testing.T) {
	tr := live()
	tr.AddTargets(noon, TargetInfo{Name: "t", URL: "https://example.com", Interval: 10 * time.Second})
	for i, status := range []int{200, 200, 503, 503, 503, 503, 200, 200, 200, 200, 200, 200, 200, 200} {
		now := noon.Add(time.Duration(i) * 10 * time.Second)
		x := traffic(now, "t", status)
		x.Origin = OriginProbe
		tr.Record(now, []Result{x})
	}
	tg := tr.Snapshot(noon.Add(131 * time.Second)).find("t")
	if want := "the last 5 probes succeeded; 29 % of 14 failed in 60 min"; tg.State != StateOK || tg.Reason != want {
		t.Errorf("got %s, %q, want %q", tg.State, tg.Reason, want)
	}
}

// TestNoTargetGetsWorseInSilence ends traffic after an outage with requests that succeed: while the window passes over what
// came before the outage, the share of failures in it rises, and nothing has failed.
func TestNoTargetGetsWorseInSilence(t *testing.T) {
	tr := live()
	second := 0
	for _, part := range []struct{ seconds, status int }{{120, 200}, {50, 504}, {40, 200}} {
		for range part.seconds {
			now := noon.Add(time.Duration(second) * time.Second)
			tr.Record(now, []Result{traffic(now, "t", part.status), traffic(now, "other", 200)})
			second++
		}
	}
	before := tr.Snapshot(noon.Add(time.Duration(second) * time.Second)).find("t").State
	for range 600 {
		now := noon.Add(time.Duration(second) * time.Second)
		tr.Record(now, []Result{traffic(now, "other", 200)})
		if tg := tr.Snapshot(now).find("t"); tg.State > before && tg.State != StateStale {
			t.Fatalf("%d s after its start it is %s without a new failure, and was %s: %s", second, tg.State, before, tg.Reason)
		}
		second++
	}
}
