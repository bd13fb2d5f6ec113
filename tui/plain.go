package tui

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// Plain writes one line for each change of a state, each new group of errors and each transition of a breaker, until ctx is
// done: for logs, for screen readers, and where there is no terminal. A line is the time (RFC 3339), the target, and what
// changed; there are no escape sequences and no colours in it. It returns the first error of w.
func Plain(ctx context.Context, w io.Writer, o Options) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	changed, unwatch := o.Tracker.Watch()
	defer unwatch()
	var shown *tracker.Snapshot
	for {
		over := ctx.Err() != nil // asked before the snapshot, which then holds what came last
		now := o.Now()
		snap := o.Tracker.Snapshot(now)
		if err := writeChanges(w, changes(shown, snap), o.Location); err != nil {
			return err
		}
		shown = snap
		if over {
			return nil
		}
		notices := o.Notices
		rest := time.NewTimer(o.Refresh)
		again := time.NewTimer(max(restBetween, o.Refresh))
		select {
		case <-ctx.Done(): // once more round, for what came last
		case text, open := <-notices:
			if !open {
				o.Notices = nil
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

func writeChanges(w io.Writer, list []change, loc *time.Location) error {
	slices.SortStableFunc(list, func(a, b change) int { return a.at.Compare(b.at) })
	for _, c := range list {
		if _, err := fmt.Fprintln(w, c.at.In(loc).Format(time.RFC3339), safetext.Line(c.target), safetext.Line(c.what)); err != nil {
			return fmt.Errorf("plain output: %w", err)
		}
	}
	return nil
}
