package stats

import (
	"encoding/binary"

	"errtop/internal/logline"
)

// recentTargets avoids the search for targets that were seen lately.
type recentTargets [1024]recentTarget

// recentTarget is a target, by what it was found with: the text in the log that it follows from.
type recentTarget struct {
	ends  [4]uint64 // of the key: its first and its last sixteen bytes, which overlap in a short one
	key   string
	kind  logline.Key
	count *count // nil: none yet
	name  string
}

// find returns where the target of that key is, or is to be put; ok reports whether it is there. What it does depends as little as
// can be on how long the key is, which the processor cannot predict.
func (t *recentTargets) find(key []byte, kind logline.Key) (at *recentTarget, ok bool) {
	a, b, c, d := keyEnds(key)
	const odd = 0x9e3779b97f4a7c15
	h := a*odd ^ b*0xff51afd7ed558ccd ^ c*0xc4ceb9fe1a85ec53 ^ (d+uint64(len(key)))*0x94d049bb133111eb
	i := (h ^ h>>32) * odd >> (64 - 10)
	at = &t[i]
	if at.count != nil && !at.is(key, kind, a, b, c, d) {
		at = &t[i^1] // two that belong to one place must not drive each other out on every other line
		return at, at.count != nil && at.is(key, kind, a, b, c, d)
	}
	return at, at.count != nil
}

// is reports whether t was found with a key that has these ends.
func (t *recentTarget) is(key []byte, kind logline.Key, a, b, c, d uint64) bool {
	e := &t.ends
	return (e[0]^a)|(e[1]^b)|(e[2]^c)|(e[3]^d) == 0 && len(t.key) == len(key) && t.kind == kind &&
		(len(key) <= 32 || t.key == string(key))
}

// put makes t the target of a key.
func (t *recentTarget) put(key []byte, kind logline.Key, name string, count *count) {
	a, b, c, d := keyEnds(key)
	*t = recentTarget{ends: [4]uint64{a, b, c, d}, key: string(key), kind: kind, count: count, name: name}
}

// keyEnds returns the first and the last sixteen bytes of a key.
func keyEnds(key []byte) (a, b, c, d uint64) {
	n := len(key)
	if n < 8 {
		return shortKey(key), 0, 0, 0
	}
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(key[at:]) }
	return word(0), word(min(8, n-8)), word(max(16, n) - 16), word(n - 8)
}

// shortKey returns the bytes of a key of less than eight.
func shortKey(key []byte) (word uint64) {
	for i, c := range key {
		word |= uint64(c) << (8 * i)
	}
	return word
}
