package alert

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

var start = time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)

// timeline is a scenario in virtual time: what the tracker shows when, and what receivers were told when. It looks every second, as
// errtop does, and saves and restores the state whenever something changed.
type timeline struct {
	t        *testing.T
	engine   *Engine
	state    *State
	now      time.Duration
	snapshot tracker.Snapshot
	accept   func(Notification) bool // whether a receiver takes it; nil: always
	heard    []heard
	wanted   int
}

// heard is a notification that a receiver took.
type heard struct {
	at       time.Duration
	receiver string
	reason   Reason
	text     string
	alerts   int
}

func play(t *testing.T, o Options) *timeline {
	t.Helper()
	if o.Rules == nil {
		o.Rules = DefaultRules()
	}
	if o.Receivers == nil {
		o.Receivers = []Receiver{{Name: "slack", Severity: Warning, Resolved: true}}
	}
	engine, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &timeline{t: t, engine: engine, state: &State{}}
}

// until lets time pass.
func (l *timeline) until(end time.Duration) {
	l.t.Helper()
	for ; l.now < end; l.now += time.Second {
		now := start.Add(l.now)
		changed := l.engine.Evaluate(l.state, &l.snapshot, now)
		if changed || len(l.due(now)) > 0 {
			l.deliver(now)
		}
	}
}

// deliver saves the state, restores it, and offers what is in the outbox to the receivers.
func (l *timeline) deliver(now time.Time) {
	l.t.Helper()
	saved, err := json.Marshal(l.state)
	if err != nil {
		l.t.Fatal(err)
	}
	restored := &State{}
	if err := json.Unmarshal(saved, restored); err != nil {
		l.t.Fatal(err)
	}
	l.state = restored
	for _, n := range l.due(now) {
		switch {
		case l.accept != nil && !l.accept(n):
			l.state.Failed(n.ID, "500", now.Add(min(10*time.Second<<n.Attempts, time.Hour)), now)
		default:
			l.state.Delivered(n.ID, now)
			text := ""
			if len(n.Alerts) > 0 {
				text = n.Alerts[0].Rule + ": " + n.Alerts[0].Text
			}
			l.heard = append(l.heard, heard{l.now, n.Receiver, n.Reason, text, len(n.Alerts)})
		}
	}
}

// due is what is to be sent now.
func (l *timeline) due(now time.Time) (due []Notification) {
	for i := range l.engine.options.Receivers {
		due = append(due, l.state.Due(l.engine.options.Receivers[i].Name, now)...)
	}
	return due
}

// at lets time pass until a moment, and then changes what the tracker shows.
func (l *timeline) at(moment time.Duration, change func(*tracker.Snapshot)) {
	l.t.Helper()
	l.until(moment)
	change(&l.snapshot)
	l.snapshot.Version++
}

// want is the next that is told: to whom, when, why, and what is in it.
func (l *timeline) want(from, to time.Duration, receiver string, reason Reason, text string) {
	l.t.Helper()
	l.until(to)
	if l.wanted >= len(l.heard) {
		l.t.Fatalf("until %v nobody was told; wanted %s %s %q", to, receiver, reason, text)
	}
	got := l.heard[l.wanted]
	l.wanted++
	if got.at < from || got.at > to || got.receiver != receiver || got.reason != reason || !strings.Contains(got.text, text) {
		l.t.Fatalf("got %+v, wanted %s %s %q between %v and %v", got, receiver, reason, text, from, to)
	}
}

// quiet is that nobody is told anything until a moment.
func (l *timeline) quiet(end time.Duration) {
	l.t.Helper()
	l.until(end)
	if len(l.heard) > l.wanted {
		l.t.Fatalf("told: %+v", l.heard[l.wanted:])
	}
}

// outage opens an incident of targets.
func outage(id uint64, targets ...string) func(*tracker.Snapshot) {
	return func(s *tracker.Snapshot) {
		incident := tracker.Incident{
			ID: id, Signals: tracker.SignalFailures, Onset: tracker.Onset{At: start}, Now: 1, Failed: 100, Requests: 100,
			Cause: tracker.Cause{Outcome: tracker.Outcome{Kind: tracker.KindConnect}, Class: tracker.CauseRefused, Message: "connection refused"},
		}
		for _, name := range targets {
			incident.Targets = append(incident.Targets, tracker.IncidentTarget{Name: name})
		}
		s.Incidents = append(s.Incidents, incident)
	}
}

// over ends an incident.
func over(id uint64) func(*tracker.Snapshot) {
	return func(s *tracker.Snapshot) {
		s.Incidents = slices.Clone(s.Incidents)
		for i := range s.Incidents {
			if s.Incidents[i].ID == id {
				s.Incidents[i].State = tracker.IncidentOver
			}
		}
	}
}

// api sets the error counts of the target "api".
func api(state tracker.TargetState, requests, errors uint64) func(*tracker.Snapshot) {
	return func(s *tracker.Snapshot) {
		s.Targets = slices.DeleteFunc(slices.Clone(s.Targets), func(t *tracker.Target) bool { return t.Name == "api" })
		t := &tracker.Target{Name: "api", State: state}
		t.Activity.FiveMinutes = tracker.Window{Requests: requests, Errors: errors}
		s.Targets = append(s.Targets, t)
	}
}

const minute = time.Minute

var highErrorRate = []Rule{{
	Name: "errors", Severity: Critical, When: `target.share > 0.05 and target.requests >= 10`, For: minute, KeepFiringFor: 2 * minute,
	Message: "{target.name} fails: {100 * target.share} %",
}}

func TestAnIncidentIsToldOnceAndItsEndToo(t *testing.T) {
	l := play(t, Options{})
	l.at(minute, outage(1, "billing"))
	l.want(minute+30*time.Second, minute+32*time.Second, "slack", ReasonFiring, "billing fails: connection refused")
	l.quiet(40 * minute)
	l.at(40*minute, over(1))
	l.want(42*minute, 42*minute+5*time.Second, "slack", ReasonResolved, "billing")
	l.quiet(3 * time.Hour)
}

func TestWhatIsOverWithinTheWaitIsNotTold(t *testing.T) {
	l := play(t, Options{Rules: []Rule{{Name: "incident", Severity: Critical, When: "incident.failures"}}})
	l.at(minute, outage(1, "billing"))
	l.at(minute+20*time.Second, over(1))
	l.quiet(time.Hour)
}

func TestFiftyTargetsOfOneCauseAreOneNotification(t *testing.T) {
	var names []string
	for i := range 50 {
		names = append(names, fmt.Sprintf("t%d", i))
	}
	l := play(t, Options{Receivers: []Receiver{{Name: "slack", Severity: Info, Resolved: true}}})
	l.at(minute, func(s *tracker.Snapshot) {
		outage(1, names...)(s)
		for _, name := range names {
			s.Targets = append(s.Targets, &tracker.Target{Name: name, State: tracker.StateFailing, Breakers: []tracker.Breaker{{Role: tracker.RoleGate, State: tracker.BreakerOpen}}})
			s.Groups = append(s.Groups, &tracker.Group{ID: uint64(len(s.Groups) + 1), Target: name, Outcome: tracker.Outcome{Kind: tracker.KindConnect}, Count: 9})
		}
	})
	l.want(minute+30*time.Second, 2*minute, "slack", ReasonFiring, "t0 and 49 more")
	if l.heard[0].alerts < 1 {
		t.Error("no alerts in it")
	}
	l.until(5 * minute)
	if len(l.heard) != 1 {
		t.Errorf("%d notifications: %+v", len(l.heard), l.heard)
	}
}

func TestForAndKeepFiringForAreAsPrometheusHasThem(t *testing.T) {
	l := play(t, Options{Rules: highErrorRate, Timing: Timing{GroupWait: time.Second}})
	l.at(0, api(tracker.StateFailing, 100, 50))
	l.at(50*time.Second, api(tracker.StateOK, 100, 0)) // one false evaluation ends a pending alert silently
	l.at(51*time.Second, api(tracker.StateFailing, 100, 50))
	l.want(111*time.Second, 114*time.Second, "slack", ReasonFiring, "api fails: 50 %")
	l.at(5*minute, api(tracker.StateOK, 100, 0))
	l.at(6*minute, api(tracker.StateFailing, 100, 80)) // back before it was over: nothing new
	l.quiet(10 * minute)
	l.at(10*minute, api(tracker.StateOK, 100, 0))
	l.want(12*minute, 12*minute+3*time.Second, "slack", ReasonResolved, "api")
}

func TestNoDataNeverResolves(t *testing.T) {
	l := play(t, Options{Rules: highErrorRate, Timing: Timing{GroupWait: time.Second}})
	l.at(0, api(tracker.StateFailing, 100, 50))
	l.want(minute, minute+5*time.Second, "slack", ReasonFiring, "api")
	l.at(2*minute, api(tracker.StateStale, 0, 0))
	l.quiet(time.Hour)
	l.at(time.Hour, func(s *tracker.Snapshot) { s.Targets = nil })
	l.quiet(2 * time.Hour)
	if len(l.state.Alerts) != 1 || !l.state.Alerts[0].Active() || l.state.Alerts[0].NoDataAt.IsZero() {
		t.Errorf("%+v", l.state.Alerts)
	}
	l.at(2*time.Hour, api(tracker.StateOK, 100, 0))
	l.want(2*time.Hour+2*minute, 2*time.Hour+3*minute, "slack", ReasonResolved, "api")
}

func TestATargetThatFlapsForADayIsToldFourTimesAtMostAndTheLastIsTrue(t *testing.T) {
	for _, end := range []tracker.TargetState{tracker.StateOK, tracker.StateFailing} {
		l := play(t, Options{Rules: highErrorRate})
		for at := time.Duration(0); at < 24*time.Hour; at += 10 * minute {
			l.at(at, api(tracker.StateFailing, 100, 90))
			l.at(at+5*minute, api(tracker.StateOK, 100, 0))
		}
		last := ReasonResolved
		if end == tracker.StateFailing {
			l.at(24*time.Hour, api(tracker.StateFailing, 100, 90))
			last = ReasonRepeat
		}
		l.until(30 * time.Hour)
		n := len(l.heard)
		if end == tracker.StateOK && n > 4 || n == 0 || l.heard[n-1].reason != last {
			t.Errorf("ends %v: %+v", end, l.heard)
		}
	}
}

func TestARepeatComesAfterFourHoursUnlessAcknowledged(t *testing.T) {
	l := play(t, Options{})
	l.at(0, outage(1, "billing"))
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "billing")
	l.want(4*time.Hour, 4*time.Hour+minute, "slack", ReasonRepeat, "billing")
	if n := l.state.Acknowledge(Ack{By: "ann", At: start.Add(l.now)}, 1); n != 1 {
		t.Fatalf("%d acknowledged", n)
	}
	l.quiet(20 * time.Hour)
	l.at(20*time.Hour, over(1))
	l.want(20*time.Hour+2*minute, 20*time.Hour+3*minute, "slack", ReasonResolved, "billing")
	if l.until(21 * time.Hour); len(l.state.Acks) != 0 {
		t.Error("the acknowledgement outlives its alert")
	}
}

func TestASilenceHidesAndEndsByItself(t *testing.T) {
	l := play(t, Options{})
	if _, err := l.state.Silence(Silence{Matcher: Matcher{Target: "bill*"}, Starts: start, Ends: start.Add(time.Hour), By: "ann"}); err != nil {
		t.Fatal(err)
	}
	l.at(minute, outage(1, "billing"))
	l.at(2*minute, outage(2, "search"))
	l.want(2*minute+30*time.Second, 3*minute, "slack", ReasonFiring, "search")
	l.quiet(time.Hour)
	l.want(time.Hour+29*time.Second, time.Hour+32*time.Second, "slack", ReasonFiring, "billing")
	for _, bad := range []Silence{{Ends: start.Add(time.Hour)}, {Matcher: Matcher{Target: "a"}}, {Matcher: Matcher{Target: "["}, Ends: start}} {
		if _, err := l.state.Silence(bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestASilenceOverAToldAlertDoesNotResolveIt(t *testing.T) {
	l := play(t, Options{})
	l.at(0, outage(1, "billing"))
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "billing")
	id, err := l.state.Silence(Silence{Matcher: Matcher{Incident: 1}, Starts: start, Ends: start.Add(2 * time.Hour), By: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	l.quiet(time.Hour)
	l.at(time.Hour, over(1))
	l.want(time.Hour+2*minute, time.Hour+3*minute, "slack", ReasonResolved, "billing")
	if !l.state.EndSilence(id, start.Add(l.now)) || l.state.EndSilence(id, start.Add(l.now)) {
		t.Error("a silence ends once")
	}
}

func TestOnlyWhatIsLiveIsTold(t *testing.T) {
	for name, past := range map[string]func(*tracker.Snapshot){
		"a finished log":        func(s *tracker.Snapshot) { s.LogTime = true },
		"a picture of the past": func(s *tracker.Snapshot) { s.Past = true },
		"a log that is still read in": func(s *tracker.Snapshot) {
			s.Sources = []tracker.Source{{Name: "log", State: tracker.SourceReading, BytesTotal: 1000, BytesRead: 100}}
		},
	} {
		l := play(t, Options{})
		l.at(0, func(s *tracker.Snapshot) { outage(1, "billing")(s); past(s) })
		if l.quiet(time.Hour); len(l.state.Alerts) != 1 {
			t.Errorf("%s: %+v", name, l.state.Alerts)
		}
	}
}

func TestACauseThatChangesUpdatesTheAlertAndPagesNobody(t *testing.T) {
	l := play(t, Options{})
	l.at(0, outage(1, "billing"))
	l.want(30*time.Second, 35*time.Second, "slack", ReasonFiring, "connection refused")
	l.at(5*minute, func(s *tracker.Snapshot) { s.Incidents[0].Cause.Message = "deadlock found" })
	l.quiet(time.Hour)
	if text := l.state.Alerts[0].Text; !strings.Contains(text, "deadlock") {
		t.Errorf("the alert still says %q", text)
	}
}

func TestAReceiverThatFailsHalfOfTheTimeHearsEverythingOnce(t *testing.T) {
	l := play(t, Options{})
	tries := 0
	l.accept = func(Notification) bool { tries++; return tries%2 == 0 }
	for i := range 20 {
		at := time.Duration(i) * 20 * minute
		l.at(at, outage(uint64(i+1), fmt.Sprintf("t%d", i)))
		l.at(at+10*minute, over(uint64(i+1)))
	}
	l.until(10 * time.Hour)
	count := map[Reason]int{}
	for _, h := range l.heard {
		count[h.reason]++
	}
	if count[ReasonFiring] != 20 || count[ReasonResolved] != 20 || len(l.heard) != 40 {
		t.Errorf("%v", count)
	}
}

func TestAReceiverThatHangsCostsABoundedOutbox(t *testing.T) {
	l := play(t, Options{})
	l.accept = func(Notification) bool { return false }
	for i := range 20 {
		l.at(time.Duration(i)*10*time.Second, outage(uint64(i+1), fmt.Sprintf("t%d", i)))
	}
	l.until(time.Hour)
	if n := len(l.state.Outbox); n != 20 {
		t.Errorf("%d in the outbox", n)
	}
	l.until(26 * time.Hour)
	if l.state.Dropped == 0 || len(l.state.Outbox) > maxOutbox {
		t.Errorf("%d in the outbox, %d dropped", len(l.state.Outbox), l.state.Dropped)
	}
}

func TestRoutesChooseBySeverityTargetAndTimeOfDay(t *testing.T) {
	l := play(t, Options{Receivers: []Receiver{
		{Name: "pager", Severity: Critical, Resolved: true},
		{Name: "night", Severity: Warning, From: 22 * 60, To: 4 * 60, Location: time.UTC},
		{Name: "day", Severity: Warning, From: 9 * 60, To: 17 * 60, Location: time.UTC},
		{Name: "team", Severity: Info, Targets: []string{"search*"}},
	}})
	l.at(0, outage(1, "billing"))
	l.until(minute)
	var told []string
	for _, h := range l.heard {
		told = append(told, h.receiver)
	}
	if slices.Sort(told); !slices.Equal(told, []string{"night", "pager"}) {
		t.Errorf("told at three in the night: %v", told)
	}
	l.until(6*time.Hour + 2*minute)
	day := slices.IndexFunc(l.heard, func(h heard) bool { return h.receiver == "day" })
	if day < 0 || l.heard[day].at < 6*time.Hour {
		t.Errorf("told by day: %+v", l.heard)
	}
}

func TestMistakesInRulesNameTheirPlace(t *testing.T) {
	for when, want := range map[string]string{
		`target.share >`:                       "when: column",
		`target.nope > 1`:                      "when: column 8: ",
		`1 > 2`:                                "speaks of nothing",
		`target.errors > group.count`:          "speaks of",
		`target.name`:                          "bool",
		`incident.failed > "a"`:                "column",
		`target.p95 > duration("1s") and nope`: "nope",
	} {
		err := Check([]Rule{{Name: "r", When: when}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `rule "r"`) {
			t.Errorf("%s: %v", when, err)
		}
	}
	for _, rule := range []Rule{{Name: "r", When: "target.errors > 1", Message: "{target.nope}"}, {Name: "r", When: "target.errors > 1", Message: "{x"}, {Name: "r", When: "target.errors > 1", Targets: []string{"["}}, {When: "target.errors > 1"}} {
		if Check([]Rule{rule}) == nil {
			t.Errorf("%+v was accepted", rule)
		}
	}
	if err := Check(append(DefaultRules(), DefaultRules()[0])); err == nil || !strings.Contains(err.Error(), "another rule") {
		t.Errorf("%v", err)
	}
	if err := Check(DefaultRules()); err != nil {
		t.Error(err)
	}
}

func TestBurnRatesFireByBothWindows(t *testing.T) {
	burning := func(fiveMinutes, hour float64) func(*tracker.Snapshot) {
		return func(s *tracker.Snapshot) {
			s.Targets = []*tracker.Target{{Name: "api", State: tracker.StateDegraded, SLO: &tracker.SLO{Objective: 0.999, Burn5m: fiveMinutes, Burn1h: hour}}}
		}
	}
	l := play(t, Options{Receivers: []Receiver{{Name: "pager", Severity: Critical}}})
	l.at(0, burning(20, 10))
	l.quiet(10 * minute)
	l.at(10*minute, burning(10, 20))
	l.quiet(20 * minute)
	l.at(20*minute, burning(15, 15))
	l.want(20*minute+30*time.Second, 21*minute, "pager", ReasonFiring, "budget burns fast")
}

func TestACertificateThatExpiresIsToldInTime(t *testing.T) {
	l := play(t, Options{})
	l.at(0, func(s *tracker.Snapshot) {
		s.Targets = []*tracker.Target{{Name: "api", State: tracker.StateOK, CertExpiry: start.Add(14*24*time.Hour + time.Hour)}}
	})
	l.quiet(time.Hour)
	l.want(time.Hour, time.Hour+2*minute, "slack", ReasonFiring, "certificate expires")
}

// The bar: 1000 targets and 20 rules in at most 5 ms, and nothing where nothing changed.
func BenchmarkEvaluate(b *testing.B) {
	rules := DefaultRules()
	for i := len(rules); i < 20; i++ {
		rules = append(rules, Rule{Name: fmt.Sprint("rule ", i), Severity: Warning, When: `target.share > 0.5 and target.requests > 10`, For: minute})
	}
	snapshot := &tracker.Snapshot{}
	for i := range 1000 {
		t := tracker.Target{Name: fmt.Sprint("t", i), State: tracker.StateOK, SLO: &tracker.SLO{Objective: 0.999}}
		t.Activity.FiveMinutes = tracker.Window{Requests: 100, Errors: uint64(i % 40)}
		t.Breakers = []tracker.Breaker{{Role: tracker.RoleObserved}}
		snapshot.Targets = append(snapshot.Targets, &t)
	}
	run := func(b *testing.B, changes bool) {
		engine, err := New(Options{Rules: rules, Receivers: []Receiver{{Name: "slack"}}})
		if err != nil {
			b.Fatal(err)
		}
		state := &State{}
		now := start
		engine.Evaluate(state, snapshot, now)
		b.ReportAllocs()
		for b.Loop() {
			if changes {
				snapshot.Version++
			}
			engine.Evaluate(state, snapshot, now)
		}
	}
	b.Run("changed", func(b *testing.B) { run(b, true) })
	b.Run("nothing changed", func(b *testing.B) { run(b, false) })
}

func TestAConfirmationShowsWhatASilenceWouldHide(t *testing.T) {
	l := play(t, Options{})
	l.at(0, outage(1, "billing"))
	l.at(0, outage(2, "search"))
	l.at(0, func(s *tracker.Snapshot) {
		s.Groups = []*tracker.Group{{ID: 9, Target: "billing", Outcome: tracker.Outcome{Kind: tracker.KindServer}, Count: 9}}
	})
	l.until(10 * time.Second)
	now := start.Add(l.now)
	for name, c := range map[string]struct {
		m    Matcher
		want []string
	}{
		"a target, the firing first": {Matcher{Target: "bill*"}, []string{"incident firing", "new error pending"}},
		"a rule":                     {Matcher{Rule: "incident"}, []string{"incident firing", "incident firing"}},
		"an incident":                {Matcher{Incident: 2}, []string{"incident firing"}},
		"a group":                    {Matcher{Group: 9}, []string{"new error pending"}},
		"something else":             {Matcher{Target: "orders"}, nil},
		"nothing":                    {Matcher{}, nil},
	} {
		var got []string
		for _, a := range l.state.WouldHide(c.m, now) {
			got = append(got, a.Rule+" "+a.Phase.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	short := Silence{Matcher: Matcher{Target: "billing"}, Starts: now, Ends: now.Add(time.Hour), By: "ann"}
	long := Silence{Matcher: Matcher{Rule: "inc*"}, Starts: now, Ends: now.Add(2 * time.Hour), By: "bob"}
	for _, silence := range []Silence{long, short} {
		if _, err := l.state.Silence(silence); err != nil {
			t.Fatal(err)
		}
	}
	if hidden := l.state.WouldHide(Matcher{Target: "*"}, now); len(hidden) != 0 {
		t.Errorf("hidden twice: %+v", hidden)
	}
	for i := range l.state.Alerts {
		if a := &l.state.Alerts[i]; a.Rule == "incident" && l.state.SilencedBy(a, now).By != "bob" {
			t.Errorf("%s: of two silences the longer one says until when", a.Labels.Target)
		}
	}
}
