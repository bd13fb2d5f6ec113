package cli

import (
	"fmt"
	"strings"
	"time"

	"errtop/internal/alert"
	"errtop/internal/engine"
	"errtop/internal/human"
	"errtop/internal/safetext"
)

// backtestLines bounds the notifications that are printed; --json has them all.
const backtestLines = 100

// backtestText says what a backtest found: what was told, then how each rule did, then the rules that never fired.
func backtestText(out *engine.Backtested, zone *time.Location) string {
	var b strings.Builder
	span := out.Last.Sub(out.First)
	fmt.Fprintf(&b, "%s to %s (%s): %s requests, %s errors\n", out.First.In(zone).Format("2006-01-02 15:04"), out.Last.In(zone).Format("2006-01-02 15:04"),
		human.Span(span), human.Thousands(out.Results), human.Thousands(out.Errors))
	for _, left := range []struct {
		n    uint64
		what string
	}{{out.Unreadable, "lines could not be read"}, {out.Untimed, "requests have no time and were left out"}, {out.Impossible, "requests have an impossible time and were left out"}} {
		if left.n > 0 {
			fmt.Fprintf(&b, "%s %s\n", human.Thousands(left.n), left.what)
		}
	}
	for _, limit := range out.Limits {
		fmt.Fprintf(&b, "note: %s\n", limit)
	}
	writeTold(&b, out, zone)
	writeRules(&b, out, zone)
	return b.String()
}

// writeTold lists the notifications.
func writeTold(b *strings.Builder, out *engine.Backtested, zone *time.Location) {
	if len(out.Told) == 0 {
		b.WriteString("\nNobody would have been told anything.\n")
		return
	}
	fmt.Fprintf(b, "\n%s would have been sent:\n", human.Plural(len(out.Told), "message"))
	for i := range out.Told {
		if i == backtestLines {
			fmt.Fprintf(b, "  and %s more; --json has all\n", human.Thousands(uint64(len(out.Told)-i))) //nolint:gosec // a length
			break
		}
		n := &out.Told[i]
		fmt.Fprintf(b, "  %s  %-8s  %-9s %s%s", n.At.In(zone).Format("01-02 15:04:05"), safetext.Line(n.Receiver), n.Reason, safetext.Line(n.Rule), ": ")
		b.WriteString(safetext.Line(n.Text))
		if n.Reason == alert.ReasonFiring || n.Reason == alert.ReasonResolved {
			what := "began"
			if n.Reason == alert.ReasonResolved {
				what = "ended"
			}
			fmt.Fprintf(b, " (%s after it %s)", human.Span(n.Late), what)
		}
		b.WriteString("\n")
	}
}

// writeRules lists how each rule did.
func writeRules(b *strings.Builder, out *engine.Backtested, zone *time.Location) {
	width := len("rule")
	for i := range out.Rules {
		width = max(width, safetext.Width(out.Rules[i].Name))
	}
	head := false
	for i := range out.Rules {
		r := &out.Rules[i]
		if r.Fired == 0 {
			continue
		}
		if !head {
			fmt.Fprintf(b, "\n%s  severity  fired  told  ended  flapped  firing  told after (median, longest)  last\n", pad("rule", width))
			head = true
		}
		late := "–"
		if r.Told > 0 {
			late = human.Span(r.Late) + ", " + human.Span(r.Latest)
		}
		fmt.Fprintf(b, "%s  %-8s  %5d %5d  %5d  %7d  %6s  %-28s  %s\n", pad(safetext.Line(r.Name), width), r.Severity, r.Fired, r.Told, r.Resolved, r.Flapping,
			human.Span(r.Firing), late, r.Last.In(zone).Format("01-02 15:04"))
	}
	head = false
	for i := range out.Rules {
		r := &out.Rules[i]
		if r.Fired > 0 {
			continue
		}
		if !head {
			b.WriteString("\nnever fired:\n")
			head = true
		}
		fmt.Fprintf(b, "  %s  %s\n", pad(safetext.Line(r.Name), width), safetext.Line(r.Silent))
	}
}
