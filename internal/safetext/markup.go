package safetext

import "strings"

// element hides the text of an element of XML whose name is secret or stands in an attribute: <password>x</password>,
// <ns:password type="text">x</ns:password>, <property name="password">x</property>. The name is behind a "<", or a value in quotes; i is the
// ">" that ends the tag, or what comes before it.
func (f *finder) element(n *secretName, i int) int {
	s, before := f.s, n.lo
	if n.quoted {
		before--
		for before > 0 && among("\"'\\", s[before]) {
			before--
		}
		if before <= 0 || s[before] != '=' {
			return n.hi
		}
	} else {
		for before > 0 && (is(s[before-1], inWord) || s[before-1] == ':') {
			before--
		}
		if before == 0 || s[before-1] != '<' {
			return n.hi
		}
	}
	for limit := min(len(s), i+maxURL); i < limit && s[i] != '>' && s[i] != '<' && s[i] != '\n'; {
		i++
	}
	if i == len(s) || s[i] != '>' || s[i-1] == '/' {
		return n.hi
	}
	return f.elementText(n, i+1)
}

// elementText hides the text of an element that starts at i.
func (f *finder) elementText(n *secretName, i int) int {
	const open, shut = "<![CDATA[", "]]>"
	s, end := f.s, "<"
	if strings.HasPrefix(s[i:], open) {
		i += len(open)
		end = shut
	}
	hi := strings.Index(s[i:], end)
	if hi < 0 {
		hi = len(s) - i
	}
	if strings.TrimSpace(s[i:i+hi]) == "" {
		return n.hi // elements within it have names of their own
	}
	return f.hide(i, i+hi)
}

// plist hides the text of the element behind one whose text is the name, as Apple's property lists have it:
// <key>password</key><string>x</string>. The "<" behind the name is at i.
func (f *finder) plist(n *secretName, i int) int {
	const end, text = "</key>", "<string>"
	s := f.s
	if !strings.HasPrefix(s[i:], end) {
		return n.hi
	}
	at := i + len(end)
	for at < len(s) && among(" \t\r\n", s[at]) {
		at++
	}
	if !strings.HasPrefix(s[at:], text) {
		return n.hi
	}
	return f.elementText(n, at+len(text))
}
