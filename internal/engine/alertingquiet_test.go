package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/tracker"
)

// quietTarget is a service on a week in which nothing happens to it.
type quietTarget struct {
	name    string
	rate    float64 // requests a minute at noon
	share   float64 // of them that fail
	latency float64 // median, in ms
	next    time.Time
}

// quietTargets are fifty: busy and idle ones, some that never fail, most that do now and then, and one that always does.
func quietTargets(r *rand.Rand) (list []quietTarget) {
	for i := range 50 {
		q := quietTarget{name: fmt.Sprint("t", i), rate: math.Exp(r.Float64()*3) / 2, share: 0.01 * r.Float64(), latency: 5 + 200*r.Float64(), next: morning}
		switch i {
		case 0:
			q.share = 1
		case 1, 2, 3:
			q.share = 0
		}
		list = append(list, q)
	}
	return list
}

// until returns the requests until a moment: fewer by night, failures and latencies as ever.
func (q *quietTarget) until(r *rand.Rand, end time.Time, results []tracker.Result) []tracker.Result {
	for q.next.Before(end) {
		day := 0.65 - 0.35*math.Cos(2*math.Pi*float64(q.next.Hour()*60+q.next.Minute())/1440)
		x := tracker.Result{Time: q.next, Target: q.name, Method: "GET", Route: "/", Status: 200, Origin: tracker.OriginTraffic}
		x.Latency = time.Duration(q.latency * math.Exp(0.5*r.NormFloat64()) * float64(time.Millisecond))
		if r.Float64() < q.share {
			x.Status, x.Kind, x.Message = 503, tracker.KindServer, "upstream timed out"
		}
		results = append(results, x)
		q.next = q.next.Add(time.Duration(r.ExpFloat64() / (q.rate * day) * float64(time.Minute)))
	}
	return results
}

// The bar: at most one false alert in seven quiet days of fifty targets, told to a receiver as they are by default.
func TestSevenQuietDaysTellNextToNothing(t *testing.T) {
	days := 7
	if testing.Short() {
		t.Skip("a week of fifty targets")
	}
	r := rand.New(rand.NewPCG(3, 5))
	p, err := newSimulation(&Backtest{Settings: config.Default()})
	if err != nil {
		t.Fatal(err)
	}
	targets := quietTargets(r)
	var results []tracker.Result
	for end := morning.Add(playStep); end.Sub(morning) < time.Duration(days)*24*time.Hour; end = end.Add(playStep) {
		results = results[:0]
		for i := range targets {
			results = targets[i].until(r, end, results)
		}
		p.step(end, results)
	}
	p.finish()
	firing := 0
	for _, n := range p.out.Told {
		if n.Reason == "firing" {
			firing++
			t.Logf("%v %s %s: %s", n.At, n.Rule, n.Target, n.Text)
		}
	}
	t.Logf("%d requests, %d errors, %d messages", p.out.Results, p.out.Errors, len(p.out.Told))
	if firing > 1 {
		t.Errorf("%d false alerts", firing)
	}
}
