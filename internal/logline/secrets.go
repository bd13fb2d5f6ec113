package logline

import (
	"bytes"

	"errtop/internal/safetext"
)

// maskSecrets returns b with what may be secret in it replaced: user and query of URLs, credentials behind "Bearer" and
// "Basic", and values behind names such as "password", "api_key" or "cookie", in JSON, logfmt and plain text. It returns
// b itself where there is nothing to mask.
func maskSecrets(b []byte) []byte {
	var out []byte
	done := 0 // b[:done] is in out
	hide := func(lo, hi int) {
		if hi <= lo || lo < done {
			return
		}
		out = append(append(out, b[done:lo]...), safetext.Mask...)
		done = hi
	}
	for i := range b {
		if i < done {
			continue
		}
		switch b[i] {
		case '?':
			if lo := i + 1; lo < len(b) && inURL(b[:i]) || bytes.IndexByte(b[i:tokenEnd(b, i)], '=') > 0 {
				hide(lo, tokenEnd(b, lo))
			}
		case '@':
			if lo := userStart(b[:i]); lo >= 0 {
				hide(lo, i)
			}
		case ' ':
			if word := lastWord(b[:i]); bytes.EqualFold(word, []byte("bearer")) || bytes.EqualFold(word, []byte("basic")) {
				hide(i+1, tokenEnd(b, i+1))
			}
		case '=', ':':
			if isSecretName(lastWord(bytes.TrimRight(b[:i], `"'\ `))) {
				lo := i + 1
				for lo < len(b) && bytes.IndexByte([]byte(` "'[\`), b[lo]) >= 0 {
					lo++
				}
				hide(lo, secretEnd(b, lo))
			}
		}
	}
	if done == 0 {
		return b
	}
	return append(out, b[done:]...)
}

// userStart returns where the user of a URL starts whose "@" follows b, -1 where there is none.
func userStart(b []byte) int {
	for i := len(b) - 1; i >= 2; i-- {
		switch b[i] {
		case ' ', '"', '\'', '<', '>':
			return -1
		case '/':
			if b[i-1] == '/' && b[i-2] == ':' {
				return i + 1
			}
			return -1
		}
	}
	return -1
}

// inURL reports whether the word that b ends with is a path or a URL.
func inURL(b []byte) bool {
	start := len(b)
	for start > 0 && !endsToken(b[start-1]) {
		start--
	}
	word := b[start:]
	return len(word) > 0 && (word[0] == '/' || bytes.Contains(word, []byte("://")))
}

// tokenEnd returns where the word that starts at i ends.
func tokenEnd(b []byte, i int) int {
	for i < len(b) && !endsToken(b[i]) {
		i++
	}
	return i
}

// secretEnd returns where the secret that starts at i ends: a cookie's value may hold blanks inside quotes.
func secretEnd(b []byte, i int) int {
	if i > 0 && (b[i-1] == '"' || b[i-1] == '\'') {
		if n := bytes.IndexByte(b[i:], b[i-1]); n >= 0 {
			return i + n
		}
		return len(b)
	}
	if scheme := tokenEnd(b, i); scheme < len(b) && b[scheme] == ' ' && isScheme(b[i:scheme]) {
		return tokenEnd(b, scheme+1)
	}
	return tokenEnd(b, i)
}

// isScheme reports whether word is an authorization scheme, behind which the secret comes.
func isScheme(word []byte) bool {
	for _, scheme := range [...]string{"bearer", "basic", "digest", "token", "apikey"} {
		if bytes.EqualFold(word, []byte(scheme)) {
			return true
		}
	}
	return false
}

// endsToken reports whether c ends a word of a URL or a credential.
func endsToken(c byte) bool {
	return c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == ')' || c == '}' || c == ']' || c == ',' || c == '|'
}

// lastWord returns the letters, digits, "_" and "-" that b ends with.
func lastWord(b []byte) []byte {
	start := len(b)
	for start > 0 {
		c := b[start-1]
		if c != '_' && c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			break
		}
		start--
	}
	return b[start:]
}

// isSecretName reports whether a value under this name is a secret.
func isSecretName(name []byte) bool {
	if len(name) < 3 || len(name) > 40 {
		return false
	}
	folded := foldKey(nil, string(name))
	for _, end := range [...]string{"authorization", "cookie", "apikey", "token", "password", "passwd", "secret", "secretkey", "accesskey", "privatekey", "credentials", "pwd"} {
		if len(folded) >= len(end) && folded[len(folded)-len(end):] == end {
			return true
		}
	}
	return false
}
