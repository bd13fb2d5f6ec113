package tui

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"errtop/tracker"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// Style is how a run of text looks: the parameters of one SGR sequence. The zero Style is the terminal's own.
type Style struct{ sgr string }

// Styles are the styles of everything on the screen, built once from a theme and immutable.
type Styles struct {
	Text, Strong, Muted, Faint Style
	Title                      Style // headings
	Accent                     Style // keys, links between things, the active tab
	Badge                      Style // text of the word in front of the headline, which stands on the state's colour
	Selected                   Style // under the selected row
	Banner                     Style // frozen, past, problems: impossible to miss

	Failing, Degraded, Throttled, Stale, Healthy, Unknown Style // the states

	badges [6]Style
	cursor Style // under the character that the prompt's cursor is on

	sixteen, colorless *Styles // the same for terminals that have 16 colours, or none; nil where there is no difference
}

// ParseStyle reads a style as themes spell it: attributes (bold, faint, italic, underline, reverse), a colour for the
// text, and after "on" one for what is behind it. A colour is #rrggbb, #rgb, or a number of the terminal's palette (0–255).
func ParseStyle(spec string) (Style, error) {
	var s ansi.Style
	behind := false
	for word := range strings.FieldsSeq(spec) {
		switch word {
		case "bold":
			s = s.Bold()
		case "faint":
			s = s.Faint()
		case "italic":
			s = s.Italic(true)
		case "underline":
			s = s.Underline(true)
		case "reverse":
			s = s.Reverse(true)
		case "on":
			behind = true
		default:
			if !isColor(word) {
				return Style{}, fmt.Errorf("style %q: %q is neither an attribute (bold, faint, italic, underline, reverse) nor a colour (#rrggbb, 0–255)", spec, word)
			}
			if behind {
				s = s.BackgroundColor(lipgloss.Color(word))
			} else {
				s = s.ForegroundColor(lipgloss.Color(word))
			}
		}
	}
	return Style{sgr: strings.Join(s, ";")}, nil
}

func isColor(word string) bool {
	if hex, ok := strings.CutPrefix(word, "#"); ok {
		_, err := strconv.ParseUint(hex, 16, 32)
		return err == nil && (len(hex) == 3 || len(hex) == 6)
	}
	_, err := strconv.ParseUint(word, 10, 8)
	return err == nil
}

// tokens are the names of a theme's styles, as settings spell them.
var tokens = [...]string{
	"text", "strong", "muted", "faint", "title", "accent", "badge", "selected", "banner",
	"failing", "degraded", "throttled", "stale", "ok", "unknown",
}

// token returns the field of a token, nil for an unknown name.
func (s *Styles) token(name string) *Style {
	fields := [...]*Style{
		&s.Text, &s.Strong, &s.Muted, &s.Faint, &s.Title, &s.Accent, &s.Badge, &s.Selected, &s.Banner,
		&s.Failing, &s.Degraded, &s.Throttled, &s.Stale, &s.Healthy, &s.Unknown,
	}
	if i := slices.Index(tokens[:], name); i >= 0 {
		return fields[i]
	}
	return nil
}

// StyleNames returns the tokens that settings can override.
func StyleNames() []string { return slices.Clone(tokens[:]) }

// NewStyles builds the styles of a theme ("dark", "light", "high-contrast", "mono"; "" is dark), overridden by own: token name to
// style. The error names every mistake.
func NewStyles(theme string, own map[string]string) (*Styles, error) {
	base, ok := themes()[cmp.Or(theme, "dark")]
	if !ok {
		return nil, fmt.Errorf("theme %q: expected one of %s", theme, strings.Join(ThemeNames(), ", "))
	}
	s, err := buildStyles(base, own)
	if theme != "mono" {
		// The first call has reported the mistakes in own.
		s.sixteen, _ = buildStyles(sixteenColors(), own)
		s.colorless, _ = buildStyles(themes()["mono"], own)
	}
	return s, err
}

// forColors returns the styles for a terminal of so many colours.
func (s *Styles) forColors(depth colorprofile.Profile) *Styles {
	switch {
	case depth <= colorprofile.ASCII && s.colorless != nil:
		return s.colorless
	case depth == colorprofile.ANSI && s.sixteen != nil:
		return s.sixteen
	default:
		return s
	}
}

func buildStyles(base, own map[string]string) (*Styles, error) {
	s := new(Styles)
	var problems []error
	apply := func(looks map[string]string) {
		for _, name := range slices.Sorted(maps.Keys(looks)) {
			field := s.token(name)
			if field == nil {
				problems = append(problems, fmt.Errorf("theme token %q: expected one of %s", name, strings.Join(tokens[:], ", ")))
				continue
			}
			style, err := ParseStyle(looks[name])
			if err != nil {
				problems = append(problems, fmt.Errorf("theme token %q: %w", name, err))
				continue
			}
			*field = style
		}
	}
	s.cursor = Style{sgr: "7"}
	apply(base)
	apply(own)
	for state := range s.badges {
		name := tracker.TargetState(state).String()
		badge := cmp.Or(own["badge"], base["badge"])
		if color := textColor(cmp.Or(own[name], base[name])); color != "" {
			badge += " on " + color
		} else {
			badge = strings.ReplaceAll(badge, textColor(badge), "") + " reverse"
		}
		style, err := ParseStyle(badge)
		if err == nil { // a mistake in a token is reported above
			s.badges[state] = style
		}
	}
	return s, errors.Join(problems...)
}

// textColor returns the colour that a style gives the text, "" where it gives none.
func textColor(spec string) string {
	before, _, _ := strings.Cut(spec, "on ")
	for word := range strings.FieldsSeq(before) {
		if isColor(word) {
			return word
		}
	}
	return ""
}

// ThemeNames returns the names of the built-in themes.
func ThemeNames() []string { return slices.Sorted(maps.Keys(themes())) }

// State returns the look of a state.
func (s *Styles) State(state tracker.TargetState) Style {
	switch state {
	case tracker.StateFailing:
		return s.Failing
	case tracker.StateDegraded:
		return s.Degraded
	case tracker.StateThrottled:
		return s.Throttled
	case tracker.StateStale:
		return s.Stale
	case tracker.StateOK:
		return s.Healthy
	default:
		return s.Unknown
	}
}

// StateBadge returns the look of the badge that names a state in the headline.
func (s *Styles) StateBadge(state tracker.TargetState) Style {
	return s.badges[min(int(state), len(s.badges)-1)]
}

// Outcome returns the look of a status or kind: the colour of the state it leads to.
func (s *Styles) Outcome(o tracker.Outcome) Style {
	switch o.Kind {
	case tracker.KindOK:
		return s.Healthy
	case tracker.KindRateLimited:
		return s.Throttled
	case tracker.KindInvalid, tracker.KindAuth, tracker.KindForbidden, tracker.KindNotFound, tracker.KindClient, tracker.KindAssertion:
		return s.Degraded
	case tracker.KindValidation, tracker.KindShortCircuit:
		return s.Stale
	default:
		return s.Failing
	}
}

// Breaker returns the look of a breaker's state.
func (s *Styles) Breaker(state tracker.BreakerState) Style {
	switch state {
	case tracker.BreakerOpen:
		return s.Failing
	case tracker.BreakerHalfOpen:
		return s.Degraded
	default:
		return s.Muted
	}
}
