package tui

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"errtop/internal/event"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// Plain writes one line for each event until ctx is done: how incidents begin and end, changes of states, new groups of
// errors, transitions of breakers. It serves logs, screen readers, and places without a terminal. A line is the time (RFC
// 3339), the target, and what changed, without escape sequences. The times are those of the results: a log that is read at
// once tells its whole story, in order, when it was read to its end. Plain returns the first error of w.
func Plain(ctx context.Context, w io.Writer, o Options) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	changed, unwatch := o.Engine.Watch()
	defer unwatch()
	notices, unsubscribe := o.subscribe()
	defer unsubscribe()
	detector := event.NewDetector(o.Advisor)
	alerts := alertTeller{}
	for {
		over := ctx.Err() != nil // asked before the snapshot, which then holds what came last
		snap := o.Engine.Snapshot(o.Now())
		if over || loaded(snap) == 0 { // half a log, read from its end, has no order yet
			if err := writeEvents(w, detector.Next(snap), o.Location); err != nil {
				return err
			}
		}
		if o.Alerting != nil && !snap.LogTime && loaded(snap) == 0 { // what is not live is told to nobody
			if err := writeAlertLines(w, alerts.next(o.Alerting.Alerts(), o.Now(), o.Location), o.Location); err != nil {
				return err
			}
		}
		if over {
			return nil
		}
		rest := time.NewTimer(o.Refresh)
		again := time.NewTimer(max(restBetween, o.Refresh))
		if o.Alerting != nil { // alerts turn by time alone
			again.Reset(max(time.Second, o.Refresh))
		}
		select {
		case <-ctx.Done(): // once more round, for what came last
		case text, open := <-notices:
			if !open {
				notices = nil
				continue
			}
			if _, err := fmt.Fprintln(w, o.Now().In(o.Location).Format(time.RFC3339), safetext.Line(text)); err != nil {
				return fmt.Errorf("plain output: %w", err)
			}
		case <-again.C: // windows slide while nothing comes
		case <-changed:
			select {
			case <-ctx.Done():
			case <-rest.C:
			}
		}
	}
}

func writeEvents(w io.Writer, list []event.Event, loc *time.Location) error {
	for i := range list {
		e := &list[i]
		if _, err := fmt.Fprintln(w, e.At.In(loc).Format(time.RFC3339), safetext.Line(cmp.Or(e.Target, "-")), safetext.Line(e.Text)); err != nil {
			return fmt.Errorf("plain output: %w", err)
		}
	}
	return nil
}

// PlainWriter is [Plain] for who has the snapshots: it writes a line for each event of those that it is given.
type PlainWriter struct {
	to       io.Writer
	detector *event.Detector
	location *time.Location
}

// NewPlainWriter returns a writer. Of the options it uses the advisor and the location.
func NewPlainWriter(to io.Writer, o Options) *PlainWriter {
	return &PlainWriter{to, event.NewDetector(o.Advisor), cmp.Or(o.Location, time.Local)}
}

// Write writes what has changed since the snapshot before. It returns the first error of the writer.
func (w *PlainWriter) Write(snap *tracker.Snapshot) error {
	return writeEvents(w.to, w.detector.Next(snap), w.location)
}
