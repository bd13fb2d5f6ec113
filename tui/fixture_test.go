package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/tracker"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// noon is the moment all pictures of the tests are of.
var noon = time.Date(2026, 11, 22, 14, 32, 7, 0, time.UTC)

func ago(d time.Duration) time.Time { return noon.Add(-d) }

// activity makes figures for n requests a minute of which share(age in minutes) failed with the outcome.
func activity(n int, p95 time.Duration, o tracker.Outcome, share func(age int) float64) tracker.Activity {
	a := tracker.Activity{Since: ago(26 * time.Hour)}
	for i := range a.Minutes {
		a.Minutes[i] = tracker.Bar{Requests: uint32(n), Errors: uint32(math.Round(float64(n) * share(59-i)))}
	}
	for i := range a.Hours {
		a.Hours[i] = tracker.Bar{Requests: uint32(60 * n), Errors: uint32(math.Round(float64(60*n) * share((23-i)*60) / 3))}
	}
	sum := func(minutes int) (w tracker.Window) {
		for _, bar := range a.Minutes[60-minutes:] {
			w.Requests += uint64(bar.Requests)
			w.Errors += uint64(bar.Errors)
		}
		if w.Errors > 0 {
			w.ByOutcome = []tracker.OutcomeCount{{Outcome: o, Count: w.Errors}}
		}
		if p95 > 0 {
			w.Latency = tracker.Quantiles{Count: w.Requests, P50: p95 / 3, P90: p95 * 4 / 5, P95: p95, P99: p95 * 2}
		}
		return w
	}
	a.Minute, a.FiveMinutes, a.Hour, a.Day = sum(1), sum(5), sum(60), sum(60)
	a.Hours[23] = tracker.Bar{Requests: uint32(a.Hour.Requests), Errors: uint32(a.Hour.Errors)}
	a.Yesterday = tracker.Bar{Requests: uint32(60 * n), Errors: 4}
	if p95 > 0 {
		a.Latencies = slower(p95)
	}
	return a
}

// slower makes latencies that have doubled within the hour, with a silence of four minutes.
func slower(p95 time.Duration) *tracker.LatencySeries {
	s := &tracker.LatencySeries{MinutesKnown: 59, QuartersKnown: 95}
	bar := func(share float64) tracker.LatencyBar {
		d := time.Duration(float64(p95) * share)
		return tracker.NewLatencyBar(d/3, d, d*2)
	}
	for i := range s.Minutes {
		if i < 20 || i >= 24 {
			s.Minutes[i] = bar(0.5 + 0.5*float64(i)/59 - 0.1*float64(i%3))
		}
	}
	for i := range s.Quarters {
		s.Quarters[i] = bar(0.4 + 0.1*float64(i%4))
	}
	return s
}

func steady(share float64) func(int) float64 { return func(int) float64 { return share } }

// incident is the snapshot of a bad half hour: one target rate limited with its breaker open, one degraded, one silent, the
// others well.
func incident() *tracker.Snapshot {
	limited := tracker.Outcome{Status: 429, Kind: tracker.KindRateLimited}
	broken := tracker.Outcome{Status: 500, Kind: tracker.KindServer}
	slow := tracker.Outcome{Kind: tracker.KindTimeout}
	kling := group(1, "kling", "POST", "/api/v1/kling/v2", limited, "Rate limit exceeded", "Try again in {n} seconds", 231, 30*time.Minute)
	flux := group(2, "flux/dev", "POST", "/api/v1/flux/dev", broken, "Generation failed", "upstream timed out", 18, 3*time.Hour)
	late := group(3, "flux/dev", "POST", "/api/v1/flux/dev", slow, "timeout", "no answer within 10 s", 2, 5*time.Minute)
	late.Badge = tracker.BadgeNew
	s := &tracker.Snapshot{
		Version: 7, At: noon, Groups: []*tracker.Group{&kling, &flux, &late},
		Targets: []*tracker.Target{
			{
				Name: "kling", URL: "https://firemoon.studio/api/v1/kling/v2", Probed: true, Traffic: true, State: tracker.StateFailing, Since: ago(30 * time.Minute),
				Reason: "88 % of requests fail", Cause: &kling, LastSeen: ago(2 * time.Second), LastOK: ago(31 * time.Minute), NextTry: noon.Add(41 * time.Second),
				Activity: activity(62, 0, limited, func(age int) float64 { return max(0, min(0.88, float64(31-age)/15)) }),
				Breakers: []tracker.Breaker{{
					State: tracker.BreakerOpen, Since: ago(19 * time.Second), Failures: 5, Threshold: 5, RetryAt: noon.Add(41 * time.Second), Skipped: 12, Opened: 4,
					TrippedBy: []tracker.Trip{{At: ago(20 * time.Second), Outcome: limited, Message: "Rate limit exceeded"}, {At: ago(19 * time.Second), Outcome: limited, Message: "Rate limit exceeded"}},
					Transitions: []tracker.Transition{
						{At: ago(30 * time.Minute), From: tracker.BreakerClosed, To: tracker.BreakerOpen, Why: "5 failures in a row"},
						{At: ago(29 * time.Minute), From: tracker.BreakerOpen, To: tracker.BreakerHalfOpen, Why: "60 s are over"},
						{At: ago(19 * time.Second), From: tracker.BreakerHalfOpen, To: tracker.BreakerOpen, Why: "the trial failed: 429"},
					},
				}},
			},
			{
				Name: "flux/dev", Traffic: true, State: tracker.StateDegraded, Since: ago(12 * time.Minute), Reason: "2.9 % of requests fail", Cause: &flux, LastSeen: ago(time.Second), LastOK: ago(time.Second),
				Activity: activity(210, 2100*time.Millisecond, broken, steady(0.029)),
				Breakers: []tracker.Breaker{{Role: tracker.RoleObserved, State: tracker.BreakerClosed, Since: ago(5 * time.Hour), Failures: 3, Threshold: 5}},
			},
			{
				Name: "runway/gen3", Probed: true, State: tracker.StateStale, Since: ago(4 * time.Minute), Reason: "no news for 4m, expected every 30s", LastSeen: ago(4 * time.Minute), LastOK: ago(4 * time.Minute),
				Breakers: []tracker.Breaker{{State: tracker.BreakerClosed, Threshold: 5}},
			},
			{
				Name: "veo", Probed: true, State: tracker.StateOK, Since: ago(26 * time.Hour), LastSeen: ago(time.Second), LastOK: ago(time.Second),
				Activity: activity(31, 840*time.Millisecond, broken, steady(0)),
				Breakers: []tracker.Breaker{{State: tracker.BreakerClosed, Threshold: 5}},
			},
		},
		Sources: []tracker.Source{
			{Name: "probes", State: tracker.SourceReading, Live: true, Results: 4031, LastSeen: ago(time.Second)},
			{
				Name: "/var/log/nginx/access.log", Format: "combined", State: tracker.SourceReading, Live: true, Lines: 120_391, Results: 120_380, Unreadable: 11, LastSeen: ago(time.Second),
				BytesRead: 61 << 20, BytesTotal: 100 << 20, Samples: []tracker.Unreadable{{Number: 17, Text: "-- not a line --", Reason: "no status"}},
			},
			{Name: "/var/log/old.log", State: tracker.SourceFailed, Problem: "permission denied"},
		},
	}
	s.Breakers = []tracker.BreakerEvent{{Target: "kling", Transition: s.Targets[0].Breakers[0].Transitions[0]}}
	for i := range 40 {
		g, f := &kling, tracker.Failure{Group: 1, Seq: uint64(100 - i), Result: tracker.Result{
			Time: ago(time.Duration(2+3*i) * time.Second), Target: "kling", Method: "POST", Route: "/api/v1/kling/v2", Status: 429, Kind: tracker.KindRateLimited, Origin: tracker.OriginProbe,
			Latency: 84 * time.Millisecond, Error: "Rate limit exceeded", Message: fmt.Sprintf("Try again in %d seconds", 41+i), RequestID: fmt.Sprintf("req_%04d", i), ResetAt: noon.Add(41 * time.Second), Evidence: evidence(),
		}}
		if i%9 == 4 {
			g = &flux
			f = tracker.Failure{Group: 2, Seq: uint64(100 - i), Result: tracker.Result{
				Time: ago(time.Duration(2+3*i) * time.Second), Target: "flux/dev", Method: "POST", Route: "/api/v1/flux/dev", Status: 500, Kind: tracker.KindServer,
				Latency: 2100 * time.Millisecond, Error: "Generation failed", Message: "upstream timed out", Source: "/var/log/nginx/access.log",
			}}
		}
		s.Errors = append(s.Errors, f)
		if g.Example == nil {
			example := f.Result
			g.Example = &example
		}
		g.Exemplars = append([]tracker.Failure{f}, g.Exemplars...)
		if len(g.Exemplars) > 6 { // the first of all and the newest five
			g.Exemplars = slices.Delete(g.Exemplars, 1, 2)
		}
	}
	s.Groups[0], s.Groups[1] = &kling, &flux
	s.Overall = activity(303, 2100*time.Millisecond, limited, func(age int) float64 { return max(0.02, min(0.18, float64(31-age)/75)) })
	s.Overall.Hour.ByOutcome = []tracker.OutcomeCount{
		{Outcome: limited, Count: 1431}, {Outcome: broken, Count: 365}, {Outcome: slow, Count: 12}, {Outcome: tracker.Outcome{Status: 400, Kind: tracker.KindInvalid}, Count: 3},
	}
	return s
}

func group(id uint64, target, method, route string, o tracker.Outcome, kind, message string, n uint64, age time.Duration) tracker.Group {
	g := tracker.Group{
		ID: id, Target: target, Method: method, Route: route, Outcome: o, Error: kind, Message: message,
		Count: n, First: ago(age), Last: ago(2 * time.Second), PerMinute: float64(n) / 20, Badge: tracker.BadgeOngoing,
	}
	for i := range g.Minutes {
		g.Minutes[i] = uint32(max(0, i-40))
	}
	return g
}

func evidence() *tracker.Evidence {
	return &tracker.Evidence{
		Details: `{"limit":60,"window":"1m"}`, Host: "firemoon.studio", RemoteAddr: "127.0.0.1:443", Proto: "HTTP/2.0", TLSVersion: "TLS 1.3", Attempt: 3, Attempts: 3,
		Request: tracker.Request{
			Method: "POST", URL: "https://firemoon.studio/api/v1/kling/v2",
			Headers: []tracker.Header{{Name: "Authorization", Value: "***"}, {Name: "Content-Type", Value: "application/json"}}, Body: `{"prompt":"it's a test","num_images":1}`,
		},
		Phases:  tracker.Phases{DNS: 2 * time.Millisecond, Connect: 11 * time.Millisecond, TLS: 24 * time.Millisecond, FirstByte: 46 * time.Millisecond, Body: time.Millisecond},
		Headers: []tracker.Header{{Name: "Retry-After", Value: "41"}, {Name: "Content-Type", Value: "application/json"}},
		Body:    `{"error":"Rate limit exceeded","message":"Try again in 41 seconds","resetAt":"2026-11-22T14:32:48.000Z"}`,
	}
}

// user sits before a dashboard under test, driven like by a user.
type user struct {
	t testing.TB
	m *model
}

// visit shows a snapshot at a size.
func visit(t testing.TB, w, h int, snap *tracker.Snapshot, change ...func(*Options)) *user {
	t.Helper()
	o := Options{Engine: tracker.New(tracker.Settings{}), Title: "prod-eu", Location: time.UTC, Now: func() time.Time { return noon }, Rights: Rights{Export: true, Suspend: true}}
	for _, c := range change {
		c(&o)
	}
	o, err := o.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	s := &user{t, newModel(o, &feed{ctx: t.Context(), engine: o.Engine, now: o.Now, refresh: o.Refresh, alerts: o.Alerting})}
	s.m.Update(sizeMsg{w, h})
	if snap != nil {
		s.m.Update(newsMsg{now: noon, snap: snap, alerts: s.m.feed.takeAlerts()})
	}
	return s
}

// press types keys, spelled as the key map does.
func (s *user) press(keys ...string) *user {
	for _, k := range keys {
		if _, cmd := s.m.Update(press(k)); cmd != nil && s.m.options.Alerting != nil {
			if msg, ok := cmd().(alertedMsg); ok {
				s.m.Update(msg)
			}
		}
	}
	return s
}

// write types text.
func (s *user) write(text string) *user {
	for _, r := range text {
		s.m.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return s
}

func press(name string) tea.KeyPressMsg {
	codes := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
		"home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete,
	}
	if name == "space" {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	if code, ok := codes[name]; ok {
		return tea.KeyPressMsg{Code: code}
	}
	if c, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(c[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// ansi returns the picture as it is sent.
func (s *user) ansi() string { return s.m.View().Content }

// text returns the picture without its styles.
func (s *user) text() string { return strip(s.ansi()) }

func strip(s string) string {
	lines := strings.Split(ansi.Strip(s), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// incidentWithout is a snapshot in which nothing has happened yet.
func incidentWithout() *tracker.Snapshot { return &tracker.Snapshot{Version: 1, At: noon} }

// calm is a snapshot in which all is well.
func calm() *tracker.Snapshot {
	s := incident()
	s.Targets = s.Targets[3:]
	s.Errors, s.Groups, s.Breakers = nil, nil, nil
	s.Overall = s.Targets[0].Activity
	return s
}

// run presses a key and does at once what it starts.
func (s *user) run(key string) {
	s.t.Helper()
	_, cmd := s.m.Update(press(key))
	if cmd == nil {
		s.t.Fatalf("%s starts nothing", key)
	}
	s.m.Update(cmd())
}

// burning is incident with what the tracker says of it: kling is throttled since a deploy, veo was silent and is over.
func burning() *tracker.Snapshot {
	s := incident()
	onset := tracker.Onset{At: ago(30 * time.Minute), Earliest: ago(30*time.Minute + 20*time.Second), Latest: ago(30*time.Minute - 10*time.Second)}
	mark := tracker.Mark{At: ago(33 * time.Minute), Text: "deploy 4.2.1", Version: "4.2.1"}
	s.Marks = []tracker.Mark{mark}
	s.Targets[0].Usual, s.Targets[0].UsualKnown = 0.001, true
	s.Targets[3].Usual, s.Targets[3].UsualKnown = 0, true
	s.Incidents = []tracker.Incident{{
		ID: 1, Signals: tracker.SignalFailures, Onset: onset, Trend: tracker.TrendSteady, Now: 0.887, Usual: 0.001, BaselineKnown: true, Requests: 1830, Failed: 1366, Mark: &mark,
		Targets: []tracker.IncidentTarget{{Name: "kling", Signals: tracker.SignalFailures, Onset: onset, Requests: 1830, Failed: 1366, Now: 0.887, Usual: 0.001, RateNow: 62, RateUsual: 61, BaselineKnown: true}},
		Cause:   tracker.Cause{Outcome: tracker.Outcome{Status: 429, Kind: tracker.KindRateLimited}, Class: tracker.CauseRateLimit, Error: "Rate limit exceeded", Message: "Try again in {n} seconds", Group: 1, Share: 1, Method: "POST", Route: "/api/v1/kling/v2"},
		Contrasts: []tracker.Contrast{
			{Field: "client", Value: "acme", OfFailures: 0.98, OfRequests: 0.12, Failures: 1340, Requests: 220, Sampled: true},
			{Field: "route", Value: "/api/v1/kling/v2", OfFailures: 1, OfRequests: 0.61},
		},
		Peak: tracker.Peak{At: ago(12 * time.Minute), Share: 0.92, PerMinute: 57},
		Timeline: []tracker.IncidentEvent{
			{At: mark.At, Kind: tracker.EventMark, Text: mark.Text},
			{At: onset.At, Kind: tracker.EventOnset, Target: "kling", Text: "kling began to fail: 429 Rate limit exceeded"},
			{At: ago(19 * time.Minute), Kind: tracker.EventBreaker, Target: "kling", Text: "gate breaker CLOSED to OPEN: 5 failures in a row"},
			{At: ago(12 * time.Minute), Kind: tracker.EventPeak, Text: "57 of 62 requests failed"},
		},
	}, {
		ID: 2, State: tracker.IncidentOver, Signals: tracker.SignalSilence, Onset: tracker.Onset{At: ago(3 * time.Hour), Earliest: ago(3 * time.Hour), Latest: ago(3 * time.Hour)}, End: ago(2*time.Hour + 20*time.Minute), Trend: tracker.TrendOver, BaselineKnown: true,
		Targets: []tracker.IncidentTarget{{Name: "veo", State: tracker.IncidentOver, Signals: tracker.SignalSilence, RateUsual: 31, BaselineKnown: true}},
		Cause:   tracker.Cause{Class: tracker.CauseSilence},
	}}
	return s
}
