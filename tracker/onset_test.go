package tracker

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestAChangeIsFoundWhereItHappened draws streams whose share changes at a random moment, of many rates, and measures how
// far off the likeliest moment is, and how often the interval holds the true one.
func TestAChangeIsFoundWhereItHappened(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var off []time.Duration
	held, all := 0, 0
	for range 400 {
		perMinute := []float64{20, 60, 300, 1000}[r.IntN(4)]
		before := []float64{0.001, 0.01, 0.02}[r.IntN(3)]
		after := min(before*(5+20*r.Float64()), 1)
		if r.IntN(2) == 0 {
			after = 0.5 + r.Float64()/2
		}
		tr := live()
		truth := noon.Add(20*time.Minute + time.Duration(r.IntN(600))*time.Second)
		for at := noon; at.Before(noon.Add(45 * time.Minute)); at = at.Add(time.Duration(r.ExpFloat64() * float64(time.Minute) / perMinute)) {
			share := before
			if !at.Before(truth) {
				share = after
			}
			status := 200
			if r.Float64() < share {
				status = 500
			}
			tr.Record(at, []Result{traffic(at, "t", status)})
		}
		tr.Snapshot(noon.Add(45 * time.Minute))
		var buffer []sums
		start := noon.Unix() / 60
		c := tr.targets["t"].counts(start, start+45, &buffer)
		found := changePoint(&c, classServer, 0, start, start+45, before, after)
		miss := time.Duration(found.at - instantOf(truth)).Abs()
		off = append(off, miss)
		all++
		if found.earliest <= instantOf(truth.Add(10*time.Second)) && found.latest >= instantOf(truth.Add(-10*time.Second)) {
			held++
		}
	}
	slices.Sort(off)
	t.Logf("median %s, 95 %%: %s, interval holds it in %d of %d", off[len(off)/2], off[len(off)*95/100], held, all)
	if off[len(off)/2] > 15*time.Second || off[len(off)*95/100] > 2*time.Minute || held < all*9/10 {
		t.Error("too far off")
	}
}
