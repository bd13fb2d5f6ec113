package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"errtop/internal/alert"
	"errtop/internal/config"
	"errtop/tracker"
)

// errKilled is how a process ends in the midst of something.
var errKilled = errors.New("killed")

// dyingKeeper keeps alerts until the process is killed, which may be just before or just after something was written.
type dyingKeeper struct {
	memoryKeeper
	dies func() (before, after bool)
}

func (k *dyingKeeper) SaveAlerts(state []byte) error {
	before, after := k.dies()
	if before {
		panic(errKilled)
	}
	if err := k.memoryKeeper.SaveAlerts(state); err != nil {
		return err
	}
	if after {
		panic(errKilled)
	}
	return nil
}

// killed runs f and reports whether the process was killed in it.
func killed(f func()) (dead bool) {
	defer func() {
		if caught := recover(); caught != nil {
			if err, ok := caught.(error); !ok || !errors.Is(err, errKilled) {
				panic(caught)
			}
			dead = true
		}
	}()
	f()
	return false
}

// The bar: kill -9 at 200 random moments, with a receiver that answers 500 half of the time. Every firing and every recovery is told at
// least once and at most twice, and there is no recovery without a firing. The moments are between any two steps, before and after
// each write, and between the receiver's answer and our note of it. That last moment is hit at most once for each notification: a
// process that is killed there again and again has no way to know that the receiver took it.
func TestTwoHundredKillsLoseNothingAndTellNothingThrice(t *testing.T) {
	const incidents, kills = 120, 200
	seeds := uint64(5)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 4))
		settings := config.Default()
		settings.Receivers = []config.Receiver{{Name: "pager", Command: []string{"false"}, Severity: "info", Resolved: true}}
		left, taken, unknown := kills, uint64(0), map[uint64]bool{}
		die := func(oneIn int) bool {
			if left == 0 || unknown[taken] || r.IntN(oneIn) > 0 {
				return false
			}
			left--
			unknown[taken] = taken != 0
			return true
		}
		keeper := &dyingKeeper{dies: func() (bool, bool) { return die(10), die(10) }}
		start := func() *Engine {
			e, err := New(Options{Settings: settings, Alerts: keeper})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		e, told := start(), map[string]int{}
		end := morning.Add(incidents*2*time.Minute + 3*time.Hour)
		for now := morning; now.Before(end); now = now.Add(5 * time.Second) {
			taken = 0
			if killed(func() {
				if die(50) {
					panic(errKilled)
				}
				e.alerting.evaluate(troubles(now, incidents), now)
				for _, n := range e.alerting.Due("pager", now) {
					if r.IntN(2) == 0 {
						e.alerting.Failed(n.ID, "500", now.Add(time.Duration(1+r.IntN(60))*time.Second), now)
						continue
					}
					for _, a := range n.Alerts {
						if n.Reason != alert.ReasonRepeat {
							told[fmt.Sprint(a.Phase == alert.Resolved, a.Labels.Incident)]++
						}
						if a.Phase == alert.Resolved && told[fmt.Sprint(false, a.Labels.Incident)] == 0 {
							t.Errorf("seed %d: incident %d is over and was never told", seed, a.Labels.Incident)
						}
					}
					if taken = n.ID; die(12) {
						panic(errKilled)
					}
					e.alerting.Delivered(n.ID, now)
					taken = 0
				}
			}) {
				e = start()
			}
		}
		if left > 0 {
			t.Errorf("seed %d: only %d kills", seed, kills-left)
		}
		for id := range incidents {
			for _, over := range []bool{false, true} {
				if n := told[fmt.Sprint(over, uint64(id+1))]; n < 1 || n > 2 {
					t.Errorf("seed %d: incident %d, over %v: told %d times", seed, id+1, over, n)
				}
			}
		}
	}
}

// troubles is a picture in which an incident begins every two minutes, and each is over after thirty.
func troubles(now time.Time, n int) *tracker.Snapshot {
	s := &tracker.Snapshot{Version: uint64(now.Unix())}
	for i := range n {
		from := morning.Add(time.Duration(i) * 2 * time.Minute)
		if now.Before(from) {
			break
		}
		if now.Sub(from) > 2*time.Hour {
			continue // no longer shown
		}
		incident := tracker.Incident{
			ID: uint64(i + 1), Signals: tracker.SignalFailures, Onset: tracker.Onset{At: from},
			Targets: []tracker.IncidentTarget{{Name: fmt.Sprint("t", i)}}, Cause: tracker.Cause{Outcome: tracker.Outcome{Kind: tracker.KindServer}},
		}
		if now.Sub(from) > 30*time.Minute {
			incident.State = tracker.IncidentOver
		}
		s.Incidents = append(s.Incidents, incident)
	}
	slices.Reverse(s.Incidents)
	return s
}
