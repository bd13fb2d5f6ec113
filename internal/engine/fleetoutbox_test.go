package engine

import (
	"testing"
	"time"

	"errtop/internal/fleet"
	"errtop/tracker"
)

// The health of the publication says how much waits, and why.
func TestTheOutboxOfAFleetIsShown(t *testing.T) {
	since := time.Date(2026, 11, 25, 13, 0, 0, 0, time.Local) //nolint:gosmopolitan // as it is shown
	for _, c := range []struct {
		status  fleet.Status
		running time.Duration
		state   tracker.SourceState
		says    string
	}{
		{fleet.Status{}, time.Second, tracker.SourceWaiting, "outbox"},
		{fleet.Status{Connected: true, LastAck: since}, time.Minute, tracker.SourceReading, "nothing waits"},
		{fleet.Status{Connected: true, LastAck: since, Waiting: 1, Oldest: since}, time.Minute, tracker.SourceReading, "nothing waits"},
		{fleet.Status{Connected: true, LastAck: since, Waiting: 3, Oldest: since}, time.Minute, tracker.SourceReading, "3 hours wait, since 13:00"},
		{fleet.Status{}, time.Minute, tracker.SourceFailed, "no server can be reached: nothing waits yet; a day is kept"},
		{fleet.Status{LastAck: since, Waiting: 3, Oldest: since}, time.Minute, tracker.SourceFailed, "no server can be reached: 3 hours wait, since 13:00; a day is kept"},
		{
			fleet.Status{Connected: true, LastAck: since, Waiting: 1, Oldest: since, Problem: "no server confirmed in time"},
			time.Minute,
			tracker.SourceFailed, "no server confirms (no server confirmed in time): 1 hour waits; a day is kept",
		},
	} {
		source := outboxSource(c.status, c.running)
		says := source.Problem
		if says == "" {
			says = source.Format
		}
		if source.Name != fleetSource || source.State != c.state || says != c.says {
			t.Errorf("%+v: %s, %q, want %s, %q", c.status, source.State, says, c.state, c.says)
		}
	}
}
