package cli

import (
	"reflect"
	"testing"
	"time"

	"errtop/internal/alert"
	"errtop/tui"
)

func TestViewersGetEverythingOfAnAlert(t *testing.T) {
	now := time.Now()
	a := alert.Alert{
		ID: 5, Rule: "incident", Severity: alert.Critical, Phase: alert.Recovering, Labels: alert.Labels{Target: "billing", Incident: 9, Group: 3, Breaker: "gate", Source: "s"},
		Since: now, FiredAt: now, EndedAt: now, NoDataAt: now, Flapping: true, Turns: 3, Text: "text", Failed: 7, Advice: "advice", URL: "https://runbooks/1",
	}
	state := alert.State{
		Alerts: []alert.Alert{a}, Acks: []alert.Ack{{Alert: 5, At: now, By: "ann", Note: "seen"}},
		Silences: []alert.Silence{
			{ID: 1, Matcher: alert.Matcher{Target: "bill*"}, Starts: now.Add(-time.Hour), Ends: now.Add(-time.Minute), By: "bo"},
			{ID: 2, Matcher: alert.Matcher{Target: "other"}, Starts: now, Ends: now.Add(time.Hour)},
		},
		History: []alert.Event{{At: now, Kind: alert.EventFiring, Alert: 5}, {At: now, Kind: alert.EventDelivered, Alert: 5, Receiver: "slack", Text: "firing"}, {At: now, Kind: alert.EventFiring, Alert: 6}},
		Dropped: 4,
	}
	options := alert.Options{Rules: []alert.Rule{{Name: "incident", When: "incident.failures", For: time.Minute, KeepFiringFor: time.Hour}}}
	got := viewOfAlerts(&state, &options)
	want := tui.Alert{
		ID: 5, Rule: "incident", Condition: "incident.failures", Severity: tui.SeverityCritical, Target: "billing", Breaker: "gate", Source: "s", Incident: 9, Group: 3,
		Phase: tui.AlertRecovering, Flapping: true, Turns: 3, Since: now, FiredAt: now, EndedAt: now, NoDataAt: now, For: time.Minute, KeepFiringFor: time.Hour,
		Text: "text", Failed: 7, Advice: "advice", URL: "https://runbooks/1", Acknowledged: &tui.Acknowledgement{At: now, By: "ann", Note: "seen"},
		Silences: []*tui.Silence{&got.Silences[0]},
		Story:    []tui.AlertEvent{{At: now, What: "firing"}, {At: now, What: "told", Receiver: "slack", Text: "firing"}},
		Waiting:  []tui.Waiting{{Why: "no receivers are set up: it is only shown"}},
	}
	if len(got.List) != 1 || !reflect.DeepEqual(got.List[0], want) || got.Dropped != 4 || got.Silences[1].Matcher.Target != "other" {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for i, field := range reflect.VisibleFields(reflect.TypeFor[tui.Alert]()) {
		if reflect.ValueOf(want).Field(i).IsZero() {
			t.Errorf("the test leaves out %s", field.Name)
		}
	}
}

// The words of both packages for phases and severities are the same in the same order.
func TestViewersCallPhasesAndSeveritiesAsAlertsDo(t *testing.T) {
	for p := alert.Pending; p <= alert.Resolved; p++ {
		if got := tui.AlertPhase(p).String(); got != p.String() {
			t.Errorf("%s is shown as %s", p, got)
		}
	}
	for s := alert.Info; s <= alert.Critical; s++ {
		if got := tui.Severity(s).String(); got != s.String() {
			t.Errorf("%s is shown as %s", s, got)
		}
	}
}
