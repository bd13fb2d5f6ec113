package safetext

import "strings"

// pair hides the value of a name that is a value itself: {"name":"password","value":"x"}, ("Authorization", "x"),
// <input name="password" value="x">. The text between them starts at i.
func (f *finder) pair(n *secretName, i int) int {
	s, at := f.s, i
	for at < len(s) && among(", \"'\\;{", s[at]) {
		at++
	}
	word := at
	for at < len(s) && is(s[at], inWord) {
		at++
	}
	switch strings.ToLower(s[word:at]) {
	case "value", "val", "values", "content":
		return f.pairValue(n, at)
	}
	if hi := f.tuple(n, f.blanks(i+1)); hi > n.hi {
		return hi
	}
	return f.inserted(n, i)
}

// pairValue hides the value behind the word "value", which ends at i.
func (f *finder) pairValue(n *secretName, i int) int {
	s, at := f.s, i
	for at < len(s) && among("\"'\\ :=", s[at]) {
		at++
	}
	if at == len(s) || at == i {
		return n.hi
	}
	if q := s[at-1]; q == '"' || q == '\'' {
		escapes := 0
		for at-2-escapes >= i && s[at-2-escapes] == '\\' {
			escapes++
		}
		return f.hideQuoted(at, f.closing(at, q, escapes))
	}
	return f.value(n, at)
}

// tuple hides the quoted value at i where the name is the first of two in brackets.
func (f *finder) tuple(n *secretName, i int) int {
	s, open := f.s, n.lo
	for open > 0 && among("\"'\\", s[open-1]) {
		open--
	}
	if i >= len(s) || s[i] != '"' && s[i] != '\'' || open == 0 || s[open-1] != '(' && s[open-1] != '[' {
		return n.hi
	}
	end := f.closing(i+1, s[i], 0)
	if end+1 < len(s) && (s[end+1] == ')' || s[end+1] == ']') {
		return f.hide(i+1, end)
	}
	return n.hi
}
