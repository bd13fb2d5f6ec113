package cli

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"errtop/internal/safetext"
)

// Whatever is logged, message, text, error or list, is harmless, and holds no secret of others or of the settings.
func TestTheLogOfAWatchIsHarmlessAndHoldsNoSecret(t *testing.T) {
	const own, others = "C4N4RYown9x", "C4N4RYothers9x"
	for _, format := range []string{"text", "json"} {
		var out strings.Builder
		log, err := newLog(&out, format, func() safetext.Known { return safetext.Know(own) })
		if err != nil {
			t.Fatal(err)
		}
		hostile := "\x1b]0;owned\a password=" + others + " you sent " + own
		address, _ := url.Parse("https://u:" + others + "@h/x")
		log.Info(hostile, "text", hostile, "error", errors.New(hostile), "list", []string{hostile}, "address", address)
		if got := out.String(); !strings.Contains(got, "you sent") || strings.ContainsAny(got, "\x1b\a") || strings.Contains(got, `\u001b`) || strings.Contains(got, "C4N4RY") {
			t.Errorf("%s: %q", format, got)
		}
	}
}
