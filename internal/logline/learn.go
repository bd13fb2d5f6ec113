package logline

import (
	"slices"
	"time"
)

// Where nothing in a line says the unit of its duration, it is learned from many lines by what is possible: no request is longer than
// the time between its start and its own stamp, and half of a server's requests take between half a millisecond and five seconds. A
// unit counts only if it is the only one; else durations are left out.

const (
	leastLearned = 20  // lines that a unit is learned from at least
	mostLearned  = 200 // after so many it is no longer asked
	maxLearned   = 64  // keys whose unit is learned
	likelyLow    = 500 * time.Microsecond
	likelyHigh   = 5 * time.Second
)

// unitLearner learns the units of durations by the keys that they stand under.
type unitLearner struct {
	keys   map[meta]*learnedUnit
	tail   *tailUnits // of numbers after access lines
	frozen bool       // what is known is used, and nothing is learned
}

// learnedUnit is what was seen under one key.
type learnedUnit struct {
	unit    unit   // unitGuess: not known, or not yet
	of      uint32 // lines it was learned from
	samples []float64
	tooLong [unitNanosecond + 1]int // samples that would be longer than possible in that unit
}

// unit returns what was learned of a key.
func (l *unitLearner) unit(key meta) learnedUnit {
	if k := l.keys[key]; k != nil {
		return learnedUnit{unit: k.unit, of: k.of}
	}
	return learnedUnit{}
}

// note takes a number under a key that can be no longer than a time, if that is not 0.
func (l *unitLearner) note(key meta, text []byte, longest time.Duration) {
	if l.frozen {
		return
	}
	k := l.keys[key]
	if k == nil {
		if len(l.keys) >= maxLearned {
			return
		}
		if l.keys == nil {
			l.keys = map[meta]*learnedUnit{}
		}
		k = &learnedUnit{}
		l.keys[key] = k
	}
	ns, ok := parseDuration(text, unitNanosecond)
	seconds, okS := parseDuration(text, unitSecond) // keeps nine places
	if !ok && !okS || len(k.samples) >= mostLearned {
		return
	}
	value := float64(ns)
	if okS {
		value = seconds.Seconds()
	}
	k.samples = append(k.samples, value)
	for u := unitSecond; longest > 0 && u <= unitNanosecond; u++ {
		if value*float64(pow10[unitPlaces[u]]) > float64(longest) {
			k.tooLong[u]++
		}
	}
	if n := len(k.samples); n == leastLearned || n == 50 || n == mostLearned {
		k.decide()
	}
}

// decide settles for the one unit that makes sense of the samples, if it is one.
func (k *learnedUnit) decide() {
	sorted := slices.Sorted(slices.Values(k.samples))
	n := len(sorted)
	median, most := sorted[n/2], sorted[n-1-n/50]
	k.unit, k.of = unitGuess, uint32(n) //nolint:gosec // at most mostLearned
	for u := unitSecond; u <= unitNanosecond; u++ {
		scale := float64(pow10[unitPlaces[u]])
		if m := median * scale; m < float64(likelyLow) || m > float64(likelyHigh) || most*scale > float64(10*time.Minute) || 50*k.tooLong[u] > n {
			continue
		}
		if k.unit != unitGuess {
			k.unit = unitGuess
			return
		}
		k.unit = u
	}
}

// settle decides with what there is.
func (l *unitLearner) settle() {
	if !l.frozen {
		l.tail.settle()
	}
	for _, k := range l.keys {
		if n := len(k.samples); !l.frozen && n >= leastLearned && n < mostLearned {
			k.decide()
		}
	}
}
