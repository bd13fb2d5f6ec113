package tui

import (
	"testing"
	"time"

	"errtop/tracker"
)

func TestFiguresStandStillWhileTheirChangeSaysNothing(t *testing.T) {
	snap := func(at time.Time, age time.Duration, requests, errors uint64, p95 time.Duration) *tracker.Snapshot {
		target := tracker.Target{Name: "api", Activity: tracker.Activity{Since: at.Add(-age)}}
		target.Activity.FiveMinutes = tracker.Window{Requests: requests, Errors: errors, Latency: tracker.Quantiles{Count: requests, P95: p95}}
		return &tracker.Snapshot{At: at, Targets: []*tracker.Target{&target}}
	}
	f := figures{}
	for _, step := range []struct {
		what             string
		after            int // seconds
		age              time.Duration
		requests, errors uint64
		p95              time.Duration

		perMinute, share float64
		shown            time.Duration
	}{
		{"the first are exact", 0, time.Hour, 1000, 100, 850 * time.Millisecond, 200, 0.1, 850 * time.Millisecond},
		{"noise of counts and of buckets", 5, time.Hour, 1020, 105, 888 * time.Millisecond, 200, 0.1, 850 * time.Millisecond},
		{"more requests", 10, time.Hour, 1100, 110, 888 * time.Millisecond, 220, 0.1, 850 * time.Millisecond},
		{"more failures and slower", 15, time.Hour, 1100, 220, 1900 * time.Millisecond, 220, 0.2, 1900 * time.Millisecond},
		{"none fails", 20, time.Hour, 1110, 0, 1900 * time.Millisecond, 220, 0, 1900 * time.Millisecond},
		{"a minute later they are exact", 95, time.Hour, 1115, 1, 1950 * time.Millisecond, 223, 1.0 / 1115, 1950 * time.Millisecond},
		{"few requests", 100, time.Hour, 5, 3, time.Second, 1, 0.6, time.Second},
		{"and one more", 105, time.Hour, 6, 3, time.Second, 1.2, 0.5, time.Second},
	} {
		at := noon.Add(time.Duration(step.after) * time.Second)
		f.take(snap(at, step.age, step.requests, step.errors, step.p95))
		if got := *f["api"]; got.perMinute != step.perMinute || got.share != step.share || got.p95 != step.shown || got.rough {
			t.Errorf("%s: %+v", step.what, got)
		}
	}

	f = figures{}
	shown := []float64{}
	for age := 10 * time.Second; age < 80*time.Second; age += 5 * time.Second {
		f.take(snap(noon.Add(age), age, 2000, 0, 0))
		if got := *f["api"]; !got.rough {
			t.Fatal("what was watched for a minute is not rough")
		} else if n := len(shown); n == 0 || shown[n-1] != got.perMinute {
			shown = append(shown, got.perMinute)
		}
	}
	if len(shown) != 3 || shown[0] != 12_000 || shown[1] != 6000 || shown[2] != 3000 {
		t.Errorf("in a silence of 70 s the rate is shown as %v", shown)
	}
	f = figures{}
	for i, few := range []uint64{9, 10, 9, 10, 11, 10} { // a probe every 30 s: the window holds one more or one less
		f.take(snap(noon.Add(time.Duration(2*i)*time.Minute), time.Hour, few, 0, time.Duration(860+i%2*8)*time.Millisecond))
		want := []float64{1.8, 1.8, 1.8, 1.8, 2.2, 2.2}[i]
		if got := *f["api"]; got.perMinute != want || got.p95 != 860*time.Millisecond {
			t.Errorf("%d requests in the window are shown as %v a minute, %v", few, got.perMinute, got.p95)
		}
	}
	if f.take(&tracker.Snapshot{At: noon}); len(f) != 0 {
		t.Error("figures of a target that is gone are kept")
	}
}
