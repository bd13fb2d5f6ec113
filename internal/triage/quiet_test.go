package triage

import (
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"errtop/tracker"
)

// calm is one target of a week in which nothing happens.
type calm struct {
	name               string
	perMinute          float64
	noise              [3]float64 // shares of 500, 404, 400
	daily              float64
	phase              float64 // hours
	latency            float64
	burstFrom, burstTo time.Time
	burst              float64
	retry              float64 // failures that come along with one, from a client that tries again at once
}

// TestAWeekOfNothingHasNoIncident plays seven days of 50 targets with the shape of a day, bursts of traffic, clients that try
// again at once, and 0.1 to 2 % of failures. Bar: at most one incident. TRIAGE_WEEKS sets how many weeks are played; with
// -short a day of ten targets is.
func TestAWeekOfNothingHasNoIncident(t *testing.T) {
	weeks, days, targets := 1, 7, 50
	if testing.Short() {
		days, targets = 1, 10
	}
	if n, err := strconv.Atoi(os.Getenv("TRIAGE_WEEKS")); err == nil {
		weeks = n
	}
	total := 0
	for week := range weeks {
		found := quietWeek(t, uint64(week), days, targets)
		total += found
		if found > 1 {
			t.Errorf("week %d: %d incidents", week, found)
		}
	}
	t.Logf("%d incidents in %d weeks", total, weeks)
}

func quietWeek(t *testing.T, seed uint64, days, targets int) int {
	r := rand.New(rand.NewPCG(seed, 77))
	start := time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)
	list := make([]calm, targets)
	for i := range list {
		c := &list[i]
		c.name = "service-" + strconv.Itoa(i)
		c.perMinute = math.Exp(r.Float64() * math.Log(60))
		c.noise = [3]float64{0.001 * math.Exp(r.Float64()*math.Log(20)), []float64{0, 0.005, 0.02}[r.IntN(3)], []float64{0, 0.002, 0.01}[r.IntN(3)]}
		c.daily, c.phase, c.latency, c.retry = 0.3+1.2*r.Float64(), 4*r.Float64(), 5+200*r.Float64(), []float64{0, 0.05, 0.2}[r.IntN(3)]
	}
	tr := tracker.New(tracker.Settings{})
	tr.UpdateSource(start, tracker.Source{Name: "log", Live: true})
	ids := map[uint64]bool{}
	var batch []tracker.Result
	for minute := range days * 24 * 60 {
		at := start.Add(time.Duration(minute) * time.Minute)
		batch = batch[:0]
		for i := range list {
			batch = list[i].minute(r, at, batch)
		}
		now := at.Add(time.Minute)
		tr.Record(now, sorted(batch))
		if minute%30 != 29 {
			continue
		}
		for _, in := range tr.Snapshot(now).Incidents {
			if !ids[in.ID] {
				ids[in.ID] = true
				t.Logf("week %d, day %.2f: %s; now %.3f, usual %.4f", seed, float64(minute)/1440, Describe(&in), in.Now, in.Usual)
			}
		}
	}
	return len(ids)
}

// minute draws the requests of one minute.
func (c *calm) minute(r *rand.Rand, at time.Time, into []tracker.Result) []tracker.Result {
	if r.IntN(2000) == 0 {
		c.burstFrom, c.burstTo, c.burst = at, at.Add(time.Duration(1+r.IntN(10))*time.Minute), 2+6*r.Float64()
	}
	hour := float64(at.Hour()) + float64(at.Minute())/60
	rate := c.perMinute * math.Exp(c.daily*math.Sin(2*math.Pi*(hour-9-c.phase)/24))
	if !at.Before(c.burstFrom) && at.Before(c.burstTo) {
		rate *= c.burst
	}
	for range poisson(r, rate) {
		x := tracker.Result{
			Time: at.Add(time.Duration(r.Int64N(int64(time.Minute)))), Target: c.name, Source: "log", Method: "GET", Route: "/" + c.name, Status: 200,
			Latency: time.Duration(c.latency * math.Exp(0.7*r.NormFloat64()) * float64(time.Millisecond)),
		}
		u := r.Float64()
		for i, share := range c.noise {
			if u -= share; u < 0 {
				x.Status = []int{500, 404, 400}[i]
				x.Kind, x.Message = tracker.KindOf(x.Status), "it went wrong"
				if r.Float64() < c.retry {
					for range 1 + r.IntN(4) {
						again := x
						again.Time = again.Time.Add(time.Duration(r.IntN(2000)) * time.Millisecond)
						into = append(into, again)
					}
				}
				break
			}
		}
		into = append(into, x)
	}
	return into
}

func poisson(r *rand.Rand, mean float64) int {
	if mean > 50 {
		return max(int(mean+math.Sqrt(mean)*r.NormFloat64()+0.5), 0)
	}
	n, p, limit := 0, 1.0, math.Exp(-mean)
	for {
		if p *= r.Float64(); p <= limit {
			return n
		}
		n++
	}
}
