package safetext

import "strings"

// closing returns where the quoted text that starts at i ends. escapes is how many backslashes stood before its opening
// quote: one in JSON within JSON, where a quote of the text itself has three.
func (f *finder) closing(i int, quote byte, escapes int) int {
	s, slashes := f.s, 0
	for at := i; at < len(s); at++ {
		switch {
		case s[at] == '\\':
			slashes++
			continue
		case s[at] == quote && slashes%(2*escapes+2) == escapes:
			if escapes == 0 && strings.HasPrefix(s[at:], string([]byte{quote, quote})) && at > i { // SQL doubles a quote
				at++
				break
			}
			return at - escapes
		}
		slashes = 0
	}
	return len(s)
}

// bracket returns where the bracket at i is closed, and the end of the text where it is not.
func (f *finder) bracket(i int) int {
	s, deep, quotes := f.s, 0, true
	for at := i; at < len(s); at++ {
		switch s[at] {
		case '[', '{', '(':
			deep++
		case ']', '}', ')':
			if deep--; deep == 0 {
				return at
			}
		case '"':
			if !quotes {
				continue
			}
			if end := f.closing(at+1, '"', 0); end < len(s) {
				at = end
			} else {
				quotes = false // none of them is closed
			}
		}
	}
	return len(s)
}

// valueEnd returns where the unquoted value at i ends: at a blank or a quote, or where the next field begins. A comma, a
// semicolon and an ampersand may belong to it: "Password=a,b".
func (f *finder) valueEnd(i int) int { return f.valueEndBefore(i, len(f.s)) }

// longestWord bounds what is looked at of a word, in bytes, to tell whether it is a secret.
const longestWord = 256

// wordEnd is valueEnd where no more matters than whether a word is a secret: it looks at longestWord bytes at most, so that the time a text
// takes does not grow with the square of its length.
func (f *finder) wordEnd(i int) int { return f.valueEndBefore(i, min(len(f.s), i+longestWord)) }

func (f *finder) valueEndBefore(i, limit int) int {
	s, end := f.s, i
	for end < limit && !f.endsAt(i, end) {
		if among(",;&|", s[end]) && f.fieldAt(end+1) {
			return end
		}
		end++
	}
	for end > i && among(",;.)]}|&:", s[end-1]) { // of the sentence or the list around it
		end--
	}
	return end
}

// endsAt reports whether the unquoted value that starts at i ends at the byte at end.
func (f *finder) endsAt(i, end int) bool {
	s := f.s
	switch c := s[end]; c {
	case '<':
		return end == i || strings.HasPrefix(s[end:], "</")
	case '\'': // within a word it is an apostrophe
		return end == i || end+1 == len(s)
	case '\\':
		return strings.HasPrefix(s[end:], `\"`) || strings.HasPrefix(s[end:], `\n\`)
	default:
		return is(c, endsValue)
	}
}

// fieldAt reports whether another field begins at i: "user=", " Server=", `"user":`.
func (f *finder) fieldAt(i int) bool {
	s := f.s
	for i < len(s) && strings.IndexByte(` "'\`, s[i]) >= 0 {
		i++
	}
	start := i
	for i < len(s) && (is(s[i], inWord) || s[i] == '.' || s[i] == ' ' && i > start) && i-start < maxSecretName {
		i++
	}
	if i == start {
		return i == len(s)
	}
	for i < len(s) && strings.IndexByte(`"'\`, s[i]) >= 0 {
		i++
	}
	return i < len(s) && (s[i] == '=' || s[i] == ':')
}
