package tracker

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sony/gobreaker/v2"
)

// TestTheMachineDoesWhatGobreakerDoes drives both with the same random calls, answers that come late and out of order among
// them. They differ, as the design wants it, in this:
//   - ours is HALF_OPEN when the recovery time has passed, gobreaker when it has been exceeded: no call falls on that moment here;
//   - a trial that hangs is given up after the recovery time, gobreaker waits for it forever: every trial is answered in time here;
//   - a resetAt extends the wait: none is told here.
func TestTheMachineDoesWhatGobreakerDoes(t *testing.T) {
	states := map[gobreaker.State]BreakerState{gobreaker.StateClosed: BreakerClosed, gobreaker.StateOpen: BreakerOpen, gobreaker.StateHalfOpen: BreakerHalfOpen}
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			ours := newMachine(5, time.Minute)
			theirs := gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
				Timeout:     time.Minute,
				ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= 5 },
			})
			type call struct {
				generation uint64
				done       func(error)
			}
			var open []call
			seen := map[BreakerState]int{}
			sick := false
			for range 4000 {
				if r.IntN(60) == 0 {
					sick = !sick
				}
				time.Sleep(time.Duration(r.Int64N(int64(4*time.Second))) | 1)
				now := time.Now()
				if len(open) > 0 && (r.IntN(2) == 0 || ours.show(RoleGate, now).Trial) {
					i := r.IntN(len(open))
					if ours.show(RoleGate, now).Trial {
						i = len(open) - 1 // a trial is answered at once
					}
					c := open[i]
					open = append(open[:i], open[i+1:]...)
					ok := r.IntN(10) > 0 != sick
					ours.Observe(c.generation, ok, now)
					if ok {
						c.done(nil)
					} else {
						c.done(errTest)
					}
				} else {
					generation, ok := ours.Allow(now)
					done, err := theirs.Allow()
					if ok != (err == nil) {
						t.Fatalf("seed %d at %s: ours allows: %v, theirs: %v", seed, now, ok, err)
					}
					if ok {
						open = append(open, call{generation, done})
					}
				}
				got, want := ours.show(RoleGate, now).State, states[theirs.State()]
				if got != want {
					t.Fatalf("seed %d at %s: ours is %s, theirs %s", seed, now, got, want)
				}
				seen[got]++
			}
			if len(seen) != 3 {
				t.Fatalf("seed %d: only saw %v", seed, seen)
			}
		})
	}
}

type testError string

func (e testError) Error() string { return string(e) }

const errTest = testError("failed")

// broken returns a machine that opened at noon.
func broken() *machine {
	m := newMachine(5, time.Minute)
	for range 5 {
		generation, _ := m.Allow(noon)
		m.Observe(generation, false, noon)
	}
	return m
}

func TestAThousandGoroutinesGetOneTrial(t *testing.T) {
	gate := live().Gate("t")
	fail := Result{Target: "t", Status: 500, Kind: KindServer, Origin: OriginProbe}
	for range 5 {
		generation, _ := gate.Allow(noon)
		gate.Observe(generation, &fail, noon)
	}
	for name, allow := range map[string]func(time.Time) (uint64, bool){"gate": gate.Allow, "machine": broken().Allow} {
		var trials atomic.Int64
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				if _, ok := allow(noon.Add(time.Minute)); ok {
					trials.Add(1)
				}
			})
		}
		wg.Wait()
		if trials.Load() != 1 {
			t.Errorf("%s: %d trials", name, trials.Load())
		}
	}
}

func TestAHungTrialDoesNotWedgeTheBreaker(t *testing.T) {
	m := broken()
	first, ok := m.Allow(noon.Add(time.Minute))
	if !ok {
		t.Fatal("no trial after the recovery time")
	}
	if _, ok := m.Allow(noon.Add(119 * time.Second)); ok {
		t.Fatal("a second trial while the first may still answer")
	}
	second, ok := m.Allow(noon.Add(2 * time.Minute))
	if !ok {
		t.Fatal("the hung trial wedged the breaker")
	}
	m.Observe(first, true, noon.Add(2*time.Minute))
	if s := m.show(RoleGate, noon.Add(2*time.Minute)).State; s != BreakerHalfOpen {
		t.Fatalf("the answer of the trial that was given up counted: %s", s)
	}
	m.Observe(second, true, noon.Add(2*time.Minute))
	if s := m.show(RoleGate, noon.Add(2*time.Minute)).State; s != BreakerClosed {
		t.Fatalf("the second trial succeeded, but the breaker is %s", s)
	}
}

func TestTheBreakerOpensOnTheFifthFailureInARow(t *testing.T) {
	m := newMachine(5, time.Minute)
	observe := func(ok bool) { generation, _ := m.Allow(noon); m.Observe(generation, ok, noon) }
	for i := range 9 {
		observe(i == 4) // four failures, a success, four failures
	}
	if b := m.show(RoleGate, noon); b.State != BreakerClosed || b.Failures != 4 {
		t.Fatalf("after four in a row: %+v", b)
	}
	observe(false)
	b := m.show(RoleGate, noon.Add(59*time.Second))
	if b.State != BreakerOpen || !b.RetryAt.Equal(noon.Add(time.Minute)) || len(b.TrippedBy) != 5 || b.Opened != 1 {
		t.Fatalf("after five in a row: %+v", b)
	}
	if _, ok := m.Allow(noon.Add(59 * time.Second)); ok {
		t.Error("allowed while OPEN")
	}
	if b := m.show(RoleGate, noon.Add(time.Minute)); b.State != BreakerHalfOpen || b.Skipped != 1 || !b.Since.Equal(noon.Add(time.Minute)) {
		t.Errorf("after 60 s: %+v", b)
	}
	generation, _ := m.Allow(noon.Add(90 * time.Second))
	m.Observe(generation, false, noon.Add(91*time.Second))
	if b := m.show(RoleGate, noon.Add(150*time.Second)); b.State != BreakerOpen || !b.RetryAt.Equal(noon.Add(151*time.Second)) || b.Opened != 1 || len(b.TrippedBy) != 5 {
		t.Errorf("after a failed trial: %+v", b)
	}
}

func TestResetAtExtendsTheWaitButNotBeyondAnHour(t *testing.T) {
	for _, c := range []struct {
		name      string
		reset     time.Time
		wantRetry time.Duration
	}{
		{"none", time.Time{}, time.Minute},
		{"sooner", noon.Add(10 * time.Second), time.Minute},
		{"later", noon.Add(10 * time.Minute), 10 * time.Minute},
		{"in a year", noon.AddDate(1, 0, 0), time.Hour},
		{"year 9999", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := live()
			gate := tr.Gate("t")
			r := Result{Target: "t", Status: 429, Kind: KindRateLimited, Origin: OriginProbe, ResetAt: c.reset}
			for range 5 {
				generation, _ := gate.Allow(noon)
				gate.Observe(generation, &r, noon)
			}
			b := tr.Snapshot(noon).find("t").Breakers[0]
			if b.State != BreakerOpen || !b.RetryAt.Equal(noon.Add(c.wantRetry)) {
				t.Errorf("%s until %s", b.State, b.RetryAt)
			}
		})
	}
}

func TestInconclusiveResultsMoveNoBreaker(t *testing.T) {
	tr := live()
	gate := tr.Gate("t")
	down := Result{Target: "t", Kind: KindDNS, Origin: OriginProbe, Inconclusive: true}
	for range 20 {
		generation, _ := gate.Allow(noon)
		gate.Observe(generation, &down, noon)
	}
	if b := tr.Snapshot(noon).find("t").Breakers[0]; b.State != BreakerClosed || b.Failures != 0 {
		t.Errorf("inconclusive failures counted: %+v", b)
	}
	fail := Result{Target: "t", Status: 500, Kind: KindServer, Origin: OriginProbe}
	for range 5 {
		generation, _ := gate.Allow(noon)
		gate.Observe(generation, &fail, noon)
	}
	later := noon.Add(time.Minute)
	generation, _ := gate.Allow(later)
	gate.Observe(generation, &down, later)
	if b := tr.Snapshot(later).find("t").Breakers[0]; b.State != BreakerHalfOpen || b.Trial {
		t.Errorf("after an inconclusive trial: %+v", b)
	}
	if _, ok := gate.Allow(later); !ok {
		t.Error("no other trial after an inconclusive one")
	}
}

func TestAClockThatGoesBackDoesNotHoldABreakerOpenForLonger(t *testing.T) {
	m := broken()
	yesterday := noon.Add(-24 * time.Hour)
	if _, ok := m.Allow(yesterday); ok {
		t.Fatal("allowed while OPEN")
	}
	if _, ok := m.Allow(yesterday.Add(time.Minute)); !ok {
		t.Fatal("still OPEN a recovery time after the clock went back")
	}
	if _, ok := m.Allow(yesterday.Add(-time.Hour)); ok {
		t.Fatal("a second trial because the clock went back")
	}
	if _, ok := m.Allow(yesterday.Add(-time.Hour + time.Minute)); !ok {
		t.Fatal("a hung trial wedged the breaker because the clock went back")
	}
}

func TestBreakersAreSavedAndRestored(t *testing.T) {
	tr := live()
	gate := tr.Gate("t")
	fail := Result{Target: "t", Status: 503, Kind: KindServer, Origin: OriginProbe, Message: "Generation failed"}
	for range 5 {
		generation, _ := gate.Allow(noon)
		gate.Observe(generation, &fail, noon)
	}
	half := noon.Add(30 * time.Second)
	gate.Allow(half)
	saved := tr.State(half, Part{})

	again := New(Settings{})
	if err := again.Restore(half, saved); err != nil {
		t.Fatal(err)
	}
	again.AddTargets(half, TargetInfo{Name: "t", URL: "https://example.com", Interval: time.Second})
	got, want := again.Snapshot(half).find("t").Breakers, tr.Snapshot(half).find("t").Breakers
	if len(got) != 1 || got[0].State != BreakerOpen || !got[0].RetryAt.Equal(want[0].RetryAt) || got[0].Skipped != 1 ||
		len(got[0].TrippedBy) != 5 || got[0].TrippedBy[0].Message != "Generation failed" || len(got[0].Transitions) != 1 {
		t.Fatalf("restored %+v\nsaved %+v", got, want)
	}
	restored := again.Gate("t")
	if _, ok := restored.Allow(half); ok {
		t.Error("allowed while OPEN")
	}
	if _, ok := restored.Allow(noon.Add(time.Minute)); !ok {
		t.Error("no trial when the wait was over")
	}
	if err := again.Restore(half, saved); err == nil {
		t.Error("restored over what a tracker holds")
	}
}

// TestAnOutcomeOfBeforeTheRestartDecidesNothing restores a breaker whose trial was on its way.
func TestAnOutcomeOfBeforeTheRestartDecidesNothing(t *testing.T) {
	tr := live()
	gate := tr.Gate("t")
	fail := Result{Target: "t", Status: 503, Kind: KindServer, Origin: OriginProbe}
	for range 5 {
		generation, _ := gate.Allow(noon)
		gate.Observe(generation, &fail, noon)
	}
	now := noon.Add(time.Minute)
	old, ok := gate.Allow(now)
	if !ok {
		t.Fatal("no trial")
	}
	again := New(Settings{})
	if err := again.Restore(now, tr.State(now, Part{})); err != nil {
		t.Fatal(err)
	}
	restored := again.Gate("t")
	success := Result{Target: "t", Status: 200, Origin: OriginProbe}
	restored.Observe(old, &success, now)
	if b := again.Snapshot(now).find("t").Breakers[0]; b.State != BreakerHalfOpen || b.Trial {
		t.Errorf("%s, trial %v", b.State, b.Trial)
	}
	if _, ok := restored.Allow(now); !ok {
		t.Error("the trial that was given up is waited for")
	}
}
