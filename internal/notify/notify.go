// Package notify tells receivers what alerting put into its outbox: webhooks in Alertmanager's format, Alertmanager itself, the services
// that shoutrrr knows (Slack, Discord, Teams, PagerDuty, Opsgenie, e-mail, ntfy and the like), and commands.
//
// A notification leaves the outbox only when its receiver took it. One that failed is tried again with growing, random waits; one that
// its receiver refuses for good is given up, visibly. A receiver that hangs delays no other.
//
// Requests go where the settings say and nowhere else: no redirect is followed, and no name that resolves to a link-local address is
// called, nor one of a private address unless the receiver allows that.
package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"errtop/internal/alert"
	"errtop/internal/safego"
	"errtop/internal/safetext"
)

// Sender tells one receiver. An error that is a [RefusedError] is final; any other may pass.
type Sender interface {
	Send(ctx context.Context, n *alert.Notification) error
}

// RefusedError says that the receiver will never take this notification.
type RefusedError struct{ Why string }

// Error says why.
func (e *RefusedError) Error() string { return e.Why }

// Outbox is where notifications wait. Its methods may be called from any goroutine.
type Outbox interface {
	// Due returns the notifications for a receiver that are to be sent now, the oldest first.
	Due(receiver string, now time.Time) []alert.Notification
	// Delivered takes a notification out.
	Delivered(id uint64, now time.Time)
	// Failed notes why an attempt failed and when to try again; with a zero time never.
	Failed(id uint64, why string, again, now time.Time)
	// Changed receives after something was put in.
	Changed() (changed <-chan struct{}, stop func())
}

const (
	sendTimeout = 20 * time.Second
	firstWait   = 5 * time.Second
	longestWait = 5 * time.Minute
	lookAgain   = time.Second // for what becomes due by time alone
)

// Run sends what the outbox holds until ctx is done, each receiver in a goroutine of its own. Who is told is asked at the start and
// whenever changed receives; senders are compared with ==, so that they must be of a comparable type. A receiver that is gone, or has another sender now, is left after the attempt that is on its way, so that
// nothing is sent twice.
func Run(ctx context.Context, senders func() map[string]Sender, changed <-chan struct{}, outbox Outbox) error {
	group, ctx := safego.WithContext(ctx)
	running := map[string]*delivery{}
	for {
		now := senders()
		for name, d := range running {
			if now[name] != d.sender {
				d.leave()
			}
		}
		for name, sender := range now {
			before := running[name]
			if before != nil && before.sender == sender {
				continue
			}
			d := &delivery{name: name, sender: sender, outbox: outbox, left: make(chan struct{}), done: make(chan struct{})}
			running[name] = d
			group.Go(func() error {
				defer close(d.done)
				if before != nil {
					<-before.done
				}
				d.run(ctx)
				return nil
			})
		}
		select {
		case <-ctx.Done():
			return group.Wait()
		case <-changed:
		}
	}
}

// delivery sends one receiver's notifications.
type delivery struct {
	name   string
	sender Sender
	outbox Outbox
	left   chan struct{} // closed when nothing more is to be sent
	done   chan struct{} // closed when nothing more is being sent
}

// leave ends the delivery after the attempt that is on its way.
func (d *delivery) leave() {
	if !d.hasLeft() {
		close(d.left)
	}
}

func (d *delivery) hasLeft() bool {
	select {
	case <-d.left:
		return true
	default:
		return false
	}
}

// run sends until ctx is done or the receiver has left.
func (d *delivery) run(ctx context.Context) {
	outbox := d.outbox
	changed, stop := outbox.Changed()
	defer stop()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		for _, n := range outbox.Due(d.name, time.Now()) {
			if ctx.Err() != nil || d.hasLeft() {
				return
			}
			attempt(ctx, d.sender, &n, outbox)
		}
		select {
		case <-ctx.Done():
			return
		case <-d.left:
			return
		case <-changed:
		case <-tick.C:
		}
	}
}

// attempt sends a notification once.
func attempt(ctx context.Context, sender Sender, n *alert.Notification, outbox Outbox) {
	limited, cancel := context.WithTimeout(ctx, sendTimeout)
	err := sender.Send(limited, n)
	cancel()
	now := time.Now()
	switch {
	case err == nil:
		outbox.Delivered(n.ID, now)
	case ctx.Err() != nil: // we are ending: whether it arrived is not known, so it is tried again after the restart
	default:
		again := now.Add(backoff(n.Attempts))
		if _, final := errors.AsType[*RefusedError](err); final {
			again = time.Time{}
		}
		outbox.Failed(n.ID, safetext.MaskedLine(err.Error(), 300), again, now)
	}
}

// backoff returns how long to wait after so many failures: up to 5 s, 10 s, 20 s …, at most 5 min, at random between half and all of it.
func backoff(failures int) time.Duration {
	wait := min(firstWait<<min(failures, 10), longestWait)
	return wait/2 + rand.N(wait/2) //nolint:gosec // spreads load, guards nothing
}

// Try sends one receiver a notification that says it is a test, and returns what came back.
func Try(ctx context.Context, name string, sender Sender, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	n := alert.Notification{
		Receiver: name, Group: "test", Reason: alert.ReasonFiring, Created: now,
		Alerts: []alert.Alert{{ID: 1, Rule: "test", Severity: alert.Info, Phase: alert.Firing, Since: now, FiredAt: now, Text: "errtop sends this to see whether it arrives"}},
	}
	if err := sender.Send(ctx, &n); err != nil {
		return fmt.Errorf("receiver %s: %w", name, err)
	}
	return nil
}
