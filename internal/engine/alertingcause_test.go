package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/tracker"
)

// The bar: fifty targets that fail within a minute of one cause are one message, from the results to the outbox, and their end is another.
// Who wants to know of every new kind of error gets one more when the last of those has ended.
func TestFiftyTargetsOfOneCauseAreOneMessage(t *testing.T) {
	if testing.Short() {
		t.Skip("four hours of fifty targets")
	}
	for seed := range uint64(2) {
		r := rand.New(rand.NewPCG(seed, 6))
		settings := config.Default()
		settings.Receivers = []config.Receiver{{Name: "all", Command: []string{"true"}, Severity: []string{"warning", "info"}[seed%2], Resolved: true}}
		p, err := newSimulation(&Backtest{Settings: settings})
		if err != nil {
			t.Fatal(err)
		}
		begins := make([]time.Time, 50)
		outage := morning.Add(2 * time.Hour)
		for i := range begins {
			begins[i] = outage.Add(time.Duration(r.IntN(60)) * time.Second)
		}
		for end := morning.Add(playStep); end.Sub(morning) < 4*time.Hour; end = end.Add(playStep) {
			var results []tracker.Result
			for i, begin := range begins {
				for range 3 + r.IntN(4) {
					x := tracker.Result{Time: end.Add(-time.Duration(r.Int64N(int64(playStep)))), Target: fmt.Sprint("t", i), Method: "GET", Route: "/", Status: 200, Latency: 20 * time.Millisecond, Origin: tracker.OriginTraffic}
					if bad := !x.Time.Before(begin) && x.Time.Before(outage.Add(30*time.Minute)); bad || r.IntN(500) == 0 {
						x.Status, x.Kind, x.Error, x.Message = 0, tracker.KindConnect, "connection refused", "connect to 10.4.7.21:8443: connection refused"
					}
					results = append(results, x)
				}
			}
			p.step(end, results)
		}
		p.finish()
		var told []string
		for _, n := range p.out.Told {
			if n.At.After(outage) {
				told = append(told, string(n.Reason)+" "+n.Rule)
			}
		}
		want := []string{"firing incident", "resolved incident", "resolved new error"}
		if seed%2 == 0 {
			want = want[:2]
		}
		if !slices.Equal(told, want) {
			t.Errorf("seed %d: %q", seed, told)
		}
	}
}
