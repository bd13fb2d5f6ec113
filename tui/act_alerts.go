package tui

import (
	"time"

	"errtop/internal/human"

	tea "charm.land/bubbletea/v2"
)

// troubleAtHand returns what alerts are acknowledged or silenced of: the page that is open, the row selected in the incidents' view, else
// the headline's incident. Its name is "" where there is nothing.
func (m *model) troubleAtHand() (t trouble, name string) {
	switch p := m.topPage().(type) {
	case *incidentPage:
		return trouble{incident: &p.incident, alerts: alertsOfIncident(m.alerts, m.shown, &p.incident)}, p.incident.Lead().Name
	case *alertPage:
		return trouble{alerts: []*Alert{&p.alert}}, p.alert.subjectName()
	case *silencePage:
		return trouble{silence: &p.silence}, "the silence"
	}
	if s, wrong := m.headline.subject(); wrong && s.incident != nil {
		return trouble{incident: s.incident, alerts: alertsOfIncident(m.alerts, m.shown, s.incident)}, s.incident.Lead().Name
	}
	return trouble{}, ""
}

// alertedMsg is the outcome of an action on alerts, and the alerts after it.
type alertedMsg struct {
	text   string
	alerts *Alerts
}

// onAlerts returns a command that does something with alerts, which may wait for a disk, and says what came of it.
func (m *model) onAlerts(do func() string) tea.Cmd {
	f := m.feed
	return func() tea.Msg {
		text := do()
		return alertedMsg{text, f.takeAlerts()}
	}
}

// acknowledge acknowledges the alerts of what is at hand.
func (m *model) acknowledge() tea.Cmd {
	may := m.options.Rights.Acknowledge
	if may == nil {
		m.say("this viewer may not acknowledge")
		return nil
	}
	t, name := m.troubleAtHand()
	if name == "" {
		m.say("no incident is selected")
		return nil
	}
	var ids []uint64
	for _, a := range t.alerts {
		if a.Phase != AlertResolved {
			ids = append(ids, a.ID)
		}
	}
	return m.onAlerts(func() string {
		n := 0
		if len(ids) > 0 {
			n = may(ids)
		}
		if n == 0 {
			return "no alert of " + name + " fires"
		}
		return human.Plural(n, "alert") + " of " + name + " acknowledged"
	})
}

// startSilence opens the form that silences the alerts of what is at hand, or asks whether to end the silence that holds.
func (m *model) startSilence() {
	if m.options.Rights.Silence == nil || m.options.Rights.EndSilence == nil {
		m.say("this viewer may not silence")
		return
	}
	t, name := m.troubleAtHand()
	if name == "" {
		m.say("no incident is selected")
		return
	}
	m.help = nil
	if s := t.silencedBy(m.alerts, m.clock); s != nil {
		m.form = &silenceForm{ends: s}
		return
	}
	if t.silence != nil {
		m.say("this silence has ended")
		return
	}
	m.form = newSilenceForm(silenceScopes(t.incident, t.alerts))
}

// silencedBy returns the silence that a row is, or that holds for the first of its alerts; nil where none does.
func (t *trouble) silencedBy(alerts *Alerts, now time.Time) *Silence {
	if t.silence != nil {
		if alerts != nil {
			for i := range alerts.Silences {
				if s := &alerts.Silences[i]; s.ID == t.silence.ID && now.Before(s.Ends) {
					return s
				}
			}
		}
		return nil
	}
	for _, a := range t.alerts {
		if s := a.silence(now); s != nil && a.Phase != AlertResolved {
			return s
		}
	}
	return nil
}

// editSilence edits the form, and makes or ends the silence.
func (m *model) editSilence(msg tea.KeyPressMsg) tea.Cmd {
	closed, begin, end := m.form.HandleKey(msg, m.clock)
	if !closed {
		return nil
	}
	m.form = nil
	rights := m.options.Rights
	switch {
	case begin != nil:
		done := "silenced until " + human.HourMinute(begin.Ends, m.clock, m.frame.loc) + "; " + m.keys.key(SilenceAlerts) + " ends it"
		return m.onAlerts(func() string {
			if err := rights.Silence(*begin); err != nil {
				return err.Error()
			}
			return done
		})
	case end != nil:
		return m.onAlerts(func() string {
			if !rights.EndSilence(end.ID) {
				return "there is no such silence any more"
			}
			return "the silence has ended"
		})
	default:
		return nil
	}
}
