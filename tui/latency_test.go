package tui

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"errtop/internal/report"
	"errtop/tracker"
)

// slowed is a tracker after three hours in which the latency of a target doubled every hour, and nobody asked for ten minutes.
func slowed(t *testing.T) (tr *tracker.ErrorTracker, now time.Time) {
	t.Helper()
	tr = tracker.New(tracker.Settings{})
	begin := noon.Truncate(time.Hour).Add(-3 * time.Hour)
	tr.UpdateSource(begin, tracker.Source{Name: "log", Live: true, State: tracker.SourceReading})
	for second := 0; second < 3*60*60; second += 10 {
		now = begin.Add(time.Duration(second) * time.Second)
		if minute := second / 60; minute >= 150 && minute < 160 {
			continue
		}
		tr.Record(now, []tracker.Result{{
			Time: now, Target: "api", Source: "log", Status: 200, Latency: 100 * time.Millisecond << (second / 3600),
		}})
	}
	return tr, now
}

// TestThePastShowsTheLatencyOfThen goes back minutes, where each minute is remembered, and hours, where quarters are.
func TestThePastShowsTheLatencyOfThen(t *testing.T) {
	tr, now := slowed(t)
	s := visit(t, 120, 80, nil, func(o *Options) { o.Engine = tr; o.Now = func() time.Time { return now } })
	s.m.Update(newsMsg{now: now, snap: tr.Snapshot(now)})
	s.press("4", "enter").sees("LATENCY A MINUTE, LAST 60 MIN  ━━ p95 39", "LATENCY, 24 H", "now").lacks("is known)")
	s.run("<")
	s.sees("LATENCY A MINUTE, LAST 60 MIN", "12:58", "13:58", "(of the oldest 1 minute only").lacks("now\n")
	for range 29 {
		s.run("<")
	}
	s.sees("(of the oldest 30 minutes only the quarter of an hour is known)", "12:29", "13:29").run("{")
	s.sees("LATENCY, 24 H", "200ms ┤", "12:29").lacks("LATENCY A MINUTE")
}

// TestAReportHasTheLatencyOfEachMinute reads it back from the JSON: two hours' worth is not there, a silence is no zero.
func TestAReportHasTheLatencyOfEachMinute(t *testing.T) {
	tr, now := slowed(t)
	r := reportOf(&Options{Engine: tr}, tr.Snapshot(now), nil, now)
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Latency []report.LatencyBar `json:"latency_by_minute"`
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Latency) != 59-10 {
		t.Errorf("%d minutes", len(got.Latency))
	}
	for _, bar := range got.Latency {
		minute := bar.Start.Sub(noon.Truncate(time.Hour).Add(-3 * time.Hour)).Minutes()
		if minute >= 150 && minute < 160 || minute < 120 || bar.P50 < 392 || bar.P50 > 408 || bar.P99 < bar.P95 || bar.P95 < bar.P50 {
			t.Errorf("%+v", bar)
		}
	}
	if text := r.Markdown(); !strings.Contains(text, "## Latency") || !strings.Contains(text, "━━ p95 39") {
		t.Errorf("no chart in\n%s", text)
	}
}
