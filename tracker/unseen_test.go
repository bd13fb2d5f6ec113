package tracker

import (
	"math/rand/v2"
	"testing"
	"time"
)

// sampledHours plays a target for some hours of which one result in so many of a kind was sampled and stands for the others; from a
// moment on more fail. It returns the incidents that were seen to go on, and how long after the moment the first one did.
func sampledHours(seed uint64, perMinute, usual, then float64, okWeight, failWeight int, hours int) (found int, told time.Duration, s *Snapshot) {
	r := rand.New(rand.NewPCG(seed, 8))
	tr := live()
	onset := noon.Add(time.Duration(hours) * time.Hour)
	ids := map[uint64]bool{}
	told = -1
	for now := noon; now.Before(onset.Add(30 * time.Minute)); now = now.Add(10 * time.Second) {
		var batch []Result
		for range int(perMinute / 6) {
			share := usual
			if !now.Before(onset) {
				share = then
			}
			x, weight := traffic(now.Add(time.Duration(r.IntN(9))*time.Second), "t", 200), okWeight
			if r.Float64() < share {
				x.Status, x.Kind, weight = 500, KindServer, failWeight
			}
			if x.Weight = uint16(weight); r.IntN(weight) == 0 {
				batch = append(batch, x)
			}
		}
		tr.Record(now.Add(9*time.Second), batch)
		s = tr.Snapshot(now.Add(9 * time.Second))
		for i := range s.Incidents {
			if in := &s.Incidents[i]; in.Ongoing() {
				ids[in.ID] = true
				if !now.Before(onset) && told < 0 {
					told = now.Sub(onset)
				}
			}
		}
	}
	return len(ids), told, s
}

// TestAWeightIsNoEvidence plays steady failures of which one in twenty was sampled: chance makes clumps of twenty failures each,
// which are one observation.
func TestAWeightIsNoEvidence(t *testing.T) {
	for _, weights := range [][2]int{{20, 20}, {100, 1}, {1, 50}, {100, 100}} {
		found := 0
		for seed := range uint64(4) {
			n, _, _ := sampledHours(seed, 1200, 0.01, 0.01, weights[0], weights[1], 5)
			found += n
		}
		if t.Log(weights, found); found > 0 {
			t.Errorf("weights %v: %d incidents where nothing happened", weights, found)
		}
	}
}

// TestSampledFailuresAreToldWithTheirRealNumber plays an outage that was sampled: it is told, with as many failures as there were.
func TestSampledFailuresAreToldWithTheirRealNumber(t *testing.T) {
	for _, weights := range [][2]int{{20, 20}, {100, 1}, {1, 50}} {
		_, told, s := sampledHours(1, 1200, 0.01, 0.5, weights[0], weights[1], 3)
		if told < 0 || told > 4*time.Minute {
			t.Errorf("weights %v: told after %s", weights, told)
			continue
		}
		in := &s.Incidents[0]
		t.Log(weights, told, in.Requests, in.Failed, in.Now, in.Usual)
		if in.Failed < 14_000 || in.Failed > 22_000 || in.Now < 0.4 || in.Now > 0.6 || in.Usual > 0.02 {
			t.Errorf("weights %v: %d of %d failed, now %.2f, usually %.3f", weights, in.Failed, in.Requests, in.Now, in.Usual)
		}
	}
}
