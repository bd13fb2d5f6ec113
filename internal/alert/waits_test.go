package alert

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWaitsSayWhyNobodyWasTold(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	alarm := Alert{ID: 5, Rule: "incident", Severity: Warning, Labels: Labels{Target: "billing", Incident: 9}, Phase: Firing}
	slack := Receiver{Name: "slack", Severity: Info}
	options := Options{Receivers: []Receiver{slack}, Timing: Timing{GroupWait: 30 * time.Second}}
	told := Told{Receiver: "slack", Group: "incident 9", First: now.Add(-10 * time.Second)}
	for name, c := range map[string]struct {
		state   State
		options Options
		alert   func(*Alert)
		want    []string
	}{
		"nobody to tell":         {options: Options{}, want: []string{": no receivers are set up: it is only shown"}},
		"of too little severity": {options: Options{Receivers: []Receiver{{Name: "pager", Severity: Critical}}}, want: []string{": no receiver is told of it: of its severity or target"}},
		"the group wait":         {state: State{Groups: []Told{told}}, options: options, want: []string{"slack: told after the group wait until 14:00:20"}},
		"more of a group":        {state: State{Groups: []Told{{Receiver: "slack", Group: "incident 9", Last: now, Firing: []uint64{4}}}}, options: options, want: []string{"slack: told after the group interval until 14:05:00"}},
		"told":                   {state: State{Groups: []Told{{Receiver: "slack", Group: "incident 9", Last: now, Firing: []uint64{5}}}}, options: options},
		"not at this hour":       {options: Options{Receivers: []Receiver{{Name: "slack", From: 9 * 60, To: 13*60 + 30, Location: time.UTC}}}, want: []string{"slack: told from 09:00 to 13:30"}},
		"not over yet":           {options: options, alert: func(a *Alert) { a.Phase = Resolved }},
		"silenced":               {state: State{Silences: []Silence{{Matcher: Matcher{Target: "billing"}, Starts: now, Ends: now.Add(time.Hour)}}}, options: options},
		"failed attempts": {
			state:   State{Outbox: []Notification{{Receiver: "slack", Reason: ReasonFiring, Alerts: []Alert{{ID: 5}}, Attempts: 3, Problem: "connection refused", NextTry: now.Add(40 * time.Second)}}},
			options: options, want: []string{"slack: firing, not taken 3 times, the last: connection refused until 14:00:40"},
		},
		"on its way": {state: State{Outbox: []Notification{{Receiver: "slack", Reason: ReasonResolved, Alerts: []Alert{{ID: 5}}}, {Receiver: "slack", Alerts: []Alert{{ID: 6}}}}}, options: options, alert: func(a *Alert) { a.Phase = Resolved }, want: []string{"slack: resolved is sent next"}},
	} {
		one := alarm
		if c.alert != nil {
			c.alert(&one)
		}
		var got []string
		for _, w := range c.state.Waits(&one, &c.options, now) {
			text := w.Receiver + ": " + w.Why
			if !w.Until.IsZero() {
				text += " until " + w.Until.Format("15:04:05")
			}
			got = append(got, text)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, "; "), strings.Join(c.want, "; "))
		}
	}
}
