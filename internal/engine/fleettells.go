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

// tellsFor is how long a watcher that has not the turn keeps what another should tell: longer than it takes to notice that the other is
// gone.
const tellsFor = 2 * time.Minute

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
		for i := range due {
			if now.Sub(due[i].Created) > tellsFor {
				o.alerting.Delivered(due[i].ID, now) // by the one that has the turn
			}
		}
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
