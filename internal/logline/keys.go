package logline

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"sync"
)

// slot says what a key of a JSON object or of a logfmt line means to us.
type slot struct {
	field Field
	meta  meta
}

// keyTable knows what keys mean, in any spelling that is usual: "request_id", "requestId", "RequestID". Each decoder has its own, for
// what it remembers.
type keyTable struct {
	keyNames
	mapped map[string]slot // keys that a field map names
	cache  map[string]slot // keys as they stood in the log
	recent recentKeys
	fold   []byte
}

// keyNames are the keys that mean something. They are made once and shared.
type keyNames struct {
	exact  map[string]slot // keys whose case matters
	folded map[string]slot // keys in lower case without "_" and "-"
}

// What is remembered of keys seen is bounded; a log with made-up keys must not fill the memory.
const (
	maxKeyCache = 4096
	maxKeptKey  = 256 // bytes of a key path
)

// How sure a key is: the smaller its rank, the surer. A key known by its whole path comes first; one whose last parts are known in
// objects that are not listed comes after it, the deeper the later; one in an object about another request last.
const (
	levelRank    = 128 // one object around it that is not known; ranks within a level are below it
	outboundRank = 24 * levelRank
	partRank     = 60 // of durations of a part of the request, within a level
	mappedRank   = 1  // of a key that the field map names
	firstRank    = 2  // of the best known key; no slot that means something has an empty meta
)

// newKeyTable returns the table of known keys, with fields (our name -> the log's key path) before them.
func newKeyTable(fields map[string]string) (*keyTable, error) {
	t := &keyTable{keyNames: sharedNames(), mapped: map[string]slot{}, cache: map[string]slot{}}
	return t, t.learn(fields)
}

// sharedNames returns the keys that mean something.
var sharedNames = sync.OnceValue(func() keyNames {
	t := keyNames{folded: map[string]slot{}, exact: map[string]slot{}}
	for f, keys := range knownKeys {
		for i, key := range strings.Fields(keys) {
			t.folded[key] = slot{field: f, meta: newMeta(firstRank+i, unitGuess)}
		}
	}
	t.addDurations()
	for key, u := range stampsOrDurations {
		at := t.folded[foldKey(key)]
		at.field, at.meta = FieldTime, newMeta(max(at.meta.rank(), 30), u)
		t.exact[key] = at
	}
	for key, f := range exactKeys {
		t.exact[key] = slot{field: f, meta: newMeta(firstRank, unitGuess)}
	}
	for h, keys := range hintKeys {
		for key := range strings.FieldsSeq(keys) {
			at := t.folded[key]
			at.meta |= meta(h) << hintShift
			t.folded[key] = at
		}
	}
	for key, at := range t.exact { // a key whose case matters gives away what it does in any other
		at.meta |= t.folded[foldKey(key)].meta & (31 << hintShift)
		t.exact[key] = at
	}
	return t
})

// addDurations puts in the names of durations with their suffixes.
func (t keyNames) addDurations() {
	for i, key := range strings.Fields(durationKeys) {
		for suffix, u := range durationSuffixes {
			t.folded[key+suffix] = slot{field: FieldDuration, meta: newMeta(firstRank+i, u)}
			if suffix != "" {
				t.folded[key+"."+suffix] = slot{field: FieldDuration, meta: newMeta(firstRank+i, u)}
			}
		}
	}
	for i, key := range strings.Fields(suffixedDurationKeys) {
		for suffix, u := range durationSuffixes {
			if suffix != "" {
				t.folded[key+suffix] = slot{field: FieldDuration, meta: newMeta(45+i, u)}
			}
		}
	}
	for i, key := range strings.Fields(partKeys) {
		for suffix, u := range durationSuffixes {
			t.folded[key+suffix] = slot{field: FieldDuration, meta: newMeta(partRank+i, u)}
		}
	}
	for key, u := range fixedDurations {
		t.folded[key] = slot{field: FieldDuration, meta: newMeta(40, u)}
	}
	for key, u := range fixedParts {
		t.folded[key] = slot{field: FieldDuration, meta: newMeta(partRank, u)}
	}
	for key, u := range exactDurations {
		t.exact[key] = slot{field: FieldDuration, meta: newMeta(39, u)}
	}
}

// learn adds the keys of a field map: errtop's own field names, a duration with its unit ("duration_ms"), to the key
// paths of the log.
func (t *keyTable) learn(fields map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		known := t.folded[foldKey(name)]
		if known.field == FieldNone {
			return fmt.Errorf("fields: unknown field %q: known are %s", name, strings.Join(MappableFields(), ", "))
		}
		t.mapped[fields[name]] = slot{field: known.field, meta: newMeta(mappedRank, known.meta.unit())}
	}
	return nil
}

// MappableFields returns the names that a field map may use.
func MappableFields() []string {
	return []string{
		"time", "status", "duration_s", "duration_ms", "duration_us", "duration_ns", "method", "path", "host", "upstream",
		"target", "service", "error", "message", "level", "stack", "request_id", "breaker", "kind", "reset_at", "errors", "details",
		"agent", "client", "version", "region", "user",
	}
}

// find returns what the key path means.
func (t *keyTable) find(path []byte) slot {
	if len(path) > maxKeptKey {
		return t.resolve(path)
	}
	r := &t.recent[keyPlace(path)]
	if r.key != string(path) || r.key == "" {
		r.slot = t.search(path)
		r.key = string(path)
	}
	return r.slot
}

// search is find for a key that was not seen lately.
func (t *keyTable) search(path []byte) slot {
	if s, ok := t.cache[string(path)]; ok {
		return s
	}
	s := t.resolve(path)
	if len(t.cache) < maxKeyCache {
		t.cache[string(path)] = s
	}
	return s
}

// recentKeys spares hashing keys that were seen lately: a key takes the place of another one with the same ends.
type recentKeys [512]struct {
	key  string
	slot slot
}

// keyPlace returns the place of a key among the recent ones, by its length, its first and its last eight bytes.
func keyPlace(key []byte) uint64 {
	const odd = 0x9e3779b97f4a7c15
	n := len(key)
	h := uint64(n)
	switch {
	case n >= 8:
		h ^= binary.LittleEndian.Uint64(key)*3 ^ bits.RotateLeft64(binary.LittleEndian.Uint64(key[n-8:]), 23)
	case n > 0 && cap(key) >= 8:
		h ^= binary.LittleEndian.Uint64(key[:8]) << (64 - 8*n) // what follows the key falls out
	default:
		for _, c := range key {
			h = h<<8 ^ uint64(c)
		}
	}
	return h * odd >> 55
}

// resolve works out what a key path means: by the whole of it, else by its last parts, as many as are known.
func (t *keyTable) resolve(path []byte) slot {
	if s, ok := t.mapped[string(path)]; ok {
		return s.in(path)
	}
	if s, ok := t.exact[string(path)]; ok {
		return s.in(path)
	}
	t.fold = foldPath(t.fold[:0], path)
	folded := string(t.fold)
	if s, ok := t.folded[folded]; ok {
		return s.in(path)
	}
	outbound, raw := 0, string(path)
	for level := 0; ; level++ {
		parent, rest, ok := strings.Cut(folded, ".")
		if !ok || level > maxLevels || foreign(parent) {
			return slot{}
		}
		if isOutbound(parent) {
			outbound = outboundRank
		}
		_, raw, _ = strings.Cut(raw, ".")
		folded = rest
		s, ok := t.exact[raw]
		if !ok {
			s, ok = t.folded[rest]
		}
		if ok {
			if onlyOnTop(rest, s.field, level) {
				return slot{}
			}
			s.meta = s.meta.withRank(s.meta.rank() + levelRank*(level+1) + outbound)
			return s.in(path)
		}
	}
}

// maxLevels is how many objects around a known key may be unknown.
const maxLevels = 12

// in returns the slot of a key path, which says in which object it stands. Objects are distinguished by a hash: it decides nothing
// but whether two keys stand in one object.
func (s slot) in(path []byte) slot {
	end := len(path)
	for end > 0 && path[end-1] != '.' {
		end--
	}
	h := uint32(0)
	for _, c := range path[:end] {
		h = h*31 + uint32(c)
	}
	if end > 0 {
		h |= 1
	}
	s.meta = s.meta.withParent(uint8(h ^ h>>8 ^ h>>16)) //nolint:gosec // a hash
	return s
}

// foldKey returns the key in lower case without "_" and "-".
func foldKey(key string) string { return string(foldPath(nil, []byte(key))) }

// foldPath appends the key path in lower case without "_" and "-".
func foldPath(dst, path []byte) []byte {
	for _, c := range path {
		if c == '_' || c == '-' {
			continue
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
