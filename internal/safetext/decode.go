package safetext

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
)

// view is a text with its encodings resolved, and where each of its bytes came from.
type view struct {
	text string
	at   []int32 // at[i] is where text[i] began, at[len(text)] the length of the original
}

const maxLayers = 3 // of encodings around each other

// eachLayer calls look with what is left of s when one layer of its encodings is resolved, then the next: percent signs, backslashes,
// HTML entities, terminal sequences as they come and as [Line] shows them, and with plus those of forms.
func eachLayer(s string, plus bool, look func(v view)) {
	var back []int32 // where a byte of the last layer began in s
	for range maxLayers {
		v, ok := decoded(s, plus)
		if !ok {
			return
		}
		for i := range v.at {
			if back != nil {
				v.at[i] = back[v.at[i]]
			}
		}
		look(v)
		s, back = v.text, v.at
	}
}

// decoded resolves one layer. ok is false where there is none.
func decoded(s string, plus bool) (v view, ok bool) {
	first := 0
	for first < len(s) {
		if size, _ := decodeAt(s, first, plus); size > 0 {
			break
		}
		first++
	}
	if first == len(s) {
		return view{}, false
	}
	text := append(make([]byte, 0, len(s)), s[:first]...)
	at := make([]int32, first, len(s)+1)
	for i := range at {
		at[i] = int32(i)
	}
	for i := first; i < len(s); {
		size, with := decodeAt(s, i, plus)
		if size == 0 {
			size, with = 1, s[i:i+1]
		}
		for n := range len(with) {
			text, at = append(text, with[n]), append(at, int32(i))
		}
		i += size
	}
	return view{text: string(text), at: append(at, int32(len(s)))}, true //nolint:gosec // a text is smaller than 2 GB
}

// decodeAt returns how many bytes of s from i on encode something, and what; 0 where they stand for themselves.
func decodeAt(s string, i int, plus bool) (size int, with string) {
	switch {
	case s[i] == 0x9b: // a control, and not the end of a letter such as "ě"
		if i > 0 && s[i-1] >= 0x80 {
			return 0, ""
		}
	case s[i] == 0xef && strings.HasPrefix(s[i:], "："), s[i] == 0xef && strings.HasPrefix(s[i:], "＝"):
		return len("："), map[bool]string{true: ":", false: "="}[s[i+2] == "："[2]]
	case s[i] == 0xc2 && strings.HasPrefix(s[i:], "\u00a0"):
		return len("\u00a0"), " "
	case s[i] == 0xc2 && strings.HasPrefix(s[i:], "\u009b"):
		if size := sequence(s[i+1:], 0); size > 0 {
			return size + 1, ""
		}
		return 0, ""
	case !is(s[i], code):
		return 0, ""
	}
	if s[i] == '+' { // application/x-www-form-urlencoded
		if plus && i > 0 && i+1 < len(s) && s[i-1] > ' ' && s[i+1] > ' ' {
			return 1, " "
		}
		return 0, ""
	}
	return decodeStart(s[i:])
}

// decodeStart is [decodeAt] for the start of s.
func decodeStart(s string) (size int, with string) {
	switch s[0] {
	case '%':
		if len(s) >= 3 {
			return hexByte(s[1:3], 3)
		}
	case '\\':
		return unescape(s)
	case '&':
		end := strings.IndexByte(s[:min(len(s), 12)], ';')
		if end > 1 {
			if with := html.UnescapeString(s[:end+1]); with != s[:end+1] {
				return end + 1, with
			}
		}
	case 0x1b:
		return sequence(s, 1), ""
	case 0x9b:
		return sequence(s, 0), ""
	case '^':
		if strings.HasPrefix(s, "^[") {
			return sequence(s, 2), ""
		}
	}
	return 0, ""
}

func hexByte(digits string, size int) (int, string) {
	n, err := strconv.ParseUint(digits, 16, 8)
	if err != nil {
		return 0, ""
	}
	return size, string([]byte{byte(n)})
}

// unescape reads the escape of JSON (RFC 8259, section 7), of Go or of JavaScript at the start of s.
func unescape(s string) (size int, with string) {
	if len(s) < 2 {
		return 0, ""
	}
	switch s[1] {
	case '"', '\\', '/', '\'':
		return 2, s[1:2]
	case 'n', 'r', 't', 'b', 'f':
		return 2, map[byte]string{'n': "\n", 'r': "\r", 't': "\t", 'b': "\b", 'f': "\f"}[s[1]]
	case 'u':
		return unicodeEscape(s)
	case 'x':
		if len(s) >= 4 {
			return hexByte(s[2:4], 4)
		}
	case 'e':
		return sequence(s, 2), ""
	}
	return 0, ""
}

// unicodeEscape reads "\u" and four digits at the start of s, or two of them that are a pair of surrogates.
func unicodeEscape(s string) (size int, with string) {
	unit := func(at int) (rune, bool) {
		if len(s) < at+6 || s[at] != '\\' || s[at+1] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseInt(s[at+2:at+6], 16, 32)
		return rune(n), err == nil && n >= 0
	}
	first, ok := unit(0)
	if !ok {
		return 0, ""
	}
	if second, ok := unit(6); ok && utf16.IsSurrogate(first) {
		return 12, string(utf16.DecodeRune(first, second))
	}
	return 6, string(first)
}

// sequence returns the length of the control sequence (ECMA-48, section 5.4) whose introducer is n bytes long, with the
// "[" that a 7-bit one has. It is 0 where there is none.
func sequence(s string, n int) int {
	if s[0] != 0x9b {
		if len(s) <= n || s[n] != '[' {
			return 0
		}
		n++
	} else {
		n = 1
	}
	for n < len(s) && 0x20 <= s[n] && s[n] <= 0x3f {
		n++
	}
	if n < len(s) && 0x40 <= s[n] && s[n] <= 0x7e {
		return n + 1
	}
	return 0
}
