package cli

import (
	"fmt"
	"strings"
	"time"

	"errtop/internal/human"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// phase is a part of a request's time.
type phase struct {
	name string
	took time.Duration
}

// phases returns the phases that happened, in order.
func phases(p tracker.Phases) []phase {
	var happened []phase
	for _, phase := range []phase{
		{"dns", p.DNS}, {"connect", p.Connect}, {"tls", p.TLS}, {"first_byte", p.FirstByte}, {"body", p.Body},
	} {
		if phase.took > 0 {
			happened = append(happened, phase)
		}
	}
	return happened
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}

// writeChecked prints one line per target: symbol, name, result, time, and why it failed; with verbose also the evidence.
func (a *app) writeChecked(results []checked, verbose bool) error {
	width, failing := len("TARGET"), 0
	for i := range results {
		width = max(width, safetext.Width(safetext.Line(results[i].target.Name)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  %s  %-13s %9s  %s\n", pad("TARGET", width), "RESULT", "TIME", "WHY")
	for i := range results {
		r := &results[i].result
		symbol, label := "●", "ok"
		if r.Kind.Failed() {
			failing++
			symbol, label = failed("✖", a.colour()), r.Outcome().Label()
		} else if r.Status != 0 {
			label = fmt.Sprintf("%d ok", r.Status)
		}
		line := fmt.Sprintf("%s %s  %-13s %9s  %s", symbol, pad(safetext.Line(results[i].target.Name), width),
			label, showDuration(r.Latency), why(r))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		if verbose {
			writeEvidence(&b, r)
		}
	}
	if failing > 0 {
		fmt.Fprintf(&b, "%d of %d fail\n", failing, len(results))
	}
	return a.print(b.String())
}

// why says in one line what was wrong.
func why(r *tracker.Result) string {
	switch {
	case !r.Kind.Failed():
		return safetext.Line(r.Message) // how long a certificate is valid, for example
	case r.Message == "" || r.Message == r.Error:
		return safetext.Line(r.Error)
	case r.Error == "" || strings.HasPrefix(r.Message, r.Error):
		return safetext.Line(r.Message)
	default:
		return safetext.Line(r.Error + ": " + r.Message)
	}
}

// writeEvidence prints what is known of a result, indented under its line.
func writeEvidence(b *strings.Builder, r *tracker.Result) {
	e := r.Evidence
	if e == nil {
		return
	}
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "    %-11s %s\n", name, safetext.Line(value))
		}
	}
	if strings.HasPrefix(e.Request.URL, "http") {
		field("request", e.Request.Method+" "+e.Request.URL)
	} else { // a connection has no method
		field("request", e.Request.URL)
	}
	for _, wrong := range e.Errors {
		field("error", wrong)
	}
	field("details", e.Details)
	if e.Attempt > 1 {
		field("attempt", fmt.Sprintf("%d of %d", e.Attempt, e.Attempts))
	}
	parts := make([]string, 0, 5)
	for _, phase := range phases(e.Phases) {
		parts = append(parts, strings.ReplaceAll(phase.name, "_", " ")+" "+showDuration(phase.took))
	}
	field("phases", strings.Join(parts, ", "))
	field("remote", strings.TrimSpace(e.RemoteAddr+" "+e.Proto+" "+e.TLSVersion))
	if !e.CertExpiry.IsZero() {
		field("certificate", "until "+e.CertExpiry.UTC().Format(time.RFC3339))
	}
	field("request id", r.RequestID)
	if !r.ResetAt.IsZero() {
		field("resets at", r.ResetAt.UTC().Format(time.RFC3339))
	}
	for _, header := range e.Headers {
		field("header", header.Name+": "+header.Value)
	}
	if e.Body != "" {
		for line := range strings.Lines(safetext.Block(e.Body)) {
			field("body", strings.TrimRight(line, "\n"))
		}
	}
}

// showDuration formats d; "–" for none.
func showDuration(d time.Duration) string {
	if d <= 0 {
		return "–"
	}
	return human.Latency(d)
}

// pad fills text up with spaces to width cells.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-safetext.Width(text)))
}

// failed returns a symbol in bold red if there are colours. Success has none: of the sixteen ANSI colours, only the default one is
// readable on every background.
func failed(symbol string, colour bool) string {
	if !colour {
		return symbol
	}
	return "\x1b[1;31m" + symbol + "\x1b[0m"
}
