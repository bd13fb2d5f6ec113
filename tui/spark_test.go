package tui

import (
	"slices"
	"testing"
	"time"

	"errtop/tracker"
)

// A peak stays in its column for as many minutes as a column has, then moves one to the left; the columns are whole minutes that follow
// each other, end with the running one, and reach back as far as the heading says.
func TestSparklinesMoveByWholeColumns(t *testing.T) {
	for _, n := range []int{15, 30, 60} {
		for w := 1; w <= 70; w++ {
			each, was := (n+w-1)/w, sparkGrid{}
			for minute := range int64(3 * each) {
				f := frame{minute: 29_000_000 + minute}
				g := f.gridOf(n, w)
				end := n
				for c := g.columns - 1; c >= 0; c-- {
					from, to := g.minutes(c)
					if from >= to || from < 0 || to > n {
						t.Fatalf("%d minutes in %d columns: column %d is [%d, %d)", n, w, c, from, to)
					}
					if to != end && c < g.columns-2 || c == g.columns-1 && to != n {
						t.Fatalf("%d minutes in %d columns: column %d ends at %d, the next begins at %d", n, w, c, to, end)
					}
					end = from
				}
				if g.columns > w || end >= each {
					t.Fatalf("%d minutes in %d columns: %+v reaches back to %d", n, w, g, end)
				}
				if minute > 0 && g.columns > 1 {
					moved := (29_000_000+minute)%int64(each) == 0
					_, before := was.minutes(g.columns - 2)
					_, after := g.minutes(g.columns - 2)
					if shift := before - after; moved != (shift != 1) {
						t.Fatalf("%d minutes in %d columns: minute %d moves the end of a column by %d minutes", n, w, minute, shift)
					}
				}
				was = g
			}
		}
	}
}

func TestARunningMinuteWithoutARequestIsTheLastSixtySeconds(t *testing.T) {
	var act tracker.Activity
	act.Minutes[58] = tracker.Bar{Requests: 4, Errors: 1}
	act.Minute = tracker.Window{Requests: 2, Errors: 1}
	if got := barsOf(nil, &act, 3); !slices.Equal(got, []tracker.Bar{{}, {Requests: 4, Errors: 1}, {Requests: 2, Errors: 1}}) {
		t.Errorf("%v", got)
	}
	act.Minutes[59] = tracker.Bar{Requests: 1}
	if got := barsOf(nil, &act, 1); got[0] != act.Minutes[59] {
		t.Errorf("%v", got)
	}
}

// More requests of which none fails are no news; a failure is at once.
func TestTheCalmHourStandsStillForAMinute(t *testing.T) {
	var shown shownHour
	for _, step := range []struct {
		seconds          int
		requests, errors uint64
		past             bool
		want             shownHour
	}{
		{0, 100, 0, false, shownHour{requests: 100}},
		{5, 101, 0, false, shownHour{requests: 100}},
		{10, 103, 1, false, shownHour{requests: 103, errors: 1}},
		{69, 112, 1, false, shownHour{requests: 103, errors: 1}},
		{69, 113, 1, false, shownHour{requests: 113, errors: 1}},
		{129, 141, 1, false, shownHour{requests: 141, errors: 1}},
		{130, 142, 1, true, shownHour{requests: 142, errors: 1}},
		{20, 104, 1, false, shownHour{requests: 104, errors: 1}},
	} {
		snap := &tracker.Snapshot{At: noon.Add(time.Duration(step.seconds) * time.Second), Past: step.past}
		snap.Overall.Hour = tracker.Window{Requests: step.requests, Errors: step.errors}
		shown.take(snap)
		if shown.requests != step.want.requests || shown.errors != step.want.errors {
			t.Errorf("after %d s: %d of %d, want %+v", step.seconds, shown.errors, shown.requests, step.want)
		}
	}
}
