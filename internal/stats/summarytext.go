package stats

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"errtop/internal/human"
	"errtop/internal/safetext"
	"errtop/tracker"
)

const (
	textTargets = 20 // lines of each part of the text form
	textHours   = 24
	textGroups  = 15
)

// textWriter writes the text form of a summary.
type textWriter struct {
	out    *bufio.Writer
	width  int
	colour bool
}

// WriteText writes the summary for people: totals, results by status, by target, the last 24 hours that held any, the
// largest groups of errors, and the last unreadable lines. Lines are at most width cells, colours are ANSI ones.
func (s *Summary) WriteText(w io.Writer, width int, colour bool) error {
	t := textWriter{out: bufio.NewWriter(w), width: max(width, 40), colour: colour}
	t.totals(s)
	if s.by != "" {
		t.breakdown(s)
	} else {
		t.statuses(s)
		t.targets(s)
		t.hours(s)
		t.groups(s, textGroups)
	}
	t.unreadable(s)
	if err := t.out.Flush(); err != nil {
		return fmt.Errorf("summary: %w", err)
	}
	return nil
}

// colours of the text form: ANSI's own, so that the terminal's theme decides.
const (
	red    = "31"
	yellow = "33"
	bold   = "1"
	dim    = "2"
)

// paint returns text in a colour.
func (t *textWriter) paint(code, text string) string {
	if !t.colour || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// line writes plain text, cut to the width, in a colour.
func (t *textWriter) line(code, text string) {
	fmt.Fprintln(t.out, t.paint(code, safetext.Truncate(text, t.width, "…"))) //nolint:errcheck // Flush tells
}

// heading starts a part.
func (t *textWriter) heading(text string) {
	t.line("", "")
	t.line(bold, text)
}

func (t *textWriter) totals(s *Summary) {
	c := s.tally
	t.line(bold, fmt.Sprintf("%s, %s (%s)", counted(c.results, "request"), counted(c.errors, "error"), percent(c.errors, c.results)))
	if first, last := c.period.times(); !first.IsZero() {
		t.line("", fmt.Sprintf("%s to %s UTC", first.Format(time.DateTime), last.Format(time.DateTime)))
	}
	lines := counted(c.lines, "line") + " read"
	if c.skipped > 0 {
		lines += fmt.Sprintf(", %s not understood", human.Thousands(c.skipped))
	}
	if s.leftOut() > 0 {
		lines += fmt.Sprintf(", %s left out", human.Thousands(s.leftOut()))
	}
	if c.unfiled > 0 {
		lines += fmt.Sprintf(", %s without a usable time", human.Thousands(c.unfiled))
	}
	if c.notSent > 0 {
		lines += fmt.Sprintf(", %s never sent", counted(c.notSent, "request"))
	}
	t.line("", lines)
	if c.results == 0 && s.leftOut() > 0 {
		t.line(yellow, "no request is left: the filter, the times or what is excluded let none through")
	}
	if h := &c.latency; h.count > 0 {
		t.line("", fmt.Sprintf("latency  p50 %s  p90 %s  p95 %s  p99 %s", human.Latency(h.quantile(0.5)), human.Latency(h.quantile(0.9)),
			human.Latency(h.quantile(0.95)), human.Latency(h.quantile(0.99))))
	}
}

func (t *textWriter) statuses(s *Summary) {
	by := s.byStatus()
	if len(by) == 0 {
		return
	}
	t.heading("BY STATUS")
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	most := by[names[0]]
	for _, name := range names {
		text := fmt.Sprintf("%-14s %12s %6s  ", name, human.Thousands(by[name]), percent(by[name], s.tally.results))
		t.line(statusColour(name), text+t.bar(by[name], most, len(text)))
	}
}

// statusColour returns the colour of a status or kind.
func statusColour(name string) string {
	switch name[0] {
	case '1', '2', '3':
		return ""
	case '4':
		return yellow
	default:
		if name == tracker.KindOK.String() {
			return ""
		}
		return red
	}
}

func (t *textWriter) targets(s *Summary) {
	targets := s.tally.targets
	if len(targets) == 0 {
		return
	}
	t.heading("BY TARGET                       REQUESTS       ERRORS   ERR%")
	names := slices.SortedFunc(maps.Keys(targets), func(a, b string) int {
		return cmp.Or(cmp.Compare(targets[b].errors, targets[a].errors), cmp.Compare(targets[b].requests, targets[a].requests), cmp.Compare(a, b))
	})
	most := targets[names[0]].errors
	for _, name := range names[:min(len(names), textTargets)] {
		c := targets[name]
		text := fmt.Sprintf("%s %12s %12s %6s  ", padded(name, 27), human.Thousands(c.requests), human.Thousands(c.errors), percent(c.errors, c.requests))
		t.line("", text+t.bar(c.errors, most, len(text)))
	}
	t.more(len(names)-textTargets, "targets")
}

func (t *textWriter) hours(s *Summary) {
	hours := s.Hours()
	if len(hours) == 0 {
		return
	}
	t.heading("HOURLY                          REQUESTS       ERRORS   ERR%")
	shown := hours[max(0, len(hours)-textHours):]
	most := uint64(0)
	for _, h := range shown {
		most = max(most, h.Errors)
	}
	for _, h := range shown {
		text := fmt.Sprintf("%-27s %12s %12s %6s  ", h.Start.Format("2006-01-02 15:04"), human.Thousands(h.Requests), human.Thousands(h.Errors), percent(h.Errors, h.Requests))
		t.line("", text+t.bar(h.Errors, most, len(text)))
	}
	t.more(len(hours)-len(shown), "hours before these")
}

func (t *textWriter) groups(s *Summary, most int) {
	groups, all := s.groups(most)
	if len(groups) == 0 {
		return
	}
	t.heading("TOP ERRORS")
	for _, g := range groups {
		t.line("", fmt.Sprintf("%10s  %s", human.Thousands(g.Count), g.line()))
	}
	t.more(all-len(groups), "groups")
}

func (t *textWriter) unreadable(s *Summary) {
	if len(s.unread) == 0 {
		return
	}
	t.heading("NOT UNDERSTOOD, THE LAST OF " + human.Thousands(s.tally.skipped))
	for _, u := range s.unread {
		t.line(dim, fmt.Sprintf("line %d of %s", u.Number, u.Reason))
		t.line(dim, "    "+u.Text)
	}
}

// more says how many are not shown.
func (t *textWriter) more(n int, what string) {
	if n > 0 {
		t.line(dim, fmt.Sprintf("and %s more %s", human.Thousands(uint64(n)), what))
	}
}

// bar returns a bar for n of most, in what is left of the width.
func (t *textWriter) bar(n, most uint64, used int) string {
	room := min(t.width-used, 40)
	if room < 4 || n == 0 {
		return ""
	}
	eighths := max(1, int(float64(n)/float64(most)*float64(room)*8))
	bar := strings.Repeat("█", eighths/8)
	if part := eighths % 8; part > 0 {
		bar += string([]rune("▏▎▍▌▋▊▉")[part-1])
	}
	return bar
}

// padded returns text cut and filled to exactly that many cells.
func padded(text string, cells int) string {
	text = safetext.Truncate(text, cells, "…")
	return text + strings.Repeat(" ", cells-safetext.Width(text))
}

// counted returns n things: "1 error", "1,234 errors".
func counted(n uint64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return human.Thousands(n) + " " + thing + "s"
}

// percent returns part of whole.
func percent(part, whole uint64) string {
	if whole == 0 {
		return "–"
	}
	return string(human.AppendPercent(nil, float64(part)/float64(whole))) + "%"
}
