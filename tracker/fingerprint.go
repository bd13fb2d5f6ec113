package tracker

import (
	"hash/maphash"
	"strings"
)

// A fingerprint is the part of an error that makes it the same as another, folded.
type fingerprint struct {
	id      uint64
	route   []byte
	message []byte
}

// fingerprinter computes fingerprints into buffers of its own, which the next call overwrites.
type fingerprinter struct {
	print fingerprint
}

const maxFieldErrors = 8 // of a result's Evidence.Errors that take part

// of returns the fingerprint of a failed result: of its target, method, route template, status and kind, and normalised
// message. The errors for single fields of an invalid request take part, because the message above them is often the same.
func (f *fingerprinter) of(target string, r *Result) *fingerprint {
	p := &f.print
	names := r.Kind == KindInvalid || r.Kind == KindValidation
	p.route = NormaliseRoute(p.route[:0], r.Route)
	message := r.Message
	if message == "" {
		message = r.Error
	}
	p.message = Normalise(p.message[:0], message, names)
	if names && r.Evidence != nil {
		for i, e := range r.Evidence.Errors {
			if i == maxFieldErrors || len(p.message) > maxMessage {
				break
			}
			if strings.Contains(r.Message, e) {
				continue
			}
			separator := "; "
			if i == 0 {
				separator = ": "
			}
			if len(p.message) > 0 {
				p.message = append(p.message, separator...)
			}
			p.message = Normalise(p.message, e, true)
		}
	}
	h := newFNV().text(target).text(r.Method).bytes(p.route).bytes(p.message)
	p.id = uint64(h.number(int(r.Kind)).number(r.Status))
	return p
}

// fnv is the 64-bit FNV-1a hash, the same on every machine and in every run: fingerprints are kept in files.
type fnv uint64

func newFNV() fnv { return 14695981039346656037 }

func (h fnv) byte(b byte) fnv { return (h ^ fnv(b)) * 1099511628211 }

func (h fnv) text(s string) fnv {
	for i := range len(s) {
		h = h.byte(s[i])
	}
	return h.byte(0xff) // in no UTF-8 text: "a","bc" is not "ab","c"
}

func (h fnv) bytes(s []byte) fnv {
	for _, b := range s {
		h = h.byte(b)
	}
	return h.byte(0xff)
}

func (h fnv) number(n int) fnv {
	for range 4 {
		h, n = h.byte(byte(n&0xff)), n>>8
	}
	return h
}

// known remembers the groups of errors seen lately, by a hash of their text as it came, so that an error that repeats to the
// letter is not folded again. A group takes the place of the one before it with the same low bits.
type known struct {
	seed  maphash.Seed
	slots [1024]struct {
		hash  uint64
		group *group
	}
}

func newKnown() *known { return &known{seed: maphash.MakeSeed()} }

// hash mixes everything that a fingerprint is made of, but for the errors of single fields, which hash reports with false.
func (k *known) hash(target string, r *Result) (uint64, bool) {
	if r.Evidence != nil && len(r.Evidence.Errors) > 0 {
		return 0, false
	}
	const odd = 0x9e3779b97f4a7c15
	h := maphash.String(k.seed, target)
	for _, s := range [...]string{r.Method, r.Route, r.Error, r.Message} {
		h = (h ^ maphash.String(k.seed, s)) * odd
		h ^= h >> 29
	}
	return (h ^ uint64(keyOf(r))) * odd, true
}

func (k *known) find(hash uint64) *group {
	if slot := &k.slots[hash>>32%1024]; slot.hash == hash && slot.group != nil && !slot.group.gone {
		return slot.group
	}
	return nil
}

func (k *known) remember(hash uint64, g *group) {
	slot := &k.slots[hash>>32%1024]
	slot.hash, slot.group = hash, g
}
