package safetext

import "strings"

// identified hides the secret of a statement of SQL, where the word "identified" ends at j: "IDENTIFIED BY 'x'", "IDENTIFIED WITH plugin
// BY 'x'", "IDENTIFIED WITH plugin AS 'x'".
func (f *finder) identified(j int) int {
	s, at := f.s, j
	for range 4 {
		word := f.blanks(at)
		at = word
		for at < len(s) && (is(s[at], inWord) || s[at] == '.') {
			at++
		}
		if word == at {
			return j
		}
		if by := s[word:at]; !strings.EqualFold(by, "by") && !strings.EqualFold(by, "as") {
			continue
		}
		lo := f.blanks(at)
		quotes := 0
		for lo+quotes < len(s) && s[lo+quotes] == '\\' {
			quotes++
		}
		if open := lo + quotes; open < len(s) && among("\"'`", s[open]) {
			return f.hide(open+1, f.closing(open+1, s[open], quotes))
		}
		if hi := f.valueEnd(lo); hi > lo && !statusWord(s[lo:hi]) && !strings.EqualFold(s[lo:hi], "random") {
			return f.hide(lo, hi)
		}
		return j
	}
	return j
}

// inserted hides all values of "INSERT INTO users (name, password) VALUES ('bob', 'x')", where the list of columns with the name of a secret
// in it goes on at i: which of the values it is depends on the others.
func (f *finder) inserted(n *secretName, i int) int {
	s := f.s
	end := strings.IndexByte(s[i:min(len(s), i+maxColumns)], ')')
	if end < 0 || strings.IndexByte(s[i:i+end], '(') >= 0 {
		return n.hi
	}
	at := f.blanks(i + end + 1)
	const values = "values"
	if len(s)-at < len(values) || !strings.EqualFold(s[at:at+len(values)], values) {
		return n.hi
	}
	at = f.blanks(at + len(values))
	hidden := n.hi
	for at < len(s) && s[at] == '(' {
		hi := f.tupleEnd(at)
		hidden = f.hide(at+1, hi)
		at = f.blanks(min(hi+1, len(s)))
		if at < len(s) && s[at] == ',' {
			at = f.blanks(at + 1)
		}
	}
	return hidden
}

// maxColumns bounds how far the end of a list of columns is looked for, in bytes.
const maxColumns = 1024

// tupleEnd returns where the bracket at i is closed, outside of the quotes of SQL.
func (f *finder) tupleEnd(i int) int {
	s, deep := f.s, 0
	for at := i; at < len(s); at++ {
		switch s[at] {
		case '\'':
			at = min(f.closing(at+1, '\'', 0), len(s)-1)
		case '(':
			deep++
		case ')':
			if deep--; deep == 0 {
				return at
			}
		}
	}
	return len(s)
}

// setFor hides the secret of "SET PASSWORD FOR 'bob'@'host' = 'x'", where the name is "password" and what is behind it starts at i.
func (f *finder) setFor(n *secretName, i int) int {
	s := f.s
	if len(s)-i < len("for ") || !strings.EqualFold(s[i:i+len("for ")], "for ") {
		return n.hi
	}
	equals := strings.IndexByte(s[i:min(len(s), i+maxLogin)], '=')
	if equals < 0 || strings.IndexByte(s[i:i+equals], '\n') >= 0 {
		return n.hi
	}
	lo := f.blanks(i + equals + 1)
	if lo == len(s) || s[lo] != '\'' && s[lo] != '"' && !strings.EqualFold(s[lo:min(len(s), lo+len("password("))], "password(") {
		return n.hi
	}
	return f.value(n, lo)
}
