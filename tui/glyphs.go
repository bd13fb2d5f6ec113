package tui

import "errtop/tracker"

// glyphs are the signs drawn with: one set of Unicode, one of plain ASCII for terminals and fonts that have no other. Each
// is one column wide.
type glyphs struct {
	states   [6]string // by tracker.State
	breakers [4]string // by tracker.BreakerState
	ellipsis string
	dash     string // no value
	arrow    string // what to do follows
	up, down, level,
	rule, divider, cursor, dot, times string
	spark []string // from empty to full
	bars  []string // a bar's last cell, from an eighth to full
	mark  string   // an event on a chart
	ascii bool
}

func newGlyphs(ascii bool) *glyphs {
	if ascii {
		return &glyphs{
			states:   [6]string{"?", "o", "~", "%", "!", "X"},
			breakers: [4]string{" ", "-", "X", "/"},
			ellipsis: "~", dash: "-", arrow: ">", up: "^", down: "v", level: "=",
			rule: "-", divider: "|", cursor: ">", dot: "*", times: "x",
			spark: []string{"_", ".", ":", "-", "=", "+", "*", "#"},
			bars:  []string{"#"},
			mark:  "^",
			ascii: true,
		}
	}
	return &glyphs{
		states:   [6]string{"○", "●", "◌", "◆", "▲", "✖"},
		breakers: [4]string{" ", "─", "✖", "◐"},
		ellipsis: "…", dash: "–", arrow: "→", up: "↑", down: "↓", level: "≈",
		rule: "─", divider: "│", cursor: "▌", dot: "•", times: "×",
		spark: []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
		bars:  []string{"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"},
		mark:  "▲",
	}
}

// state returns a state's sign.
func (g *glyphs) state(s tracker.State) string { return g.states[min(int(s), len(g.states)-1)] }
