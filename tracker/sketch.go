package tracker

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// Latencies are counted in bins whose bounds grow by 2^(1/18), 3.9 %, so that the value that stands for a bin is at most
// 1.93 % away from anything in it (below a microsecond the rounding to nanoseconds adds to that). It is the idea of DDSketch (Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable
// Quantile Sketch with Relative-Error Guarantees", VLDB 2019): sketches merge and un-merge by adding and subtracting bins.
const (
	binsPerOctave = 18
	binCount      = 63 * binsPerOctave // every positive duration has one
)

// logScale maps durations to bins and back.
type logScale struct {
	bounds [binsPerOctave + 1]uint64 // lower bounds within an octave, scaled to [2^63, 2^64)
	guess  [64]uint8                 // by the six bits after the leading one: the bin of the smallest such value
	value  [binCount]time.Duration   // what stands for a bin
}

// scale never changes.
var scale = newLogScale()

func newLogScale() *logScale {
	s := &logScale{}
	for j := range binsPerOctave {
		s.bounds[j] = uint64(math.Ldexp(math.Exp2(float64(j)/binsPerOctave), 63))
	}
	s.bounds[binsPerOctave] = math.MaxUint64
	for i := range s.guess {
		low := uint64(1)<<63 | uint64(i)<<57
		j := 0
		for j+1 < binsPerOctave && s.bounds[j+1] <= low {
			j++
		}
		s.guess[i] = uint8(j)
	}
	gamma := math.Exp2(1.0 / binsPerOctave)
	for b := range s.value {
		v := math.Exp2(float64(b)/binsPerOctave) * 2 * gamma / (1 + gamma)
		s.value[b] = time.Duration(min(math.Round(v), math.MaxInt64/2))
	}
	return s
}

// bin is the number of a bin.
type bin uint16

// binOf returns the bin of a positive duration.
func binOf(d time.Duration) bin {
	v := uint64(d) //nolint:gosec // positive
	octave := bits.Len64(v) - 1
	mantissa := v << (63 - octave)
	j := int(scale.guess[mantissa>>57&63])
	if mantissa >= scale.bounds[j+1] {
		j++
	}
	return bin(octave*binsPerOctave + j) //nolint:gosec // below binCount
}

// A hist counts latencies by bin over a window, densely between the smallest and the largest seen.
type hist struct {
	base  int // bin of n[0], a multiple of blockBins
	n     []uint32
	block []uint32 // sums of blockBins bins each, so that a quantile is found in few steps
	count uint64
}

const blockBins = 16

func (h *hist) add(bin bin, n uint32) {
	i := int(bin) - h.base
	if uint(i) >= uint(len(h.n)) {
		i = h.grow(int(bin))
	}
	h.n[i] += n
	h.block[i/blockBins] += n
	h.count += uint64(n)
}

// grow makes room for a bin and returns its index.
func (h *hist) grow(bin int) int {
	low := bin / blockBins * blockBins
	high := low + blockBins
	if len(h.n) > 0 {
		low, high = min(low, h.base), max(high, h.base+len(h.n))
	}
	blocks := (high - low) / blockBins
	room := make([]uint32, blocks+high-low)
	block, n := room[:blocks:blocks], room[blocks:]
	copy(n[max(h.base-low, 0):], h.n)
	copy(block[max(h.base-low, 0)/blockBins:], h.block)
	h.base, h.n, h.block = low, n, block
	return bin - low
}

func (h *hist) subtract(c cells) {
	for _, x := range c {
		i := int(x.bin) - h.base
		h.n[i] -= uint32(x.n)
		h.block[i/blockBins] -= uint32(x.n)
		h.count -= uint64(x.n)
	}
}

func (h *hist) addCells(c cells) {
	for _, x := range c {
		h.add(x.bin, uint32(x.n))
	}
}

func (h *hist) clear() {
	clear(h.n)
	clear(h.block)
	h.count = 0
}

// quantiles returns the nearest-rank quantiles.
func (h *hist) quantiles() Quantiles {
	q := Quantiles{Count: h.count}
	if h.count == 0 {
		return q
	}
	into := [...]*time.Duration{&q.P50, &q.P90, &q.P95, &q.P99}
	var ranks [len(into)]uint64
	for i, percent := range [...]uint64{50, 90, 95, 99} {
		ranks[i] = (h.count*percent + 99) / 100
	}
	next, before := 0, uint64(0)
	for b, sum := range h.block {
		seen := before
		before += uint64(sum)
		for i := b * blockBins; before >= ranks[next]; i++ {
			for seen += uint64(h.n[i]); seen >= ranks[next]; {
				*into[next] = scale.value[h.base+i]
				if next++; next == len(into) {
					return q
				}
			}
		}
	}
	return q
}

// cells are the bins of one step, sparse and sorted by bin. A bin that holds more than a cell can count takes several.
type cells []cell

type cell struct {
	bin bin
	n   uint16
}

func (c *cells) add(b bin, n uint32) {
	i, end := 0, len(*c)
	for i < end {
		if half := (i + end) / 2; (*c)[half].bin < b {
			i = half + 1
		} else {
			end = half
		}
	}
	for ; n > 0 && i < len(*c) && (*c)[i].bin == b; i++ {
		take := min(n, uint32(math.MaxUint16-(*c)[i].n))
		(*c)[i].n += uint16(take)
		n -= take
	}
	for n > 0 {
		take := min(n, math.MaxUint16)
		*c = slices.Insert(*c, i, cell{b, uint16(take)})
		n -= take
	}
}
