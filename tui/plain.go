package tui

import (
	"context"
	"fmt"
	"io"
	"time"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// Plain writes one line for each change of a state, each new group of errors and each transition of a breaker, until ctx is
// done: for logs, for screen readers, and where there is no terminal. A line is the time (RFC 3339), the target, and what
// changed; there are no escape sequences and no colours in it. The times are those of the results: a log that is read at once
// tells its whole story, in order, when it has been read to its end. It returns the first error of w.
func Plain(ctx context.Context, w io.Writer, o Options) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	changed, unwatch := o.Engine.Watch()
	defer unwatch()
	notices, unsubscribe := o.subscribe()
	defer unsubscribe()
	story := newStory(o.Engine)
	for {
		over := ctx.Err() != nil // asked before the snapshot, which then holds what came last
		snap := o.Engine.Snapshot(o.Now())
		if over || loaded(snap) == 0 { // half a log, read from its end, has no order yet
			if err := writeChanges(w, story.next(snap), o.Location); err != nil {
				return err
			}
		}
		if over {
			return nil
		}
		rest := time.NewTimer(o.Refresh)
		again := time.NewTimer(max(restBetween, o.Refresh))
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

func writeChanges(w io.Writer, list []change, loc *time.Location) error {
	for _, c := range list {
		if _, err := fmt.Fprintln(w, c.at.In(loc).Format(time.RFC3339), safetext.Line(c.target), safetext.Line(c.what)); err != nil {
			return fmt.Errorf("plain output: %w", err)
		}
	}
	return nil
}

// story is what has been told so far, so that each thing is told once.
type story struct {
	engine Engine

	shown    *tracker.Snapshot
	states   map[string]time.Time // target -> its newest change told
	breakers map[breakerID]time.Time
	groups   map[uint64]time.Time // group -> when it was new or came back, as told
	bursts   map[burst]int        // new groups told
}

type breakerID struct {
	target string
	role   tracker.BreakerRole
}

// burst is a target in a span of time.
type burst struct {
	target string
	span   time.Time
}

// At most so many new groups of a target are told in a span; a message that is new every time must not drown the rest.
const (
	burstLimit = 10
	burstSpan  = 10 * time.Minute
)

func newStory(e Engine) *story {
	return &story{
		engine: e, shown: &tracker.Snapshot{}, states: map[string]time.Time{},
		breakers: map[breakerID]time.Time{}, groups: map[uint64]time.Time{}, bursts: map[burst]int{},
	}
}
