package logline

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// stringMarks marks the top bit of the lowest byte of w that is a quote, a backslash or a control character. Bytes above
// it may be marked wrongly: a borrow goes upwards.
func stringMarks(w uint64) uint64 {
	quote, slash := w^(ones*'"'), w^(ones*'\\')
	return ((quote - ones) | (slash - ones) | (w - ones*0x20)) &^ w & tops
}

// stringEnd returns where the string that starts at i (after its quote) has its closing quote, and whether there are
// escapes in it; -1 if it is broken. It looks at eight bytes at once.
func stringEnd(b []byte, i int) (end int, escaped bool) {
	for {
		for i+8 <= len(b) {
			if m := stringMarks(binary.LittleEndian.Uint64(b[i:])); m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		for i < len(b) && b[i] >= 0x20 && b[i] != '"' && b[i] != '\\' {
			i++
		}
		if i >= len(b) || b[i] < 0x20 {
			return -1, false
		}
		if b[i] == '"' {
			return i, escaped
		}
		escaped = true
		if i = escapeEnd(b, i); i < 0 {
			return -1, false
		}
	}
}

// escapeEnd returns where the escape that starts at the backslash b[i] ends, or -1 if it is broken.
func escapeEnd(b []byte, i int) int {
	if i+1 >= len(b) {
		return -1
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if i+6 > len(b) {
			return -1
		}
		if _, ok := hex4(b[i+2 : i+6]); ok {
			return i + 6
		}
	}
	return -1
}

// numberEnd returns where the number that starts at i ends, or -1 if none does.
func numberEnd(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	default:
		start := i
		if i = digitsEnd(b, i); i == start {
			return -1
		}
	}
	if i < len(b) && b[i] == '.' {
		start := i + 1
		if i = digitsEnd(b, start); i == start {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start := i
		if i = digitsEnd(b, i); i == start {
			return -1
		}
	}
	return i
}

// digitsEnd returns where the digits that start at i end.
func digitsEnd(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

// wordEnd returns where the true, false or null that starts at i ends, or -1 if none does.
func wordEnd(b []byte, i int) int {
	for _, word := range [...]string{"true", "false", "null"} {
		if len(b)-i >= len(word) && string(b[i:i+len(word)]) == word {
			return i + len(word)
		}
	}
	return -1
}

// hex4 reads four hexadecimal digits.
func hex4(b []byte) (rune, bool) {
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// unescape appends a string's content, whose escapes are known to be sound, without escapes. A lone surrogate becomes
// U+FFFD.
func unescape(dst, src []byte) []byte {
	for i := 0; i < len(src); {
		if src[i] != '\\' {
			dst = append(dst, src[i])
			i++
			continue
		}
		c := src[i+1]
		i += 2
		switch c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, _ := hex4(src[i:])
			i += 4
			if utf16.IsSurrogate(r) {
				low := rune(0)
				if i+6 <= len(src) && src[i] == '\\' && src[i+1] == 'u' {
					low, _ = hex4(src[i+2:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
		default: // '"', '\\', '/'
			dst = append(dst, c)
		}
	}
	return dst
}
