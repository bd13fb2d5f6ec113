package tracker

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestMinutesCountLikeAnArray compares counts of every size with a plain array.
func TestMinutesCountLikeAnArray(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var m minutes
		var want [60]uint32
		for range r.IntN(200) {
			at, n := r.Int64N(60), []uint32{1, 1, 3, 200, 70000, math.MaxUint16}[r.IntN(2+r.IntN(5))]
			m.add(at, n)
			want[at] += n
			if r.IntN(40) == 0 {
				m.clearAfter(at)
				clear(want[at+1:])
			}
		}
		for at, n := range want {
			if got := m.at(int64(at)); got != n {
				t.Fatalf("minute %d: %d, want %d", at, got, n)
			}
		}
		sum, wantSum := uint64(0), uint64(0)
		m.each(10, 40, func(_ int64, n uint32) { sum += uint64(n) })
		for _, n := range want[10:40] {
			wantSum += uint64(n)
		}
		if sum != wantSum {
			t.Fatalf("sum %d, want %d", sum, wantSum)
		}
	}
}
