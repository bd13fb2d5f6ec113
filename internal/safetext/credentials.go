package safetext

import "strings"

// cookiesEnd returns where the cookies end that start at i: "a=1; b=2; HttpOnly".
func (f *finder) cookiesEnd(i int) int {
	s, end := f.s, f.cookieEnd(i)
	for end < len(s) && s[end] == ';' {
		next := f.blanks(end + 1)
		stop := f.cookieEnd(next)
		if stop == next {
			break
		}
		end = stop
	}
	return end
}

// cookieEnd returns where the cookie at i ends: at the next semicolon where one comes before another line or quote, else at
// the next blank.
func (f *finder) cookieEnd(i int) int {
	s, blank := f.s, -1
	for at := i; at < len(s) && at-i < maxCookie; at++ {
		switch c := s[at]; {
		case c == ';':
			return at
		case c == '"' && at > i && s[at-1] == '=': // a quoted value
			at = min(f.closing(at+1, '"', 0), len(s)-1)
		case c == '"' || c == '\'' || c == '\n' || c == ']' || c == '\\' && strings.HasPrefix(s[at:], `\"`):
			if blank >= 0 {
				return blank
			}
			return at
		case c == ' ' && blank < 0:
			blank = at
		}
	}
	if blank >= 0 {
		return blank
	}
	return min(len(s), i+maxCookie)
}

const maxCookie = 4096 // RFC 6265, section 6.1

// schemeAt reports whether an authorization scheme starts at i, behind which credentials come.
func (f *finder) schemeAt(i int) bool {
	end := i
	for end < len(f.s) && is(f.s[end], inWord) {
		end++
	}
	if end == len(f.s) || f.s[end] != ' ' {
		return false
	}
	switch strings.ToLower(f.s[i:end]) {
	case "bearer", "basic", "digest", "token", "apikey", "api-key", "negotiate", "ntlm", "hawk", "oauth", "signature", "dpop", "mutual", "hoba", "vapid", "key",
		"hmac", "scram-sha-1", "scram-sha-256", "aws4-hmac-sha256", "aws", "sharedkey", "sharedkeylite", "sharedaccesssignature", "splunk", "sso-key", "gnap":
		return true
	}
	return false
}

// credentialsEnd returns where an authorization header's value ends whose first word is s[lo:hi]: with its one word, with
// the word behind a scheme, or with the last of a list of parameters.
func (f *finder) credentialsEnd(lo, hi int) int {
	s := f.s
	next := f.blanks(hi)
	if next == hi || next == len(s) {
		return hi
	}
	word := s[next:f.valueEnd(next)]
	unknownScheme := !looksSecret(s[lo:hi]) && onlyLetters(strings.ReplaceAll(s[lo:hi], "-", "")) && looksSecret(word)
	if !f.schemeAt(lo) && !unknownScheme || statusWord(word) && !strings.Contains(word, "=") {
		return hi
	}
	for more := true; more; {
		var end int
		if end, more = f.parameterEnd(next); end == next {
			break
		}
		hi, next = end, f.blanks(end)
		more = more && next < len(s) && is(s[next], inWord)
	}
	for hi > lo && among(",;.)]}", s[hi-1]) { // of the sentence around it
		hi--
	}
	return hi
}

// parameterEnd returns where the parameter at i ends, with the comma behind it, which says that there are more.
func (f *finder) parameterEnd(i int) (end int, more bool) {
	s := f.s
	for end = i; end < len(s) && !is(s[end], endsValue); end++ {
		continue
	}
	if end+1 < len(s) && s[end] == '"' && end > i && s[end-1] == '=' { // realm="…"
		end = min(f.closing(end+1, '"', 0)+1, len(s))
	}
	if end < len(s) && s[end] == ',' {
		end++
	}
	return end, end > i && s[end-1] == ','
}
