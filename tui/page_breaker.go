package tui

import (
	"strconv"

	"errtop/internal/human"
	"errtop/tracker"
)

// heldBreaker is a breaker with the target it belongs to.
type heldBreaker struct {
	*tracker.Breaker
	target *tracker.Target
}

// breakerKey tells breakers apart.
type breakerKey struct {
	target string
	role   tracker.BreakerRole
}

// allBreakers lists the breakers of all targets, in the targets' order.
func allBreakers(snap *tracker.Snapshot) []heldBreaker {
	var list []heldBreaker
	for i := range snap.Targets {
		for j := range snap.Targets[i].Breakers {
			list = append(list, heldBreaker{&snap.Targets[i].Breakers[j], snap.Targets[i]})
		}
	}
	return list
}

// breakerPage shows a breaker's state, the failures that tripped it, and its transitions.
type breakerPage struct{ held heldBreaker }

func breakerPageOf(b *heldBreaker) page {
	if b == nil {
		return nil
	}
	return &breakerPage{*b}
}

func (b *breakerPage) title() string {
	return "BREAKER " + b.held.target.Name + " " + b.held.Role.String()
}

func (b *breakerPage) request() *tracker.Request {
	return (&targetPage{target: *b.held.target}).request()
}

func (b *breakerPage) write(d *doc, snap *tracker.Snapshot) {
	for _, held := range allBreakers(snap) {
		if held.target.Name == b.held.target.Name && held.Role == b.held.Role {
			b.held = held
		}
	}
	writeBreaker(d, b.held.Breaker)
	d.heading("THE RULE")
	switch b.held.Role {
	case tracker.RoleGate:
		d.text(d.styles.Muted, "It opens after "+human.Plural(b.held.Threshold, "failure")+" in a row. While it is OPEN no probe is sent. Then one trial: success closes it, failure opens it again.")
	case tracker.RoleObserved:
		d.text(d.styles.Muted, "The same rules run over traffic that others send; it shows what a breaker would do, and stops nothing.")
	default:
		d.text(d.styles.Muted, "The application reported this state of its own breaker.")
	}
}

func writeBreaker(d *doc, b *tracker.Breaker) {
	d.line(
		run{d.styles.Breaker(b.State), d.glyphs.breakers[min(b.State, tracker.BreakerHalfOpen)] + " " + breakerWord(b)},
		run{d.styles.Text, " " + b.Role.String() + d.holdsSince(b.Since)},
	)
	if b.State == tracker.BreakerClosed && b.Threshold > 0 {
		d.field("failures", d.styles.Text, strconv.Itoa(b.Failures)+" of "+strconv.Itoa(b.Threshold)+" in a row")
	}
	if b.State == tracker.BreakerOpen {
		d.when("next trial", b.RetryAt)
	}
	if b.Trial {
		d.field("trial", d.styles.Degraded, "on its way")
	}
	d.field("opened", d.styles.Text, human.Plural(int(b.Opened), "time")) //nolint:gosec // a count that a person could live to see
	switch {
	case b.Skipped > 0 && b.Role == tracker.RoleObserved:
		d.field("held", d.styles.Text, human.Count(b.Skipped)+" sent all the same, that a breaker would have held back")
	case b.Skipped > 0:
		d.field("held", d.styles.Text, human.Count(b.Skipped)+" not sent")
	}
	if len(b.TrippedBy) > 0 {
		d.field("tripped by", d.styles.Text, human.Plural(len(b.TrippedBy), "failure"))
		for _, trip := range b.TrippedBy {
			d.line(
				run{d.styles.Muted, "  "}, d.stamp(trip.At, b.TrippedBy[0].At),
				run{d.styles.Outcome(trip.Outcome), d.pad(trip.Outcome.Label(), 8) + " "},
				run{d.styles.Text, trip.Message},
			)
		}
	}
	if len(b.Transitions) > 0 {
		d.field("timeline", d.styles.Text, "the newest first")
		for i := len(b.Transitions) - 1; i >= 0; i-- {
			step := &b.Transitions[i]
			d.line(
				run{d.styles.Muted, "  "}, d.stamp(step.At, b.Transitions[0].At),
				run{d.styles.Breaker(step.To), d.pad(step.From.String()+" "+d.glyphs.arrow+" "+step.To.String(), 22) + " "},
				run{d.styles.Text, step.Why},
			)
		}
	}
}
