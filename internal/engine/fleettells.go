package engine

import (
	"context"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"errtop/internal/alert"
	"errtop/internal/fleet"
	"errtop/internal/notify"
)

const (
	// askAfter is when a watcher that has not the turn asks whether another has told what is in its outbox.
	askAfter = time.Minute
	// tellsFor is how long it keeps what was not told: while a receiver does not answer, the one that has the turn may die. Then it is
	// told by the next.
	tellsFor = 10 * time.Minute
)

// fleetOutbox is the outbox of alerts over a fleet: all watchers evaluate the same rules, and one of them tells. A dashboard over a fleet
// tells nobody but its own terminal.
type fleetOutbox struct {
	*alerting
	teller *fleet.Teller // nil: a dashboard
}

// outbox returns what notifications are delivered from.
func (e *Engine) outbox() notify.Outbox {
	if e.fleet.viewer == nil {
		return e.alerting
	}
	return &fleetOutbox{e.alerting, e.fleet.teller}
}

// Due returns what is to be sent to a receiver now: nothing while another watcher has the turn. What was made before this one took over may
// have been told: that is asked.
func (o *fleetOutbox) Due(receiver string, now time.Time) []alert.Notification {
	due := o.alerting.Due(receiver, now)
	if o.isTerminal(receiver) {
		return due
	}
	var since time.Time
	tells := false
	if o.teller != nil {
		since, tells = o.teller.Tells(now)
	}
	if !tells {
		o.forget(due, now)
		return nil
	}
	return slices.DeleteFunc(due, func(n alert.Notification) bool {
		if n.Created.After(since) {
			return false
		}
		told, err := o.teller.WasTold(context.Background(), toldKey(&n))
		if err == nil && told {
			o.alerting.Delivered(n.ID, now)
		}
		return err != nil || told
	})
}

// forget takes out what the watcher that has the turn has told, and what is too old to be told by another.
func (o *fleetOutbox) forget(due []alert.Notification, now time.Time) {
	for i := range due {
		age := now.Sub(due[i].Created)
		over := age > tellsFor
		if !over && age > askAfter && o.teller != nil {
			told, err := o.teller.WasTold(context.Background(), toldKey(&due[i]))
			over = err == nil && told
		}
		if over {
			o.alerting.Delivered(due[i].ID, now)
		}
	}
}

// Delivered takes a notification out, and notes for the other watchers that it was told.
func (o *fleetOutbox) Delivered(id uint64, now time.Time) {
	if o.teller != nil {
		state := o.copyState()
		if i := slices.IndexFunc(state.Outbox, func(n alert.Notification) bool { return n.ID == id }); i >= 0 {
			_ = o.teller.Told(context.Background(), toldKey(&state.Outbox[i])) // at worst it is told twice
		}
	}
	o.alerting.Delivered(id, now)
}

// toldKey names what a notification says, the same in every watcher: who is told what of which alerts.
func toldKey(n *alert.Notification) string {
	var says []string
	for i := range n.Alerts {
		a := &n.Alerts[i]
		says = append(says, a.Rule+"\x00"+a.Labels.Target+"\x00"+a.Phase.String())
	}
	slices.Sort(says)
	h := fnv.New64a()
	for _, part := range append([]string{n.Receiver, string(n.Reason)}, says...) {
		_, _ = h.Write([]byte(part + "\x01")) // it never fails
	}
	return strconv.FormatUint(h.Sum64(), 16)
}
