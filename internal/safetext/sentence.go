package safetext

import "strings"

// linkWords stand between a name and its value in a sentence.
var linkWords = map[string]bool{
	"is": true, "was": true, "equals": true, "provided": true, "given": true, "set": true, "changed": true, "reset": true, "to": true, "now": true,
	"used": true, "value": true, "were": true, "are": true, "be": true, "as": true,
}

// sentence looks for a secret in the sentence that goes on at i behind its name: "password is x", "--password x", "(token x)".
func (f *finder) sentence(n *secretName, i int) int {
	s := f.s
	lo, linked := f.linked(i)
	if lo >= len(s) || is(s[lo], endsValue) && !among("\"'`", s[lo]) {
		return n.hi
	}
	hi := f.valueEnd(lo)
	quoted := among("\"'`", s[lo])
	if quoted {
		lo++
		hi = f.closing(lo, s[lo-1], 0)
	}
	if hi <= lo || is(s[lo], endsValue) || !f.told(n, lo, hi, linked, quoted) {
		return n.hi
	}
	return f.hide(lo, hi)
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
	case strings.HasPrefix(s[n.lo:], "--"): // an option of a command line
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
