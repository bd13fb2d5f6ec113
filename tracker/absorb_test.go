package tracker

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Hours that are added up as a whole count what they count minute by minute, at every width.
func TestMinutesAddUpAsAWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	widths := []uint32{3, 200, 60_000, 1 << 30}
	for range 2000 {
		var a, b, want minutes
		for _, m := range []*minutes{&a, &b} {
			for range r.IntN(90) {
				minute, n := r.Int64N(60), r.Uint32N(widths[r.IntN(len(widths))])
				m.add(minute, n)
				want.add(minute, n)
			}
		}
		a.absorb(&b)
		for minute := range int64(60) {
			if a.at(minute) != want.at(minute) {
				t.Fatalf("minute %d: %d, want %d", minute, a.at(minute), want.at(minute))
			}
		}
	}
}

// The sum over a span is that of its minutes, wherever it begins and ends.
func TestDailySumsSpans(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 6))
	const first = 490_000 * 60
	var d daily
	for range 900 {
		d.add(first+r.Int64N(hourSlots*60), r.Uint32N(70_000))
	}
	for range 500 {
		from := first + r.Int64N(hourSlots*60)
		to := from + r.Int64N(first+hourSlots*60-from+1)
		want := uint64(0)
		for m := from; m < to; m++ {
			want += uint64(d.at(m))
		}
		if got := d.sum(from, to); got != want {
			t.Fatalf("%d to %d: %d, want %d", from, to, got, want)
		}
	}
}

// Steps that are merged hold what they hold when every latency is added, also where a bucket takes several cells.
func TestCellsMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 7))
	for range 2000 {
		var a, b, want cells
		for _, c := range []*cells{&a, &b} {
			for range r.IntN(30) {
				bucket, n := Bucket(r.IntN(40)), r.Uint32N([]uint32{9, 70_000, 200_000}[r.IntN(3)])
				c.add(bucket, n)
				want.add(bucket, n)
			}
		}
		a.merge(b)
		if !slices.IsSortedFunc(a, func(x, y cell) int { return int(x.bucket) - int(y.bucket) }) {
			t.Fatal("not sorted")
		}
		total := func(c cells) (n [40]uint64) {
			for _, x := range c {
				n[x.bucket] += uint64(x.n)
			}
			return n
		}
		if total(a) != total(want) {
			t.Fatalf("%v, want %v", total(a), total(want))
		}
	}
}
