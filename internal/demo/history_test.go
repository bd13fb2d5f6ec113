package demo

import (
	"context"
	"slices"
	"testing"
	"time"

	"errtop/tracker"
)

// historyOf runs the history of the time before start and returns what it emitted.
func historyOf(t *testing.T, seed uint64, start time.Time, long time.Duration) (*diary, []tracker.Mark) {
	t.Helper()
	seen := &diary{}
	var marks []tracker.Mark
	o := seen.options(seed, 1)
	o.History, o.Mark = long, func(m tracker.Mark) { marks = append(marks, m) }
	newHistory(t.Context(), o, start).run(t.Context())
	return seen, marks
}

func TestHistoryIsAnHourOfTheSameTraffic(t *testing.T) {
	start := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for seed := range uint64(2) {
		seen, marks := historyOf(t, seed, start, time.Hour)
		if !slices.IsSortedFunc(seen.results, func(a, b tracker.Result) int { return a.Time.Compare(b.Time) }) {
			t.Errorf("seed %d: not in the order of time", seed)
		}
		first, last := seen.results[0].Time, seen.results[len(seen.results)-1].Time
		if first.Sub(start.Add(-time.Hour)) > 10*time.Second || start.Sub(last) > 10*time.Second || !last.Before(start) {
			t.Errorf("seed %d: from %v to %v", seed, first, last)
		}
		byMinute, failedLately := map[int64]int{}, 0
		for _, r := range seen.results {
			byMinute[r.Time.Unix()/60]++
			if r.Source != HistorySource || r.Origin != tracker.OriginTraffic || r.Latency <= 0 || r.Latency > 8*time.Second || r.Labels == nil {
				t.Fatalf("seed %d: %+v", seed, r)
			}
			if r.Kind.Failed() && r.Time.After(start.Add(-quietBeforeStart)) {
				failedLately++
			}
		}
		for minute := start.Add(-time.Hour).Unix() / 60; minute < start.Unix()/60; minute++ {
			if n := byMinute[minute]; n < 300 || n > 1000 {
				t.Errorf("seed %d: %d requests %d minutes before the start", seed, n, start.Unix()/60-minute)
			}
		}
		if failedLately > 60 {
			t.Errorf("seed %d: %d failures in the last quarter of an hour", seed, failedLately)
		}
		failed := slices.IndexFunc(seen.results, func(r tracker.Result) bool { return r.Kind == tracker.KindServer || r.Kind == tracker.KindRateLimited })
		if failed < 0 {
			t.Errorf("seed %d: nothing ever failed", seed)
		}
		if end := seen.sources[len(seen.sources)-1]; end.Name != "demo history" || end.State != tracker.SourceEnded || end.Live || end.Results != uint64(len(seen.results)) {
			t.Errorf("seed %d: the last health is %+v", seed, end)
		}
		if len(marks) < 2 || marks[0].Text == "" || marks[0].At.Before(start.Add(-time.Hour)) || marks[0].At.After(start) {
			t.Errorf("seed %d: marks %+v", seed, marks)
		}
	}
}

// TestHistoryMeetsEveryFailureAsOverTheNetwork compares what the history's clients see of each broken answer with what the
// demo's do over connections.
func TestHistoryMeetsEveryFailureAsOverTheNetwork(t *testing.T) {
	kinds := map[string]bool{}
	start := time.Now()
	for seed := range uint64(4) {
		seen, _ := historyOf(t, seed, start, time.Hour)
		for _, r := range seen.results {
			if r.Kind.Failed() {
				kinds[r.Error] = true
			}
			if r.Error == "timeout" && (r.Latency != findModel(r.Target).timeout || r.Evidence == nil) {
				t.Errorf("a timeout after %v: %+v", r.Latency, r)
			}
		}
	}
	for _, want := range []string{
		"timeout", "connection reset", "body cut short", "Bad Gateway", "Invalid input", "Invalid API key", "Access denied", "Model not found",
		"Rate limit exceeded", "Generation failed",
	} {
		if !kinds[want] {
			t.Errorf("%q is in no history: %v", want, kinds)
		}
	}
}

func TestHistoryIsAFunctionOfTheSeed(t *testing.T) {
	start := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	a, _ := historyOf(t, 3, start, 10*time.Minute)
	b, _ := historyOf(t, 3, start, 10*time.Minute)
	other, _ := historyOf(t, 4, start, 10*time.Minute)
	same := func(x, y tracker.Result) bool {
		return x.Time.Equal(y.Time) && x.Target == y.Target && x.Status == y.Status && x.RequestID == y.RequestID
	}
	if !slices.EqualFunc(a.results, b.results, same) {
		t.Error("the same seed has two histories")
	}
	if slices.EqualFunc(a.results, other.results, same) {
		t.Error("two seeds have one history")
	}
}

func TestHistoryOfAFastWorldIsBounded(t *testing.T) {
	for speed, most := range map[float64]time.Duration{0.1: time.Hour, 1: time.Hour, 100: 2 * time.Minute} {
		o := (&diary{}).options(1, speed)
		o.History = time.Hour
		now := time.Now()
		if long := now.Sub(newHistory(t.Context(), o, now).world.start); long > most || long < min(most, time.Minute) {
			t.Errorf("speed %v: a history of %v", speed, long)
		}
	}
}

func TestHistoryEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	seen := &diary{}
	o := seen.options(1, 1)
	o.History = time.Hour
	o.Emit = func(batch []tracker.Result) { seen.emit(batch); cancel() }
	newHistory(ctx, o, time.Now()).run(ctx)
	if n := len(seen.results); n > 3*historyBatch {
		t.Errorf("%d results after its end", n)
	}
}

// Failures of a slow burn are those of the version that is being rolled out, and only of that.
func TestSlowBurnIsTheNewVersions(t *testing.T) {
	inBubble(t, 42, 6*time.Minute, func(t *testing.T, start time.Time, seen *diary) {
		burn := script{seed: 42}.incidents(0)[3]
		versions := map[string][2]int{} // requests, failures
		for _, r := range seen.between(start, burn.start+time.Minute, burn.end) {
			if r.Target != burn.where || r.Labels == nil {
				continue
			}
			for _, label := range *r.Labels {
				if label.Name == "version" {
					n := versions[label.Value]
					n[0]++
					if r.Status == 500 {
						n[1]++
					}
					versions[label.Value] = n
				}
			}
		}
		before, after := versions[modelVersion], versions[burn.version()]
		if len(versions) != 2 || before[0] < 50 || before[1] > 0 || after[0] < 50 || after[1] < after[0]/4 {
			t.Errorf("requests and failures by version: %v", versions)
		}
	})
}

// The bar: an hour of history in less than half a second of one core.
func BenchmarkHistory(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		o := Options{Seed: 1, Speed: 1, History: time.Hour, Emit: func(batch []tracker.Result) { n += len(batch) }}
		newHistory(b.Context(), o, time.Now()).run(b.Context())
		b.ReportMetric(float64(n), "results")
	}
}
