// Package canary is for tests: texts that hold a secret in every place and form that one is known to come in, hostile texts, and a
// search for what is left of a secret.
package canary

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"errtop/internal/safetext"
)

// Fill puts value into a text of [Texts].
func Fill(text, value string) string { return strings.ReplaceAll(text, "§", value) }

// Encodings returns a text as it may arrive, by the name of its encoding.
func Encodings(text string) map[string]string {
	forms := map[string]string{"raw": text, "safe": safetext.Line(text)}
	if !utf8.ValidString(text) {
		return forms
	}
	quoted, _ := json.Marshal(text)          //nolint:errchkjson // of a string
	twice, _ := json.Marshal(string(quoted)) //nolint:errchkjson // of a string
	forms["json"], forms["json in json"] = string(quoted), string(twice)
	if strings.Contains(text, "\x1b") {
		return forms
	}
	forms["percent"] = url.QueryEscape(text)
	forms["path"] = url.PathEscape(text)
	forms["html"] = html.EscapeString(text)
	forms["base64"] = "body: " + base64.StdEncoding.EncodeToString([]byte(text))
	forms["base64url"] = "body: " + base64.RawURLEncoding.EncodeToString([]byte(text))
	forms["hex"] = "body " + hex.EncodeToString([]byte(text))
	return forms
}

var encoded = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}`)

// Leak returns where text shows value, or half of it, as it is or encoded, and "" where it does not.
func Leak(text, value string) string {
	halves := []string{value[:(len(value)+1)/2], value[len(value)/2:]}
	holds := func(s string) bool {
		return slices.ContainsFunc(halves, func(half string) bool { return strings.Contains(s, half) })
	}
	for _, half := range halves {
		if at := strings.Index(text, half); at >= 0 {
			return text[max(0, at-60):min(len(text), at+60)]
		}
	}
	if plain, err := url.PathUnescape(text); err == nil && holds(plain) {
		return plain
	}
	for _, word := range encoded.FindAllString(text, -1) {
		for cut := range 4 { // where the value began in the bytes that were encoded
			for _, decode := range []func(string) ([]byte, error){base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString, hex.DecodeString} {
				if b, _ := decode(word[cut:]); holds(string(b)) { // an error leaves what came before it
					return word
				}
			}
		}
	}
	return ""
}

// Hostile are texts that a terminal would obey or that deceive its reader.
var Hostile = []string{
	"\x1b]0;owned\a", "\x1b[2J\x1b[H", "\x1b]52;c;AAAA", "\x1bP+q\x1b\\", "\x9b31m", "\u009b2J", "\u0085", "a\r\nb\vc\fd\be\x00f", "\u202eright to left", "\u2066x\u2069",
	"a\u200bb\ufeffc\U000e0041", "line\u2028sep\u2029", "\xff\xfe\xfd", "\x1b", "\x1b[", "\x1b]", "\x90q", "\x9fapc", "z" + strings.Repeat("\u0301", 300), "👩\u200d👩\u200d👧",
}
