package safetext_test

import (
	"testing"

	"github.com/charmbracelet/x/ansi"

	"errtop/internal/safetext"
)

func TestASCIIHoldsNothingElse(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"a\r\né\n":                   "a\r\n?\n",
		"plain\x1b[1m":               "plain\x1b[1m",
		"840µs":                      "840us",
		"Überlast ě":                 "?berlast ?", // ě ends in 9B, which begins a control sequence in ISO 8859
		"e\u0301te\u0301":            "ete",
		"東京 ok":                      "???? ok",
		"👩\u200d👩\u200d👧 x":          "?? x",
		"\x1b[1;31mż\x1b[m\x1b[2mé.": "\x1b[1;31m?\x1b[m\x1b[2m?.",
	} {
		if got := safetext.ASCII(in); got != want {
			t.Errorf("%q becomes %q instead of %q", in, got, want)
		}
	}
}

func FuzzASCIIKeepsTheWidth(f *testing.F) {
	f.Add("Zażółć e\u0301 東京 👩\u200d👩\u200d👧 ok")
	f.Fuzz(func(t *testing.T, s string) {
		s = safetext.Line(s) // as everything is that is drawn
		got := safetext.ASCII(s)
		if a, b := ansi.StringWidth(s), ansi.StringWidth(got); a != b {
			t.Errorf("%q has %d columns, %q has %d", s, a, got, b)
		}
	})
}
