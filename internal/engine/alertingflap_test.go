package engine

import (
	"math/rand/v2"
	"testing"
	"time"

	"errtop/internal/alert"
	"errtop/internal/config"
	"errtop/tracker"
)

// The bar: a target that flaps for a day, five minutes up and five down, is told four times at most, and the last is true: from its requests
// to the outbox, by the default rules.
func TestATargetThatFlapsForADayIsToldFourTimesAtMost(t *testing.T) {
	if testing.Short() {
		t.Skip("a day and a half")
	}
	r := rand.New(rand.NewPCG(1, 8))
	p, err := newSimulation(&Backtest{Settings: config.Default()})
	if err != nil {
		t.Fatal(err)
	}
	begin := morning.Add(4 * time.Hour)
	for end := morning.Add(playStep); end.Sub(morning) < 34*time.Hour; end = end.Add(playStep) {
		var results []tracker.Result
		down := end.After(begin) && end.Before(begin.Add(24*time.Hour)) && int(end.Sub(begin)/(5*time.Minute))%2 == 0
		for range 8 + r.IntN(5) {
			x := tracker.Result{Time: end.Add(-time.Duration(r.Int64N(int64(playStep)))), Target: "push", Method: "GET", Route: "/", Status: 200, Latency: 20 * time.Millisecond, Origin: tracker.OriginTraffic}
			if down || r.IntN(500) == 0 {
				x.Status, x.Kind, x.Message = 503, tracker.KindServer, "upstream is down"
			}
			results = append(results, x)
		}
		p.step(end, results)
	}
	p.finish()
	if n := len(p.out.Told); n == 0 || n > 4 || p.out.Told[n-1].Reason != alert.ReasonResolved {
		t.Errorf("told %q", summary(p.out.Told))
	}
	t.Logf("told %q", summary(p.out.Told))
}
