package report

import (
	"strconv"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// Markdown returns the report for tickets, chats and wikis. Charts are drawn as text.
func (r *Report) Markdown() string {
	var out strings.Builder
	write := func(parts ...string) { out.WriteString(strings.Join(parts, "") + "\n") }
	write(strings.TrimSuffix("# Incident report: "+EscapeMarkdown(r.Title), ": "), "\n")
	write("As of ", r.At.Format(time.RFC3339), ", made ", r.Made.Format(time.RFC3339), " by errtop. ", r.counts(), " All times are UTC.\n")
	for _, h := range r.Headline {
		write("> ", EscapeMarkdown(h), "  ")
	}
	for i := range r.Incidents {
		if i == 0 {
			write("\n## Incidents\n")
		}
		r.Incidents[i].markdown(write)
	}
	alertsMarkdown(write, "\n## "+alertsTitle("Other alerts", r.Alerts)+"\n", r.Alerts)
	notesMarkdown(write, "\n## Notes\n", r.Notes)
	write("\n## Failures by status, last hour\n\n| status | count |\n| --- | ---: |")
	for _, c := range r.ByStatus {
		write("| ", EscapeMarkdown(c.Status), " | ", strconv.FormatUint(c.Count, 10), " |")
	}
	for i, d := range r.drawings {
		if d.Title != "" && (i == 0 || r.drawings[i-1].Title == "") {
			write("\n## Latency")
		}
		if d.Title != "" {
			write("\n", EscapeMarkdown(d.Title), ":")
		}
		write("\n~~~~\n", d.Text, "\n~~~~")
	}
	r.tables(write)
	return out.String()
}

// counts says how much failed, and in what time.
func (r *Report) counts() string {
	if p := r.Period; p != nil {
		return human.Count(p.Errors) + " of " + human.Count(p.Requests) + " requests failed since " + p.From.Format(time.RFC3339) + "."
	}
	return human.Count(r.Errors) + " of " + human.Count(r.Requests) + " requests failed in the last hour."
}

// tables writes the targets, the groups and the timeline.
func (r *Report) tables(write func(...string)) {
	write("\n## Targets\n\n| target | state | since | breaker | requests/h | errors/h | p95 |\n| --- | --- | --- | --- | ---: | ---: | ---: |")
	for _, t := range r.Targets {
		write("| ", EscapeMarkdown(t.Name), " | ", t.State, " | ", t.Since.Format(time.RFC3339), " | ", EscapeMarkdown(t.Breaker), " | ", strconv.FormatUint(t.Requests, 10), " | ", strconv.FormatUint(t.Errors, 10), " | ", t.P95, " |")
	}
	write("\n## Groups of errors\n")
	for i := range r.Groups {
		r.Groups[i].markdown(write)
	}
	write("\n## Timeline\n")
	for _, e := range r.Timeline {
		write("- ", e.At.Format(time.RFC3339), " ", EscapeMarkdown(e.What))
	}
	if len(r.Missing) > 0 {
		write("\nNot known any more at that age: ", EscapeMarkdown(strings.Join(r.Missing, "; ")), ".")
	}
}

func (g *Group) markdown(write func(...string)) {
	write("- **", strconv.FormatUint(g.Count, 10), "×** ", EscapeMarkdown(g.Target), ": ", EscapeMarkdown(g.Text), " (", g.Badge, ", first ", g.First.Format(time.RFC3339), ", last ", g.Last.Format(time.RFC3339), ")  ")
	write("  Usual causes: ", EscapeMarkdown(strings.Join(g.Causes, ", ")), ". First: ", EscapeMarkdown(g.Action))
}

// markdown writes the incident.
func (i *Incident) markdown(write func(...string)) {
	write("### ", EscapeMarkdown(i.Name()), "\n")
	until := "it goes on (" + i.State + ")"
	if i.Until != nil {
		until = "over at " + i.Until.Format(time.RFC3339)
	}
	since := i.Since.Format(time.RFC3339)
	switch {
	case i.Before:
		since = "before " + since
	case i.Earliest != nil:
		since += " (between " + clock(*i.Earliest) + " and " + clock(*i.Latest) + ")"
	}
	write("- since ", since, ", ", until, ", ", i.Lasted)
	write("- ", EscapeMarkdown(joined(i.extent, i.usual, i.Trend)), "; ", strconv.FormatUint(i.Failed, 10), " of ", strconv.FormatUint(i.Requests, 10), " requests failed")
	for _, fact := range i.facts() {
		write("- ", fact.Name, EscapeMarkdown(fact.Value))
	}
	for _, c := range i.Common {
		write("- in common: ", EscapeMarkdown(c.String()))
	}
	for _, e := range i.Timeline {
		write("- ", clock(e.At), " ", EscapeMarkdown(e.What))
	}
	for g := range i.Groups {
		if e := i.Groups[g].Exemplars; g == 0 && len(e) > 0 {
			i.example(write, &e[len(e)-1])
		}
	}
	alertsMarkdown(write, "\n"+alertsTitle("Alerts told", i.Alerts)+":\n", i.Alerts)
	notesMarkdown(write, "\nWhat was done:\n", i.Done)
	write()
}

// example writes one error.
func (i *Incident) example(write func(...string), e *Exemplar) {
	text := "- for example at " + clock(e.At) + ": " + EscapeMarkdown(joined(e.Where, e.Text))
	if e.RequestID != "" {
		text += " (request " + EscapeMarkdown(e.RequestID) + ")"
	}
	write(text)
}

// fact is something known of an incident, with how it is introduced.
type fact struct{ Name, Value string }

// facts returns what is known.
func (i *Incident) facts() (facts []fact) {
	for _, f := range [...]fact{
		{"", i.After}, {"where: ", i.Where}, {"upstream: ", i.Upstream}, {"targets: ", strings.Join(i.Targets, ", ")}, {"first: ", i.Action}, {"runbook: ", i.Runbook},
	} {
		if f.Value != "" && (f.Name != "targets: " || len(i.Targets) > 1) {
			facts = append(facts, f)
		}
	}
	return facts
}

// String says what failing requests have in common: "route /veo/4k: 98 % of the failures, 12 % of the requests".
func (c Contrast) String() string {
	return event.ContrastText(&tracker.Contrast{Field: c.Field, Value: c.Value, OfFailures: c.OfFailures, OfRequests: c.OfRequests})
}

// alertsMarkdown writes alerts and who was told.
func alertsMarkdown(write func(...string), heading string, alerts []Alert) {
	for n := range alerts {
		if n == 0 {
			write(heading)
		}
		a := &alerts[n]
		text := "- " + EscapeMarkdown(joined(a.Severity+" "+a.Rule, a.Target)) + ": " + a.Phase + ", since " + clock(a.Since)
		parts := []string{text}
		for _, t := range a.Told {
			parts = append(parts, clock(t.At)+" "+EscapeMarkdown(t.What+" to "+t.Receiver))
		}
		write(strings.Join(parts, "; "))
	}
}

// notesMarkdown writes acknowledgements and notes.
func notesMarkdown(write func(...string), heading string, notes []Note) {
	for n, note := range notes {
		if n == 0 {
			write(heading)
		}
		by := note.By
		if by == "" {
			by = "somebody"
		}
		write("- ", clock(note.At), " ", EscapeMarkdown(by), ": ", EscapeMarkdown(note.Text))
	}
}

// joined puts a comma between what there is.
func joined(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ", ")
}

// EscapeMarkdown escapes untrusted text for Markdown, including HTML in it.
func EscapeMarkdown(s string) string {
	return strings.NewReplacer(
		`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "|", `\|`, "#", `\#`, "~", `\~`, "!", `\!`, "&", `\&`,
	).Replace(safetext.Line(s))
}
