package engine

import (
	"context"
	"testing"

	"errtop/internal/alert"
	"errtop/internal/config"
	"errtop/internal/notify"
	"errtop/internal/serve"
)

// Without a screen nobody can be told through one: the receiver is left out, and nothing waits for it.
func TestATerminalIsAReceiverOnlyWhereThereIsAScreen(t *testing.T) {
	for _, screen := range []bool{true, false} {
		settings := config.Default()
		settings.Receivers = []config.Receiver{{Name: "screen", Terminal: true, Severity: "info"}, {Name: "page", Command: []string{"true"}, Severity: "info"}}
		o := Options{Settings: settings}
		if screen {
			o.ShowPage = func(context.Context, notify.Page) error { return nil }
		}
		e, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, r := range e.AlertOptions().Receivers {
			names[r.Name] = true
		}
		if names["screen"] != screen || !names["page"] || (e.alerting.senders["screen"] != nil) != screen {
			t.Errorf("with a screen: %v; receivers: %v", screen, names)
		}
	}
}

func TestTheVersionOfAlertsChangesWithThem(t *testing.T) {
	e, err := New(Options{Settings: config.Default()})
	if err != nil {
		t.Fatal(err)
	}
	e.alerting.state.Alerts = []alert.Alert{{ID: 1, Phase: alert.Firing}}
	version := e.AlertsVersion()
	for name, change := range map[string]func(){
		"ack":     func() { e.AddAck(serve.Ack{Alert: 1}) },
		"silence": func() { _, _ = e.AddSilence(serve.Silence{Target: "a", For: 1}) },
		"nothing": func() { e.EndSilence(99) },
	} {
		before := e.AlertsVersion()
		change()
		if changed := e.AlertsVersion() != before; changed != (name != "nothing") {
			t.Errorf("%s: changed is %v", name, changed)
		}
	}
	if e.AlertsVersion() == version {
		t.Error("the version stays")
	}
}
