package tui

import (
	"testing"

	"errtop/internal/safetext"
)

// TestNarrowTextIsAsWideAsTheSlowWaySays asks of every character, alone and between others, whether the short cut agrees with
// what makes text harmless and measures it.
func TestNarrowTextIsAsWideAsTheSlowWaySays(t *testing.T) {
	taken := 0
	for r := range rune(0x11000) {
		for _, s := range []string{string(r), "a" + string(r) + "b"} {
			n := narrow(s)
			if n < 0 {
				continue
			}
			taken++
			if clean := safetext.Line(s); clean != s || cellWidth.StringWidth(s) != n {
				t.Errorf("%q: %d columns, is drawn as %q in %d", s, n, clean, cellWidth.StringWidth(clean))
			}
		}
	}
	if taken < 2*(95+0xa0) {
		t.Errorf("only %d were taken", taken)
	}
	for _, s := range []string{"\xe2\x94", "\xc2", "\xe2", "\xe2\x96\xa0", "a\x1b", "\xe2\x80\xae"} {
		if narrow(s) >= 0 {
			t.Errorf("%q was taken", s)
		}
	}
}
