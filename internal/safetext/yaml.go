package safetext

import "strings"

// blockScalar hides a value of YAML that stands in the lines below: "password: |-", then lines that are indented more than what follows
// them. The indicator is at i; it returns i where there is none.
func (f *finder) blockScalar(i int) int {
	s, at := f.s, i
	if s[at] != '|' && s[at] != '>' {
		return i
	}
	at++
	for at < len(s) && among("+-0123456789", s[at]) {
		at++
	}
	indicated := at
	at = f.blanks(at)
	if at == len(s) || s[at] != '\n' {
		if at-indicated < 2 || at == len(s) {
			return i
		}
		hi := f.valueEnd(at) // its lines were made one
		f.hide(at, hi)
		return hi
	}
	lo := at + 1
	indent := f.blanks(lo) - lo
	if indent == 0 {
		return i
	}
	hi := lo
	for hi < len(s) {
		if text := f.blanks(hi); text-hi < indent && text < len(s) && s[text] != '\n' {
			break
		}
		line := strings.IndexByte(s[hi:], '\n')
		if line < 0 {
			hi = len(s)
			break
		}
		hi += line + 1
	}
	text := strings.TrimRight(s[lo:hi], "\n")
	f.hide(lo+indent, lo+len(text))
	return lo + len(text)
}

// tag skips a tag of YAML: "!!str x".
func (f *finder) tag(i int) int {
	if i == len(f.s) || f.s[i] != '!' {
		return i
	}
	at := i
	for at < len(f.s) && (f.s[at] == '!' || is(f.s[at], inWord)) {
		at++
	}
	if next := f.blanks(at); next > at && next < len(f.s) && f.s[next] != '\n' {
		return next
	}
	return i
}

// nextValue hides the value of a name that is itself one, in the line below: "- name: DB_PASSWORD", then "  value: x". The line feed is at i.
func (f *finder) nextValue(n *secretName, i int) int {
	s, at := f.s, f.blanks(i+1)
	if line := strings.LastIndexByte(s[:n.lo], '\n') + 1; !strings.Contains(s[line:n.lo], "name:") && !strings.Contains(s[line:n.lo], "key:") {
		return n.hi
	}
	const value = "value:"
	if !strings.HasPrefix(s[at:], value) {
		return n.hi
	}
	lo := f.blanks(at + len(value))
	if lo == len(s) || s[lo] == '\n' {
		return n.hi
	}
	return f.value(n, lo)
}
