package tui

import (
	"strings"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// curlLine writes a request as a command for a POSIX shell. The secrets in it were replaced when the result was made; every
// word is quoted, so that nothing in it can be a command of its own.
func curlLine(r *tracker.Request) string {
	var out strings.Builder
	out.WriteString("curl -i")
	if r.Method != "" && r.Method != "GET" {
		out.WriteString(" -X " + shellWord(r.Method))
	}
	out.WriteString(" --url " + shellWord(r.URL))
	for _, h := range r.Headers {
		out.WriteString(" -H " + shellWord(h.Name+": "+h.Value))
	}
	if r.Body != "" {
		out.WriteString(" --data-raw " + shellWord(r.Body))
	}
	return out.String()
}

// shellWord quotes a word for a POSIX shell.
func shellWord(s string) string {
	return "'" + strings.ReplaceAll(safetext.Line(s), "'", `'\''`) + "'"
}
