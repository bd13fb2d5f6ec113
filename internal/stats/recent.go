package stats

import (
	"encoding/binary"
	"math/bits"
)

// recentTargets spares the search for targets that were seen lately.
type recentTargets [1024]recentTarget

// recentTarget is a target, by what it was found with: its text as logged, or the path that it follows from.
type recentTarget struct {
	key    string
	byPath bool
	name   string
	count  *count
}

// find returns where the target of that key is, or is to be put; ok reports whether it is there.
func (t *recentTargets) find(key []byte, byPath bool) (at *recentTarget, ok bool) {
	n := len(key)
	h := uint64(n)
	switch {
	case n >= 8:
		word := func(at int) uint64 { return binary.LittleEndian.Uint64(key[at:]) }
		h ^= word(0) ^ bits.RotateLeft64(word((n-8)/2), 17) ^ bits.RotateLeft64(word(n-8), 41)
	case n > 0:
		h |= uint64(key[0])<<8 | uint64(key[n/2])<<16 | uint64(key[n-1])<<24
	}
	i := h * 0x9e3779b97f4a7c15 >> 54
	if at = &t[i]; at.count == nil || at.byPath == byPath && at.key == string(key) {
		return at, at.count != nil
	}
	at = &t[i^1] // two that belong to one place must not drive each other out on every other line
	return at, at.count != nil && at.byPath == byPath && at.key == string(key)
}
