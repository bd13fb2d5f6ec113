package tracker

import (
	"strings"
	"unicode/utf8"
)

const (
	maxMessage = 300 // bytes of a normalised message
	maxQuoted  = 200 // bytes that a quoted part may have
)

// Normalise folds what changes from one occurrence of an error to the next: numbers become {n}, durations {dur}, times
// {time}, amounts of data {size}, UUIDs {uuid}, hashes and addresses in memory {hex}, other ids {id}, network addresses {addr},
// e-mail addresses {email}, quoted parts {str}. Words stay, also those with a digit inside ("sha256", "v1"), and runs of spaces become one.
//
//	Try again in 45 seconds      -> Try again in {n} seconds
//	user "bob" (id 7f3a) is gone -> user {str} (id {id}) is gone
//
// It appends the result to dst and returns it. With names a quoted identifier stays, because in an answer to an invalid
// request it names the field: "prompt" and "image_size" missing are two errors.
func Normalise(dst []byte, message string, names bool) []byte {
	n := normaliser{in: message, out: dst, limit: len(dst) + maxMessage, names: names}
	n.mail = strings.IndexByte(message, '@') >= 0
	for n.at < len(n.in) && len(n.out) < n.limit {
		n.next()
	}
	start := len(dst)
	if len(n.out) > n.limit {
		n.out = cutRune(n.out[:n.limit])
	}
	for len(n.out) > start && n.out[len(n.out)-1] == ' ' {
		n.out = n.out[:len(n.out)-1]
	}
	return n.out
}

// NormaliseRoute folds the segments of a path that name one thing among many, and the parts of segments that do:
// "/users/42/orders/ORD-2026-17" -> "/users/{n}/orders/ORD-{n}-{n}".
// Anything from a '?' on is dropped. It appends the result to dst and returns it.
func NormaliseRoute(dst []byte, route string) []byte {
	if i := strings.IndexByte(route, '?'); i >= 0 {
		route = route[:i]
	}
	limit := len(dst) + maxMessage
	for before := ""; len(route) > 0 && len(dst) < limit; {
		segment, rest, more := strings.Cut(route, "/")
		dst = appendSegment(dst, segment, before)
		if more {
			dst = append(dst, '/')
		}
		route, before = rest, segment
	}
	if len(dst) > limit {
		dst = cutRune(dst[:limit])
	}
	return dst
}

// segmentClass returns the placeholder for a whole path segment, or "".
func segmentClass(s string) string {
	n := normaliser{in: s, mail: strings.IndexByte(s, '@') >= 0}
	if s == "" || !n.foldable() {
		return ""
	}
	if placeholder, end := n.shape(0); end == len(s) {
		return placeholder
	}
	return ""
}

// A normaliser is one pass over a message.
type normaliser struct {
	in    string
	at    int
	out   []byte
	limit int
	names bool
	mail  bool // an '@' is in it
}

// shape returns the placeholder for what is folded at i, and where that ends; "" where nothing is.
func (n *normaliser) shape(i int) (placeholder string, end int) {
	if end = n.email(i); end > i {
		return "{email}", end
	}
	if end = n.uuid(i); end > i {
		return "{uuid}", end
	}
	if end = n.timestamp(i); end > i {
		return "{time}", end
	}
	if end = n.address(i); end > i {
		return "{addr}", end
	}
	if end = n.duration(i); end > i {
		return "{dur}", end
	}
	if end = n.size(i); end > i {
		return "{size}", end
	}
	if end = n.number(i); end > i {
		return "{n}", end
	}
	if end = n.hash(i); end > i {
		return "{hex}", end
	}
	if end = n.id(i); end > i {
		return "{id}", end
	}
	return "", i
}

// next takes one word, quoted part or other character.
func (n *normaliser) next() {
	c := n.in[n.at]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		if len(n.out) > n.limit-maxMessage && n.out[len(n.out)-1] != ' ' {
			n.out = append(n.out, ' ')
		}
		n.at++
	case c == '"' || c == '\'' || c == '`':
		if !n.quoted(c) {
			n.out = append(n.out, c)
			n.at++
		}
	case wordByte(c) || c == ':' || c == '[':
		n.word()
	default:
		n.out = append(n.out, c)
		n.at++
	}
}

// word folds the word that starts here, or takes it as it is.
func (n *normaliser) word() {
	if n.startsCompound() && n.compound() {
		return
	}
	if n.foldable() {
		if placeholder, end := n.shape(n.at); end > n.at {
			n.out = append(n.out, placeholder...)
			n.at = end
			return
		}
	}
	end := n.at + 1
	if wordByte(n.in[n.at]) {
		end = n.wordEnd(n.at)
	}
	n.out = append(n.out, n.in[n.at:end]...)
	n.at = end
}

// compound folds an identifier that is put together, if one starts here.
func (n *normaliser) compound() bool {
	end := n.wordEnd(n.at)
	if end < len(n.in) && n.in[end] == '-' {
		if code := n.errorCode(n.at); code > n.at {
			n.out = append(n.out, n.in[n.at:code]...)
			n.at = code
			return true
		}
		return n.pod()
	}
	if end-n.at < 3 || n.mail || digitByte(n.in[n.at]) {
		return false
	}
	return n.underscored()
}

// foldable is a quick no for most words: every shape but the e-mail address has a digit in the first word or starts with a
// colon, a bracket or a hexadecimal letter.
func (n *normaliser) foldable() bool {
	if n.mail {
		return true
	}
	c := n.in[n.at]
	if !wordByte(c) {
		return n.at+1 < len(n.in) && (hexByte(n.in[n.at+1]) || n.in[n.at+1] == ':')
	}
	i := n.at
	for ; i < len(n.in) && wordByte(n.in[i]); i++ {
		if digitByte(n.in[i]) {
			return true
		}
	}
	return hexByte(c) && i < len(n.in) && (n.in[i] == '-' || n.in[i] == ':')
}

// quoted folds the part between two quotes, if one begins here.
func (n *normaliser) quoted(quote byte) bool {
	if n.at > 0 && (wordByte(n.in[n.at-1]) || n.in[n.at-1] == '}') {
		return false // an apostrophe, or the end of something
	}
	rest := n.in[n.at+1:]
	length := strings.IndexByte(rest[:min(len(rest), maxQuoted)], quote)
	if length < 0 {
		return false
	}
	if after := length + 1; quote == '\'' && after < len(rest) && wordByte(rest[after]) {
		return false
	}
	if n.names && identifier(rest[:length]) {
		n.out = append(n.out, n.in[n.at:n.at+length+2]...)
	} else {
		n.out = append(n.out, "{str}"...)
	}
	n.at += length + 2
	return true
}

// identifier reports whether s looks like the name of a field: "image_size", "user.name", "items[0].id".
func identifier(s string) bool {
	if s == "" || len(s) > 40 || digitByte(s[0]) {
		return false
	}
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case digitByte(c):
			digits++
		case !wordByte(c) && c != '.' && c != '[' && c != ']' && c != '-':
			return false
		}
	}
	return digits <= 2
}

func (n *normaliser) wordEnd(i int) int {
	for i < len(n.in) && wordByte(n.in[i]) {
		i++
	}
	return i
}

func digitByte(c byte) bool { return c-'0' < 10 }

func letterByte(c byte) bool { return c|0x20-'a' < 26 }

func wordByte(c byte) bool { return digitByte(c) || letterByte(c) || c == '_' || c >= 0x80 }

func hexByte(c byte) bool { return digitByte(c) || c|0x20-'a' < 6 }

// cutRune drops the pieces of a character from the end.
func cutRune(b []byte) []byte {
	for range utf8.UTFMax - 1 {
		if r, size := utf8.DecodeLastRune(b); r != utf8.RuneError || size != 1 {
			break
		}
		b = b[:len(b)-1]
	}
	return b
}
