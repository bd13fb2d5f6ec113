package tracker

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestImpossibleStampsAreCountedAndStandAtTheClock(t *testing.T) {
	for _, c := range []struct {
		name string
		at   time.Time
		want Skew
		kept uint64 // of the last minute
	}{
		{"zero", time.Time{}, Skew{Impossible: 1}, 1},
		{"year 1", time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), Skew{Impossible: 1}, 1},
		{"1989", time.Date(1989, 12, 31, 0, 0, 0, 0, time.UTC), Skew{Impossible: 1}, 1},
		{"year 9999", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), Skew{Impossible: 1}, 1},
		{"year 292277026596", time.Unix(1<<62, 0), Skew{Impossible: 1}, 1},
		{"tomorrow", noon.AddDate(0, 0, 1), Skew{Future: 1}, 1},
		{"in half a minute", noon.Add(30 * time.Second), Skew{}, 1},
		{"an hour ago", noon.Add(-time.Hour), Skew{}, 0},
		{"two days ago", noon.AddDate(0, 0, -2), Skew{Late: 1}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := live()
			tr.Record(noon, []Result{traffic(c.at, "t", 500)})
			s := tr.Snapshot(noon)
			if s.Skew != c.want {
				t.Errorf("skew %+v, want %+v", s.Skew, c.want)
			}
			if got := s.Overall.Minute.Requests; got != c.kept {
				t.Errorf("%d in the last minute, want %d", got, c.kept)
			}
			if c.want.Late == 0 && s.Overall.Day.Requests != 1 {
				t.Errorf("not in the day: %+v", s.Overall.Day)
			}
		})
	}
}

func TestResultsOlderThanTheOneBeforeThemAreCountedBySource(t *testing.T) {
	tr := live()
	old, other := traffic(noon.Add(-time.Minute), "t", 200), traffic(noon.Add(-time.Hour), "t", 200)
	other.Source = "another"
	tr.Record(noon, []Result{traffic(noon, "t", 200), old, other, traffic(noon.Add(-5*time.Second), "t", 200)})
	if s := tr.Snapshot(noon); s.Skew.OutOfOrder != 1 || s.Overall.Day.Requests != 4 {
		t.Errorf("skew %+v, day %+v", s.Skew, s.Overall.Day)
	}
}

// TestAClockThatJumpsKeepsTheWindowsRight moves now by a day, both ways: what lies ahead of the clock is forgotten, what is
// behind it stays as long as it is remembered.
func TestAClockThatJumpsKeepsTheWindowsRight(t *testing.T) {
	tr := live()
	now := noon
	step := func(want uint64) {
		t.Helper()
		tr.Record(now, []Result{traffic(now, "t", 200), traffic(now, "t", 500)})
		s := tr.Snapshot(now)
		tg := s.find("t")
		for name, a := range map[string]*Activity{"overall": &s.Overall, "t": &tg.Activity} {
			if a.Minute.Requests != 2 || a.Day.Requests != want || a.Day.Errors != want/2 {
				t.Errorf("at %s %s: minute %d, day %d, want 2 and %d", now, name, a.Minute.Requests, a.Day.Requests, want)
			}
		}
		if tg.Since.After(now) || tg.LastSeen.After(now) || s.Groups[0].Last.After(now) {
			t.Errorf("at %s something lies ahead: %s %s %s", now, tg.Since, tg.LastSeen, s.Groups[0].Last)
		}
	}
	step(2)
	now = now.Add(10 * time.Minute)
	step(4)
	now = now.Add(24*time.Hour - 5*time.Minute) // the first two are now older than a day
	step(4)
	now = now.Add(-24 * time.Hour) // five minutes before the second two, and after the first
	step(4)
	now = now.Add(-time.Hour)
	step(2)
	now = now.Add(2 * time.Hour)
	step(4)
	now = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	tr.Record(now, []Result{traffic(now, "t", 200)})
	tr.Snapshot(now)
	now = time.Time{}
	tr.Record(now, []Result{traffic(now, "t", 200)})
	tr.Snapshot(now)
	tr.SnapshotAt(now, now)
}

// TestRandomClocksPanicNowhere drives every method with clocks that jump.
func TestRandomClocksPanicNowhere(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 8 {
		tr, now := live(), noon
		gate := tr.Gate("t0")
		for range 200 {
			switch r.IntN(6) {
			case 0:
				now = now.Add(time.Duration(r.Int64N(int64(50*time.Hour))) - 25*time.Hour)
			case 1:
				now = now.Add(time.Duration(r.Int64N(int64(time.Hour))) - 30*time.Minute)
			default:
				now = now.Add(time.Duration(r.Int64N(int64(10 * time.Second))))
			}
			x := randomResult(r, now.Add(time.Duration(r.Int64N(int64(4*time.Hour)))-2*time.Hour))
			x.Breaker = BreakerState(r.IntN(5))
			tr.Record(now, []Result{x, x})
			generation, _ := gate.Allow(now)
			gate.Observe(generation, &x, now)
			s := tr.Snapshot(now)
			past := tr.SnapshotAt(now, now.Add(-time.Duration(r.Int64N(int64(30*time.Hour)))))
			for _, s := range []*Snapshot{s, past} {
				var sum Window
				for i := range s.Targets {
					sum.Requests += s.Targets[i].Activity.Day.Requests
					sum.Errors += s.Targets[i].Activity.Day.Errors
				}
				if sum.Requests != s.Overall.Day.Requests || sum.Errors != s.Overall.Day.Errors {
					t.Fatalf("targets add up to %d and %d, all to %d and %d", sum.Requests, sum.Errors, s.Overall.Day.Requests, s.Overall.Day.Errors)
				}
				for _, w := range []Window{s.Overall.Minute, s.Overall.FiveMinutes, s.Overall.Hour, s.Overall.Day} {
					if w.Requests > 1e6 || w.Errors > w.Requests {
						t.Fatalf("a window wrapped around: %+v", w)
					}
				}
			}
		}
	}
}

func TestAFileOfYesterdayIsShownAsOfItsNewestResult(t *testing.T) {
	tr := New(Settings{})
	yesterday := noon.Add(-23 * time.Hour)
	for i := range 60 {
		tr.Record(noon, []Result{traffic(yesterday.Add(time.Duration(i)*time.Second), "t", 500)})
	}
	s := tr.Snapshot(noon)
	if !s.LogTime || !s.At.Equal(yesterday.Add(59*time.Second)) || s.Overall.Minute.Requests != 60 || s.Ring.LastHour != 60 {
		t.Errorf("log time %v, at %s, %+v, %+v", s.LogTime, s.At, s.Overall.Minute, s.Ring)
	}
	if again := tr.Snapshot(noon.Add(time.Hour)); again.Version != s.Version || !again.At.Equal(s.At) {
		t.Errorf("time went on in log time: version %d to %d, at %s", s.Version, again.Version, again.At)
	}
	if state := s.find("t").State; state != StateFailing {
		t.Errorf("state %s", state)
	}
	tr.UpdateSource(noon, Source{Name: "log", Live: true})
	s = tr.Snapshot(noon)
	if s.LogTime || !s.At.Equal(noon) || s.Overall.Minute.Requests != 0 || s.Overall.Day.Requests != 60 {
		t.Errorf("once live: log time %v, at %s, %+v", s.LogTime, s.At, s.Overall.Day)
	}
	if state := s.find("t").State; state != StateStale {
		t.Errorf("once live the state is %s", state)
	}
}
