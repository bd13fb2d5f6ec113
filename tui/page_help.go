package tui

import (
	"strings"

	"errtop/internal/filter"
	"errtop/tracker"
)

// helpPage is the full help: every binding of the key map, the filter's language, and what the signs mean.
type helpPage struct{ keys *KeyMap }

func (helpPage) title() string             { return "HELP" }
func (helpPage) request() *tracker.Request { return nil }

func (h helpPage) write(d *doc, _ *tracker.Snapshot) {
	h.bindings(d)
	d.heading("FILTER")
	d.text(d.styles.Text, filter.Help)
	d.text(d.styles.Muted, filter.Fields+" The list narrows while you type; half a term changes nothing yet, enter ends it, esc brings back the filter before.")
	d.heading("SIGNS")
	for state := tracker.StateFailing; ; state-- {
		d.line(run{d.styles.State(state), d.pad(d.glyphs.state(state)+" "+state.String(), 16)}, run{d.styles.Text, stateMeaning(state)})
		if state == tracker.StateUnknown {
			break
		}
	}
	d.heading("BREAKERS")
	d.text(d.styles.Text, "CLOSED 3/5: three failures in a row, it opens at five. OPEN 41s: nothing is sent for another 41 s. HALF_OPEN: one trial decides.")
}

// bindings lists the keys, in two columns where there is room.
func (h helpPage) bindings(d *doc) {
	var bound []Binding
	for _, b := range h.keys.bindings {
		if len(b.Keys) > 0 {
			bound = append(bound, b)
		}
	}
	columns := 1
	if d.w >= 100 {
		columns = 2
	}
	rows := (len(bound) + columns - 1) / columns
	for i := range rows {
		var runs []run
		for at := i; at < len(bound); at += rows {
			runs = append(runs, run{d.styles.Accent, d.pad(strings.Join(bound[at].Keys, " "), 16)}, run{d.styles.Text, d.pad(bound[at].Help, d.w/columns-16)})
		}
		d.line(runs...)
	}
}

func stateMeaning(s tracker.TargetState) string {
	switch s {
	case tracker.StateFailing:
		return "most or all requests fail"
	case tracker.StateDegraded:
		return "some requests fail"
	case tracker.StateThrottled:
		return "fails with 429 only"
	case tracker.StateStale:
		return "no news for longer than its interval allows"
	case tracker.StateOK:
		return "requests succeed"
	default:
		return "nothing was heard yet"
	}
}
