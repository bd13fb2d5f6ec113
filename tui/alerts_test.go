package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// alarmed is alerting over burning: kling's incident fires, a breaker of it too, veo's certificate is about to, and a source failed
// earlier.
func alarmed() *Alerts {
	a := &Alerts{List: []Alert{
		{
			ID: 11, Rule: "incident", Condition: "incident.failures", Severity: SeverityCritical, Target: "kling", Incident: 1, Phase: AlertFiring,
			Since: ago(29 * time.Minute), FiredAt: ago(28 * time.Minute), KeepFiringFor: 2 * time.Minute, Text: "429 Rate limit exceeded", Failed: 1631, Advice: "Slow acme down until the reset.",
			Story: []AlertEvent{
				{At: ago(28 * time.Minute), What: "firing"},
				{At: ago(27 * time.Minute), What: "told", Receiver: "slack", Text: "firing"},
			},
			Waiting: []Waiting{{Receiver: "mail", Why: "3 attempts, the last: connection refused", Until: noon.Add(41 * time.Second)}},
		},
		{ID: 12, Rule: "breaker open", Condition: "breaker.open", Severity: SeverityInfo, Target: "kling", Breaker: "gate", Phase: AlertFiring, Since: ago(20 * time.Minute), FiredAt: ago(18 * time.Minute), For: 2 * time.Minute, Text: "OPEN"},
		{ID: 13, Rule: "certificate expires", Condition: "target.certificate_known", Severity: SeverityWarning, Target: "veo", Phase: AlertPending, Since: ago(time.Minute), For: 5 * time.Minute, Text: "in 9 days"},
		{ID: 14, Rule: "source failed", Condition: `source.state == "failed"`, Severity: SeverityWarning, Source: "/var/log/old.log", Phase: AlertResolved, Since: ago(2 * time.Hour), FiredAt: ago(2 * time.Hour), EndedAt: ago(90 * time.Minute), Text: "permission denied"},
	}}
	return a
}

// desk is alerting that a viewer may change, as whoever starts a viewer gives it.
type desk struct {
	now   *Alerts
	acked []uint64
	err   error
}

func (d *desk) Alerts() *Alerts { return d.now }

func (d *desk) allow(o *Options) {
	o.Alerting = d
	o.Rights.Acknowledge = func(ids []uint64) int {
		d.acked = append(d.acked, ids...)
		next := *d.now
		next.List = slices.Clone(next.List)
		for i := range next.List {
			if slices.Contains(ids, next.List[i].ID) {
				next.List[i].Acknowledged = &Acknowledgement{At: noon, By: "ann"}
			}
		}
		d.now = &next
		return len(ids)
	}
	o.Rights.Silence = func(s Silence) error {
		if d.err != nil {
			return d.err
		}
		next := *d.now
		next.List, next.Silences = slices.Clone(next.List), slices.Clone(next.Silences)
		s.ID, s.By = uint64(len(next.Silences)+1), "ann"
		next.Silences = append(next.Silences, s)
		d.match(&next)
		return nil
	}
	o.Rights.EndSilence = func(id uint64) bool {
		next := *d.now
		next.List, next.Silences = slices.Clone(next.List), slices.Clone(next.Silences)
		for i := range next.Silences {
			if next.Silences[i].ID == id {
				next.Silences[i].Ends = noon
			}
		}
		d.match(&next)
		return true
	}
}

func (d *desk) match(next *Alerts) {
	for i := range next.List {
		a := &next.List[i]
		a.Silences = nil
		for j := range next.Silences {
			if next.Silences[j].Matcher.matches(a) {
				a.Silences = append(a.Silences, &next.Silences[j])
			}
		}
	}
	d.now = next
}

// atDesk shows burning with its alerts.
func atDesk(t *testing.T, w, h int) (*user, *desk) {
	t.Helper()
	d := &desk{now: alarmed()}
	u := visit(t, w, h, burning(), d.allow)
	return u, d
}

func TestTheIncidentsViewShowsAlertsAndSilences(t *testing.T) {
	u, d := atDesk(t, 100, 30)
	u.press("6").sees("ALERT", "open        firing    kling", "warning     pending   veo", "certificate expires: in 9 days", "warning     over      /var/log/old.log")
	if got := strings.Count(u.text(), "kling "); got > 3 {
		t.Errorf("the breaker's alert of kling has a row of its own:\n%s", u.text())
	}
	d.now.List[0].Flapping = true
	d.now.List[1].Phase = AlertResolved
	next := *d.now
	u.m.takeAlerts(&next)
	u.sees("open        flapping  kling")
}

func TestAnIncidentsPageTellsItsAlertsWholeStory(t *testing.T) {
	u, _ := atDesk(t, 120, 70)
	u.press("6", "enter").sees(
		"ALERTS", "firing       incident, critical, since 14:03:07 (29m)", "incident.failures; over after 2m without it", "1,631 requests", "Slow acme down until the reset.",
		"firing", "told        slack: firing", "mail: 3 attempts, the last: connection refused, in 41s", "breaker.open; for 2m", "◆ alert",
	)
}

func TestAnAlertWithoutAnIncidentHasAPage(t *testing.T) {
	u, _ := atDesk(t, 120, 50)
	u.press("6").selects("veo").press("enter").sees("ALERT veo", "pending, warning, since 14:31:07", "certificate expires: in 9 days", "for 5m", "FAILURES A MINUTE, veo")
}

// selects moves down to a row.
func (s *user) selects(name string) *user {
	s.t.Helper()
	for range 20 {
		for line := range strings.Lines(s.text()) {
			if strings.HasPrefix(line, "▌") && strings.Contains(line, name) {
				return s
			}
		}
		s.press("j")
	}
	s.t.Fatalf("no row of %s in\n%s", name, s.text())
	return s
}

func TestWhatIsSelectedIsAcknowledged(t *testing.T) {
	u, d := atDesk(t, 120, 40)
	u.press("a").sees("2 alerts of kling acknowledged", "✓ 1 acked", "acked by ann").press("6").sees("open        acked     kling")
	u.selects("veo").press("a").sees("1 alert of veo acknowledged").press("k", "enter", "a")
	if !slices.Equal(d.acked, []uint64{11, 12, 13, 11, 12}) {
		t.Errorf("acknowledged %v", d.acked)
	}
	u.press("esc").selects("/var/log/old.log").press("a").sees("no alert of /var/log/old.log fires")
	visit(t, 120, 40, calm(), (&desk{now: &Alerts{}}).allow).press("a").sees("no incident is selected").press("z").sees("no incident is selected")
	visit(t, 120, 40, burning()).press("a").sees("this viewer may not acknowledge").press("z").sees("this viewer may not silence")
}

func TestASilenceShowsWhatItHidesBeforeItIsMade(t *testing.T) {
	u, d := atDesk(t, 100, 30)
	u.press("z").sees("SILENCE", "for      2h", "until 16:32", "what     incident  the alerts of the incident of kling", "1 alert: kling (incident)")
	u.press("tab", "right").sees("what     target", "match    kling", "2 alerts: kling (incident), kling (breaker open)")
	u.press("tab").write("*").press("tab").write("deploy 4.3").sees("match    kling*", "note     deploy 4.3")
	if len(d.now.Silences) != 0 {
		t.Fatal("silenced before anybody confirmed")
	}
	u.press("enter").sees("Silence it?", "enter silence", "esc change").press("esc").lacks("Silence it?").press("enter", "enter").sees("silenced until 16:32; z ends it", "silenced until 16:32")
	want := Silence{ID: 1, Matcher: Matcher{Target: "kling*"}, Starts: noon, Ends: noon.Add(2 * time.Hour), By: "ann", Note: "deploy 4.3"}
	if len(d.now.Silences) != 1 || d.now.Silences[0] != want {
		t.Fatalf("silences: %+v", d.now.Silences)
	}
	u.press("6").sees("open        silenced  kling", "silence", "until 16:32 by ann: deploy 4.3")
	u.selects("kling*").press("enter").sees("SILENCE 1", "told to nobody", "WHAT IT HIDES", "kling, incident: 429 Rate limit exceeded")
	u.press("esc", "g", "z").sees("SILENCED until 16:32 by ann: deploy 4.3", "enter end it now").press("enter").sees("the silence has ended", "open        firing    kling")
}

func TestASilenceEndsOnItsOwnRow(t *testing.T) {
	u, d := atDesk(t, 100, 30)
	u.press("z", "enter", "enter", "6").selects("an incident").press("z", "enter").sees("the silence has ended")
	if d.now.Silences[0].Active(noon) {
		t.Error("it holds on")
	}
}

func TestWhatIsNoSilenceIsRefused(t *testing.T) {
	u, d := atDesk(t, 100, 30)
	u.press("z").press("backspace", "backspace").write("never").press("enter").sees("how long? a duration of at least a minute, such as 30m, 2h or 1d").lacks("Silence it?")
	u.press("esc", "z").press("backspace", "backspace").write("90d").press("enter").sees("at most 30d")
	u.press("esc", "z", "tab", "right", "tab").press(slices.Repeat([]string{"backspace"}, 10)...).press("enter").sees("match what?")
	u.press("ctrl+c").lacks("SILENCE ─")
	d.err = errors.New("not a pattern: [")
	u.press("z", "enter", "enter").sees("not a pattern: [")
	if len(d.now.Silences) != 0 {
		t.Errorf("silences: %+v", d.now.Silences)
	}
}

// A name that looks like a pattern is silenced as the name that it is.
func TestANameIsSilencedAsItIs(t *testing.T) {
	for _, name := range []string{"GET /[id]", "a*b", `back\slash`, "what?"} {
		m := Matcher{Target: quotePattern(name)}
		if !m.matches(&Alert{Target: name}) || m.matches(&Alert{Target: name + "x"}) || m.matches(&Alert{Target: "aXb"}) {
			t.Errorf("%q is not matched as it is", name)
		}
	}
}

func TestTheSilenceFormFitsEverySize(t *testing.T) {
	for _, size := range [][2]int{{20, 5}, {40, 12}, {80, 24}, {120, 40}} {
		u, _ := atDesk(t, size[0], size[1])
		golden(t, fmt.Sprintf("silence-%dx%d", size[0], size[1]), u.press("z").text())
		for range formFields {
			if got := strings.Count(u.press("tab").text(), "\n") + 1; got != size[1] {
				t.Errorf("%v: %d rows", size, got)
			}
		}
		golden(t, fmt.Sprintf("alerts-%dx%d", size[0], size[1]), u.press("esc", "6").text())
		golden(t, fmt.Sprintf("alerts-page-%dx%d", size[0], size[1]), u.press("enter").text())
	}
}

// An incident gets another number when its onset is known better, or joins another one: its alerts stay with it.
func TestAnAlertStaysWithTheIncidentOfItsTarget(t *testing.T) {
	u, d := atDesk(t, 100, 30)
	next := *d.now
	next.List = slices.Clone(next.List)
	next.List[0].Incident = 4711
	u.m.takeAlerts(&next)
	u.press("6").sees("open        firing    kling").lacks("critical")
}

func TestAFrozenPictureKeepsItsAlerts(t *testing.T) {
	u, d := atDesk(t, 100, 30)
	u.press("6", "space")
	next := *d.now
	next.List = nil
	u.m.Update(newsMsg{now: noon, alerts: &next})
	u.sees("open        firing    kling").press("space").lacks("firing")
}
