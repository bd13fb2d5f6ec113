package tracker

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestThePastIsAsItWasThen records twelve hours, looks at random minutes while they end, and asks for the same minutes later.
func TestThePastIsAsItWasThen(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	tr, truth := live(), &brute{}
	type moment struct {
		at time.Time
		s  *Snapshot
	}
	var seen []moment
	for minute := range 12 * 60 {
		for i := range 6 {
			now := noon.Add(time.Duration(minute)*time.Minute + time.Duration(i)*10*time.Second)
			for range r.IntN(3) {
				x := randomResult(r, now)
				tr.Record(now, []Result{x})
				truth.placed = append(truth.placed, placed{now, x})
			}
		}
		if r.IntN(20) == 0 {
			end := noon.Add(time.Duration(minute+1)*time.Minute - 1)
			seen = append(seen, moment{end, tr.Snapshot(end)})
		}
	}
	now := noon.Add(12 * time.Hour)
	tr.Record(now, []Result{traffic(now, "came later", 500)})
	for _, m := range seen {
		past := tr.SnapshotAt(now, m.at)
		if !past.Past || len(past.Missing) == 0 || !past.At.Equal(m.at) || len(past.Sources) != 0 {
			t.Fatalf("at %s: %v, missing %v", past.At, past.Past, past.Missing)
		}
		checkPast(t, truth, "", m.at, &past.Overall)
		if past.find("came later") != nil || len(past.Targets) != len(m.s.Targets) {
			t.Errorf("at %s: %d targets, then %d", m.at, len(past.Targets), len(m.s.Targets))
		}
		for i := range m.s.Targets {
			then := m.s.Targets[i]
			got := past.find(then.Name)
			checkPast(t, truth, then.Name, m.at, &got.Activity)
			if !got.Activity.Since.Equal(then.Activity.Since) || !past.Overall.Since.Equal(m.s.Overall.Since) {
				t.Errorf("at %s: %s is counted since %s, is told as since %s", m.at, then.Name, then.Activity.Since, got.Activity.Since)
			}
			if got.State != then.State || !got.Since.Equal(then.Since) {
				t.Errorf("at %s: %s was %s since %s, is told as %s since %s", m.at, then.Name, then.State, then.Since, got.State, got.Since)
			}
			if got.LastSeen.Sub(then.LastSeen).Abs() > time.Minute || got.LastOK.Sub(then.LastOK).Abs() > time.Minute {
				t.Errorf("at %s: %s seen %s, %s; told %s, %s", m.at, then.Name, then.LastSeen, then.LastOK, got.LastSeen, got.LastOK)
			}
		}
		for i := range past.Errors {
			if past.Errors[i].Time.After(m.at) {
				t.Errorf("at %s: an error of %s", m.at, past.Errors[i].Time)
			}
		}
		checkPastGroups(t, m.s, past, now.Sub(m.at) < time.Hour)
	}
}

// checkPast compares the counts of a minute that is over with the truth.
func checkPast(t *testing.T, truth *brute, target string, at time.Time, a *Activity) {
	t.Helper()
	for _, c := range []struct {
		got     Window
		minutes int
	}{{a.Minute, 1}, {a.FiveMinutes, 5}, {a.Hour, 60}, {a.Day, 1440}} {
		want, _ := truth.window(target, at, time.Minute, c.minutes)
		if c.got.Requests != want.Requests || c.got.Errors != want.Errors || c.got.NotSent != want.NotSent {
			t.Errorf("%q at %s, %d minutes: got %+v, want %+v", target, at, c.minutes, c.got, want)
		}
	}
	want, _ := truth.window(target, at, time.Hour, 1)
	if uint64(a.Hours[23].Requests) != want.Requests && at.Minute() == 59 {
		t.Errorf("%q at %s: running hour %d, want %d", target, at, a.Hours[23].Requests, want.Requests)
	}
	for i := range a.Minutes {
		w, _ := truth.window(target, at.Add(-time.Duration(59-i)*time.Minute), time.Minute, 1)
		if uint64(a.Minutes[i].Requests) != w.Requests {
			t.Errorf("%q at %s, bar %d: got %d, want %d", target, at, i, a.Minutes[i].Requests, w.Requests)
		}
	}
}

// checkPastGroups compares groups with what was shown then: exact within the hour, by the hour before that.
func checkPastGroups(t *testing.T, then, past *Snapshot, exact bool) {
	t.Helper()
	if len(past.Groups) != len(then.Groups) {
		t.Errorf("at %s: %d groups, then %d", past.At, len(past.Groups), len(then.Groups))
	}
	counts := map[uint64]uint64{}
	for _, g := range then.Groups {
		counts[g.ID] = g.Count
	}
	for _, g := range past.Groups {
		if g.Count < counts[g.ID] || exact && g.Count != counts[g.ID] || g.Last.After(past.At) || g.Example == nil {
			t.Errorf("at %s: group counted %d then, %d now; last %s", past.At, counts[g.ID], g.Count, g.Last)
		}
	}
}

func TestThePastSaysWhatItCannotKnow(t *testing.T) {
	tr := live()
	now := filled(tr, 2, 30*time.Hour, time.Minute)
	for at, want := range map[time.Duration]string{
		-10 * time.Minute: "the part of the day's window",
		-3 * time.Hour:    "latencies by the minute",
		-23 * time.Hour:   "by the hour",
		-25 * time.Hour:   "everything: only the last 24 hours",
	} {
		s := tr.SnapshotAt(now, now.Add(at))
		if got := strings.Join(s.Missing, "; "); !strings.Contains(got, want) {
			t.Errorf("%s: missing is %q, want %q in it", at, got, want)
		}
	}
	if s := tr.SnapshotAt(now, now.Add(time.Hour)); s.Past || len(s.Missing) != 0 {
		t.Error("the future is not the present")
	}
	s := tr.SnapshotAt(now, now.Add(-3*time.Hour))
	if s.Overall.Hour.Latency.Count == 0 || s.Overall.Hour.Latency.P50 == 0 {
		t.Errorf("no latency three hours ago: %+v", s.Overall.Hour)
	}
}

// TestAGroupOfThePastIsNotQuietInTheMidstOfItsOutage looks back at an outage that is over: of its errors only the first and
// the newest few are kept, and how many came by the hour.
func TestAGroupOfThePastIsNotQuietInTheMidstOfItsOutage(t *testing.T) {
	tr := live()
	now := noon
	for minute := range 240 {
		now = noon.Add(time.Duration(minute) * time.Minute)
		status := 200
		if minute >= 30 && minute < 70 { // 12:30 to 13:10
			status = 502
		}
		tr.Record(now, []Result{traffic(now, "t", status)})
	}
	for at, want := range map[time.Duration]struct {
		last  time.Duration
		badge Badge
	}{
		60*time.Minute - 1:  {60*time.Minute - 1, BadgeOngoing},
		65*time.Minute - 1:  {65*time.Minute - 1, BadgeOngoing},
		239*time.Minute - 1: {69 * time.Minute, BadgeQuiet},
	} {
		s := tr.SnapshotAt(now, noon.Add(at))
		if g := s.Groups[0]; !g.Last.Equal(noon.Add(want.last)) || g.Badge != want.badge {
			t.Errorf("at %s: last %s and %s, want %s and %s", s.At, g.Last, g.Badge, noon.Add(want.last), want.badge)
		}
	}
}
