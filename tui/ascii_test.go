package tui

import (
	"strings"
	"testing"
	"unicode/utf8"

	"errtop/internal/safetext"
)

func TestNothingButASCIIReachesATerminalThatHasNothingElse(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"plain\x1b[1m":               "plain\x1b[1m",
		"840µs":                      "840us",
		"Überlast ě":                 "?berlast ?", // ě ends in 9B, which begins a control sequence in ISO 8859
		"e\u0301te\u0301":            "ete",
		"東京 ok":                      "???? ok",
		"👩\u200d👩\u200d👧 x":          "?? x",
		"\x1b[1;31mż\x1b[m\x1b[2mé.": "\x1b[1;31m?\x1b[m\x1b[2m?.",
	} {
		if got := asciiOnly(in); got != want {
			t.Errorf("%q becomes %q instead of %q", in, got, want)
		}
	}
	hostile := incident()
	for i := range hostile.Targets {
		hostile.Targets[i].Name = "東京ě" + hostile.Targets[i].Name
	}
	for i := range hostile.Errors {
		hostile.Errors[i].Message = "Zażółć gęślą jaźń 👩\u200d👩\u200d👧"
	}
	u := visit(t, 100, 30, hostile, func(o *Options) { o.ASCII, o.Notify, o.Environ = true, true, []string{"TERM=xterm"} })
	for _, key := range []string{"1", "2", "enter", "y", "esc", "4", "7", "?"} {
		p, _ := u.press(key).m.picture()
		for _, text := range []string{p.rows, p.title, p.tell} {
			if i := strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
				t.Fatalf("after %s there is %q", key, text[i:min(len(text), i+8)])
			}
		}
		for row := range strings.SplitSeq(p.rows, "\n") {
			if w := cellWidth.StringWidth(row); w > 100 {
				t.Errorf("after %s a row is %d columns wide: %q", key, w, row)
			}
		}
	}
}

func FuzzASCIIOnlyKeepsTheWidth(f *testing.F) {
	f.Add("Zażółć e\u0301 東京 👩\u200d👩\u200d👧 ok")
	f.Fuzz(func(t *testing.T, s string) {
		s = safetext.Line(s) // as everything is that is drawn
		got := asciiOnly(s)
		if a, b := cellWidth.StringWidth(s), cellWidth.StringWidth(got); a != b {
			t.Errorf("%q has %d columns, %q has %d", s, a, got, b)
		}
	})
}
