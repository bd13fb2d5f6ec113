package tui

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// suspended is a tracker of a machine that slept for twenty minutes within the last hour, under a target with few failures.
func suspended(t *testing.T) *tracker.ErrorTracker {
	t.Helper()
	tr := tracker.New(tracker.Settings{})
	tr.UpdateSource(ago(3*time.Hour), tracker.Source{Name: "log", Live: true, State: tracker.SourceReading})
	slept, woke := ago(40*time.Minute), ago(20*time.Minute)
	i := 0
	for now := ago(3 * time.Hour); !now.After(noon); now = now.Add(2 * time.Second) {
		if now.After(slept) && now.Before(woke) {
			continue
		}
		if now.Equal(woke) {
			tr.AddGap(now, tracker.Gap{From: slept, To: woke, Why: "nothing was probed for 20 minutes: the process or the machine was stopped"})
		}
		r := tracker.Result{Time: now, Target: "billing", Method: "GET", Route: "/", Status: 200, Latency: 20 * time.Millisecond}
		if i++; i%10 == 0 {
			r.Status, r.Kind, r.Error = 500, tracker.KindServer, "boom"
		}
		tr.Record(now, []tracker.Result{r})
	}
	if gaps := tr.Snapshot(noon).Gaps; len(gaps) != 1 {
		t.Fatalf("gaps: %+v", gaps)
	}
	return tr
}

func TestTimeThatNobodyLivedThroughIsAGapInEveryChart(t *testing.T) {
	snap := suspended(t).Snapshot(noon)
	var c minutesChart
	c.SetSnapshot(snap)
	for i, v := range c.values {
		if age := len(c.values) - 1 - i; math.IsNaN(v) != (age > 20 && age < 40) {
			t.Errorf("%d minutes ago the chart has %v", age, v)
		}
	}
	u := visit(t, 120, 40, snap).sees("╌ not watched", "╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌")
	row := ""
	for line := range strings.Lines(u.text()) {
		if strings.Contains(line, "● billing") || strings.Contains(line, "▲ billing") {
			row = line
		}
	}
	if !strings.Contains(row, "▄   ") {
		t.Errorf("no gap in the sparkline of %q", row)
	}
	for _, keys := range [][]string{{"3"}, {"3", "enter"}, {"4", "enter"}} {
		visit(t, 120, 60, snap).press(keys...).sees("   ") // draws
	}
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		golden(t, fmt.Sprintf("gap-%dx%d", size[0], size[1]), visit(t, size[0], size[1], snap).text())
		golden(t, fmt.Sprintf("gap-target-%dx%d", size[0], size[1]), visit(t, size[0], size[1], snap).press("4", "enter").text())
	}
}

func TestAGapIsToldOnce(t *testing.T) {
	tr := suspended(t)
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Plain(ctx, &out, Options{Engine: tr, Now: func() time.Time { return noon }, Location: time.UTC}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "not watched for 20m: nothing was probed for 20 minutes"); got != 1 || !strings.Contains(out.String(), "2026-11-22T14:12:07Z - not watched") {
		t.Errorf("told %d times:\n%s", got, out.String())
	}
	before := tr.SnapshotAt(noon, ago(50*time.Minute))
	before.Past, before.Gaps = false, nil
	u := visit(t, 120, 40, before)
	u.m.Update(newsMsg{now: noon, snap: tr.Snapshot(noon)})
	u.sees("not watched for 20m: nothing was probed for 20 minutes")
}

// Before and after a gap is not compared: what was sent or failed in between is not known.
func TestNoTrendIsToldOverAGap(t *testing.T) {
	act := tracker.Activity{Since: ago(time.Hour)}
	act.Minute, act.FiveMinutes = tracker.Window{Requests: 60, Errors: 60}, tracker.Window{Requests: 300, Errors: 300}
	snap := &tracker.Snapshot{At: noon}
	if word := trendOf(&act, snap).word(); word != "worse" {
		t.Errorf("without a gap: %q", word)
	}
	for age, want := range map[time.Duration]string{time.Minute: "", 14 * time.Minute: "", 30 * time.Minute: "worse"} {
		snap.Gaps = []tracker.Gap{{From: ago(age + 10*time.Minute), To: ago(age)}}
		if word := trendOf(&act, snap).word(); word != want {
			t.Errorf("%v after a gap: %q, want %q", age, word, want)
		}
	}
}

func TestATargetsCertificateIsShown(t *testing.T) {
	for left, want := range map[time.Duration]string{
		9 * 24 * time.Hour: "certificate  expires in 9d00h, 1 Dec 14:32:07", -25 * time.Hour: "certificate  expired 1d01h ago, 21 Nov 13:32:07",
	} {
		snap := calm()
		snap.Targets[0].CertExpiry = noon.Add(left)
		visit(t, 120, 40, snap).press("4", "enter").sees(want)
	}
	visit(t, 120, 40, calm()).press("4", "enter").lacks("certificate")
}
