package cli

import (
	"io"
	"slices"
	"strings"

	"errtop/internal/safetext"
)

// asciiOnly reports whether to draw with ASCII only: as the flag or the config says, or by default if the environment says that the
// terminal shows nothing else.
func (a *app) asciiOnly(said *bool) bool {
	if said != nil {
		return *said
	}
	return !a.localeHasUTF8() || !a.terminalHasUTF8()
}

// print writes text for people to standard output, in ASCII if the terminal shows nothing else.
func (a *app) print(text string) error {
	if a.asciiOnly(nil) {
		text = safetext.ASCII(asciiSymbols().Replace(text))
	}
	_, err := io.WriteString(a.Out, text)
	return err //nolint:wrapcheck // a write to standard output: there is nothing to add
}

// asciiSymbols replaces the symbols of check and stats with those that the dashboard draws in ASCII.
func asciiSymbols() *strings.Replacer {
	return strings.NewReplacer("●", "o", "✖", "X", "█", "#", "▉", "#", "▊", "#", "▋", "#", "▌", "#", "▍", "", "▎", "", "▏", "", "…", "~", "–", "-")
}

// localeHasUTF8 reports whether the character set of the locale is UTF-8. As in POSIX, the first of LC_ALL, LC_CTYPE and LANG that
// is not empty decides. Most containers set none, and a name without a charset ("de_DE") means UTF-8 nearly everywhere, so only
// C, POSIX and the name of another charset rule UTF-8 out.
func (a *app) localeHasUTF8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		value, _ := a.LookupEnv(name)
		if value == "" {
			continue
		}
		locale, modifier, _ := strings.Cut(value, "@")
		language, charset, named := strings.Cut(locale, ".")
		switch {
		case named:
			charset = strings.ToLower(strings.ReplaceAll(charset, "-", ""))
			return charset == "utf8"
		case language == "C" || language == "POSIX":
			return false
		default:
			return modifier != "euro" // ISO 8859-15
		}
	}
	return true
}

// terminalHasUTF8 reports whether a terminal of this type can show more than ASCII. DEC's terminals (vt100 …) have no UTF-8; fonts of
// the Linux console have at most 512 characters and lack the block elements.
func (a *app) terminalHasUTF8() bool {
	kind, _ := a.LookupEnv("TERM")
	return !slices.Contains([]string{"linux", "ansi", "cons25"}, kind) && (kind < "vt0" || kind > "vt9~")
}
