package engine

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/internal/store"
	"errtop/tracker"
)

// stored keeps results in a store by the hour, with the hours before a moment thinned.
func stored(t *testing.T, results []tracker.Result, thinBefore time.Time) string {
	t.Helper()
	var hours []tracker.Hour
	for i := range results {
		r := &results[i]
		start := r.Time.Truncate(time.Hour)
		at := -1
		for j := range hours {
			if hours[j].Target == r.Target && hours[j].Start.Equal(start) {
				at = j
			}
		}
		if at < 0 {
			hours, at = append(hours, tracker.Hour{Target: r.Target, Start: start}), len(hours)
		}
		counts := &hours[at].Counts
		of := -1
		for j := range *counts {
			if (*counts)[j].Outcome == r.Outcome() {
				of = j
			}
		}
		if of < 0 {
			*counts, of = append(*counts, tracker.HourCount{Outcome: r.Outcome(), Origin: r.Origin}), len(*counts)
		}
		(*counts)[of].Minutes[r.Time.Minute()]++
	}
	for i := range hours {
		if hours[i].Start.Before(thinBefore) {
			hours[i].Thin()
		}
	}
	path := filepath.Join(t.TempDir(), "past.db")
	s, err := store.Open(t.Context(), store.Options{Path: path, Now: morning})
	if err == nil {
		err = s.SaveHours(t.Context(), hours)
	}
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestABacktestOfAStoreTellsWhatThatOfTheLogDoes(t *testing.T) {
	lines, results := outageLog(1)
	want := runBacktest(t, Backtest{Inputs: []Source{logFile(t, "a.log", lines)}}).Told
	for name, thinBefore := range map[string]time.Time{"by the minute": {}, "thinned long before": morning.Add(time.Hour)} {
		out := runBacktest(t, Backtest{Stored: true, Inputs: []Source{FromStore(stored(t, results, thinBefore), time.Time{})}})
		if len(out.Told) != len(want) {
			t.Fatalf("%s: told %q, want %q", name, summary(out.Told), summary(want))
		}
		for i, n := range out.Told {
			if n.Reason != want[i].Reason || n.Rule != want[i].Rule || n.Target != want[i].Target || n.At.Sub(want[i].At).Abs() > 2*time.Minute {
				t.Errorf("%s: told %q, want %q", name, summary(out.Told), summary(want))
			}
		}
		if out.Errors == 0 || out.First.Sub(morning) > time.Minute {
			t.Errorf("%s: %d errors, from %v", name, out.Errors, out.First)
		}
		for rule, why := range map[string]string{"slow": "latencies of whole hours", "source failed": "sources"} {
			if r := out.rule(rule); !strings.Contains(r.Silent, why) {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}

func TestAStoreThatIsMissingOrEmptyIsSaid(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "nothing.db"), stored(t, nil, time.Time{})} {
		b := Backtest{Settings: config.Default(), Stored: true, Inputs: []Source{FromStore(path, time.Time{})}}
		if _, err := b.Run(context.Background()); err == nil || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestABacktestOfAStoreKnowsTheLatenciesOfHours keeps days of a target that gets slow for three hours: it is told within the first of them, and
// nothing is told while latencies only vary.
func TestABacktestOfAStoreKnowsTheLatenciesOfHours(t *testing.T) {
	var hours []tracker.Hour
	first := morning.AddDate(0, 0, -3)
	began := first.Add(30 * time.Hour)
	for hour := range 40 {
		h := tracker.Hour{Target: "api", Start: first.Add(time.Duration(hour) * time.Hour), Counts: []tracker.HourCount{{Outcome: tracker.Outcome{Status: 200}}}}
		for m := range 60 {
			h.Counts[0].Minutes[m] = uint32(200 + 31*m%40)
		}
		for b := range 60 { // three octaves or so
			bucket := int(tracker.BucketOf(30*time.Millisecond)) + b
			if !h.Start.Before(began) && h.Start.Before(began.Add(3*time.Hour)) {
				bucket += 96 // eight times as slow
			}
			h.Latency = append(h.Latency, tracker.LatencyCount{Bucket: tracker.Bucket(bucket), N: uint32(100 + (hour*7+b*13)%60)})
		}
		hours = append(hours, h)
	}
	path := filepath.Join(t.TempDir(), "past.db")
	s, err := store.Open(t.Context(), store.Options{Path: path, Now: morning})
	if err == nil {
		err = s.SaveHours(t.Context(), hours)
	}
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	out := runBacktest(t, Backtest{Stored: true, Inputs: []Source{FromStore(path, time.Time{})}})
	if len(out.Told) == 0 || out.Told[0].Rule != "slow" || out.Told[0].At.Before(began) || out.Told[0].At.Sub(began) > time.Hour || len(out.Limits) == 0 {
		t.Fatalf("told %q", summary(out.Told))
	}
	for _, n := range out.Told {
		if n.At.After(began.Add(4*time.Hour)) || n.Rule != "slow" {
			t.Errorf("told %q", summary(out.Told))
		}
	}
}
