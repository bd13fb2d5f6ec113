package logline

import (
	"bytes"
	"hash/maphash"
	"slices"
	"time"
)

// Access logs end with bare numbers that nothing names. A fraction is the request's time in seconds to nginx, Rack and actix, and in
// milliseconds to morgan; a whole number is microseconds to Apache (%D), milliseconds to Tomcat and Jetty, and as often a length, a
// port or a counter. What it is, is learned from the log's lines; a whole number is left out until that is sure.

const (
	assumedMost   = 10 * time.Second     // of a few fractions half are at most so long if they are seconds
	shortest      = 5 * time.Microsecond // no request is shorter
	maxHeaders    = 32 << 10             // bytes of a request without a body (nginx's large_client_header_buffers: four of 8 KiB)
	leastRequest  = 16                   // bytes of a request: "GET / HTTP/1.0" and two line ends have more
	headersOfSize = 2 << 10              // bytes by which what was sent may be more than the body
	learnsRepeats = 64                   // requests that are remembered until they are asked again
)

// tailUnits learns what the bare numbers after access lines are. The zero value is ready.
type tailUnits struct {
	fractions learnedUnit
	integers  learnedUnit
	again     int                     // of the numbers to come, how many were learned from already
	tooShort  [unitNanosecond + 1]int // fractions that would be shorter than possible in that unit
	proof     integerProof
}

// integerProof counts what tells a duration from other whole numbers.
type integerProof struct {
	nearSize  int // close above the length of the body: bytes sent
	stepsUp   int // one more than the number before: a counter
	ascending int // no less than the number before: an id
	small     int // less than any request has bytes
	large     int // of requests without a body, more than their headers may have
	same      int // requests that were seen before, and the number was about the same
	other     int // the same, and it was another
	seed      maphash.Seed
	seen      map[uint64]float64 // numbers by request
}

// number returns what a bare number after an access line is, and how that is known. size is the body's length, or -1 if it is not
// logged.
func (t *tailUnits) number(r *Record, text []byte, fraction bool, size int64, frozen bool) unitBasis {
	k := &t.integers
	if fraction {
		k = &t.fractions
	}
	switch {
	case t.again > 0:
		t.again--
	case !frozen && len(k.samples) < mostLearned:
		t.note(r, k, text, fraction, size)
	}
	if k.unit == unitGuess {
		return unitBasis{why: unitNowhere}
	}
	if k.of < leastLearned {
		return unitBasis{unit: k.unit, why: unitOfAccess}
	}
	return unitBasis{unit: k.unit, why: unitLearned, of: k.of}
}

// note takes a number as a sample.
func (t *tailUnits) note(r *Record, k *learnedUnit, text []byte, fraction bool, size int64) {
	d, ok := parseDuration(text, unitSecond)
	if !ok {
		return
	}
	value := d.Seconds()
	if fraction {
		number, _ := parseDecimal(text)
		below := value + 1/float64(pow10[min(number.places, 9)]) // digits after the last one were cut
		for u := unitSecond; u <= unitMicrosecond; u++ {
			if below*float64(pow10[unitPlaces[u]]) < float64(shortest) {
				t.tooShort[u]++
			}
		}
	} else {
		t.proof.note(r, value, size, k.samples)
	}
	k.samples = append(k.samples, value)
	if n := len(k.samples); n <= leastLearned || n == 50 || n == mostLearned {
		t.decide(k, fraction)
	}
}

// note counts what a whole number tells, with those before it.
func (p *integerProof) note(r *Record, value float64, size int64, before []float64) {
	if size >= 0 && value >= float64(size) && value-float64(size) <= headersOfSize {
		p.nearSize++
	}
	if n := len(before); n > 0 {
		if value == before[n-1]+1 {
			p.stepsUp++
		}
		if value >= before[n-1] {
			p.ascending++
		}
	}
	if value < leastRequest {
		p.small++
	}
	switch string(r.Text(FieldMethod)) {
	case "GET", "HEAD", "OPTIONS", "DELETE":
	default:
		return
	}
	if value > maxHeaders {
		p.large++
	}
	if p.seen == nil {
		p.seed, p.seen = maphash.MakeSeed(), map[uint64]float64{}
	}
	key := maphash.Bytes(p.seed, slices.Concat(r.Text(FieldMethod), []byte{' '}, r.Text(FieldPath), []byte{' '}, r.Text(FieldAgent)))
	switch last, again := p.seen[key]; {
	case again && value <= last*1.25 && last <= value*1.25:
		p.same++
	case again:
		p.other++
	case len(p.seen) >= learnsRepeats:
		return
	}
	p.seen[key] = value
}

// decide settles for the one unit that makes sense of the samples, if it is one.
func (t *tailUnits) decide(k *learnedUnit, fraction bool) {
	n := len(k.samples)
	sorted := slices.Sorted(slices.Values(k.samples))
	k.unit, k.of = unitGuess, uint32(n) //nolint:gosec // at most mostLearned
	switch {
	case fraction && n < leastLearned:
		if sorted[n/2] <= assumedMost.Seconds() {
			k.unit = unitSecond
		}
		return
	case n < leastLearned, !fraction && !t.proof.isDuration(sorted):
		return
	}
	for u := unitSecond; u <= unitMicrosecond; u++ {
		if !likelyDurations(sorted, u) || 100*t.tooShort[u] > n && fraction {
			continue
		}
		if k.unit != unitGuess {
			k.unit = unitGuess
			return
		}
		k.unit = u
	}
}

// settle decides with what there is, when lines were learned from that will be read again.
func (t *tailUnits) settle() {
	t.again = 0
	for _, k := range [...]*learnedUnit{&t.fractions, &t.integers} {
		if n := len(k.samples); n > 0 {
			t.decide(k, k == &t.fractions)
			t.again += n
		}
	}
}

// likelyDurations reports whether sorted numbers are likely to be durations in that unit.
func likelyDurations(sorted []float64, u unit) bool {
	n, scale := len(sorted), float64(pow10[unitPlaces[u]])
	median, most := sorted[n/2]*scale, sorted[n-1-n/50]*scale
	return median >= float64(likelyLow) && median <= float64(likelyHigh) && most <= float64(10*time.Minute)
}

// isDuration reports whether sorted whole numbers cannot be anything else: a server's durations spread, do not follow each other, and
// are not lengths of what was sent or received.
func (p *integerProof) isDuration(sorted []float64) bool {
	n := len(sorted)
	if sorted[n*9/10] < 2*sorted[n/10] || 5*p.stepsUp > n || 10*p.ascending > 9*n || 2*p.nearSize > n {
		return false
	}
	return 50*p.small > n || 20*p.large >= n || p.other >= 3 && p.other > 4*p.same // more or less than a request has bytes
}

// bodySize returns the length of the body that follows a status, or -1 if there is none.
func bodySize(rest []byte) int64 {
	word, _, _ := bytes.Cut(bytes.TrimLeft(rest, " "), []byte{' '})
	if string(word) == "-" {
		return 0
	}
	if n, ok := parseDecimal(word); ok && !n.fraction {
		return n.digits
	}
	return -1
}
