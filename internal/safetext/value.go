package safetext

import "strings"

// secretName is the name of a secret where it stands in a text.
type secretName struct {
	kind   nameKind
	lo, hi int
	quoted bool // quotes or brackets close it
}

// after finds the value that belongs to a name, and hides it. It returns the name's end where there is none.
func (f *finder) after(n *secretName) int {
	s, k := f.s, n.hi
	for k < len(s) && among("\"'`\\]*", s[k]) { // the name's own quotes, an index's bracket, bold Markdown
		k++
	}
	n.quoted = k > n.hi
	at := f.blanks(k)
	if at == len(s) {
		return n.hi
	}
	switch c := s[at]; {
	case c == '=', strings.HasPrefix(s[at:], "!="), strings.HasPrefix(s[at-1:], "->"):
		return f.assigned(n, at, true)
	case c == ':' && !strings.HasPrefix(s[at:], "://"):
		return f.assigned(n, at, n.quoted && s[k-1] != '*')
	case among("><\n)", c), strings.HasPrefix(s[at:], "->"):
		return f.marked(n, at, at == k)
	case c == ',', c == ';' && n.quoted, n.quoted && strings.HasPrefix(s[at:], "value"):
		return f.pair(n, at)
	case n.lo > 0 && s[n.lo-1] == '/': // a segment of a path
	case at > k || n.quoted:
		return f.loose(n, at)
	}
	return n.hi
}

// marked looks behind a name for a value that the sign at i announces: "->", the end of a tag or of a list of columns, another line. adjacent says
// that nothing stands between the two.
func (f *finder) marked(n *secretName, i int, adjacent bool) int {
	switch s := f.s; {
	case s[i] == '-':
		return f.assigned(n, i+1, true)
	case s[i] == '>':
		return f.element(n, i)
	case s[i] == '\n':
		return f.nextValue(n, i)
	case s[i] == ')':
		return f.inserted(n, i)
	case adjacent && !n.quoted && strings.HasPrefix(s[i:], "</"):
		return f.plist(n, i)
	case adjacent && !n.quoted:
		return n.hi
	}
	return f.loose(n, i)
}

// loose looks behind a name for a value that no sign belongs to: in a statement of SQL, in the element of XML whose attributes follow, or in
// a sentence.
func (f *finder) loose(n *secretName, i int) int {
	if hi := f.setFor(n, i); hi > n.hi {
		return hi
	}
	if hi := f.element(n, i); hi > n.hi {
		return hi
	}
	return f.sentence(n, i)
}

// among reports whether c is one of the bytes of set.
func among(set string, c byte) bool { return strings.IndexByte(set, c) >= 0 }

// blanks returns where the blanks at i end.
func (f *finder) blanks(i int) int {
	for i < len(f.s) && (f.s[i] == ' ' || f.s[i] == '\t') {
		i++
	}
	return i
}

// assigned hides the value behind the "=" or ":" at i. Behind "=" and behind a quoted name there is sure to be one, behind a ":" a
// sentence may go on.
func (f *finder) assigned(n *secretName, i int, sure bool) int {
	s, lo := f.s, i
	for lo < len(s) && among(":=!>~", s[lo]) {
		lo++
	}
	start := f.blanks(lo)
	if sure && start < len(s) && s[start] == '\n' && s[i] == ':' {
		start = f.blanks(start + 1) // JSON over several lines
	}
	if start == len(s) || s[start] == '\n' {
		return n.hi
	}
	if start > lo && s[i] == '=' && lo == i+1 && s[i-1] != ' ' {
		return n.hi // "password= user=bob": it is empty
	}
	if s[i] == ':' {
		if hi := f.blockScalar(start); hi > start {
			return hi
		}
		start = f.tag(start)
	}
	if !sure && !f.schemeAt(start) && f.sentenceGoesOn(n, start, start > lo) {
		return n.hi // "password: must be longer"
	}
	return f.value(n, start)
}

// sentenceGoesOn reports whether what starts at i, behind a name and a ":", speaks of the secret rather than being one.
func (f *finder) sentenceGoesOn(n *secretName, i int, blank bool) bool {
	first := f.s[i:f.wordEnd(i)]
	if len(first) >= longestWord-1 {
		return false // no word of a sentence is as long
	}
	if n.kind != nameAmbiguous {
		return blank && first != "" && statusWord(first)
	}
	if !among(`"'`, f.s[i]) && !looksSecret(first) {
		return true
	}
	return statusWord(first)
}

// value hides the value that starts at lo, whatever brackets and quotes it is in.
func (f *finder) value(n *secretName, lo int) int {
	s, quotes := f.s, 0
	for lo+quotes < len(s) && s[lo+quotes] == '\\' {
		quotes++
	}
	if at := lo + quotes; at < len(s) && (s[at] == '"' || s[at] == '\'' || s[at] == '`') {
		return f.hideQuoted(at+1, f.closing(at+1, s[at], quotes))
	}
	switch s[lo] {
	case '[', '{', '(':
		if hi := f.bracket(lo); hi > lo+1 {
			return f.hide(lo+1, hi)
		}
		return lo + 1
	case '<': // an element of XML
		return n.hi
	}
	hi := f.valueEnd(lo)
	if open := f.call(lo); open > lo {
		return f.hideQuoted(open+1, f.closing(open+1, s[open], 0))
	}
	switch n.kind {
	case nameCookie:
		hi = f.cookiesEnd(lo)
	case nameHeader:
		hi = f.credentialsEnd(lo, hi)
	default:
		if f.schemeAt(lo) {
			hi = f.credentialsEnd(lo, hi)
		}
	}
	if plainValue(s[lo:hi], n.kind) {
		return n.hi
	}
	return f.hide(lo, hi)
}

// call returns where the quote opens in which a value stands that has a word and a bracket before it: Some("x"), PASSWORD('x'). It returns
// i where there is none.
func (f *finder) call(i int) int {
	at := i
	for at < len(f.s) && (is(f.s[at], inWord) || f.s[at] == '.' || f.s[at] == ':') {
		at++
	}
	if at > i && at+1 < len(f.s) && f.s[at] == '(' && among("\"'", f.s[at+1]) {
		return at + 1
	}
	return i
}

// plainValue reports whether a value is none: a switch, nothing, or for a word of prose such as "token" a small number.
func plainValue(value string, kind nameKind) bool {
	switch strings.ToLower(value) {
	case "", "true", "false", "null", "nil", "none", "undefined", Mask, "-":
		return true
	}
	return kind != nameSecret && len(value) <= 5 && strings.Trim(value, "0123456789.") == ""
}
