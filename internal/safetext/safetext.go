// Package safetext makes text that came from elsewhere harmless: for a terminal, for a file, for a person's eyes.
//
// What [Line] and [Block] return is valid UTF-8 without one control, bidirectional, zero-width or otherwise invisible
// character, in whichever encoding it arrived: nothing in it can move a cursor, start a sequence, add a row or hide. What
// was removed is shown, not swallowed ("^[", "\x9b", "\u202e"): a terminal sequence without an end would take everything
// after it along. Both are idempotent, so that text may pass them at the edge and again before it is drawn.
//
// [MaskSecrets] and [MaskURL] keep the secrets of others out of sight, by one list of names ([SecretName]) and of shapes of tokens;
// [Known] keeps our own, whose values we know. Secrets are masked first and texts cut afterwards: [MaskedLine], [MaskedBlock].
package safetext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may follow one character: more than any living orthography stacks, and few enough
// that a character stays within its row.
const maxMarks = 6

// blockTab is what a tab becomes in a [Block].
const blockTab = "    "

// Line returns s as one line that is safe to draw. A line feed (with or without carriage return) and a tab become a space,
// any other C0 control its caret form ("^[", "^@", "^?"), a C1 control, encoded or as a raw byte, "\x9b", what else cannot
// be seen "\u200b" or "\U000e0041". SGR sequences (colours) that are well formed vanish, and so do the variation selectors
// and joiners of emoji, because terminals disagree about the width of what they join. Other bytes that are not UTF-8 become
// U+FFFD. Of a run of combining marks the first six stay.
//
// A string that is harmless already is returned as it is, without an allocation.
func Line(s string) string { return clean(s, false) }

// Block is [Line] for text of several lines: line feeds stay, and a tab becomes four spaces.
func Block(s string) string { return clean(s, true) }

func clean(s string, block bool) string {
	i := 0
	for i < len(s) && printableASCII(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	c := cleaner{block: block, based: i > 0}
	var out strings.Builder
	kept := 0 // s[kept:i] is harmless and not yet in out
	for i < len(s) {
		if printableASCII(s[i]) {
			c.letter(rune(s[i]))
			i++
			continue
		}
		size, replacement, harmless := c.next(s[i:])
		if !harmless {
			if out.Len() == 0 {
				out.Grow(len(s) + 16)
			}
			out.WriteString(s[kept:i])
			out.WriteString(replacement)
			kept = i + size
		}
		i += size
	}
	if kept == 0 {
		return s
	}
	out.WriteString(s[kept:])
	return out.String()
}

func printableASCII(b byte) bool { return ' ' <= b && b < 0x7f }

// cleaner is what has to be remembered between the characters of one text.
type cleaner struct {
	block bool
	based bool // a combining mark would find a character of this text to sit on
	last  rune // the last one that was no combining mark; 0 where it was replaced
	marks int  // combining marks since
}

// letter notes that r stays.
func (c *cleaner) letter(r rune) { c.based, c.last, c.marks = true, r, 0 }

// replaced notes that visible characters took the place of what was there.
func (c *cleaner) replaced() { c.based, c.last, c.marks = true, 0, 0 }

// next judges the start of s, which is not printable ASCII: how many bytes it is about, and what replaces them unless they
// are harmless.
func (c *cleaner) next(s string) (size int, replacement string, harmless bool) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 {
		if s[0] >= 0xa0 {
			c.replaced()
			return 1, string(utf8.RuneError), false
		}
		r = rune(s[0]) // a raw C1 control
	}
	if r < 0xa0 {
		return c.control(s, r, size)
	}
	switch {
	case plain(r):
		c.letter(r)
		return size, "", true
	case r == textStyle, r == emojiStyle:
		return size, "", false
	case r == zeroWidthJoiner && c.joinsEmoji(s[size:]):
		return size, "", false
	case !visible(r):
		c.replaced()
		return size, escape(r), false
	case unicode.Is(unicode.M, r):
		if !c.based {
			// Without a character of its own before it, it would sit on whatever was drawn to its left: a border.
			c.letter(dottedCircle)
			c.marks++
			return size, string([]rune{dottedCircle, r}), false
		}
		c.marks++
		return size, "", c.marks <= maxMarks
	}
	c.letter(r)
	return size, "", true
}

// control replaces the C0 or C1 control, or DEL, at the start of s.
func (c *cleaner) control(s string, r rune, size int) (int, string, bool) {
	if n := sgr(s, r, size); n > 0 {
		return n, "", false
	}
	switch r {
	case '\r':
		if strings.HasPrefix(s, "\r\n") {
			return size, "", false // the line feed stands for both
		}
	case '\n':
		if c.block {
			c.based, c.last, c.marks = false, 0, 0
			return size, "", true
		}
		c.letter(' ')
		return size, " ", false
	case '\t':
		c.letter(' ')
		if c.block {
			return size, blockTab, false
		}
		return size, " ", false
	}
	c.replaced()
	return size, escape(r), false
}

// sgr returns the length of the well-formed SGR sequence (ECMA-48 8.3.117: CSI, digits with ; or :, m) at the start of s,
// whose first character is r of that size, and 0 where there is none.
func sgr(s string, r rune, size int) int {
	i := size
	switch {
	case r == 0x9b:
	case r == 0x1b && strings.HasPrefix(s[i:], "["):
		i++
	default:
		return 0
	}
	for i < len(s) && '0' <= s[i] && s[i] <= ';' { // 0-9 : ;
		i++
	}
	if i < len(s) && s[i] == 'm' {
		return i + 1
	}
	return 0
}
