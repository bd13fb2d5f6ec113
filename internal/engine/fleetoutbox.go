package engine

import (
	"context"
	"fmt"
	"time"

	"errtop/internal/fleet"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// fleetSource is the source that shows how the publication to a fleet is doing.
const fleetSource = "fleet"

// showOutbox shows, as the health of a source, what waits for the servers of the fleet.
func showOutbox(ctx context.Context, publisher *fleet.Publisher, to *tracker.ErrorTracker) error {
	const look = time.Second
	tick := time.NewTicker(look)
	defer tick.Stop()
	var shown tracker.Source
	for began := time.Now(); ; {
		source := outboxSource(publisher.Status(), time.Since(began))
		if source.State != shown.State || source.Problem != shown.Problem || source.Format != shown.Format {
			shown = source
			to.UpdateSource(time.Now(), source)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// outboxSource returns how the publication is doing, as a source. Its text changes at most once a minute or so: each change is news to all
// who look.
func outboxSource(s fleet.Status, running time.Duration) tracker.Source {
	const patience = 5 * time.Second // a first connection takes a moment
	source := tracker.Source{Name: fleetSource, Format: "outbox", State: tracker.SourceReading}
	switch {
	case s.Connected && s.Problem == "" && !s.LastAck.IsZero():
		source.Format = "nothing waits"
		if s.Waiting > 1 {
			source.Format = waits(s)
		}
		return source
	case s.Problem == "" && running < patience:
		source.State = tracker.SourceWaiting
		return source
	}
	why := "no server can be reached"
	if s.Connected {
		why = "no server confirms"
		if s.Problem != "" {
			why += " (" + safetext.MaskedLine(s.Problem, 200) + ")"
		}
	}
	source.State = tracker.SourceFailed
	source.Problem = why + ": " + waits(s) + "; a day is kept"
	return source
}

// waits says how much is in the outbox.
func waits(s fleet.Status) string {
	switch s.Waiting {
	case 0:
		return "nothing waits yet"
	case 1:
		return "1 hour waits"
	default:
		return fmt.Sprintf("%d hours wait, since %s", s.Waiting, s.Oldest.Format("15:04"))
	}
}
