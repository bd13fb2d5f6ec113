package tui

import (
	"strings"
	"testing"

	"errtop/internal/safetext"
)

func TestAPageRingsNotifiesAndStandsInTheTitleUntilSomebodyIsThere(t *testing.T) {
	u := visit(t, 80, 24, calm())
	u.m.Update(pageMsg{Text: "FIRING: billing: connection refused"})
	p, _ := u.m.picture()
	for _, want := range []string{"\a", "\x1b]9;errtop: FIRING: billing: connection refused\a", "\x1b]777;notify;errtop;errtop: FIRING: billing: connection refused\a"} {
		if !strings.Contains(p.Tell, want) {
			t.Errorf("%q lacks %q", p.Tell, want)
		}
	}
	if p.Title != "FIRING: billing: connection refused" {
		t.Errorf("the title is %q", p.Title)
	}
	u.press("j")
	if p, _ := u.m.picture(); p.Title != "errtop" || p.Tell != "" {
		t.Errorf("after a key: %q, %q", p.Title, p.Tell)
	}
	u.m.Update(pageMsg{Text: "FIRING: billing"})
	u.m.Update(pageMsg{Text: "RESOLVED: billing", Over: true})
	if p, _ := u.m.picture(); p.Title != "errtop" || strings.Count(p.Tell, "\x1b]9;") != 2 {
		t.Errorf("when it is over: %q, %q", p.Title, p.Tell)
	}
}

// Whatever text a page has, what reaches the terminal are the sequences meant for it, of a bounded length.
func TestAPageIsHarmlessAndBounded(t *testing.T) {
	for _, env := range [][]string{nil, {"TMUX=/tmp/t,1,0"}, {"STY=1.screen"}, {"TERM=linux"}} {
		for _, text := range []string{"\x1b]0;owned\a", "\x9d0;owned\x9c", "a\nb\rc\bd", "\u202eevil", strings.Repeat("x", 10_000), strings.Repeat("語", 5000)} {
			got := Attention(env, text)
			rest := strings.NewReplacer("\x1bPtmux;\x1b", "", "\x1b\\", "", "\x1bP", "").Replace(got)
			rest = strings.NewReplacer("\a", "", "\x1b]9;", "", "\x1b]777;notify;errtop;", "").Replace(rest)
			if env != nil && env[0] == "TERM=linux" && got != "\a" {
				t.Errorf("a silent terminal is told %q", got)
			}
			if safetext.Line(rest) != rest {
				t.Errorf("%v is told %q of %q", env, got, text)
			}
			if len(got) > 8*longestAttention*3 {
				t.Errorf("%v is told %d bytes", env, len(got))
			}
			u := visit(t, 80, 24, calm(), func(o *Options) { o.Environ = env })
			u.m.Update(pageMsg{Text: text})
			if p, _ := u.m.picture(); safetext.Line(p.Title) != p.Title || safetext.Width(p.Title) > longestTitle {
				t.Errorf("the title is %q", p.Title)
			}
		}
	}
}
