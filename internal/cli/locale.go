package cli

import (
	"io"
	"slices"
	"strings"

	"errtop/internal/safetext"
)

// asciiOnly reports whether the dashboard is drawn with ASCII only: what the flag or the config says, or else where the
// environment says that nothing else would arrive.
func (a *app) asciiOnly(said *bool) bool {
	if said != nil {
		return *said
	}
	return !a.localeHasUTF8() || !a.terminalHasUTF8()
}

// print writes a text for people on standard output, in ASCII where nothing else would arrive.
func (a *app) print(text string) error {
	if a.asciiOnly(nil) {
		text = safetext.ASCII(asciiSymbols().Replace(text))
	}
	_, err := io.WriteString(a.Out, text)
	return err //nolint:wrapcheck // a write to standard output: there is nothing to add
}

// asciiSymbols stands in for the symbols of check and stats what the dashboard draws with ASCII.
func asciiSymbols() *strings.Replacer {
	return strings.NewReplacer("●", "o", "✖", "X", "█", "#", "▉", "#", "▊", "#", "▋", "#", "▌", "#", "▍", "", "▎", "", "▏", "", "…", "~", "–", "-")
}

// localeHasUTF8 reports whether the locale of characters is UTF-8. As in POSIX, the first of LC_ALL, LC_CTYPE and LANG that
// is not empty says it. None is said in most containers, and a name without a charset ("de_DE") means UTF-8 nearly
// everywhere but in old glibc: both are no reason to think that the terminal is of the last century, so that only C, POSIX
// and another charset's name are.
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

// terminalHasUTF8 reports whether a terminal of this kind can show more than ASCII. DEC's terminals (vt100 …) know no UTF-8; the fonts
// of the Linux console have at most 512 characters, and no blocks among them.
func (a *app) terminalHasUTF8() bool {
	kind, _ := a.LookupEnv("TERM")
	return !slices.Contains([]string{"linux", "ansi", "cons25"}, kind) && (kind < "vt0" || kind > "vt9~")
}
