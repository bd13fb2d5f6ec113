package store

import (
	"path/filepath"
	"testing"
	"time"

	"errtop/tracker"
)

func TestTheRetentionFollowsNoClockThatJumps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, Options{Path: path, Now: noon})
	clock := func(now time.Time) time.Time {
		t.Helper()
		at, err := s.RetentionClock(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if at := clock(noon); !at.Equal(noon) {
		t.Errorf("at first %v", at)
	}
	ahead := noon.AddDate(1, 0, 0)
	for i := range 24 {
		if at := clock(ahead); at.Sub(noon) > time.Duration(i+1)*retentionStep {
			t.Fatalf("after %d hours a year ahead it is %v", i+1, at)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, Options{Path: path, Now: ahead})
	if at := clock(ahead); at.Sub(noon) > 25*retentionStep {
		t.Errorf("a restart made it %v", at)
	}
	if at := clock(noon.Add(time.Hour)); !at.Equal(noon.Add(time.Hour)) {
		t.Errorf("once the clock is right again it is %v", at)
	}
}

// TestHoursThatAreLivedAgainAddUp keeps hours, sets the clock back into them, and keeps what comes then.
func TestHoursThatAreLivedAgainAddUp(t *testing.T) {
	s := open(t, Options{Path: filepath.Join(t.TempDir(), "x.db"), Now: noon})
	targets := 30
	if err := s.SaveHours(t.Context(), hoursOf(noon, targets)); err != nil { // noon to noon
		t.Fatal(err)
	}
	total := func() (requests, errors uint64) {
		t.Helper()
		bars, err := s.Bars(t.Context(), "", noon.AddDate(-1, 0, 0), noon.AddDate(1, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range bars {
			requests, errors = requests+b.Requests, errors+b.Errors
		}
		return requests, errors
	}
	requests, errors := total()
	back := noon.Add(3*time.Hour + 20*time.Minute)
	known := hoursOf(noon.Add(3*time.Hour), targets)[:targets] // the tracker has the first twenty minutes of the running hour
	for i := range known {
		for j := range known[i].Counts {
			clear(known[i].Counts[j].Minutes[20:])
		}
		known[i].Latency = known[i].Latency[:10]
	}
	for range 2 { // the second time nothing is left to move
		for more := true; more; {
			var err error
			if more, err = s.SetBack(t.Context(), back, known); err != nil {
				t.Fatal(err)
			}
		}
		if r, e := total(); r != requests || e != errors {
			t.Fatalf("%d requests and %d errors became %d and %d", requests, errors, r, e)
		}
	}
	few := tracker.HourCount{Outcome: tracker.Outcome{Status: 200}}
	few.Minutes[50] = 3
	running := known[0]
	running.Counts = append([]tracker.HourCount(nil), running.Counts...)
	running.Counts[0].Minutes[40] = 2
	again := []tracker.Hour{running, {Target: known[0].Target, Start: noon.Add(5 * time.Hour).UTC(), Counts: []tracker.HourCount{few}}}
	if err := s.SaveHours(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if r, _ := total(); r != requests+5 {
		t.Errorf("%d requests, and 5 that came again, are %d", requests, r)
	}
	hours, err := s.Hours(t.Context(), known[0].Target, noon.Add(3*time.Hour), noon.Add(4*time.Hour))
	if err != nil || len(hours) != 2 {
		t.Fatalf("%d parts of the running hour, %v", len(hours), err)
	}
	whole, latencies := hoursOf(noon, 1)[3], uint64(0)
	for i := range hours {
		latencies += hours[i].Quantiles().Count
	}
	if latencies != whole.Quantiles().Count {
		t.Errorf("%d of %d latencies", latencies, whole.Quantiles().Count)
	}
	if info, err := s.Info(t.Context()); err != nil || info.Imported != 0 {
		t.Errorf("%d other stores were imported, %v", info.Imported, err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
