package safetext_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"errtop/internal/safetext"
)

func TestWidthAgreesWithTheStyledTextLibrary(t *testing.T) {
	for s, want := range map[string]int{
		"":             0,
		"kling":        5,
		"一二":           4,
		"Größe":        5,
		"e\u0301x":     2,
		"👩\u200d💻":     4, // the joiner goes
		"⚠\ufe0f!":     2, // the selector goes
		"한국어":          6,
		"\x1b[31m\x00": 2, // "^@"
	} {
		s = safetext.Line(s)
		if got := safetext.Width(s); got != want || ansi.StringWidth(s) != want {
			t.Errorf("%q: %d cells, ansi says %d, want %d", s, got, ansi.StringWidth(s), want)
		}
	}
}

func TestTruncateFillsButNeverExceedsItsCells(t *testing.T) {
	for _, c := range []struct {
		s     string
		cells int
		tail  string
		want  string
	}{
		{"kling", 5, "…", "kling"},
		{"kling", 4, "…", "kli…"},
		{"kling", 1, "…", "…"},
		{"kling", 0, "…", ""},
		{"kling", -1, "…", ""},
		{"kling", 2, "...", "kl"},
		{"kling", 2, "", "kl"},
		{"一二三", 5, "…", "一二…"},
		{"一二三", 4, "…", "一…"},
		{"一二三", 1, "", ""},
		{"kline\u0301x", 5, "", "kline\u0301"},
		{"kline\u0301", 5, "…", "kline\u0301"},
	} {
		if got := safetext.Truncate(c.s, c.cells, c.tail); got != c.want {
			t.Errorf("Truncate(%q, %d, %q) = %q, want %q", c.s, c.cells, c.tail, got, c.want)
		}
	}
}

func FuzzTruncateFits(f *testing.F) {
	f.Add("kling 一二三 e\u0301", 7, "…")
	f.Fuzz(func(t *testing.T, s string, cells int, tail string) {
		s, tail = safetext.Line(s), safetext.Line(tail)
		got := safetext.Truncate(s, cells, tail)
		if w := safetext.Width(got); w > max(cells, 0) {
			t.Fatalf("Truncate(%q, %d, %q) = %q: %d cells", s, cells, tail, got, w)
		}
		if safetext.Width(s) <= cells && got != s {
			t.Fatalf("Truncate(%q, %d, %q) = %q although it fits", s, cells, tail, got)
		}
	})
}

// The bar: at most half of what the library for styled text takes for the same, on ASCII and on other letters.
func BenchmarkTruncate(b *testing.B) {
	for name, s := range map[string]string{"ascii": strings.Repeat("connection ", 6), "letters": strings.Repeat("Größe 一二三 ", 6)} {
		b.Run(name+"/safetext", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = safetext.Truncate(s, 40, "…")
			}
		})
		b.Run(name+"/ansi", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = ansi.Truncate(s, 40, "…")
			}
		})
	}
}
