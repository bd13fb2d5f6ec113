package tracker

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A hist and a ring of steps, against lists that are counted out: windows slide over latencies of few and of many buckets, rare and
// frequent, with looks in between.
func TestWindowsOfLatenciesCountAsListsDo(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for round := range 24 {
		const slots = 12
		var ring cellRing
		var window hist
		var lists [slots][]Bucket
		spread := 1 + r.IntN(300)
		for step := range int64(80) {
			slot := step % slots
			window.subtract(ring.at(slot))
			ring.clear(slot)
			lists[slot] = nil
			for range r.IntN(1 + 4<<(2*(round%4))) {
				at := (step - r.Int64N(min(step+1, slots))) % slots // late ones too
				bucket, n := Bucket(500+r.IntN(spread)), uint32(1)
				if r.IntN(500) == 0 {
					n = 70_000
				}
				ring.add(slots, at, bucket, n)
				window.add(bucket, n)
				for range n {
					lists[at] = append(lists[at], bucket)
				}
			}
			if step%50 == 49 { // as restored
				var other cellRing
				for s := range int64(slots) {
					other.set(slots, s, slices.Clone(ring.at(s)))
				}
				ring = other
			}
			check(t, &window, &ring, lists[:])
		}
	}
}

func check(t *testing.T, window *hist, ring *cellRing, lists [][]Bucket) {
	t.Helper()
	var all []Bucket
	for s, list := range lists {
		all = append(all, list...)
		sum := 0
		for _, c := range ring.at(int64(s)) {
			sum += int(c.n)
		}
		if sum != len(list) {
			t.Fatalf("a step has %d latencies instead of %d", sum, len(list))
		}
	}
	slices.Sort(all)
	got := window.quantiles()
	if got.Count != uint64(len(all)) {
		t.Fatalf("%d latencies instead of %d", got.Count, len(all))
	}
	if len(all) == 0 {
		return
	}
	for percent, d := range map[int]int64{50: int64(got.P50), 90: int64(got.P90), 95: int64(got.P95), 99: int64(got.P99)} {
		if want := int64(all[(len(all)*percent+99)/100-1].Value()); d != want {
			t.Fatalf("the %d. percentile of %d is %d instead of %d", percent, len(all), d, want)
		}
	}
	i := 0
	window.each(func(bucket Bucket, n uint32) {
		if all[i] != bucket || i+int(n) > len(all) || all[i+int(n)-1] != bucket || i+int(n) < len(all) && all[i+int(n)] == bucket {
			t.Fatalf("%d latencies in bucket %d", n, bucket)
		}
		i += int(n)
	})
}
