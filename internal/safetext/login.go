package safetext

import "strings"

// maxLogin bounds what stands before the "@" of a login, in bytes.
const maxLogin = 256

// login hides the secret of a login without a scheme, whose "@" is at i: "root:x@tcp(10.0.0.1:3306)/db" as drivers of Go have it,
// "bob:x@host", and "scott/x@host:1521" of Oracle. Where what comes behind leaves room for doubt, only what looks like a secret is hidden:
// "10:30@home" and "image:tag@sha256:…" stay.
func (f *finder) login(i int) {
	s, start := f.s, i
	for start > 0 && i-start < maxLogin && !endsURL(s[start-1]) && s[start-1] != '=' {
		start--
	}
	before, after := s[start:i], s[i+1:]
	if strings.Contains(before, "//") {
		return // userinfo of a URL
	}
	if slash := strings.LastIndexByte(before, '/'); slash > 0 && slash+1 < len(before) && isWord(before[strings.LastIndexByte(before[:slash], ':')+1:slash]) {
		if secret := before[slash+1:]; strings.Contains(before, "thin:") || likelySecret(secret) && (strings.HasPrefix(after, "//") || hasPort(after)) {
			f.hide(start+slash+1, i)
		}
		return
	}
	user, secret, found := strings.Cut(before, ":")
	if !found || secret == "" || !isWord(user) {
		return
	}
	for _, network := range [...]string{"tcp(", "unix(", "udp(", "tcp6(", "cloudsql("} {
		if strings.HasPrefix(after, network) {
			f.hide(start+len(user)+1, i)
			return
		}
	}
	if likelySecret(secret) && startsHost(after) {
		f.hide(start+len(user)+1, i)
	}
}

// likelySecret reports whether a word that stands between a user and a host is a password rather than a time, a tag or a name.
func likelySecret(word string) bool {
	return (mixed(word) || looksSecret(word)) && !strings.ContainsAny(word, ":/@")
}

// isWord reports whether s is the name of a user: of letters, digits, dots, dashes and underscores.
func isWord(s string) bool {
	for i := range len(s) {
		if !is(s[i], inWord) && s[i] != '.' {
			return false
		}
	}
	return s != ""
}

// startsHost reports whether s begins with the name or the address of a host, and not with a version or a digest.
func startsHost(s string) bool {
	switch {
	case s == "", strings.HasPrefix(s, "sha256:"), strings.HasPrefix(s, "sha512:"):
		return false
	case s[0] == '[':
		return true
	}
	number := s[:len(s)-len(strings.TrimLeft(s, "0123456789."))]
	return number == "" && alphanumeric(s[0]) || strings.Count(number, ".") >= 3
}

// hasPort reports whether s begins with a host and a port.
func hasPort(s string) bool {
	host := 0
	for host < len(s) && (alphanumeric(s[host]) || s[host] == '.' || s[host] == '-') {
		host++
	}
	return host > 0 && host+1 < len(s) && s[host] == ':' && '0' <= s[host+1] && s[host+1] <= '9'
}
