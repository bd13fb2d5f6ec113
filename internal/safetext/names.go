package safetext

import (
	"slices"
	"strings"
)

// nameKind says how surely a value under a name is a secret.
type nameKind uint8

const (
	nameOrdinary  nameKind = iota
	nameAmbiguous          // "token", "auth": prose uses the word too, so the value decides where no "=" or quote does
	nameSecret             // "password", "api_key"
	nameCookie             // "cookie", "set-cookie": every cookie in the value is a secret
	nameHeader             // "authorization": a scheme may stand before the secret
)

// SecretName reports whether a value under this name is a secret: a header, a parameter, a form field, a JSON key, a
// variable. Case, separators and trailing digits do not matter: "X-Api-Key", "apiKey" and "API_KEY2" are one name.
func SecretName(name string) bool { return kindOfName(name) != nameOrdinary }

// The one list of secret names, lower case and without separators. A name is secret by how it ends: "stripe_secret_key".
var (
	// secretEndings may follow anything, with or without a separator.
	secretEndings = []string{
		"password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "senha", "contraseña", "пароль", "secret", "secrets",
		"credential", "credentials", "signature", "sessid", "sessionid", "secretid", "privatekeyid", "accesskeyid", "bearer",
		"assertion", "idtokenhint", "connectionstring", "xauth", "httpauth", "proxyauth", "basicauth", "apiauth", "authstring",
		"passwords", "passphrases", "storepass", "keypass", "passin", "passout", "authcode", "authorizationcode", "devicecode", "codeverifier",
		"samlresponse", "cardnumber", "hmac",
		"wachtwoord", "lösenord", "hasło", "şifre", "密码", "密碼", "パスワード", "비밀번호",
	}
	// secretWords must stand alone or behind a separator or a capital: "db-pass" is one, "compass" is not.
	secretWords = []string{"pwd", "pw", "creds", "csrf", "xsrf", "jwt", "otp", "totp", "cvv", "cvc", "mfacode", "verificationcode", "ssn"}
	// ambiguousEndings and ambiguousWords are the same of names that prose uses too.
	ambiguousEndings = []string{"token", "oauth"}
	ambiguousWords   = []string{"auth", "pass", "passe", "pin", "sid", "sig", "session"}
	// keyQualifiers make a "key" secret.
	keyQualifiers = []string{
		"api", "access", "secret", "private", "session", "encryption", "encrypt", "decryption", "signing", "sign", "account", "subscription",
		"master", "shared", "ssh", "auth", "license", "licence", "storage", "app", "application", "consumer", "integration", "deploy", "webhook",
		"hmac", "aes", "rsa", "jwt", "admin", "root", "server", "client", "functions", "instrumentation", "write", "service", "host", "tls", "ssl",
	}
	// valueParts say what a name is of rather than end it: "password_hash", "token-value".
	valueParts = []string{"hash", "value", "confirmation", "confirm", "again", "repeat", "plain", "plaintext", "raw", "base", "encoded", "header", "str", "string"}
)

const maxSecretName = 64 // a longer word is not a name

// kindOfName looks a name up in the list.
func kindOfName(name string) nameKind {
	if len(name) < 2 || len(name) > maxSecretName {
		return nameOrdinary
	}
	var buffer [maxSecretName]byte
	folded := foldName(buffer[:0], name)
	for range 2 {
		if kind := kindOfFolded(folded, name); kind != nameOrdinary {
			return kind
		}
		stripped := false
		for _, part := range valueParts {
			if n := len(folded) - len(part); n > 0 && string(folded[n:]) == part {
				folded, name, stripped = folded[:n], trimPart(name, len(part)), true
				break
			}
		}
		if !stripped {
			break
		}
	}
	return nameOrdinary
}

// foldName appends name in lower case without separators and the digits at its end.
func foldName(dst []byte, name string) []byte {
	name = strings.TrimRight(name, "0123456789-_.")
	for i := range len(name) {
		switch c := name[i]; {
		case 'A' <= c && c <= 'Z':
			dst = append(dst, c|0x20)
		case c != '-' && c != '_' && c != '.':
			dst = append(dst, c)
		}
	}
	return dst
}

// trimPart cuts the last n letters and digits, and the separators before them, off a name.
func trimPart(name string, n int) string {
	name = strings.TrimRight(name, "0123456789-_.")
	return strings.TrimRight(name[:max(0, len(name)-n)], "-_.")
}

func kindOfFolded(folded []byte, name string) nameKind {
	if len(folded) == 0 {
		return nameOrdinary
	}
	last := folded[len(folded)-1]
	ends := func(with string) bool {
		n := len(folded) - len(with)
		return n >= 0 && with[len(with)-1] == last && string(folded[n:]) == with
	}
	for _, end := range [...]string{"cookie", "cookies"} {
		if ends(end) {
			return nameCookie
		}
	}
	if ends("authorization") || ends("authorisation") {
		return nameHeader
	}
	if ends("key") {
		for _, qualifier := range keyQualifiers {
			if n := len(folded) - len("key") - len(qualifier); n >= 0 && string(folded[n:n+len(qualifier)]) == qualifier {
				return nameSecret
			}
		}
		return nameOrdinary
	}
	if slices.ContainsFunc(secretEndings, ends) || wordEnds(name, folded, secretWords) {
		return nameSecret
	}
	for _, end := range ambiguousEndings {
		if ends(end) {
			if len(folded) > len(end) {
				return nameSecret // "access_token" is not prose
			}
			return nameAmbiguous
		}
	}
	if wordEnds(name, folded, ambiguousWords) {
		if len(folded) > 7 { // longer than any of them alone: qualified, "smtp_pass"
			return nameSecret
		}
		return nameAmbiguous
	}
	return nameOrdinary
}

// wordEnds reports whether one of words is the whole name, or its last part behind a separator or a change of case.
func wordEnds(name string, folded []byte, words []string) bool {
	for _, word := range words {
		n := len(folded) - len(word)
		if n < 0 || word[len(word)-1] != folded[len(folded)-1] || string(folded[n:]) != word {
			continue
		}
		name = strings.TrimRight(name, "0123456789-_.")
		at := len(name) - len(word)
		if n == 0 {
			return true
		}
		if at <= 0 {
			continue // separators within the word
		}
		before, first := name[at-1], name[at]
		if before == '-' || before == '_' || before == '.' || 'A' <= first && first <= 'Z' && 'a' <= before && before <= 'z' {
			return true
		}
	}
	return false
}

// nameTails are the last letters of every name in the list, hashed: the last six, or all where there are fewer.
var nameTails = func() (tails [1 << 13]uint64) {
	for _, names := range [][]string{secretEndings, secretWords, ambiguousEndings, ambiguousWords, valueParts, {"key", "phrase", "code", "cookie", "cookies", "authorization", "authorisation", "basic", "identified"}} {
		for _, name := range names {
			h, n := uint32(0), 0
			for i := len(name) - 1; i >= 0 && n < longestTail; i-- {
				h, n = tailHash(h, name[i]), n+1
			}
			tails[h>>6&(1<<13-1)] |= 1 << (h & 63)
		}
	}
	return tails
}()

// lastLetters are those that a name of the list can end with.
var lastLetters = func() (letters [256]bool) {
	for _, names := range [][]string{secretEndings, secretWords, ambiguousEndings, ambiguousWords, valueParts, {"key", "code", "basic", "identified"}} {
		for _, name := range names {
			last := name[len(name)-1]
			letters[last] = true
			if last < 0x80 {
				letters[last&^0x20] = true
			}
		}
	}
	for _, skipped := range "0123456789-_" {
		letters[skipped] = true
	}
	return letters
}()

const longestTail = 6

func tailHash(h uint32, letter byte) uint32 { return (h + uint32(letter|0x20)) * 0x9e3779b1 }

// endsLikeName reports whether a word ends as a name of the list does. It is quick, and sometimes wrong where it says so.
func endsLikeName(word string) bool {
	if !lastLetters[word[len(word)-1]] {
		return false
	}
	h, n := uint32(0), 0
	for i := len(word) - 1; i >= 0 && n < longestTail; i-- {
		c := word[i]
		if c-'0' <= 9 && n == 0 || c == '-' || c == '_' {
			continue
		}
		h = tailHash(h, c)
		if n++; n >= 3 && nameTails[h>>6&(1<<13-1)]&(1<<(h&63)) != 0 {
			return true
		}
	}
	return n == 2 && strings.EqualFold(strings.Trim(word, "-_0123456789"), "pw")
}
