package terminal

import (
	"strings"

	"github.com/charmbracelet/colorprofile"
)

// ColorDepth returns how many colours a terminal has, by its environment: asking it would leave the answer among the keys
// where the line is slow. NO_COLOR (https://no-color.org) and CLICOLOR=0 take all colours away, attributes stay;
// CLICOLOR_FORCE (https://bixense.com/clicolors) gives at least 16 to a terminal that is known to have none. COLORTERM tells
// of true colour, which tmux brings to any terminal; GNU screen does not.
func ColorDepth(env []string) colorprofile.Profile {
	kind := strings.ToLower(Variable(env, "TERM"))
	family, _, _ := strings.Cut(kind, "-")
	force := Variable(env, "CLICOLOR_FORCE")
	forced := force != "" && force != "0"
	colorful := Variable(env, "COLORTERM") == "truecolor" || Variable(env, "COLORTERM") == "24bit"
	multiplexed := Variable(env, "TMUX") != "" || family == "tmux"
	switch {
	case Variable(env, "NO_COLOR") != "", Variable(env, "CLICOLOR") == "0" && !forced:
		return colorprofile.ASCII
	case isColorless(kind) && !forced:
		return colorprofile.ASCII
	case isColorless(kind):
		return colorprofile.ANSI
	case colorful && (multiplexed || family != "screen"), strings.HasSuffix(kind, "-direct"), isColorful(kind):
		return colorprofile.TrueColor
	case strings.HasSuffix(kind, "256color"), multiplexed:
		return colorprofile.ANSI256
	default: // xterm, linux, screen, rxvt, …, and what nobody has heard of
		return colorprofile.ANSI
	}
}

// isColorless reports whether a kind of terminal has no colours: DEC's, what calls itself monochrome, and what is none.
func isColorless(kind string) bool {
	return kind == "" || kind == "dumb" || isDEC(kind) || strings.HasSuffix(kind, "-m") || strings.HasSuffix(kind, "-mono")
}

// isColorful reports whether all terminals that give this name have true colour.
func isColorful(kind string) bool {
	switch strings.TrimPrefix(kind, "xterm-") {
	case "alacritty", "contour", "foot", "ghostty", "kitty", "rio", "wezterm":
		return true
	default:
		return false
	}
}

// IsSilent reports whether a terminal has no operating system commands (OSC) and may print those it is sent: DEC's
// terminals, and the Linux console of older kernels.
func IsSilent(env []string) bool {
	kind := Variable(env, "TERM")
	return isDEC(kind) || kind == "linux" || kind == "ansi"
}

// keepsTitles reports whether a terminal keeps the title of its window and gives it back (XTWINOPS 22 and 23).
func keepsTitles(env []string) bool {
	kind := Variable(env, "TERM")
	for _, known := range [...]string{"xterm", "tmux", "screen", "rxvt", "foot", "alacritty", "kitty", "wezterm", "ghostty"} {
		if strings.HasPrefix(kind, known) {
			return true
		}
	}
	return false
}

// isDEC reports whether a kind of terminal is called like DEC's: vt100, vt220-w; vte is something else.
func isDEC(kind string) bool { return kind >= "vt0" && kind <= "vt9~" }

// Variable returns the value of an environment variable, "" where it is not set.
func Variable(env []string, name string) string {
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}
