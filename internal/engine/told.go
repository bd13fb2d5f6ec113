package engine

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"errtop/internal/alert"
	"errtop/internal/notify"
	"errtop/internal/serve"
)

// counted counts what a receiver was told.
type counted struct {
	notify.Sender
	sent, failed atomic.Uint64
}

// Send sends a notification, and counts how that went.
func (c *counted) Send(ctx context.Context, n *alert.Notification) error {
	err := c.Sender.Send(ctx, n)
	if err == nil {
		c.sent.Add(1)
	} else {
		c.failed.Add(1)
	}
	return err
}

// countSenders returns senders that count.
func countSenders(senders map[string]notify.Sender) map[string]notify.Sender {
	all := make(map[string]notify.Sender, len(senders))
	for name, sender := range senders {
		all[name] = &counted{Sender: sender}
	}
	return all
}

// Figures returns what metrics tell of alerts and notifications.
func (e *Engine) Figures() serve.Figures {
	f := serve.Figures{Alerts: map[serve.AlertLabels]int{}}
	state := e.Alerts()
	for i := range state.Alerts {
		a := &state.Alerts[i]
		f.Alerts[serve.AlertLabels{Rule: a.Rule, Severity: a.Severity.String(), Phase: a.Phase.String()}]++
	}
	senders := e.alerting.currentSenders()
	for _, name := range slices.Sorted(maps.Keys(senders)) {
		if c, ok := senders[name].(*counted); ok {
			f.Notifications = append(f.Notifications, serve.NotificationCount{Receiver: name, Sent: c.sent.Load(), Failed: c.failed.Load()})
		}
	}
	f.Outbox, f.GivenUp = len(state.Outbox), state.Dropped
	if status, ok := e.Fleet(); ok {
		f.Fleet, f.FleetHours, f.FleetSent = true, status.Waiting, status.Sent
	}
	return f
}
