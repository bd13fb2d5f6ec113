package tui

import (
	"strings"

	"errtop/tracker"
)

// glyphs are the signs on the screen, each one column wide: a Unicode set, and an ASCII set for terminals and fonts without it.
type glyphs struct {
	states   [6]string // by tracker.TargetState
	breakers [4]string // by tracker.BreakerState
	scan     string    // an incident that is only somebody's scan
	acked    string    // somebody has seen it
	ellipsis string
	dash     string // no value
	arrow    string // what to do follows
	up, down, level,
	rule, divider, cursor, dot, times string
	spark []string // from empty to full
	bars  []string // a bar's last cell, from an eighth to full
	marks [markKindCount]string

	light, heavy string // lines of a chart

	ascii bool

	rulers string // the longest
}

func newGlyphs(ascii bool) *glyphs {
	g := unicodeGlyphs()
	if ascii {
		g = asciiGlyphs()
	}
	g.rulers = " " + strings.Repeat(g.rule, longestRule)
	return g
}

func asciiGlyphs() *glyphs {
	return &glyphs{
		states:   [6]string{"?", "o", "~", "%", "!", "X"},
		breakers: [4]string{" ", "-", "X", "/"},
		scan:     "<", acked: "+",
		ellipsis: "~", dash: "-", arrow: ">", up: "^", down: "v", level: "=",
		rule: "-", divider: "|", cursor: ">", dot: "*", times: "x",
		spark: []string{"_", ".", ":", "-", "=", "+", "*", "#"},
		bars:  []string{"#"},
		marks: [markKindCount]string{"v", ".", "!", "^", "o", "o", "~"},
		light: "-", heavy: "#",
		ascii: true,
	}
}

func unicodeGlyphs() *glyphs {
	return &glyphs{
		states:   [6]string{"○", "●", "◌", "◆", "▲", "✖"},
		breakers: [4]string{" ", "─", "✖", "◐"},
		scan:     "◇", acked: "✓",
		ellipsis: "…", dash: "–", arrow: "→", up: "↑", down: "↓", level: "≈",
		rule: "─", divider: "│", cursor: "▌", dot: "•", times: "×",
		spark: []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
		bars:  []string{"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"},
		marks: [markKindCount]string{"▼", "┄", "◆", "▲", "●", "○", "╌"},
		light: "─", heavy: "━",
	}
}

// ruler returns a space and a rule, n columns together; "" where there is no room for both.
func (g *glyphs) ruler(n int) string {
	if n < 2 {
		return ""
	}
	return g.rulers[:1+min(n-1, longestRule)*len(g.rule)]
}

// longestRule is how many columns a rule has at most.
const longestRule = 512

// state returns a state's sign.
func (g *glyphs) state(s tracker.TargetState) string { return g.states[min(int(s), len(g.states)-1)] }
