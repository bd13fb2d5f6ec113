package safetext

import "strings"

// span is a part of a text, from byte lo up to hi.
type span struct{ lo, hi int }

// finder collects where a text holds secrets.
type finder struct {
	s     string
	spans []span // in the order they were found; they may overlap
	run   int    // end of the last run of base64 or hex characters that was looked into
	depth int    // of texts within texts
	codes bool   // an encoded character was seen
}

// What a byte is to the finder.
const (
	inWord    = 1 << iota // of a name: letters, digits, "_", "-", and every byte outside ASCII
	endsValue             // of a URL or an unquoted value: blanks, quotes, "<", ">"
	joint                 // in a word, behind which a token may start
	signal                // "?", ":", "@": looked at outside words
	code                  // an encoding may begin with it, see [decodeAt]
)

var classes = func() (c [256]uint8) {
	for i := range c {
		b := byte(i)
		switch {
		case b >= 0x80, b == '_', b == '-', '0' <= b && b <= '9', 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z':
			c[i] |= inWord
		case b <= ' ', b == '"', b == '\'', b == '<', b == '>', b == 0x7f, b == '`':
			c[i] |= endsValue
		}
	}
	for _, b := range codeBytes {
		c[b] |= code
	}
	for _, b := range "?:@" {
		c[b] |= signal
	}
	for i := range c {
		if i >= 0x80 || i == '_' || i == '-' {
			c[i] |= joint
		}
	}
	return c
}()

// codeBytes are those with the class code.
const codeBytes = `%\&+^` + "\x1b"

func is(b, class byte) bool { return classes[b]&class != 0 }

// hide notes a span. It returns where the search goes on: at its end, or in its next line, because a quote may be closed only by one
// that opens another value.
func (f *finder) hide(lo, hi int) int {
	if lo < hi && f.s[lo:hi] != Mask {
		f.spans = append(f.spans, span{lo, hi})
		if hi == len(f.s) {
			return hi // all that follows is hidden
		}
		if line := strings.IndexByte(f.s[lo:hi], '\n'); line >= 0 {
			return lo + line + 1
		}
	}
	return hi
}

// hideQuoted notes a value between quotes. Where a word follows the closing quote at once, that one may open another value: the search
// goes on within.
func (f *finder) hideQuoted(lo, hi int) int {
	next := f.hide(lo, hi)
	if hi+1 < len(f.s) && alphanumeric(f.s[hi+1]) {
		return lo
	}
	return next
}

// scan finds the secrets that stand in the text as it is.
func (f *finder) scan() {
	s := f.s
	for i := 0; i < len(s); {
		switch c := classes[s[i]]; {
		case c&inWord != 0:
			i = f.word(i)
		case c&signal == 0:
			if c&code != 0 && !f.codes {
				size, _ := decodeAt(s, i, true)
				f.codes = size > 0
			}
			i++
		case s[i] == '?':
			i = f.query(i)
		case s[i] == '@':
			f.login(i)
			i++
		default:
			i = f.authority(i)
		}
	}
}

// word looks at the word that starts at i, and returns where to go on.
func (f *finder) word(i int) int {
	s := f.s
	if hi := f.token(i); hi > i {
		return f.hide(i, hi)
	}
	j := i
	for j < len(s) {
		c := classes[s[j]]
		if c&inWord == 0 {
			break
		}
		j++
		if c&joint != 0 && j < len(s) {
			if hi := f.token(j); hi > j {
				return f.hide(j, hi)
			}
		}
	}
	if j-i >= minEncoded || j < len(s) && s[j] == '+' {
		if hi, found := f.encoded(i); found {
			return f.hide(i, hi)
		}
	}
	if s[i] == '-' {
		if hi := f.flag(i, j); hi > j {
			return hi
		}
	}
	if endsLikeName(s[i:j]) {
		if hi := f.name(i, j); hi > j {
			return hi
		}
	}
	if j < len(s) && i > 0 && s[i-1] == '/' {
		switch s[j] {
		case '/':
			return f.path(i, j)
		case ':':
			return f.botToken(i, j)
		}
	}
	return j
}

// name looks at what follows the word s[i:j], which may be the name of a secret. It returns j where nothing is hidden.
func (f *finder) name(i, j int) int {
	word := f.s[i:j]
	switch {
	case len(word) == len("basic") && strings.EqualFold(word, "basic"):
		return f.scheme(j)
	case word == "code":
		return f.oauthCode(i, j)
	case len(word) == len("identified") && strings.EqualFold(word, "identified"):
		return f.identified(j)
	}
	kind := kindOfName(strings.TrimLeft(word, "-"))
	if kind == nameOrdinary && i > 0 && f.s[i-1] == ' ' {
		kind = f.twoWords(i, j)
	}
	switch {
	case kind == nameOrdinary:
		return j
	case strings.EqualFold(word, "pwd") && strings.HasPrefix(f.s[j:], "=/"):
		return j // the working directory
	case strings.EqualFold(word, "bearer"):
		if j < len(f.s) && f.s[j] == '.' && looksSecret(f.s[j+1:f.valueEnd(j+1)]) { // Sec-WebSocket-Protocol: bearer.x
			return f.hide(j+1, f.valueEnd(j+1))
		}
		if hi := f.scheme(j); hi > j {
			return hi
		}
	}
	return f.after(&secretName{kind: kind, lo: i, hi: j})
}

// oauthCode hides the code of an authorization (RFC 6749, section 4.1.3) in a form, where s[i:j] is "code". Errors have codes too: only what
// stands among other fields and looks like a secret, not like the name of an error, is hidden.
func (f *finder) oauthCode(i, j int) int {
	s := f.s
	if j == len(s) || s[j] != '=' {
		return j
	}
	hi := f.wordEnd(j + 1)
	if form := i > 0 && s[i-1] == '&' || hi < len(s) && s[hi] == '&'; !form || !looksSecret(s[j+1:hi]) || strings.ToUpper(s[j+1:hi]) == s[j+1:hi] {
		return j
	}
	return f.hide(j+1, hi)
}

// twoWords returns what "api key" and "pass phrase" are, given where the second word stands.
func (f *finder) twoWords(i, j int) nameKind {
	start := i - 1
	for start > 0 && is(f.s[start-1], inWord) && i-start < 16 {
		start--
	}
	if first := f.s[start : i-1]; first != "" && len(f.s[i:j]) <= 8 {
		switch second := strings.ToLower(f.s[i:j]); second {
		case "key", "phrase", "code":
			if kindOfName(first+second) == nameSecret {
				return nameSecret
			}
		}
	}
	return nameOrdinary
}

// scheme hides the credentials behind "Bearer" or "Basic", where j is its end.
func (f *finder) scheme(j int) int {
	lo := f.blanks(j)
	if lo == j || lo == len(f.s) {
		return j
	}
	hi := f.valueEnd(lo)
	if value := f.s[lo:hi]; looksSecret(strings.TrimRight(value, "=")) || len(value) >= 8 && strings.ContainsAny(value, "=/+._~") && !statusWord(value) {
		return f.hide(lo, hi)
	}
	return j
}

// query hides the query of a URL or path, and whatever follows a "?" and has a "=".
func (f *finder) query(i int) int {
	s, lo := f.s, i+1
	start := i
	for start > 0 && i-start < maxURL && !endsURL(s[start-1]) {
		start--
	}
	hi := f.queryEnd(lo, start > 0 && s[start-1] == '\'')
	if hi == lo {
		return lo
	}
	if word := s[start:i]; strings.HasPrefix(word, "/") || strings.Contains(word, "://") || strings.IndexByte(s[lo:hi], '=') >= 0 {
		return f.hide(lo, hi)
	}
	return lo
}

// queryEnd returns where the query at i ends: at a blank or a quote, or where the next field begins. Other punctuation belongs to
// it, but at its end.
func (f *finder) queryEnd(i int, quoted bool) int {
	s, end := f.s, i
	for ; end < len(s); end++ {
		c := s[end]
		if c <= ' ' || among("\"<`\x7f", c) || c == '\'' && quoted || c == '\\' && strings.HasPrefix(s[end:], `\"`) || among(",|;", c) && f.fieldAt(end+1) {
			break
		}
	}
	for end > i && among("'),}]|>.;:\\", s[end-1]) {
		end--
	}
	return end
}

// maxURL bounds how far the end of a URL's part is looked for. What is longer is hidden.
const maxURL = 1024

// endsURL reports whether c ends a URL in a text.
func endsURL(c byte) bool {
	return classes[c]&endsValue != 0 || c == ')' || c == '}' || c == ']' || c == ',' || c == '|' || c == '\\'
}

// authority hides the userinfo of a URL, whose ":" is at i.
func (f *finder) authority(i int) int {
	s, lo := f.s, i+3
	if !strings.HasPrefix(s[i:], "://") {
		return i + 1
	}
	at, slash, end := -1, -1, lo
	for ; end < len(s) && end-lo < maxURL && !is(s[end], endsValue); end++ {
		switch c := s[end]; {
		case c == '@' && (slash < 0 || oddPort(s[lo:slash])):
			at = end
		case (c == '/' || c == '?' || c == '#') && slash < 0:
			slash = end
		}
	}
	switch {
	case at > lo:
		return f.hide(lo, at)
	case slash < 0 && end-lo == maxURL, slash < 0 && oddPort(s[lo:end]):
		return f.hide(lo, end) // its "@" may have been cut off
	}
	return lo
}

// oddPort reports whether an authority's part behind ":" cannot be a port: then it belongs to a password that holds "/".
func oddPort(authority string) bool {
	if strings.HasPrefix(authority, "[") {
		return false
	}
	_, port, found := strings.Cut(strings.TrimRight(authority, ":,.;)"), ":")
	digits := len(port) - len(strings.TrimLeft(port, "0123456789"))
	switch {
	case !found, digits == len(port), port == "port":
		return false
	}
	return digits == 0 && strings.IndexByte(`\"'{<$%[*`, port[0]) < 0 || strings.IndexByte(":,.;)]}|\\*", port[digits]) < 0
}

// pathNames are segments of a path behind which a token comes.
var pathNames = func() map[string]bool {
	names := map[string]bool{}
	for name := range strings.FieldsSeq(`reset resets password passwords password-reset password_reset passwordreset reset-password
		reset_password resetpassword set-password forgot-password recover recovery verify verification verify-email verifyemail confirm
		confirmation confirm-email activate activation invite invites invitation invitations magic magic-link magiclink magic_link token tokens
		unsubscribe sso otp login-link signin-link auth callback webhook webhooks share shared secret secrets key keys apikey api-key session sessions
		access-token access_token`) {
		names[name] = true
	}
	return names
}()

// maxSegments is how many segments of a path are looked at behind one of pathNames.
const maxSegments = 8

// path hides what looks secret among the segments behind s[i:j], where that is one behind which a token comes. It returns j.
func (f *finder) path(i, j int) int {
	s := f.s
	name := strings.ToLower(s[i:j])
	hooks := name == "services" && strings.HasSuffix(s[:i-1], "hooks.slack.com")
	if !hooks && !pathNames[name] {
		return j
	}
	for at, segments := j, 0; at < len(s) && s[at] == '/' && segments < maxSegments; segments++ {
		lo := at + 1
		at = lo
		for at < len(s) && s[at] != '/' && s[at] != '?' && s[at] != '#' && s[at] != ';' && s[at] != '&' && !endsURL(s[at]) {
			at++
		}
		if segment := strings.TrimRight(s[lo:at], ".:"); looksSecret(strings.TrimRight(segment, "=")) {
			f.hide(lo, lo+len(segment))
		}
	}
	return j
}
