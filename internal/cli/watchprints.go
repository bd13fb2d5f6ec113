package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"errtop/internal/alert"
	"errtop/internal/human"
	"errtop/internal/safetext"
	"errtop/internal/serve"
	"errtop/tracker"
	"errtop/tui"
)

// prints writes what a command of a viewer prints: stats, report, alerts or who, each with --json, report with --html, and returns its exit status. Who may
// act has mark and reload too.
func (w *watcher) prints(ctx context.Context, v *serve.Viewer, out, problems io.Writer, args []string) (status int) {
	if len(args) > 0 && (args[0] == "mark" || args[0] == "reload") {
		if err := w.acts(ctx, v, args); err != nil {
			return report(problems, err)
		}
		return statusOK
	}
	name, format := "", "md"
	for _, arg := range args {
		switch {
		case arg == "--json", arg == "--html":
			format = arg[2:]
		case name == "":
			name = arg
		default:
			name = "?"
		}
	}
	var err error
	asJSON := format == "json"
	switch name {
	case "stats":
		err = writeEither(out, asJSON, newTotals(w.engine.Snapshot(time.Now())))
	case "report":
		err = tui.WriteReport(out, tui.Options{
			Engine: w.engine, Alerting: &alertsView{engine: w.engine}, Title: w.settings.Name, Advisor: w.advisor, Environ: []string{},
		}, format)
	case "alerts":
		err = writeEither(out, asJSON, shownAlerts(w.engine.Alerts()))
	case "who":
		err = writeEither(out, asJSON, lookers(w.viewers.List()))
	default:
		_, _ = fmt.Fprintln(problems, "errtop: error: there are the commands stats, report, alerts and who, each with --json, report with --html, mark TEXT and reload")
		return statusUsage
	}
	if err != nil {
		return report(problems, err)
	}
	return statusOK
}

// acts runs a command that does more than look.
func (w *watcher) acts(ctx context.Context, v *serve.Viewer, args []string) error {
	switch {
	case v.Access != serve.MayAct:
		return &exitError{err: errors.New(v.Name + " may only look"), hint: "errtop=act in the comment of its key lets it act", status: statusFailed}
	case args[0] == "reload":
		return w.engine.Reload(ctx)
	case len(args) == 1:
		return usage("mark needs a text: what was done", "ssh HOST mark deploy billing 4.2.1")
	}
	w.engine.AddMark(tracker.Mark{Text: strings.Join(args[1:], " "), Source: "errtop mark by " + v.Name})
	return nil
}

// text is something that can be written for people too.
type text interface{ text() string }

func writeEither(w io.Writer, asJSON bool, value text) error {
	if !asJSON {
		_, err := io.WriteString(w, value.text())
		return err //nolint:wrapcheck // the viewer is gone
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value) //nolint:wrapcheck // the viewer is gone
}

// totals is what a running errtop has counted since its targets were first seen, under the names that errtop stats --json uses.
type totals struct {
	Since    time.Time         `json:"since,omitzero"` // of the first result
	Lines    uint64            `json:"lines"`
	Results  uint64            `json:"results"`
	Errors   uint64            `json:"errors"`
	NotSent  uint64            `json:"not_sent"` // probes that were held back
	Skipped  uint64            `json:"skipped"`  // lines that could not be read
	ByStatus map[string]uint64 `json:"by_status"`
	ByTarget map[string]uint64 `json:"by_target"`
	Failures map[string]uint64 `json:"errors_by_target"`
}

func newTotals(snap *tracker.Snapshot) totals {
	t := totals{Since: snap.Overall.Since, ByStatus: map[string]uint64{}, ByTarget: map[string]uint64{}, Failures: map[string]uint64{}}
	for i := range snap.Sources {
		t.Lines += snap.Sources[i].Lines
		t.Skipped += snap.Sources[i].Unreadable
	}
	for _, target := range snap.Targets {
		for i := range target.Totals {
			total := &target.Totals[i]
			kind := total.Outcome.Kind
			if total.Inconclusive {
				continue
			}
			t.Results += total.Count
			t.ByStatus[total.Outcome.Label()] += total.Count
			switch {
			case !kind.Sent():
				t.NotSent += total.Count
				continue
			case kind.Failed():
				t.Errors += total.Count
				t.Failures[target.Name] += total.Count
			}
			t.ByTarget[target.Name] += total.Count
		}
	}
	return t
}

func (t totals) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s requests, %s failed", human.Count(t.Results-t.NotSent), human.Count(t.Errors))
	if !t.Since.IsZero() {
		b.WriteString(", since " + t.Since.UTC().Format(time.RFC3339))
	}
	b.WriteString("\n\nBY STATUS\n")
	for _, name := range byCount(t.ByStatus) {
		fmt.Fprintf(&b, "%12d  %s\n", t.ByStatus[name], safetext.Line(name))
	}
	b.WriteString("\n    REQUESTS    FAILED  TARGET\n")
	for _, name := range byCount(t.ByTarget) {
		fmt.Fprintf(&b, "%12d %9d  %s\n", t.ByTarget[name], t.Failures[name], safetext.Line(name))
	}
	return b.String()
}

// byCount returns the keys of counts, the largest count first.
func byCount(counts map[string]uint64) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return int(min(max(int64(counts[b])-int64(counts[a]), -1), 1)) //nolint:gosec // only the sign counts
		}
		return strings.Compare(a, b)
	})
}

// shownAlerts are the alerts as they are.
type shownAlerts alert.State

func (s shownAlerts) text() string { return alertsText((*alert.State)(&s), time.Now()) }

// lookers are those who look.
type lookers []serve.Looker

func (l lookers) text() string {
	var b strings.Builder
	for i := range l {
		fmt.Fprintf(&b, "%s  from %s  may %s  %dx%d  for %s\n", safetext.Line(l[i].Name), l[i].From, l[i].Access, l[i].W, l[i].H, human.Span(time.Since(l[i].Since)))
	}
	if len(l) == 0 {
		return "nobody is looking\n"
	}
	return b.String()
}
