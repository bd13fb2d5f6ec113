package tracker

import (
	"math"
	"math/bits"
	"time"
)

// Latencies are counted in the buckets of OpenTelemetry's exponential histograms at scale 5, which are those of Prometheus'
// native histograms with schema 5, in seconds: their bounds are 2^(i/32) s, so that the value that stands for a bucket is at
// most 1.1 % away from anything in it (below a microsecond the rounding to nanoseconds adds to that). Histograms of one scale
// merge and un-merge by adding and subtracting buckets, as in DDSketch (Masson, Rim, Lee: "DDSketch: A Fast and
// Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", VLDB 2019).
const (
	// BucketScale is the scale of OpenTelemetry's data model and the schema of Prometheus' native histograms.
	BucketScale = 5
	// BucketCount is the number of buckets: every positive duration has one.
	BucketCount = 63*bucketsPerOctave + 1

	bucketsPerOctave = 1 << BucketScale
	firstIndex       = -957 // OpenTelemetry's index of bucket 0, which holds a nanosecond: 2^(-957/32) s < 1 ns <= 2^(-956/32) s
)

// A Bucket is one of the buckets that latencies are counted in, from 0 for a nanosecond up to BucketCount-1.
type Bucket uint16

// Index returns the bucket's index in an OpenTelemetry exponential histogram of seconds: it holds what is above 2^(index/32) s,
// up to and including 2^((index+1)/32) s. Prometheus' native histograms, which number a bucket by its upper bound, call it
// index+1.
func (b Bucket) Index() int { return int(b) + firstIndex }

// Value returns the duration that stands for a bucket.
func (b Bucket) Value() time.Duration { return geometry.value[b] }

// BucketOf returns the bucket of a positive duration.
func BucketOf(d time.Duration) Bucket {
	v := uint64(d) //nolint:gosec // positive
	octave := bits.Len64(v) - 1
	mantissa := v << (63 - octave)
	j := int(geometry.guess[mantissa>>57&63])
	if mantissa > geometry.bounds[j] {
		j++
	}
	return Bucket(octave*bucketsPerOctave + j) //nolint:gosec // below BucketCount
}

// bucketGeometry maps durations to buckets and back. Between a power of two in nanoseconds and the next lie 32 bounds, which
// are powers of 2^(1/32) in seconds: the same ones in each octave, but for the factor.
type bucketGeometry struct {
	bounds [bucketsPerOctave + 1]uint64 // within an octave, scaled to [2^63, 2^64); what follows the last is never reached
	guess  [64]uint8                    // by the six bits after the leading one: how many bounds lie below such a value at least
	value  [BucketCount]time.Duration   // what stands for a bucket: as far from its bounds, in proportion
}

// geometry never changes.
var geometry = newBucketGeometry()

func newBucketGeometry() *bucketGeometry {
	g := &bucketGeometry{}
	step := math.Exp2(1.0 / bucketsPerOctave)
	for j := range bucketsPerOctave {
		bound := 1e9 * math.Exp2(float64(firstIndex+1+j)/bucketsPerOctave)
		g.bounds[j] = uint64(math.Ldexp(bound, 63))
		middle := 2 * bound / (1 + step)
		for b := j; b < BucketCount; b += bucketsPerOctave {
			g.value[b] = time.Duration(min(math.Round(middle), math.MaxInt64/2))
			middle *= 2
		}
	}
	g.bounds[bucketsPerOctave] = math.MaxUint64
	for i := range g.guess {
		low := uint64(1)<<63 | uint64(i)<<57
		for low > g.bounds[g.guess[i]] {
			g.guess[i]++
		}
	}
	return g
}
