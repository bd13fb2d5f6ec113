package safetext

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

const (
	zeroWidthJoiner = '\u200d'
	textStyle       = '\ufe0e' // variation selector 15
	emojiStyle      = '\ufe0f' // variation selector 16
	dottedCircle    = '\u25cc' // what a combining mark is shown on when it stands alone
)

// visible reports whether r, which is at least U+00A0, can be seen and takes the place that it seems to take. It is false
// for format characters (bidirectional, zero-width, tags), separators of lines and paragraphs, fillers, variation selectors
// and code points that mean nothing yet; true for private use, where fonts keep their symbols.
func visible(r rune) bool {
	if !unicode.IsGraphic(r) {
		return unicode.Is(unicode.Co, r)
	}
	return !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// plain reports whether r is one of the Latin or Han letters and signs that most text outside ASCII is made of: visible, and
// no combining mark. It saves the search in the tables.
func plain(r rune) bool {
	return r < '\u0300' && r != '\u00ad' || '\u4e00' <= r && r <= '\u9fff'
}

// joinsEmoji reports whether a zero-width joiner before s stands between two pictures, where it hides nothing.
func (c *cleaner) joinsEmoji(s string) bool {
	next, size := utf8.DecodeRuneInString(s)
	return size > 1 && unicode.In(c.last, unicode.So, unicode.Sk) && unicode.Is(unicode.So, next)
}

// escape returns how a character that must not be drawn is shown.
func escape(r rune) string {
	switch {
	case r < 0x20, r == 0x7f:
		return "^" + string(r^0x40)
	case r < 0xa0:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}
