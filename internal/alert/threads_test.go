package alert

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"errtop/tracker"
)

// The scenarios of this file are what people complain of in the trackers of other tools; each names the thread.

// target sets one target of the picture, with how fast it burns its budget.
func target(name string, state tracker.TargetState, burn float64) func(*tracker.Snapshot) {
	return func(s *tracker.Snapshot) {
		s.Targets = slices.DeleteFunc(slices.Clone(s.Targets), func(t *tracker.Target) bool { return t.Name == name })
		s.Targets = append(s.Targets, &tracker.Target{Name: name, State: state, SLO: &tracker.SLO{Objective: 0.999, Burn5m: burn, Burn1h: burn}})
	}
}

// becomes sets the state of an incident.
func becomes(id uint64, state tracker.IncidentState) func(*tracker.Snapshot) {
	return func(s *tracker.Snapshot) {
		s.Incidents = slices.Clone(s.Incidents)
		for i := range s.Incidents {
			if s.Incidents[i].ID == id {
				s.Incidents[i].State = state
			}
		}
	}
}

// gone takes an incident out of the picture, as an errtop that has forgotten it.
func gone(id uint64) func(*tracker.Snapshot) {
	return func(s *tracker.Snapshot) {
		s.Incidents = slices.DeleteFunc(slices.Clone(s.Incidents), func(i tracker.Incident) bool { return i.ID == id })
	}
}

// every does several changes at once.
func every(changes ...func(*tracker.Snapshot)) func(*tracker.Snapshot) {
	return func(s *tracker.Snapshot) {
		for _, change := range changes {
			change(s)
		}
	}
}

// Alertmanager tells a page of an outage and another one of the budget that the outage burns. Here they are one message, what goes on
// after the outage pages nobody again, and each end is told.
func TestABudgetThatBurnsInAnIncidentIsToldWithIt(t *testing.T) {
	l := play(t, Options{})
	l.at(0, every(outage(1, "billing"), target("billing", tracker.StateFailing, 100)))
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "incident: billing fails")
	if l.heard[0].alerts != 2 {
		t.Errorf("%d alerts in it", l.heard[0].alerts)
	}
	l.at(20*minute, every(becomes(1, tracker.IncidentRecovering), target("billing", tracker.StateOK, 100)))
	l.want(22*minute, 22*minute+5*time.Second, "slack", ReasonResolved, "incident: billing")
	l.quiet(time.Hour)
	l.at(time.Hour, every(over(1), target("billing", tracker.StateOK, 0)))
	l.want(time.Hour+5*minute, time.Hour+5*minute+5*time.Second, "slack", ReasonResolved, "budget burns fast")
	l.quiet(24 * time.Hour)
}

// An alert that was told by itself becomes part of an incident: it did not end (prometheus/alertmanager#2398 and #1758 have the like),
// and what is more urgent than what was told does not wait for the group's interval.
func TestAnAlertThatJoinsAnIncidentIsNotOver(t *testing.T) {
	rules := []Rule{{Name: "slow", Severity: Warning, When: `target.p95 > duration("1s")`}, DefaultRules()[0]}
	slow := func(s *tracker.Snapshot) {
		tg := &tracker.Target{Name: "billing", State: tracker.StateDegraded}
		tg.Activity.FiveMinutes.Latency.P95 = 2 * time.Second
		s.Targets = []*tracker.Target{tg}
	}
	l := play(t, Options{Rules: rules})
	l.at(0, slow)
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "slow")
	l.at(minute, outage(1, "billing"))
	l.want(minute+29*time.Second, minute+35*time.Second, "slack", ReasonMore, "incident: billing fails")
	l.quiet(30 * minute)
	l.at(30*minute, every(over(1), func(s *tracker.Snapshot) { s.Targets = nil }, target("billing", tracker.StateOK, 0)))
	l.want(32*minute, 32*minute+5*time.Second, "slack", ReasonResolved, "incident")
	if n := l.heard[2].alerts; n != 2 {
		t.Errorf("%d ended", n)
	}
	l.quiet(5 * time.Hour)
}

// Two incidents turn out to be one: whoever was told of the second hears of no end and of no third beginning.
func TestIncidentsThatBecomeOneAreToldOnce(t *testing.T) {
	l := play(t, Options{})
	l.at(0, outage(1, "billing"))
	l.at(0, outage(2, "search"))
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "billing")
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "search")
	l.at(10*minute, every(gone(1), gone(2), outage(1, "billing", "search")))
	l.quiet(time.Hour)
	l.at(time.Hour, over(1))
	l.want(time.Hour+2*minute, time.Hour+3*minute, "slack", ReasonResolved, "billing")
	l.quiet(24 * time.Hour)
	for _, a := range l.state.Alerts {
		if a.Active() {
			t.Errorf("still fires: %+v", a)
		}
	}
}

// The number of an incident may change with what is found out later: it is the same trouble.
func TestAnIncidentWithANewNumberIsNoNews(t *testing.T) {
	l := play(t, Options{})
	l.at(0, outage(7, "billing"))
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "billing")
	if l.state.Acknowledge(Ack{By: "ann", At: start}, 7) != 1 {
		t.Fatal("nothing to acknowledge")
	}
	l.at(10*minute, every(gone(7), outage(3, "billing")))
	l.quiet(20 * time.Hour) // still acknowledged
	l.at(20*time.Hour, over(3))
	l.want(20*time.Hour+2*minute, 20*time.Hour+3*minute, "slack", ReasonResolved, "billing")
}

// TwiN/gatus#1111: it fails, that is told, the monitor dies, it is mended, the monitor comes back and knows nothing of the failure.
func TestWhatWasMendedWhileNobodyLookedIsToldAfterTheRestart(t *testing.T) {
	l := play(t, Options{})
	l.at(0, every(outage(1, "billing"), target("billing", tracker.StateFailing, 0)))
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "billing")
	l.at(10*minute, func(s *tracker.Snapshot) { *s = tracker.Snapshot{Version: s.Version} })
	l.restart()
	l.quiet(20 * minute) // nothing is known yet
	l.at(20*minute, target("billing", tracker.StateOK, 0))
	l.want(22*minute, 22*minute+5*time.Second, "slack", ReasonResolved, "billing")
	l.quiet(24 * time.Hour)
}

// TwiN/gatus#679, louislam/uptime-kuma#4101: a restart tells nothing again that still goes on.
func TestARestartTellsNothingAgain(t *testing.T) {
	l := play(t, Options{})
	l.at(0, outage(1, "billing"))
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "billing")
	for at := minute; at < 3*time.Hour; at += 7 * minute {
		l.until(at)
		l.restart()
	}
	l.quiet(3 * time.Hour)
}

// grafana/grafana#68162: it ends, and the process ends before the end was told. louislam/uptime-kuma#6046: the receiver is away just then.
func TestAnEndThatWasNotToldYetSurvivesTheRestart(t *testing.T) {
	l := play(t, Options{})
	l.at(0, outage(1, "billing"))
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "billing")
	away := true
	l.accept = func(Notification) bool { return !away }
	l.at(5*minute, over(1))
	l.quiet(10 * minute)
	l.restart()
	away = false
	l.want(10*minute, 20*minute, "slack", ReasonResolved, "billing")
	l.quiet(24 * time.Hour)
}

// grafana/grafana#105571: the connection drops, and with it the data; nothing ended, and nothing begins when it is back.
func TestADropOfTheConnectionEndsNothing(t *testing.T) {
	l := play(t, Options{Rules: highErrorRate})
	l.at(0, api(tracker.StateFailing, 100, 50))
	l.want(minute+30*time.Second, 2*minute, "slack", ReasonFiring, "api")
	for at := 10 * minute; at < 3*time.Hour; at += 20 * minute {
		l.at(at, api(tracker.StateStale, 0, 0))
		l.at(at+5*minute, func(s *tracker.Snapshot) { s.Targets = nil })
		l.at(at+10*minute, api(tracker.StateFailing, 100, 50))
	}
	l.quiet(3 * time.Hour)
}

// prometheus/alertmanager#2320: something joins the group and leaves it before the interval is over. That is no news.
func TestWhatJoinsAndLeavesWithinTheIntervalIsNotTold(t *testing.T) {
	l := play(t, Options{Rules: []Rule{DefaultRules()[0], {Name: "burns", Severity: Critical, When: "target.burn_1h > 10"}}})
	l.at(0, outage(1, "billing"))
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "billing")
	l.at(2*minute, target("billing", tracker.StateFailing, 100))
	l.at(2*minute+10*time.Second, target("billing", tracker.StateFailing, 0))
	l.quiet(3 * time.Hour)
}

// prometheus/alertmanager#1403, #2474: of a group some end early. No message comes for them alone; the next one names them once.
func TestWhatEndsEarlyIsNamedOnceInTheNextMessage(t *testing.T) {
	l := play(t, Options{})
	var statuses []string
	l.accept = func(n Notification) bool {
		text := string(n.Reason)
		for _, a := range n.Alerts {
			text += " " + a.Rule + " " + a.Phase.String()
		}
		statuses = append(statuses, text)
		return true
	}
	l.at(0, every(outage(1, "billing"), target("billing", tracker.StateFailing, 100)))
	l.at(10*minute, target("billing", tracker.StateFailing, 0))
	l.until(9 * time.Hour)
	l.at(9*time.Hour, over(1))
	l.until(10 * time.Hour)
	want := []string{
		"firing incident firing budget burns fast firing", "repeat incident firing budget burns fast resolved", "repeat incident firing", "resolved incident resolved",
	}
	if !slices.Equal(statuses, want) {
		t.Errorf("%q", statuses)
	}
}

// prometheus/alertmanager#226, #3664: it was told, then silenced, and ended behind the silence. louislam/uptime-kuma#7148, #2846: it goes on
// when the silence ends.
func TestASilenceLosesNoEndAndRepeatsNoBeginning(t *testing.T) {
	for _, ends := range []bool{true, false} {
		l := play(t, Options{})
		l.at(0, every(outage(1, "billing"), target("billing", tracker.StateFailing, 100)))
		l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "billing")
		if _, err := l.state.Silence(Silence{Matcher: Matcher{Incident: 1}, Starts: start, Ends: start.Add(time.Hour), By: "ann"}); err != nil {
			t.Fatal(err)
		}
		if ends {
			l.at(30*minute, every(over(1), target("billing", tracker.StateOK, 0)))
			l.want(30*minute, 36*minute, "slack", ReasonResolved, "")
			l.want(30*minute, 36*minute, "slack", ReasonResolved, "")
		}
		l.quiet(3 * time.Hour)
	}
}

// A silence of an incident hides what its targets tell too, and not only while the incident goes on.
func TestASilenceOfAnIncidentHidesItsTargets(t *testing.T) {
	l := play(t, Options{})
	l.at(0, every(outage(1, "billing"), target("billing", tracker.StateFailing, 100)))
	if _, err := l.state.Silence(Silence{Matcher: Matcher{Incident: 1}, Starts: start, Ends: start.Add(2 * time.Hour), By: "ann"}); err != nil {
		t.Fatal(err)
	}
	l.at(30*minute, over(1)) // the budget burns on
	l.quiet(2 * time.Hour)
	l.want(2*time.Hour, 2*time.Hour+minute, "slack", ReasonFiring, "budget burns fast")
}

// grafana/grafana#87007, prometheus/alertmanager#3367: the end is told outside of the receiver's hours too where the beginning was, and what
// began outside is told when they begin.
func TestHoursHoldBackNoEnd(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones: ", err)
	}
	// start is 03:00 in UTC and 04:00 in Berlin.
	l := play(t, Options{Receivers: []Receiver{{Name: "early", Severity: Warning, From: 4 * 60, To: 6 * 60, Location: berlin, Resolved: true}}})
	l.at(0, outage(1, "billing"))
	l.want(30*time.Second, minute, "early", ReasonFiring, "billing")
	l.at(5*time.Hour, over(1))
	l.want(5*time.Hour, 5*time.Hour+3*minute, "early", ReasonResolved, "billing")
	l.at(6*time.Hour, outage(2, "search"))
	l.quiet(24 * time.Hour)
	l.want(24*time.Hour, 24*time.Hour+2*minute, "early", ReasonFiring, "search")
}

// A receiver of one target was told; another target of the incident becomes the worst. Nothing ended.
func TestAReceiverKeepsWhatItWasToldOf(t *testing.T) {
	l := play(t, Options{Receivers: []Receiver{{Name: "billers", Targets: []string{"billing"}, Resolved: true}}})
	l.at(0, outage(1, "billing", "search"))
	l.want(30*time.Second, 35*time.Second, "billers", ReasonFiring, "billing")
	l.at(5*minute, every(gone(1), outage(1, "search", "billing")))
	l.quiet(time.Hour)
	l.at(time.Hour, over(1))
	l.want(time.Hour+2*minute, time.Hour+3*minute, "billers", ReasonResolved, "")
}

// NagiosEnterprises/nagioscore#186, #91: an acknowledged alert that flaps does not page each turn, and its true state is told in the end.
func TestAnAcknowledgedAlertThatFlapsEndsTold(t *testing.T) {
	l := play(t, Options{Rules: highErrorRate})
	l.at(0, api(tracker.StateFailing, 100, 90))
	l.want(minute+30*time.Second, 2*minute, "slack", ReasonFiring, "api")
	if l.state.Acknowledge(Ack{Alert: l.state.Alerts[0].ID, By: "ann", At: start}, 0) != 1 {
		t.Fatal("nothing to acknowledge")
	}
	for at := 5 * minute; at < 3*time.Hour; at += 10 * minute {
		l.at(at, api(tracker.StateOK, 100, 0))
		l.at(at+5*minute, api(tracker.StateFailing, 100, 90))
	}
	l.at(3*time.Hour, api(tracker.StateOK, 100, 0))
	l.until(12 * time.Hour)
	if n := len(l.heard); n > 5 || l.heard[n-1].reason != ReasonResolved || len(l.state.Acks) != 0 {
		t.Errorf("%d acknowledgements, told %+v", len(l.state.Acks), l.heard)
	}
}

// lyc8503/UptimeFlare#124: the text of the error changes again and again.
func TestAnErrorThatChangesItsTextPagesOnce(t *testing.T) {
	l := play(t, Options{})
	l.at(0, outage(1, "billing"))
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "billing")
	for at := minute; at < 3*time.Hour; at += minute {
		l.at(at, func(s *tracker.Snapshot) {
			s.Incidents = slices.Clone(s.Incidents)
			s.Incidents[0].Cause.Message = fmt.Sprint("proxy request failed ", at)
			s.Incidents[0].Cause.Class = []tracker.CauseClass{tracker.CauseRefused, tracker.CauseReset}[int(at/minute)%2]
		})
	}
	l.quiet(3 * time.Hour)
}

// restart continues with what was kept and an engine that knows nothing.
func (l *timeline) restart() {
	l.t.Helper()
	engine, err := New(l.engine.options)
	if err != nil {
		l.t.Fatal(err)
	}
	kept, err := json.Marshal(l.state)
	if err != nil {
		l.t.Fatal(err)
	}
	l.engine, l.state = engine, &State{}
	if err := json.Unmarshal(kept, l.state); err != nil {
		l.t.Fatal(err)
	}
}

// story is a receiver that notes which alerts it takes for firing, and what it was told that cannot be.
type story struct {
	firing map[uint64]bool
	wrong  []string
}

func (r *story) take(n *Notification) {
	for i := range n.Alerts {
		a := &n.Alerts[i]
		switch {
		case a.Phase != Resolved:
			if n.Reason == ReasonResolved {
				r.wrong = append(r.wrong, fmt.Sprintf("told that %s of %s is over while it fires", a.Rule, a.Labels.Target))
			}
			r.firing[a.ID] = true
		case !r.firing[a.ID]:
			r.wrong = append(r.wrong, fmt.Sprintf("told that %s of %s is over, and never that it fires", a.Rule, a.Labels.Target))
		default:
			delete(r.firing, a.ID)
		}
	}
}

// Whatever happens: no end without a beginning, no end while it goes on, and in the end nobody believes that anything fires.
func TestReceiversAreNeverToldWhatIsNotTrue(t *testing.T) {
	names, seeds := []string{"a", "b", "c"}, uint64(40)
	if testing.Short() {
		seeds = 8
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 1))
		l := play(t, Options{Receivers: []Receiver{{Name: "all", Resolved: true}, {Name: "some", Severity: Critical, Targets: []string{"a"}, Resolved: true}, {Name: "night", From: 180, To: 200, Location: time.UTC, Resolved: true}}})
		heard := map[string]*story{}
		for _, receiver := range l.engine.options.Receivers {
			heard[receiver.Name] = &story{firing: map[uint64]bool{}}
		}
		l.accept = func(n Notification) bool {
			if r.IntN(3) == 0 {
				return false
			}
			heard[n.Receiver].take(&n)
			return true
		}
		ids := uint64(0)
		for at := time.Duration(0); at < 2*time.Hour; at += time.Duration(r.IntN(400)) * time.Second {
			l.at(at, func(s *tracker.Snapshot) { ids = shake(r, l, s, names, ids) })
			if r.IntN(8) == 0 {
				l.restart()
			}
		}
		l.at(2*time.Hour, func(s *tracker.Snapshot) {
			s.Incidents = slices.Clone(s.Incidents)
			for i := range s.Incidents {
				s.Incidents[i].State = tracker.IncidentOver
			}
			for _, name := range names {
				target(name, tracker.StateOK, 0)(s)
			}
		})
		l.until(8 * time.Hour)
		for name, story := range heard {
			if len(story.wrong) > 0 || len(story.firing) > 0 {
				t.Errorf("seed %d: %s was told %q, and believes that %d fire", seed, name, story.wrong, len(story.firing))
			}
		}
		if t.Failed() {
			return
		}
	}
}

// shake changes something at random: an incident begins, recovers, ends, is forgotten, merges; a budget burns; somebody silences or
// acknowledges.
func shake(r *rand.Rand, l *timeline, s *tracker.Snapshot, names []string, ids uint64) uint64 {
	name := names[r.IntN(len(names))]
	id := uint64(r.IntN(int(ids)+1)) + 1
	switch r.IntN(9) {
	case 0, 1:
		ids++
		outage(ids, slices.Compact([]string{name, names[r.IntN(len(names))]})...)(s)
	case 2:
		becomes(id, []tracker.IncidentState{tracker.IncidentOpen, tracker.IncidentRecovering, tracker.IncidentFlapping}[r.IntN(3)])(s)
	case 3:
		over(id)(s)
	case 4:
		gone(id)(s)
	case 5:
		target(name, []tracker.TargetState{tracker.StateOK, tracker.StateFailing, tracker.StateStale}[r.IntN(3)], float64(r.IntN(30)))(s)
	case 6:
		s.Targets = nil
	case 7:
		silence := Silence{Matcher: Matcher{Incident: id}, Starts: start.Add(l.now), Ends: start.Add(l.now + time.Duration(1+r.IntN(60))*minute), By: "ann"}
		if r.IntN(2) == 0 {
			silence.Matcher = Matcher{Target: name}
		}
		if _, err := l.state.Silence(silence); err != nil {
			l.t.Fatal(err)
		}
	case 8:
		l.state.Acknowledge(Ack{By: "ann", At: start.Add(l.now)}, id)
	}
	return ids
}

// An end must not overtake a beginning that waits to be tried again.
func TestWhatIsToldStaysInItsOrder(t *testing.T) {
	l := play(t, Options{Rules: []Rule{{Name: "incident", Severity: Critical, When: "incident.failures"}}})
	tries := 0
	l.accept = func(Notification) bool { tries++; return tries > 4 } // the fifth try is long after the end
	l.at(0, outage(1, "billing"))
	l.at(minute, over(1))
	l.until(time.Hour)
	if len(l.heard) != 2 || l.heard[0].reason != ReasonFiring || l.heard[1].reason != ReasonResolved {
		t.Errorf("%+v", l.heard)
	}
}

// Alertmanager forgets what it does not hear of again, and what it knew when it restarts: it is told every five minutes whatever is set for
// people, of what is acknowledged or flaps too, and never of the same while that still waits.
func TestAReceiverThatForgetsIsRefreshed(t *testing.T) {
	l := play(t, Options{Timing: Timing{Repeat: 30 * 24 * time.Hour}, Receivers: []Receiver{
		{Name: "manager", Resolved: true, Refresh: 5 * minute, From: 180, To: 200, Location: time.UTC}, {Name: "slack", Resolved: true},
	}})
	l.at(0, outage(1, "billing"))
	l.until(10 * time.Second)
	l.state.Acknowledge(Ack{By: "ann", At: start}, 1)
	l.until(31 * time.Minute)
	down := true
	l.accept = func(n Notification) bool { return !down }
	l.until(2 * time.Hour)
	if n := len(l.state.Outbox); n != 1 {
		t.Errorf("%d wait", n)
	}
	down = false
	l.until(3 * time.Hour)
	l.at(3*time.Hour, over(1))
	l.until(12 * time.Hour)
	count := map[string]int{}
	for _, h := range l.heard {
		count[h.receiver+" "+string(h.reason)]++
	}
	if count["manager firing"] != 1 || count["manager resolved"] != 1 || count["manager repeat"] != 0 || count["slack refresh"] != 0 || count["slack firing"] != 1 ||
		count["slack resolved"] != 1 || count["manager refresh"] < 12 || count["manager refresh"] > 40 {
		t.Errorf("%v", count)
	}
	if n := len(l.state.History); n > 20 {
		t.Errorf("%d events are kept: refreshing is none", n)
	}
}

// An incident that comes and goes is not repeated every four hours, but once it stays.
func TestAnIncidentThatFlapsIsNotRepeated(t *testing.T) {
	l := play(t, Options{})
	l.at(0, outage(1, "billing"))
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "billing")
	l.at(30*minute, becomes(1, tracker.IncidentFlapping))
	l.quiet(20 * time.Hour)
	l.at(20*time.Hour, becomes(1, tracker.IncidentOpen))
	l.want(20*time.Hour, 20*time.Hour+minute, "slack", ReasonRepeat, "billing")
	l.at(21*time.Hour, over(1))
	l.want(21*time.Hour+2*minute, 21*time.Hour+3*minute, "slack", ReasonResolved, "billing")
}
