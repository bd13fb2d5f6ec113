package tui

import (
	"context"
	"time"

	"errtop/tracker"

	tea "charm.land/bubbletea/v2"
)

// feed brings snapshots to the model: it waits until the engine has changed or a second has passed. Sources never wait for it.
// However much comes in, it takes at most one snapshot per refresh, or ten while there is nothing to show yet.
type feed struct {
	ctx     context.Context //nolint:containedctx // a command has no other way to learn that the program ends
	engine  Engine
	changed <-chan struct{}
	notices <-chan string // nil: none
	now     func() time.Time
	refresh time.Duration
	alerts  Alerting // nil: none
}

// newsMsg is the clock, the alerts, and a new snapshot where there is one.
type newsMsg struct {
	now    time.Time
	snap   *tracker.Snapshot // nil: only the clock
	alerts *Alerts           // nil: none
}

// pastMsg is a snapshot of an earlier moment.
type pastMsg struct {
	at   time.Time // the moment that was asked for
	snap *tracker.Snapshot
}

// restBetween is the time after which a snapshot is taken although nothing changed, since its sliding windows move.
const restBetween = 5 * time.Second

// take takes a snapshot at once.
func (f *feed) take() newsMsg {
	now := f.now()
	return newsMsg{now, f.engine.Snapshot(now), f.takeAlerts()}
}

// takeAlerts returns the alerts as they are now.
func (f *feed) takeAlerts() *Alerts {
	if f.alerts == nil {
		return nil
	}
	return f.alerts.Alerts()
}

// next returns a command for the news after a snapshot that was taken at taken; nil where there was none.
func (f *feed) next(last *tracker.Snapshot, taken time.Time) tea.Cmd {
	refresh := f.refresh
	if last == nil || len(last.Targets) == 0 {
		refresh /= 10 // who has just started it waits for the first picture
	}
	return func() tea.Msg {
		now := f.now()
		second := time.NewTimer(now.Truncate(time.Second).Add(time.Second).Sub(now))
		defer second.Stop()
		select {
		case <-f.ctx.Done():
			return nil
		case <-second.C:
			if now := f.now(); now.Sub(taken) < restBetween {
				return newsMsg{now: now, alerts: f.takeAlerts()}
			}
			return f.take()
		case <-f.changed:
		}
		rest := time.NewTimer(refresh - max(f.now().Sub(taken), 0)) // the clock of a recording may go back
		defer rest.Stop()
		select {
		case <-f.ctx.Done():
			return nil
		case <-rest.C:
			return f.take()
		}
	}
}

// at returns a command for the picture of an earlier moment.
func (f *feed) at(at time.Time) tea.Cmd {
	return func() tea.Msg { return pastMsg{at, f.engine.SnapshotAt(f.now(), at)} }
}
