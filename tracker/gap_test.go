package tracker

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// moveWall moves a time's wall clock but not its monotonic one, as the system does when somebody sets the clock and, on Linux,
// when the machine wakes up. Package time offers no such thing: seconds stand above 30 bits of nanoseconds.
func moveWall(t *testing.T, at time.Time, by time.Duration) time.Time {
	t.Helper()
	moved := at
	*(*uint64)(unsafe.Pointer(&moved)) += uint64(by/time.Second) << 30
	if got := moved.Round(0).Sub(at.Round(0)); got != by || moved.Sub(at) != 0 {
		t.Fatalf("the layout of time.Time is another: wall clock moved by %v, monotonic by %v", got, moved.Sub(at))
	}
	return moved
}

// TestAClockThatJumpsIsOneGapAndJudgesNothing has forty targets, failing, degraded and well, by probes and by traffic, when the
// clock jumps by an hour or a day, either way.
func TestAClockThatJumpsIsOneGapAndJudgesNothing(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, 24 * time.Hour, 3 * 24 * time.Hour, -time.Hour, -24 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			tr := New(Settings{})
			now := time.Now().Add(-48 * time.Hour)
			for i := range 20 {
				tr.AddTargets(now, TargetInfo{Name: fmt.Sprint("probed", i), URL: "https://example.com", Interval: 10 * time.Second})
			}
			tr.UpdateSource(now, Source{Name: "log", Live: true, State: SourceReading})
			second := func(i int) {
				now = now.Add(time.Second)
				var batch []Result
				for k := range 20 {
					status := 200
					if k%4 == 1 || k%4 == 2 && i%10 == 0 {
						status = 503
					}
					x := traffic(now, fmt.Sprint("used", k), status)
					batch = append(batch, x)
					if i%10 == k%10 {
						y := traffic(now, fmt.Sprint("probed", k), status)
						y.Origin, y.Source = OriginProbe, ""
						batch = append(batch, y)
					}
				}
				tr.Record(now, batch)
			}
			for i := range 30 * 60 {
				second(i)
			}
			before := tr.Snapshot(now)
			states := map[string]TargetState{}
			for _, tg := range before.Targets {
				states[tg.Name] = tg.State
			}
			same := func(when string) {
				t.Helper()
				s := tr.Snapshot(now)
				for _, tg := range s.Targets {
					if tg.State != states[tg.Name] {
						t.Fatalf("%s %s is %s (%s), was %s", when, tg.Name, tg.State, tg.Reason, states[tg.Name])
					}
				}
				for _, in := range s.Incidents {
					if in.Signals.Has(SignalSilence) {
						t.Fatalf("%s silence is an incident: %+v", when, in)
					}
				}
				if len(s.Gaps) != 1 || s.Gaps[0].Why == "" || s.Gaps[0].To.Sub(s.Gaps[0].From).Round(time.Minute) != by {
					t.Fatalf("%s gaps %+v", when, s.Gaps)
				}
			}
			now = moveWall(t, now, by)
			same("at once")
			for range 12 {
				now = now.Add(5 * time.Second)
				same("in the minute after")
			}
			for i := range 10 * 60 {
				second(i)
				if i%20 == 0 {
					same("with results again")
				}
			}
			for _, g := range tr.Snapshot(now).Groups {
				if g.Badge == BadgeRegressed || g.Badge == BadgeQuiet {
					t.Errorf("%s of %s is %s", g.Message, g.Target, g.Badge)
				}
			}
			now = now.Add(20 * time.Minute)
			for _, tg := range tr.Snapshot(now).Targets {
				if tg.State != StateStale || !strings.Contains(tg.Reason, "for 20 min") {
					t.Errorf("after 20 minutes of silence %s is %s: %s", tg.Name, tg.State, tg.Reason)
				}
			}
		})
	}
}

// TestAGapIsAddedOnceAndSaved is told of a stop by two who noticed it.
func TestAGapIsAddedOnceAndSaved(t *testing.T) {
	tr := live()
	for i := range 60 {
		tr.Record(noon.Add(time.Duration(i)*time.Second), []Result{traffic(noon.Add(time.Duration(i)*time.Second), "t", 200)})
	}
	now := noon.Add(2 * time.Hour)
	lost := Gap{From: noon.Add(time.Minute), To: now, Why: "the process was stopped"}
	tr.AddGap(now, lost)
	lost.From = lost.From.Add(time.Second)
	tr.AddGap(now, lost)
	tr.AddGap(now, Gap{From: now.Add(-time.Second), To: now, Why: "too short to matter"})
	s := tr.Snapshot(now)
	if len(s.Gaps) != 1 || s.find("t").State != StateOK {
		t.Fatalf("%+v, the target is %s", s.Gaps, s.find("t").State)
	}
	saved := tr.State(now, Part{})
	now = now.Add(3 * time.Hour)
	again := restored(t, now, saved)
	s = again.Snapshot(now)
	if len(s.Gaps) != 2 || s.Gaps[1].Why != "errtop was not running" || s.Gaps[1].To.Sub(s.Gaps[1].From) != 3*time.Hour || s.find("t").State != StateOK {
		t.Errorf("after a restart: %+v, the target is %s: %s", s.Gaps, s.find("t").State, s.find("t").Reason)
	}
	now = now.Add(2 * time.Hour) // less than twenty results: an hour of silence is none
	if tg := again.Snapshot(now).find("t"); tg.State != StateStale {
		t.Errorf("two hours later it is %s: %s", tg.State, tg.Reason)
	}
	log := New(Settings{})
	log.Record(noon, []Result{traffic(noon, "t", 200)})
	log.AddGap(now, lost)
	if s := log.Snapshot(now); len(s.Gaps) != 0 {
		t.Errorf("a log has gaps: %+v", s.Gaps)
	}
}
