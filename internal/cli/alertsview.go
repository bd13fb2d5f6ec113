package cli

import (
	"slices"
	"sync"
	"time"

	"errtop/internal/alert"
	"errtop/internal/engine"
	"errtop/internal/serve"
	"errtop/tracker"
	"errtop/tui"
)

// alertsView gives viewers the alerts of an engine in their own words. It makes them anew only after something has changed.
type alertsView struct {
	engine *engine.Engine

	mu      sync.Mutex
	version uint64
	newest  *tui.Alerts
}

// Alerts returns what is alerted now.
func (v *alertsView) Alerts() *tui.Alerts {
	v.mu.Lock()
	defer v.mu.Unlock()
	version := v.engine.AlertsVersion()
	if v.newest == nil || version != v.version {
		state, options := v.engine.Alerts(), v.engine.AlertOptions()
		v.version, v.newest = version, viewOfAlerts(&state, &options)
	}
	return v.newest
}

// rights are what somebody may do with alerts, under a name.
func (v *alertsView) rights(r *tui.Rights, name string) {
	r.Acknowledge = func(alerts []uint64) (n int) {
		for _, id := range alerts {
			n += v.engine.AddAck(serve.Ack{Alert: id, By: name})
		}
		return n
	}
	r.Silence = func(s tui.Silence) error {
		_, err := v.engine.AddSilence(serve.Silence{
			Rule: s.Matcher.Rule, Target: s.Matcher.Target, Incident: s.Matcher.Incident, Group: s.Matcher.Group,
			For: s.Ends.Sub(s.Starts), By: name, Note: s.Note,
		})
		return err
	}
	r.EndSilence = v.engine.EndSilence
	r.Note = func(incident uint64, target, text string) {
		v.engine.AddNote(tracker.Note{By: name, Text: text, Incident: incident, Target: target})
	}
	r.Mark = func(text string) { v.engine.AddMark(tracker.Mark{Text: text, Source: name}) }
}

// viewOfAlerts converts alerts for viewers.
func viewOfAlerts(state *alert.State, options *alert.Options) *tui.Alerts {
	view := &tui.Alerts{List: make([]tui.Alert, len(state.Alerts)), Silences: make([]tui.Silence, len(state.Silences)), Dropped: state.Dropped}
	for i := range state.Silences {
		s := &state.Silences[i]
		view.Silences[i] = tui.Silence{ID: s.ID, Matcher: tui.Matcher(s.Matcher), Starts: s.Starts, Ends: s.Ends, By: s.By, Note: s.Note}
	}
	places := make(map[uint64]int, len(state.Alerts))
	for i := range state.Alerts {
		places[state.Alerts[i].ID] = i
		view.List[i] = viewOfAlert(&state.Alerts[i], options)
		one := &view.List[i]
		if ack := state.AckOf(one.ID); ack != nil {
			one.Acknowledged = &tui.Acknowledgement{At: ack.At, By: ack.By, Note: ack.Note}
		}
		for j := range state.Silences {
			if state.Silences[j].Matcher.Matches(&state.Alerts[i]) {
				one.Silences = append(one.Silences, &view.Silences[j])
			}
		}
	}
	for i := range state.History {
		e := &state.History[i]
		if at, known := places[e.Alert]; known {
			view.List[at].Story = append(view.List[at].Story, viewOfEvent(e))
		}
	}
	now := time.Now()
	for i := range state.Alerts {
		for _, w := range state.Waits(&state.Alerts[i], options, now) {
			view.List[i].Waiting = append(view.List[i].Waiting, tui.Waiting(w))
		}
	}
	return view
}

func viewOfAlert(a *alert.Alert, options *alert.Options) tui.Alert {
	one := tui.Alert{
		ID: a.ID, Rule: a.Rule, Severity: tui.Severity(a.Severity),
		Target: a.Labels.Target, Breaker: a.Labels.Breaker, Source: a.Labels.Source, Incident: a.Labels.Incident, Group: a.Labels.Group,
		Phase: tui.AlertPhase(a.Phase), Flapping: a.Flapping, Turns: a.Turns,
		Since: a.Since, FiredAt: a.FiredAt, EndedAt: a.EndedAt, NoDataAt: a.NoDataAt,
		Text: a.Text, Failed: a.Failed, Advice: a.Advice, URL: a.URL,
	}
	if i := slices.IndexFunc(options.Rules, func(r alert.Rule) bool { return r.Name == a.Rule }); i >= 0 {
		one.Condition, one.For, one.KeepFiringFor = options.Rules[i].When, options.Rules[i].For, options.Rules[i].KeepFiringFor
	}
	return one
}

// viewOfEvent converts what happened to an alert.
func viewOfEvent(e *alert.Event) tui.AlertEvent {
	event := tui.AlertEvent{At: e.At, What: e.Kind.String(), Receiver: e.Receiver}
	if e.Kind == alert.EventDelivered {
		event.What = "told"
	}
	if e.Receiver != "" {
		event.Text = e.Text
	}
	return event
}
