package fleet

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"errtop/tracker"
)

// A failure is on a viewer's screen within five seconds after an agent recorded it, whenever that is: just before a sum, between two, while
// the viewer waits for a minute until it sums up again, and as soon as a viewer has shown its first picture. In virtual time.
func TestAFailureIsSeenWithinFiveSeconds(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, settings Settings) {
		slowest := slowestFailure(t, settings, 10*time.Minute+3*time.Second, 400)
		t.Logf("the slowest of 400 failures took %s", slowest)
	})
}

// The same by the clock of this machine, for about five minutes: ERRTOP_MEASURE=1 go test ./internal/fleet -run FailuresByTheClock -v
func TestFailuresByTheClock(t *testing.T) {
	if os.Getenv("ERRTOP_MEASURE") == "" {
		t.Skip("it takes minutes: set ERRTOP_MEASURE")
	}
	t.Logf("the slowest of 120 failures took %s", slowestFailure(t, settingsOf(testServer(t), "", ""), 3*time.Second, 120))
}

// slowestFailure has five agents record failures at random, and returns how long the slowest took until a viewer showed it.
func slowestFailure(t *testing.T, settings Settings, before time.Duration, failures int) (worst time.Duration) {
	const agents, bar = 5, 5 * time.Second
	r := rand.New(rand.NewPCG(7, 11))
	var trackers []*tracker.ErrorTracker
	for i := range agents {
		tr := liveTracker()
		tr.Record(time.Now(), []tracker.Result{result(time.Now(), "checkout", 200)})
		trackers = append(trackers, tr)
		settings.Name, settings.Place = fmt.Sprintf("web-%d", i), fmt.Sprintf("place-%d", i%2)
		agentOn(t, settings, tr)
	}
	time.Sleep(before)
	settings.Name, settings.Place = "viewer", ""
	v, err := NewViewer(settings, tracker.Settings{}, func(text string) { t.Log("viewer: " + text) })
	if err != nil {
		t.Fatal(err)
	}
	v.sumPause = time.Minute // as over a thousand agents
	run(t, v.Run)
	until(t, v, counted(agents, 0))

	changed, stop := v.Watch()
	defer stop()
	shown := uint64(0)
	for i := range failures {
		time.Sleep(time.Duration(r.Int64N(int64(2 * time.Second)))) // by the end failures have come at every moment of several minutes
		at := time.Now()
		trackers[r.IntN(agents)].Record(at, []tracker.Result{result(at, "checkout", 503)})
		for shown < uint64(i+1) {
			select {
			case <-changed:
			case <-time.After(bar):
				t.Fatalf("failure %d, recorded at %s, is not shown after %s", i, at.Format("15:04:05.000"), bar)
			}
			now := shown
			if shown = v.Snapshot(time.Now()).Overall.Day.Errors; shown < now {
				t.Fatalf("%d failures were shown, then %d", now, shown)
			}
		}
		worst = max(worst, time.Since(at))
	}
	if shown > uint64(failures) {
		t.Errorf("%d failures are shown, of %d", shown, failures)
	}
	return worst
}
