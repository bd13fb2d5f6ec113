package tracker

import (
	"testing"
	"time"
)

// TestAStateIsRestoredHoweverLongItWasLived lives longer than a baseline may be behind, and a jump of the clock of more than that.
func TestAStateIsRestoredHoweverLongItWasLived(t *testing.T) {
	for name, live := range map[string]func(tr *ErrorTracker, now time.Time) time.Time{
		"70 days": func(tr *ErrorTracker, now time.Time) time.Time {
			for end := now.AddDate(0, 0, 70); now.Before(end); now = now.Add(10 * time.Minute) {
				tr.Record(now, []Result{{Time: now, Target: "api", Status: 200, Latency: time.Millisecond}})
			}
			return now
		},
		"a clock a year ahead": func(tr *ErrorTracker, now time.Time) time.Time {
			for range 300 {
				tr.Record(now, []Result{{Time: now, Target: "api", Status: 500, Kind: KindServer}})
				now = now.Add(time.Minute)
			}
			now = now.AddDate(1, 0, 0)
			for range 300 {
				tr.Record(now, []Result{{Time: now, Target: "api", Status: 200}})
				now = now.Add(time.Minute)
			}
			return now
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr := New(Settings{})
			start := time.Date(2026, 3, 4, 12, 17, 0, 0, time.UTC)
			tr.UpdateSource(start, Source{Name: "log", Live: true})
			now := live(tr, start)
			want := tr.Snapshot(now).Overall.Day.Requests
			kept, _, _ := tr.Keep(now, KeptMark{})
			again := New(Settings{})
			if err := again.Restore(now, kept.Now, kept.Earlier); err != nil {
				t.Fatal(err)
			}
			if got := again.Snapshot(now).Overall.Day.Requests; got != want || want == 0 {
				t.Errorf("%d of %d requests", got, want)
			}
		})
	}
}
