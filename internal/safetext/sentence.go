package safetext

import "strings"

// linkWords stand between a name and its value in a sentence.
var linkWords = map[string]bool{
	"is": true, "was": true, "equals": true, "provided": true, "given": true, "set": true, "changed": true, "reset": true, "to": true, "now": true,
	"used": true, "value": true, "were": true, "are": true, "be": true, "as": true, "you": true, "entered": true, "supplied": true, "submitted": true,
	"typed": true, "ist": true, "lautet": true, "est": true, "es": true,
}

// sentence looks for a secret in the sentence that goes on at i behind its name: "password is x", "--password x", "(token x)".
func (f *finder) sentence(n *secretName, i int) int {
	s := f.s
	lo, linked := f.linked(i)
	if lo < len(s) && s[lo] == '<' && n.kind == nameSecret {
		return f.angled(n, lo)
	}
	if lo >= len(s) || is(s[lo], endsValue) && !among("\"'`", s[lo]) {
		return n.hi
	}
	hi := f.wordEnd(lo)
	quoted := among("\"'`", s[lo])
	if quoted {
		lo++
		hi = f.closing(lo, s[lo-1], 0)
	}
	if hi <= lo || is(s[lo], endsValue) || !f.told(n, lo, hi, linked, quoted) {
		return n.hi
	}
	if !quoted {
		hi = f.valueEnd(lo)
	}
	return f.hide(lo, hi)
}

// angled hides a value in angle brackets, "password <x> is wrong", where it looks like one: what is written there is more often a
// placeholder. The first bracket is at i.
func (f *finder) angled(n *secretName, i int) int {
	end := strings.IndexByte(f.s[i:min(len(f.s), i+maxSecretName)], '>')
	if end < 0 {
		return n.hi
	}
	if word := f.s[i+1 : i+end]; looksSecret(word) || mixed(word) {
		return f.hide(i+1, i+end)
	}
	return n.hi
}

// linked skips the words at i that link a name to its value, and reports whether there were any.
func (f *finder) linked(i int) (at int, linked bool) {
	for range 3 {
		end := i
		for end < len(f.s) && is(f.s[end], inWord) {
			end++
		}
		if !linkWords[strings.ToLower(f.s[i:end])] {
			break
		}
		linked = true
		if end < len(f.s) && (f.s[end] == ':' || f.s[end] == '=') {
			end++
		}
		i = f.blanks(end)
	}
	return i, linked
}

// told reports whether s[lo:hi], which follows a name in a sentence, is its value.
func (f *finder) told(n *secretName, lo, hi int, linked, quoted bool) bool {
	s, value := f.s, f.s[lo:hi]
	inBrackets := n.lo > 0 && among("([", s[n.lo-1]) && hi < len(s) && among(")]", s[hi])
	switch {
	case strings.HasPrefix(s[n.lo:], "--"), s[n.lo] == '-' && n.kind == nameSecret && (n.lo == 0 || s[n.lo-1] == ' '): // an option of a command line
		return !strings.HasPrefix(value, "-")
	case n.kind != nameSecret:
		return looksSecret(value) || inBrackets && !statusWord(value) && !lowerWord(value)
	case linked, quoted && !n.quoted:
		return !statusWord(value)
	default:
		return looksSecret(value) || !n.quoted && mixed(value)
	}
}

// lowerWord reports whether word is of small letters only.
func lowerWord(word string) bool { return onlyLetters(word) && strings.ToLower(word) == word }

// mixed reports whether a word of at least five characters has letters and digits, as passwords have: "hunter2".
func mixed(word string) bool {
	return len(word) >= 5 && strings.ContainsAny(word, "0123456789") && !strings.ContainsAny(word, ":/=[]{}()<>") &&
		strings.ContainsAny(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
}
