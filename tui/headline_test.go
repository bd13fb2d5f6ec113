package tui

import (
	"strings"
	"testing"
	"time"

	"errtop/internal/event"
	"errtop/tracker"
)

// lines returns the headline's lines.
func (s *user) headline() []string { return strings.Split(s.text(), "\n")[1:4] }

func TestTheHeadlineOfAnIncidentAnswersTheFiveQuestionsAt80Columns(t *testing.T) {
	lines := visit(t, 80, 24, burning()).headline()
	for i, want := range []string{
		"  ✖ kling  429 Rate limit exceeded. Try again in 41 s… 88.7 % of 62/min, steady",
		"   since 14:02 (30m), usually 0.1 %   3m after deploy 4.2.1   next trial in 41s",
		" → Slow acme down until the reset.                                   1 of 3 [ ]",
	} {
		if lines[i] != want {
			t.Errorf("line %d is\n%q, want\n%q", i+1, lines[i], want)
		}
	}
}

func TestTheSecondLineSaysWhatMattersMostFirst(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*tracker.Incident, *tracker.Snapshot)
		want   string
	}{
		"an uncertain onset": {func(in *tracker.Incident, _ *tracker.Snapshot) {
			in.Onset.Earliest, in.Onset.Latest = ago(33*time.Minute), ago(27*time.Minute)
		}, "since 13:59–14:05 (30m), usually 0.1 %"},
		"an onset before the log": {func(in *tracker.Incident, s *tracker.Snapshot) {
			in.Onset.Before, s.LogTime, in.Mark = true, true, nil
		}, "since before 14:02, usually 0.1 %   the log begins then"},
		"no past":                   {func(in *tracker.Incident, _ *tracker.Snapshot) { in.BaselineKnown = false }, "since 14:02 (30m), no baseline yet"},
		"a past that is still read": {func(in *tracker.Incident, _ *tracker.Snapshot) { in.BaselineThin = true }, "usual so far 0.1 %"},
		"other targets": {func(in *tracker.Incident, _ *tracker.Snapshot) {
			for _, name := range []string{"veo", "flux/dev", "x", "y"} {
				in.Targets = append(in.Targets, tracker.IncidentTarget{Name: name})
			}
			in.Mark = nil
		}, "also veo, flux/dev +2"},
		"fields": {func(in *tracker.Incident, s *tracker.Snapshot) {
			example := *s.Groups[0].Example
			example.Evidence = &tracker.Evidence{Errors: []string{"prompt is required", "num_images must be 1 to 4"}}
			s.Groups[0].Example = &example
			in.Mark, s.Targets[0].NextTry = nil, time.Time{}
		}, "usually 0.1 %   prompt is required; num_images mus"},
		"flapping": {func(in *tracker.Incident, _ *tracker.Snapshot) {
			in.State, in.TrendNote, in.Mark = tracker.IncidentFlapping, "down 5m of every 10m", nil
		}, "down 5m of every 10m"},
		"route": {func(in *tracker.Incident, s *tracker.Snapshot) {
			in.Mark, in.Contrasts, s.Targets[0].NextTry = nil, nil, time.Time{}
		}, "usually 0.1 %   POST /api/v1/kling/v2"},
	} {
		s := burning()
		c.change(&s.Incidents[0], s)
		if line := visit(t, 80, 24, s).headline()[1]; !strings.Contains(line, c.want) {
			t.Errorf("%s: %q does not say %q", name, line, c.want)
		}
	}
}

func TestTheTrendIsAWordAtEverySize(t *testing.T) {
	for _, c := range []struct {
		trend tracker.Trend
		state tracker.IncidentState
		want  string
	}{
		{tracker.TrendWorse, tracker.IncidentOpen, "worse"},
		{tracker.TrendSteady, tracker.IncidentOpen, "steady"},
		{tracker.TrendBetter, tracker.IncidentOpen, "better"},
		{tracker.TrendFlapping, tracker.IncidentFlapping, "flapping"},
		{tracker.TrendBetter, tracker.IncidentRecovering, "recovering"},
	} {
		for _, size := range [][2]int{{40, 10}, {60, 12}, {80, 24}, {120, 40}, {200, 50}} {
			s := burning()
			s.Incidents[0].Trend, s.Incidents[0].State = c.trend, c.state
			if line := visit(t, size[0], size[1], s).headline()[0]; !strings.HasSuffix(line, c.want) {
				t.Errorf("at %v: %q does not end with %q", size, line, c.want)
			}
		}
	}
}

func TestWhatIsUsualIsNoNews(t *testing.T) {
	s := calm()
	legacy := *s.Targets[0]
	legacy.Name, legacy.State, legacy.Usual, legacy.UsualKnown = "legacy", tracker.StateFailing, 0.99, true
	legacy.Activity.FiveMinutes.Errors = legacy.Activity.FiveMinutes.Requests
	s.Targets, s.Sources = append(s.Targets, &legacy), nil
	visit(t, 80, 24, s).sees("all ok", "1 fails as usual", "as usual", "● legacy").lacks("✖ legacy")
	s.Targets[1].Usual = 0.3
	visit(t, 80, 24, s).sees("✖ legacy", "usually 30.0 %").lacks("all ok")
}

func TestAScanIsNamedAsThat(t *testing.T) {
	s := burning()
	s.Incidents[0].Scan, s.Incidents[0].Cause.Class = true, tracker.CauseScanner
	visit(t, 80, 24, s).sees("◇ kling  somebody tries routes that do not exist", "Nothing is broken", "◇ kling", "scanned")
}

func TestACalmScreenSaysWhatWasOverLately(t *testing.T) {
	s := calm()
	s.Incidents, s.Sources = burning().Incidents, nil
	s.Incidents[0].State, s.Incidents[0].End = tracker.IncidentOver, ago(10*time.Minute)
	visit(t, 110, 24, s).sees("all ok", "over 10m ago: kling after 20m, 1,366 of 1,830 requests failed: 429 Rate limit exceeded").
		press("6").sees("over 10m ago", "over 2h20m ago", "40m")
}

func TestTheOverviewListsTheHeadlinesGroupsFirst(t *testing.T) {
	s := burning()
	for i := range s.Groups[1].Exemplars {
		s.Groups[1].Exemplars[i].Time = noon // newer than those of the incident
	}
	u := visit(t, 120, 40, s)
	if text := u.text(); strings.Index(text, "429     ×231") > strings.Index(text, "500     ×18") {
		t.Errorf("the incident's group is not first:\n%s", text)
	}
}

func TestTheWholeStoryOfAnIncidentIsOnePage(t *testing.T) {
	advisor, err := event.NewAdvisor([]event.Runbook{{When: `class == "rate_limit"`, Say: "Call acme.", URL: "https://wiki/limits"}})
	if err != nil {
		t.Fatal(err)
	}
	u := visit(t, 100, 90, burning(), func(o *Options) { o.Advisor, o.Environ = advisor, []string{"TERM=xterm"} })
	u.sees("→ Call acme.  https://wiki/limits").press("6", "enter").sees(
		"INCIDENT kling", "open  since 14:02 (30m), steady", "1,366 of 1,830 requests since then", "worst minute 14:20:07, 92.0 %",
		"runbook      https://wiki/limits", "began      kling began to fail", "done       deploy 4.2.1", "breaker    kling gate breaker", "peak ",
		"▼ incident  ▲ deploy", "client acme                       98.0 %       about 12.0 %", "GROUPS", "×231", "EXAMPLES",
	)
	u.press("y").sees("runbook copied")
	if p, _ := u.m.picture(); !strings.Contains(p.Tell, "aHR0cHM6Ly93aWtpL2xpbWl0cw==") {
		t.Errorf("copied %q", p.Tell)
	}
	u.press("esc", "1", "e").sees("INCIDENT kling")
}

func TestAnObservedBreakerSaysWhatItWouldBe(t *testing.T) {
	s := burning()
	s.Targets[1].Breakers[0].State = tracker.BreakerOpen
	visit(t, 140, 40, s).sees("would be OPEN").press("5").sees("would be OPEN")
}

// A stray error on a healthy target used to be drawn as high as an outage.
func TestSparklinesOfAListShareOneScale(t *testing.T) {
	f := unstyled(noon, time.UTC)
	draw := func(bars []tracker.Bar) string {
		return f.drawn(len(bars), 1, func(a area) {
			p := a.row(0)
			p.shares(Style{}, bars, len(bars))
		})
	}
	got := draw([]tracker.Bar{{}, {Requests: 60}, {Requests: 60, Errors: 1}, {Requests: 60, Errors: 6}, {Requests: 60, Errors: 30}, {Requests: 60, Errors: 60}, {Requests: 1, Errors: 1}})
	if want := " ▁▂▄▆█▆"; got != want {
		t.Errorf("shares are drawn as %q, want %q", got, want)
	}
	counts := f.drawn(4, 1, func(a area) {
		p := a.row(0)
		p.spark(Style{}, []uint32{0, 1, 50, 100}, 4, "▁", 100)
	})
	if want := "▁▂▆█"; counts != want {
		t.Errorf("counts are drawn as %q, want %q", counts, want)
	}
}

// What is wrong is what an incident's page draws: failures, latency, or requests that stopped.
func TestAnIncidentDrawsItsSignal(t *testing.T) {
	for signal, want := range map[tracker.Signal]string{
		tracker.SignalFailures: "FAILURES A MINUTE, flux/dev", tracker.SignalLatency: "LATENCY A MINUTE, flux/dev", tracker.SignalSilence: "REQUESTS A MINUTE, flux/dev",
	} {
		s := burning()
		in := &s.Incidents[0]
		in.Signals, in.Targets[0].Name, in.Targets[0].Signals = signal, "flux/dev", signal
		in.Targets[0].LatencyNow, in.Targets[0].LatencyUsual = 22*time.Second, time.Second
		u := visit(t, 100, 60, s).press("e").sees(want, "▼ incident")
		if signal == tracker.SignalLatency {
			u.sees("answers got slow", "p95 22s, steady", "usually 1.0s").lacks("FAILURES A MINUTE, flux", "failed   ")
		}
	}
}

// Targets that only fail as usual are no trouble, and none of them is ok.
func TestNothingButTheUsualIsSaidAsThat(t *testing.T) {
	snap := suspended(t).Snapshot(noon)
	visit(t, 80, 24, snap).sees("as usual", "1 target fails no more than usual").lacks("0 targets", "all ok")
}

// A job that fails two times of three and ran three times in five minutes is as usual however those three went; a service is not.
func TestChanceIsNoNews(t *testing.T) {
	for _, c := range []struct {
		usual            float64
		failed, requests uint64
		want             bool
	}{
		{0.65, 1, 1, true},
		{0.65, 3, 3, true},
		{0.65, 20, 20, false},
		{0.06, 7, 65, true},
		{0.06, 30, 65, false},
		{0.001, 1, 1, false},
		{0.001, 3, 10, false},
		{0.3, 1200, 3000, false},
		{0.3, 920, 3000, true},
		{1, 5, 5, true},
	} {
		target := &tracker.Target{State: tracker.StateFailing, UsualKnown: true, Usual: c.usual}
		target.Activity.FiveMinutes = tracker.Window{Requests: c.requests, Errors: c.failed}
		if got := asUsual(target); got != c.want {
			t.Errorf("%d of %d, usually %v: as usual is %v", c.failed, c.requests, c.usual, got)
		}
	}
}

// A service that fails since its first request did not fail before what is remembered.
func TestANewTargetFailsSinceItsFirstRequest(t *testing.T) {
	snap := burning()
	in := &snap.Incidents[0]
	in.Onset.Before = true
	snap.Targets[0].Activity.Since, snap.Overall.Since = in.Onset.At, in.Onset.At.Add(-time.Hour)
	visit(t, 80, 24, snap).sees("since its first request 14:02 (30m)").lacks("before 14:02")
	snap.Overall.Since = in.Onset.At
	visit(t, 80, 24, snap).sees("since before 14:02 (30m)")
}
