package tui

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"errtop/internal/terminal"
	"errtop/tracker"

	"github.com/charmbracelet/colorprofile"
)

func TestATerminalGetsTheColoursItHas(t *testing.T) {
	const none, sixteen, indexed, direct = colorprofile.ASCII, colorprofile.ANSI, colorprofile.ANSI256, colorprofile.TrueColor
	for env, want := range map[string]colorprofile.Profile{
		"": none, "TERM=": none, "TERM=dumb": none, "TERM=vt100": none, "TERM=vt220": none, "TERM=xterm-mono": none, "TERM=linux-m": none,
		"TERM=linux": sixteen, "TERM=xterm": sixteen, "TERM=xterm-color": sixteen, "TERM=xterm-16color": sixteen, "TERM=screen": sixteen,
		"TERM=rxvt": sixteen, "TERM=vte": sixteen, "TERM=cygwin": sixteen, "TERM=nobody-knows": sixteen,
		"TERM=xterm-256color": indexed, "TERM=screen-256color": indexed, "TERM=tmux-256color": indexed, "TERM=tmux": indexed,
		"TERM=rxvt-unicode-256color": indexed, "TERM=st-256color": indexed, "TERM=screen TMUX=/tmp/1": indexed,
		"TERM=xterm-direct": direct, "TERM=xterm-kitty": direct, "TERM=alacritty": direct, "TERM=foot": direct, "TERM=xterm-ghostty": direct,
		"TERM=xterm-256color COLORTERM=truecolor": direct, "TERM=xterm COLORTERM=24bit": direct,
		"TERM=screen-256color COLORTERM=truecolor":        indexed, // screen itself
		"TERM=screen-256color COLORTERM=truecolor TMUX=x": direct,
		"TERM=tmux-256color COLORTERM=truecolor":          direct,
		"TERM=vt100 COLORTERM=truecolor":                  none,
		"TERM=xterm-256color NO_COLOR=1":                  none,
		"TERM=xterm-256color NO_COLOR=anything":           none,
		"TERM=xterm-256color NO_COLOR=":                   indexed, // not set, says no-color.org
		"TERM=xterm-256color NO_COLOR=1 CLICOLOR_FORCE=1": none,
		"TERM=xterm-256color CLICOLOR=0":                  none,
		"TERM=xterm-256color CLICOLOR=1":                  indexed,
		"TERM=xterm-256color CLICOLOR=0 CLICOLOR_FORCE=1": indexed,
		"TERM=vt100 CLICOLOR_FORCE=1":                     sixteen,
		"TERM=vt100 CLICOLOR_FORCE=0":                     none,
	} {
		if got := terminal.ColorDepth(strings.Fields(env)); got != want {
			t.Errorf("%s: %s instead of %s", env, got, want)
		}
	}
}

// sent returns what a terminal with this environment is sent for the first pictures of an incident.
func sent(t *testing.T, theme string, env ...string) string {
	t.Helper()
	styles, err := NewStyles(theme, nil)
	if err != nil {
		t.Fatal(err)
	}
	depth := terminal.ColorDepth(env)
	u := visit(t, 120, 40, incident(), func(o *Options) { o.Styles, o.Environ = styles.forColors(depth), env })
	s := terminal.NewScreen(env, depth, false)
	var out strings.Builder
	out.Write(s.Enter())
	for _, key := range []string{"1", "j", "enter", "esc", "2", "space", "y", "3", "4", "5", "6", "7", "?"} {
		p, _ := u.press(key).m.picture()
		out.Write(s.Next(p))
	}
	out.Write(s.Leave())
	return out.String()
}

// parameters returns the parameters of all SGR sequences.
func parameters(out string) []string {
	var all []string
	for _, sgr := range regexp.MustCompile(`\x1b\[([\d;:]*)m`).FindAllStringSubmatch(out, -1) {
		list := strings.Split(sgr[1], ";")
		for i := 0; i < len(list); i++ {
			if n := list[i]; (n == "38" || n == "48") && i+2 < len(list) { // 38;5;n and 38;2;r;g;b
				arguments := 3
				if list[i+1] == "2" {
					arguments = 5
				}
				all = append(all, strings.Join(list[i:min(i+arguments, len(list))], ";"))
				i += arguments - 1
				continue
			}
			all = append(all, list[i])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestNoColourIsSentThatTheTerminalHasNot(t *testing.T) {
	attribute := regexp.MustCompile(`^(0|[1-57]|2[2-57])?$`)
	sixteen := regexp.MustCompile(`^(3[0-79]|4[0-79]|9[0-7]|10[0-7])$`)
	indexed := regexp.MustCompile(`^[34]8;5;\d+$`)
	for _, theme := range ThemeNames() {
		for term, allowed := range map[string][]*regexp.Regexp{
			"vt100": {attribute}, "vt220": {attribute}, "xterm-mono": {attribute},
			"linux": {attribute, sixteen}, "xterm": {attribute, sixteen}, "screen": {attribute, sixteen}, "nobody-knows": {attribute, sixteen},
			"xterm-256color": {attribute, sixteen, indexed}, "screen-256color": {attribute, sixteen, indexed}, "tmux-256color": {attribute, sixteen, indexed},
		} {
			for _, p := range parameters(sent(t, theme, "TERM="+term)) {
				if !slices.ContainsFunc(allowed, func(r *regexp.Regexp) bool { return r.MatchString(p) }) {
					t.Errorf("theme %s sends %s the parameter %q", theme, term, p)
				}
			}
		}
	}
}

// What a terminal is sent beside text: the finals of its control sequences and the numbers of its commands.
func TestATerminalIsSentOnlySequencesItKnows(t *testing.T) {
	csi := regexp.MustCompile(`\x1b\[([?>=]?[\d;:]*)([ -/]*[@-~])`)
	osc := regexp.MustCompile(`\x1b\](\d+)`)
	basic := []string{"A", "B", "C", "D", "H", "J", "K", "m", "r", "4h", "4l", "?25h", "?25l", "?1049h", "?1049l", "?2004h", "?2004l"} // a vt102's
	linux := append([]string{"@", "G", "X", "P", "L", "M", "d", "`"}, basic...)
	xterm := append([]string{"S", "T", "I", "Z", "q", "22;2t", "23;2t"}, linux...)
	for term, allowed := range map[string][]string{
		"vt100": basic, "vt220": append([]string{"@", "P", "L", "M", "X"}, basic...), "nobody-knows": basic,
		"linux": linux, "xterm": xterm, "screen": xterm, "xterm-256color": xterm, "tmux-256color": append([]string{"b"}, xterm...),
	} {
		out := sent(t, "dark", "TERM="+term)
		for _, m := range csi.FindAllStringSubmatch(out, -1) {
			what := m[2]
			if what == "h" || what == "l" || what == "t" { // modes and operations on windows have numbers
				what = m[1] + what
			}
			if !slices.Contains(allowed, what) {
				t.Errorf("%s is sent %q", term, m[0])
			}
		}
		commands := osc.FindAllStringSubmatch(out, -1)
		if silent := terminal.IsSilent([]string{"TERM=" + term}); silent && len(commands) > 0 {
			t.Errorf("%s is sent %q", term, commands)
		} else if !silent && len(commands) < 3 { // title, its removal, clipboard
			t.Errorf("%s is sent only %q", term, commands)
		}
	}
}

// contrast is WCAG 2's, from 1 to 21.
func contrast(a, b [3]float64) float64 {
	light := func(c [3]float64) float64 { // gamma of 2.2 is near enough to sRGB's
		return 0.2126*math.Pow(c[0]/255, 2.2) + 0.7152*math.Pow(c[1]/255, 2.2) + 0.0722*math.Pow(c[2]/255, 2.2)
	}
	x, y := light(a)+0.05, light(b)+0.05
	return max(x, y) / min(x, y)
}

func TestSixteenColoursCanBeReadOnBlackAndOnWhite(t *testing.T) {
	// What bold makes of a colour is the terminal's own choice: the normal one, or the bright one.
	palettes := map[string][16][3]float64{
		"xterm": {
			{0, 0, 0},
			{205, 0, 0},
			{0, 205, 0},
			{205, 205, 0},
			{0, 0, 238},
			{205, 0, 205},
			{0, 205, 205},
			{229, 229, 229},
			{127, 127, 127},
			{255, 0, 0},
			{0, 255, 0},
			{255, 255, 0},
			{92, 92, 255},
			{255, 0, 255},
			{0, 255, 255},
			{255, 255, 255},
		},
		"linux": {
			{0, 0, 0},
			{170, 0, 0},
			{0, 170, 0},
			{170, 85, 0},
			{0, 0, 170},
			{170, 0, 170},
			{0, 170, 170},
			{170, 170, 170},
			{85, 85, 85},
			{255, 85, 85},
			{85, 255, 85},
			{255, 255, 85},
			{85, 85, 255},
			{255, 85, 255},
			{85, 255, 255},
			{255, 255, 255},
		},
	}
	const enough = 2.5 // for bold and large; WCAG asks 3 of those, which the console's dark red misses on black
	for name, spec := range sixteenColors() {
		color := textColor(spec)
		if color == "" || name == "badge" {
			continue
		}
		n, err := strconv.Atoi(color)
		if err != nil || n > 15 {
			t.Fatalf("%s has the colour %s", name, color)
		}
		for palette, colors := range palettes {
			for ground, behind := range map[string][3]float64{"black": {}, "white": {255, 255, 255}} {
				if got := contrast(colors[n], behind); got < enough {
					t.Errorf("%s (%s) has a contrast of %.1f on %s in %s's palette", name, spec, got, ground, palette)
				}
			}
		}
	}
	s, err := NewStyles("", nil)
	if err != nil {
		t.Fatal(err)
	}
	for state := tracker.StateUnknown; state <= tracker.StateFailing; state++ {
		if badge := s.sixteen.StateBadge(state); badge.sgr == "" {
			t.Errorf("%s has no badge", state)
		}
	}
}

func TestSelectionAndBannersStandOutWithoutColours(t *testing.T) {
	for _, theme := range ThemeNames() {
		s, err := NewStyles(theme, map[string]string{"failing": "bold #ff6e6e"})
		if err != nil {
			t.Fatal(err)
		}
		for _, depth := range []colorprofile.Profile{colorprofile.ASCII, colorprofile.ANSI} {
			few := s.forColors(depth)
			for name, style := range map[string]Style{"selected": few.Selected, "banner": few.Banner} {
				if !slices.Contains(strings.Split(style.sgr, ";"), "7") {
					t.Errorf("%s in %s with %s is %q: nothing that is seen without colours", name, theme, depth, style.sgr)
				}
			}
			if few.Failing.sgr != s.Failing.sgr {
				t.Errorf("the user's own look is lost with %s: %s", depth, fmt.Sprint(few.Failing))
			}
		}
	}
}
