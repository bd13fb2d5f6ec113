package tracker

import (
	"slices"
	"strings"
)

// Names that no rule of [Normalise] knows leave one group of errors for each: "bucket a not found", "bucket b not found". Where a
// target has so many groups that differ in one place only, the place tells one thing from another of its kind, as log template miners
// conclude (Drain: He, Zhu, Zheng, Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017), and they are
// one group.

const (
	// FoldAfter is how many groups that differ in one place are folded into one.
	FoldAfter = 100
	// Folded stands in a message or route for a place that was folded.
	Folded = "{any}"

	foldWords = 2 // words that a message has to have beside the place: else nothing says that it is one fault
)

// A Fold is what many fingerprints of one target have in common but for one place of their message, or of their route. The zero value
// is none.
type Fold struct {
	like           Fingerprint // with the text that the place is in as it is shown
	inRoute        bool
	prefix, suffix string // of the text, around the place
}

// Fingerprint returns the fingerprint of the group that the others are folded into.
func (f *Fold) Fingerprint() Fingerprint { return f.like }

// Matches reports whether a fingerprint differs from the folded ones in nothing but the place.
func (f *Fold) Matches(p *Fingerprint) bool {
	return p.Target == f.like.Target && foldMatches(f, p.Method, p.Outcome, p.Route, p.Message)
}

func foldMatches[T string | []byte](f *Fold, method string, outcome Outcome, route, message T) bool {
	if method != f.like.Method || outcome != f.like.Outcome {
		return false
	}
	text, same, stop := message, string(route) == f.like.Route, byte(' ')
	if f.inRoute {
		text, same, stop = route, string(message) == f.like.Message, '/'
	}
	if !same || len(text) <= len(f.prefix)+len(f.suffix) || string(text[:len(f.prefix)]) != f.prefix || string(text[len(text)-len(f.suffix):]) != f.suffix {
		return false
	}
	place := text[len(f.prefix) : len(text)-len(f.suffix)]
	for i := range len(place) {
		if place[i] == stop {
			return false
		}
	}
	return true
}

// FindFolds returns the places in which at least [FoldAfter] of one target's fingerprints differ and nothing else does, those of most
// fingerprints first. Codes that name a fault, such as ORA-00942, are no such place, and a place is none where hardly another word
// is left.
func FindFolds(prints []Fingerprint) []Fold {
	if len(prints) < FoldAfter {
		return nil
	}
	seen := map[foldKey][]int{}
	for i := range prints {
		p := &prints[i]
		eachPlace(p.Message, ' ', func(at int, before, after string) {
			if !constantWords(before, after) {
				return
			}
			k := foldKey{method: p.Method, outcome: p.Outcome, other: p.Route, before: before, after: after, at: at}
			seen[k] = append(seen[k], i)
		})
		eachPlace(p.Route, '/', func(at int, before, after string) {
			if strings.Trim(before, "/")+strings.Trim(after, "/") == "" {
				return
			}
			k := foldKey{method: p.Method, outcome: p.Outcome, other: p.Message, before: before, after: after, at: at, inRoute: true}
			seen[k] = append(seen[k], i)
		})
	}
	var keys []foldKey
	for k, of := range seen {
		if len(of) >= FoldAfter {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b foldKey) int {
		if n := len(seen[b]) - len(seen[a]); n != 0 {
			return n
		}
		return a.compare(&b)
	})
	var folds []Fold
	taken := make([]bool, len(prints))
	for _, k := range keys {
		of := slices.DeleteFunc(seen[k], func(i int) bool { return taken[i] })
		if len(of) < FoldAfter {
			continue
		}
		for _, i := range of {
			taken[i] = true
		}
		folds = append(folds, k.fold(prints, of))
	}
	return folds
}

// foldKey is what fingerprints have in common but for a place.
type foldKey struct {
	method        string
	outcome       Outcome
	other         string // the text that the place is not in
	before, after string // the text around the place
	at            int    // number of the word
	inRoute       bool
}

func (k *foldKey) compare(o *foldKey) int {
	for _, c := range [...]int{
		strings.Compare(k.method, o.method), int(k.outcome.Kind) - int(o.outcome.Kind), k.outcome.Status - o.outcome.Status,
		strings.Compare(k.other, o.other), strings.Compare(k.before, o.before), strings.Compare(k.after, o.after),
	} {
		if c != 0 {
			return c
		}
	}
	return k.at - o.at
}

// fold returns the fold of some of the fingerprints. What all words in the place begin and end with stays, up to a character that is
// no part of a name.
func (k *foldKey) fold(prints []Fingerprint, of []int) Fold {
	text := func(i int) string {
		if k.inRoute {
			return prints[i].Route
		}
		return prints[i].Message
	}
	word := func(i int) string { return text(i)[len(k.before) : len(text(i))-len(k.after)] }
	begin, end := word(of[0]), word(of[0])
	for _, i := range of[1:] {
		w := word(i)
		for !strings.HasPrefix(w, begin) {
			begin = begin[:len(begin)-1]
		}
		for !strings.HasSuffix(w, end) {
			end = end[1:]
		}
	}
	for begin != "" && nameByte(begin[len(begin)-1]) {
		begin = begin[:len(begin)-1]
	}
	for end != "" && nameByte(end[0]) {
		end = end[1:]
	}
	shortest := len(word(of[0]))
	for _, i := range of {
		shortest = min(shortest, len(word(i)))
	}
	if len(begin)+len(end) >= shortest {
		end = ""
	}
	f := Fold{like: prints[of[0]], inRoute: k.inRoute, prefix: k.before + begin, suffix: end + k.after}
	if k.inRoute {
		f.like.Route = f.prefix + Folded + f.suffix
	} else {
		f.like.Message = f.prefix + Folded + f.suffix
	}
	return f
}

func nameByte(c byte) bool { return wordByte(c) || c >= 0x80 }

// eachPlace calls do for each word of a text that may tell one thing from another, with what stands before and after it.
func eachPlace(text string, joint byte, do func(at int, before, after string)) {
	const most = 40 // words
	for at, i := 0, 0; i < len(text) && at < most; at++ {
		end := strings.IndexByte(text[i:], joint)
		if end < 0 {
			end = len(text)
		} else {
			end += i
		}
		if word := text[i:end]; word != "" && !strings.Contains(word, "{") && !namesFault(word) {
			do(at, text[:i], text[end:])
		}
		i = end + 1
	}
}

// namesFault reports whether a word is a code that names a fault: ORA-00942, E1205, errno=13, TimeoutError. Its values are different
// faults, however many there are.
func namesFault(word string) bool {
	word = strings.TrimFunc(word, func(r rune) bool { return strings.ContainsRune(`"'()[]:;,.`, r) })
	if strings.HasSuffix(word, "Error") || strings.HasSuffix(word, "Exception") || strings.HasSuffix(word, "Fault") {
		return true
	}
	letters := strings.TrimRight(word, "0123456789")
	name := strings.ToLower(strings.TrimRight(letters, "-_=:#"))
	if keptBefore[name] {
		return true
	}
	// A few capitals with a number of a few digits: E1205, ERR-42, SQL0803N.
	return len(letters) < len(word) && len(word) <= 10 && len(letters) <= 4 && letters != "" && letters == strings.ToUpper(letters) && allCapitals(letters)
}

func allCapitals(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// constantWords reports whether enough words are left around a place to say what happened.
func constantWords(before, after string) bool {
	words := 0
	for _, part := range [...]string{before, after} {
		for word := range strings.FieldsSeq(part) {
			if !strings.Contains(word, "{") && strings.ContainsFunc(word, func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' || r >= 0x80 }) {
				words++
			}
		}
	}
	return words >= foldWords
}
