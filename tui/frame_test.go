package tui

import (
	"strings"
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

// Text of our own signs is measured and cut as the library measures and cuts it.
func TestOurSignsAreAsWideAsTheLibraryMeasures(t *testing.T) {
	f := &frame{styles: &Styles{}, glyphs: newGlyphs(false)}
	signs := []rune("✖▲●◆◇◌○◐▼✓→↑↓≈×–•…─│╌━┃▁█▌µa ")
	for i := range signs {
		for w := range 9 {
			text := string(signs[i:]) + string(signs[:i])
			text = string([]rune(text)[:8])
			if n := narrow(text); n != cellWidth.StringWidth(text) {
				t.Fatalf("%q takes %d columns, not %d", text, cellWidth.StringWidth(text), n)
			}
			want := text
			if w < 8 {
				want = cellWidth.Truncate(text, w, "…")
			}
			if got := f.drawn(max(w, 1), 1, func(a area) {
				p := a.row(0)
				put(&p, Style{}, text, w)
			}); strings.TrimRight(got, " ") != strings.TrimRight(want, " ") {
				t.Fatalf("%q is cut to %q at %d columns, want %q", text, got, w, want)
			}
		}
	}
}
