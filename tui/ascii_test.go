package tui

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNothingButASCIIReachesATerminalThatHasNothingElse(t *testing.T) {
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
		for _, text := range []string{p.Rows, p.Title, p.Tell} {
			if i := strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
				t.Fatalf("after %s there is %q", key, text[i:min(len(text), i+8)])
			}
		}
		for row := range strings.SplitSeq(p.Rows, "\n") {
			if w := cellWidth.StringWidth(row); w > 100 {
				t.Errorf("after %s a row is %d columns wide: %q", key, w, row)
			}
		}
	}
}
