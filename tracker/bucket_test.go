package tracker

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestBucketsAreThoseOfExponentialHistograms holds the geometry against the formula of OpenTelemetry's data model,
// index = ceil(log2(seconds) * 2^scale) - 1, and the error that is promised.
func TestBucketsAreThoseOfExponentialHistograms(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	check := func(d time.Duration) {
		t.Helper()
		b := BucketOf(d)
		exact := math.Log2(d.Seconds()) * (1 << BucketScale)
		if near := math.Abs(exact - math.Round(exact)); near > 1e-9 && b.Index() != int(math.Ceil(exact))-1 {
			t.Fatalf("%d ns: index %d, want %d", d, b.Index(), int(math.Ceil(exact))-1)
		}
		value := b.Value()
		if off := math.Abs(float64(value-d)) / float64(d); d > time.Microsecond && d < math.MaxInt64/2 && off > 0.0113 {
			t.Fatalf("%d ns is counted as %d ns, %.2f %% off", d, value, 100*off)
		}
	}
	for range 200_000 {
		check(time.Duration(1 + r.Uint64()>>(1+r.IntN(63))))
	}
	for d := time.Duration(1); d < 5000; d++ {
		check(d)
		if BucketOf(d) > BucketOf(d+1) {
			t.Fatalf("%d ns is in a bucket after that of %d ns", d, d+1)
		}
	}
	check(math.MaxInt64)
	for d, want := range map[time.Duration]int{ // bounds belong to the bucket below them
		time.Second: -1, time.Second + 1: 0, 2 * time.Second: 31, 500 * time.Millisecond: -33, 1024 * time.Second: 319, 1: -957,
	} {
		if got := BucketOf(d).Index(); got != want {
			t.Errorf("%s has index %d, want %d", d, got, want)
		}
	}
	if last := BucketOf(math.MaxInt64); last >= BucketCount || BucketOf(1) != 0 {
		t.Errorf("buckets from %d to %d, want 0 to below %d", BucketOf(1), last, BucketCount)
	}
}

func BenchmarkBucketOf(b *testing.B) {
	b.ReportAllocs()
	sum := 0
	for d := time.Duration(1); b.Loop(); d += 12345 {
		sum += int(BucketOf(d))
	}
	_ = sum
}
