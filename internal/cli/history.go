package cli

import (
	"context"
	"time"

	"errtop/internal/engine"
	"errtop/tui"
)

// historyTimeout is how long a viewer waits for the disk.
const historyTimeout = 3 * time.Second

// historyView gives viewers what an engine keeps of the past.
type historyView struct{ engine *engine.Engine }

// historyOf returns the history of an engine, nil where it keeps nothing.
func historyOf(eng *engine.Engine) tui.History {
	if !eng.Keeps() {
		return nil
	}
	return historyView{eng}
}

// Oldest is that of [tui.History].
func (h historyView) Oldest(now time.Time) time.Time {
	ctx, cancel := context.WithTimeout(context.Background(), historyTimeout)
	defer cancel()
	return h.engine.Oldest(ctx, now)
}

// Hours is that of [tui.History].
func (h historyView) Hours(target string, from, to time.Time) ([]tui.HourBar, error) {
	ctx, cancel := context.WithTimeout(context.Background(), historyTimeout)
	defer cancel()
	kept, err := h.engine.HourBars(ctx, target, from, to)
	bars := make([]tui.HourBar, len(kept))
	for i, bar := range kept {
		bars[i] = tui.HourBar{Start: bar.Start, Requests: bar.Requests, Errors: bar.Errors}
	}
	return bars, err
}

// Incidents is that of [tui.History].
func (h historyView) Incidents(from, to time.Time, most int) ([]tui.PastIncident, error) {
	ctx, cancel := context.WithTimeout(context.Background(), historyTimeout)
	defer cancel()
	kept, err := h.engine.PastIncidents(ctx, from, to, "", most)
	list := make([]tui.PastIncident, len(kept))
	for i := range kept {
		list[i] = tui.PastIncident{Incident: kept[i].Incident, Groups: kept[i].Groups}
	}
	return list, err
}
