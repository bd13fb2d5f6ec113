package tracker

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A state by the minute has the same counts and the same latencies of the hour and the day; those of the last minutes differ by what lies at
// their edges.
func TestStateByMinute(t *testing.T) {
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 1))
		now := time.Unix(1_790_000_000, 0).Add(time.Duration(r.IntN(3600)) * time.Second)
		tr := New(Settings{})
		tr.UpdateSource(now, Source{Name: "log", Live: true, State: SourceReading})
		for at := now.Add(-90 * time.Minute); at.Before(now); at = at.Add(20 * time.Millisecond) {
			latency := time.Duration(float64(30*time.Millisecond) * (1 + r.ExpFloat64()))
			tr.Record(now, []Result{{Time: at, Target: "a", Status: 200, Kind: KindOK, Latency: latency}})
		}
		sum := NewAssembly(now, Settings{})
		if err := sum.Add(Piece{State: tr.State(now, Part{Brief: true, ByMinute: true}), Facts: true}); err != nil {
			t.Fatal(err)
		}
		want, got := tr.Snapshot(now).Overall, sum.Tracker(0).Snapshot(now).Overall
		if got.Hour.Latency != want.Hour.Latency || got.Day.Latency != want.Day.Latency {
			t.Errorf("seed %d: hour %+v, want %+v; day %+v, want %+v", seed, got.Hour.Latency, want.Hour.Latency, got.Day.Latency, want.Day.Latency)
		}
		for name, windows := range map[string][2]Window{"minute": {want.Minute, got.Minute}, "five minutes": {want.FiveMinutes, got.FiveMinutes}} {
			want, got := windows[0], windows[1]
			if got.Requests != want.Requests || got.Errors != want.Errors {
				t.Errorf("seed %d, %s: %d requests, want %d", seed, name, got.Requests, want.Requests)
			}
			if n, of := float64(got.Latency.Count), float64(want.Latency.Count); n < 0.98*of || n > 1.02*of {
				t.Errorf("seed %d, %s: %.0f latencies, want %.0f", seed, name, n, of)
			}
			for i, q := range [][2]time.Duration{{want.Latency.P50, got.Latency.P50}, {want.Latency.P90, got.Latency.P90}} {
				if off := float64((q[1] - q[0]).Abs()) / float64(q[0]); off > 0.05 {
					t.Errorf("seed %d, %s, quantile %d: %s, want %s", seed, name, i, q[1], q[0])
				}
			}
		}
	}
}
