package tracker

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"
)

// A Fingerprint is what the errors of one group have in common: two errors with equal fingerprints are one error that came
// twice. The dashboard and `errtop stats` both group by it.
type Fingerprint struct {
	Target  string
	Method  string
	Route   string // template, see [NormaliseRoute]
	Message string // normalised, see [Normalise]; the errors of single fields of an invalid request stand behind it
	Outcome Outcome
}

// ID returns the fingerprint as one number, the same on every machine and in every run.
func (p *Fingerprint) ID() uint64 {
	h := newFNV().text(p.Target).text(p.Method).text(p.Route).text(p.Message)
	return uint64(h.number(int(p.Outcome.Kind)).number(p.Outcome.Status))
}

// A Fingerprinter computes fingerprints. It reuses its buffers, so that an error of a known group costs no allocation; it
// serves one goroutine. The zero value is ready.
type Fingerprinter struct {
	target, method string
	outcome        Outcome
	route, message []byte
	fields         [][]byte
}

const maxFieldErrors = 8 // of a result's Evidence.Errors that take part

// ID returns [Fingerprint.ID] of a failed result of a target (which may be another than r.Target, where there is no room for
// that one). The message is r.Message, or r.Error where there is none. The errors for single fields of an invalid request take
// part, because the message above them is often the same: once each, in an order of their own, and only those that the message
// does not hold already. Quoted names of fields stay in both.
func (f *Fingerprinter) ID(target string, r *Result) uint64 {
	f.target, f.method, f.outcome = target, r.Method, r.Outcome()
	f.route = NormaliseRoute(f.route[:0], r.Route)
	message := r.Message
	if message == "" {
		message = r.Error
	}
	invalid := r.Kind == KindInvalid || r.Kind == KindValidation
	f.message = Normalise(f.message[:0], message, invalid)
	if invalid && r.Evidence != nil && len(r.Evidence.Errors) > 0 {
		f.addFields(message, r.Evidence.Errors)
	}
	h := newFNV().text(target).text(r.Method).bytes(f.route).bytes(f.message)
	return uint64(h.number(int(r.Kind)).number(r.Status))
}

// Fingerprint returns the fingerprint of the result that ID was last called with.
func (f *Fingerprinter) Fingerprint() Fingerprint {
	return Fingerprint{Target: f.target, Method: f.method, Route: string(f.route), Message: string(f.message), Outcome: f.outcome}
}

// addFields puts the errors of single fields behind the message.
func (f *Fingerprinter) addFields(message string, errors []string) {
	n := 0
	for _, e := range errors {
		if strings.Contains(message, e) {
			continue
		}
		if n == len(f.fields) {
			f.fields = append(f.fields, nil)
		}
		f.fields[n] = Normalise(f.fields[n][:0], e, true)
		n++
	}
	fields := f.fields[:n]
	slices.SortFunc(fields, bytes.Compare)
	separator, taken := ": ", 0
	for i, e := range fields {
		if taken == maxFieldErrors || len(f.message) > maxMessage {
			return
		}
		if len(e) == 0 || i > 0 && bytes.Equal(e, fields[i-1]) {
			continue
		}
		if len(f.message) > 0 {
			f.message = append(f.message, separator...)
		}
		f.message = append(f.message, e...)
		separator, taken = "; ", taken+1
	}
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
