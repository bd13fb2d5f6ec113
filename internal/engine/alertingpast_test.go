package engine

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/internal/alert"
	"errtop/internal/config"
	"errtop/internal/ingest"
	"errtop/tracker"
)

// outageLog returns three hours of requests to two targets, of which billing fails from 1h30 to 1h50, as lines in order.
func outageLog(seed uint64) (lines []string, results []tracker.Result) {
	r := rand.New(rand.NewPCG(seed, 3))
	for at := time.Duration(0); at < 3*time.Hour; at += time.Duration(200+r.IntN(600)) * time.Millisecond {
		target, status := []string{"billing", "search"}[r.IntN(2)], 200
		if target == "billing" && at >= 90*time.Minute && at < 110*time.Minute || r.IntN(1000) == 0 {
			status = 503
		}
		now := morning.Add(at)
		lines = append(lines, fmt.Sprintf(`{"time":%q,"target":%q,"method":"GET","path":"/x","status":%d,"message":"upstream is down"}`, now.Format(time.RFC3339Nano), target, status))
		result := tracker.Result{Time: now, Target: target, Method: "GET", Route: "/x", Status: status, Origin: tracker.OriginTraffic}
		if status != 200 {
			result.Kind, result.Message = tracker.KindServer, "upstream is down"
		}
		results = append(results, result)
	}
	return lines, results
}

func logFile(t *testing.T, name string, lines []string) Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(strings.Join(lines, "\n") + "\n")
	if strings.HasSuffix(name, ".gz") {
		packer := gzip.NewWriter(file)
		_, err = packer.Write(text)
		if err == nil {
			err = packer.Close()
		}
	} else {
		_, err = file.Write(text)
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return Logs([]string{path}, ingest.Options{All: true, NoFollow: true})
}

func runBacktest(t *testing.T, b Backtest) *Backtested {
	t.Helper()
	if b.Settings == nil {
		b.Settings = config.Default()
	}
	out, err := b.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// summary is what was told, in a line each.
func summary(told []BacktestNotice) (list []string) {
	for _, n := range told {
		list = append(list, fmt.Sprintf("%s %s %s %s %s", n.At.UTC().Format("15:04:05"), n.Receiver, n.Reason, n.Rule, n.Target))
	}
	return list
}

func TestABacktestTellsAnOutageOnceAndItsEnd(t *testing.T) {
	lines, _ := outageLog(1)
	out := runBacktest(t, Backtest{Inputs: []Source{logFile(t, "a.log", lines)}})
	if len(out.Told) != 2 || out.Told[0].Reason != alert.ReasonFiring || out.Told[1].Reason != alert.ReasonResolved || out.Told[0].Target != "billing" {
		t.Fatalf("told: %q", summary(out.Told))
	}
	onset, end := morning.Add(90*time.Minute), morning.Add(110*time.Minute)
	if began := out.Told[0]; began.Onset.Sub(onset).Abs() > 2*time.Minute || began.Late <= 0 || began.Late > 5*time.Minute || began.At.Sub(onset) > 5*time.Minute {
		t.Errorf("%+v", began)
	}
	if over := out.Told[1]; over.At.Before(end) || over.At.Sub(end) > 15*time.Minute {
		t.Errorf("%+v", over)
	}
	rule := out.rule("incident")
	if rule.Fired != 1 || rule.Told != 1 || rule.Resolved != 1 || rule.Late <= 0 || rule.Firing < 15*time.Minute || rule.Firing > 40*time.Minute || rule.Silent != "" {
		t.Errorf("%+v", rule)
	}
	for name, why := range map[string]string{"certificate expires": "certificates", "source failed": "how it was read", "budget burns": "objective", "silence": "never held"} {
		if rule := out.rule(name); rule.Fired != 0 || !strings.Contains(rule.Silent, why) {
			t.Errorf("%s: %+v", name, rule)
		}
	}
	if out.Results != uint64(len(lines)) || out.Lines != uint64(len(lines)) || !out.First.Equal(morning) {
		t.Errorf("%d results of %d lines from %v", out.Results, out.Lines, out.First)
	}
}

func TestABacktestIsTheSameHoweverTheLogIsCut(t *testing.T) {
	lines, _ := outageLog(2)
	want := summary(runBacktest(t, Backtest{Inputs: []Source{logFile(t, "a.log", lines)}}).Told)
	var even, odd []string
	for i, line := range lines {
		if i%2 == 0 {
			even = append(even, line)
		} else {
			odd = append(odd, line)
		}
	}
	shuffled := slices.Clone(lines)
	for i := 0; i+20 < len(shuffled); i += 20 {
		slices.Reverse(shuffled[i : i+20]) // as servers do, which write a line at a request's end
	}
	third := len(lines) / 3
	for name, inputs := range map[string][]Source{
		"two servers":             {logFile(t, "a.log", even), logFile(t, "b.log", odd)},
		"rotated, in wrong order": {logFile(t, "a.log", lines[2*third:]), logFile(t, "a.log.2.gz", lines[:third]), logFile(t, "a.log.1", lines[third:2*third])},
		"a little out of order":   {logFile(t, "a.log", shuffled)},
	} {
		if got := summary(runBacktest(t, Backtest{Inputs: inputs}).Told); !slices.Equal(got, want) {
			t.Errorf("%s:\n%q, want\n%q", name, got, want)
		}
	}
}

// The oracle is what errtop does: the same tracker and rules, looked at every second while the requests come.
func TestABacktestTellsWhatErrtopWouldHaveTold(t *testing.T) {
	for seed := range uint64(3) {
		lines, results := outageLog(10 + seed)
		settings := config.Default()
		settings.Receivers = []config.Receiver{{Name: "all", Command: []string{"true"}, Severity: "info", Resolved: true}}
		got := runBacktest(t, Backtest{Settings: settings, Inputs: []Source{logFile(t, "a.log", lines)}})
		engine, err := alert.New(alert.Options{Rules: Rules(settings), Receivers: receivers(settings), Timing: timing(settings)})
		if err != nil {
			t.Fatal(err)
		}
		tr, state, next := tracker.New(trackerSettings(settings)), alert.State{}, 0
		tr.UpdateSource(morning, tracker.Source{Name: "log", State: tracker.SourceReading, Live: true})
		var told []string
		for now := morning; now.Before(morning.Add(3 * time.Hour)); now = now.Add(time.Second) {
			from := next
			for next < len(results) && !results[next].Time.After(now) {
				next++
			}
			tr.Record(now, results[from:next])
			engine.Evaluate(&state, tr.Snapshot(now), now)
			for _, n := range slices.Clone(state.Outbox) {
				told = append(told, fmt.Sprintf("%s %s %s", n.Reason, n.Alerts[0].Rule, n.Alerts[0].Labels.Target))
				if i := len(told) - 1; i >= len(got.Told) || got.Told[i].At.Sub(now).Abs() > 2*playStep {
					t.Errorf("seed %d: errtop tells %s at %v; the backtest %q", seed, told[i], now.Format("15:04:05"), summary(got.Told))
				}
				state.Delivered(n.ID, now)
			}
		}
		var test []string
		for _, n := range got.Told {
			test = append(test, fmt.Sprintf("%s %s %s", n.Reason, n.Rule, n.Target))
		}
		if !slices.Equal(told, test) {
			t.Errorf("seed %d: errtop told %q, the backtest %q", seed, told, test)
		}
	}
}

func TestABacktestJudgesOnlyWhatIsAskedFor(t *testing.T) {
	lines, _ := outageLog(4)
	if out := runBacktest(t, Backtest{From: morning.Add(2 * time.Hour), Inputs: []Source{logFile(t, "a.log", lines)}}); len(out.Told) != 0 {
		t.Errorf("told of what was before: %q", summary(out.Told))
	}
	if out := runBacktest(t, Backtest{To: morning.Add(time.Hour), Inputs: []Source{logFile(t, "a.log", lines)}}); len(out.Told) != 0 || !out.Last.Before(morning.Add(time.Hour)) {
		t.Errorf("until %v told %q", out.Last, summary(out.Told))
	}
}

func TestABacktestWalksOverYearsWithoutALine(t *testing.T) {
	lines, _ := outageLog(5)
	old := strings.ReplaceAll(lines[0], "2026-", "1999-")
	wrong := []string{strings.ReplaceAll(lines[0], "2026-", "1970-"), strings.ReplaceAll(lines[0], "2026-", "2199-"), `{"target":"billing","status":500}`}
	out := runBacktest(t, Backtest{Inputs: []Source{logFile(t, "a.log", slices.Concat([]string{old}, wrong, lines))}})
	if out.Impossible != 2 || out.Untimed != 1 || out.First.Year() != 1999 {
		t.Errorf("%d impossible, %d untimed, from %v", out.Impossible, out.Untimed, out.First)
	}
	if n := len(out.Told); n < 2 || out.Told[n-1].Reason != alert.ReasonResolved {
		t.Errorf("told %q", summary(out.Told))
	}
}

func TestABacktestIsWrittenAsJSON(t *testing.T) {
	lines, _ := outageLog(6)
	encoded, err := json.Marshal(runBacktest(t, Backtest{Inputs: []Source{logFile(t, "a.log", lines)}}))
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Told []struct {
			At               time.Time
			Receiver, Reason string
			Severity         string
			LateS            float64 `json:"late_s"`
		}
		Rules []struct {
			Rule   string
			Fired  int
			Silent string
		}
	}
	if err := json.Unmarshal(encoded, &read); err != nil || len(read.Told) == 0 || read.Told[0].Severity != "critical" || read.Told[0].LateS <= 0 || len(read.Rules) < 10 {
		t.Errorf("%v: %s", err, encoded)
	}
}

func TestALedgerCountsWindowsOfAnyLength(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	l := ledger{}
	var all []tracker.Result
	now := morning
	for range 4000 {
		now = now.Add(time.Duration(r.IntN(40)) * time.Minute)
		result := tracker.Result{Time: now.Add(-time.Duration(r.IntN(90)) * time.Second), Target: "a", Status: 200, Weight: uint16(r.IntN(3))}
		if r.IntN(10) == 0 {
			result.Kind = tracker.KindServer
		}
		all = append(all, result)
		l.count(&result)
		window := []time.Duration{time.Hour, 72 * time.Hour, 30 * 24 * time.Hour}[r.IntN(3)]
		requests, errors, known := l.sum("a", now, window)
		if known != (now.Sub(morning) >= window-2*time.Minute) && (now.Sub(morning)-window).Abs() > 2*time.Minute {
			t.Fatalf("after %v %v is known: %v", now.Sub(morning), window, known)
		}
		if !known {
			continue
		}
		var wantRequests, wantErrors uint64
		last := minuteOf(now.Add(-1))
		for i := range all {
			if m := minuteOf(all[i].Time); m > last-int64(window/time.Minute) && m <= last {
				wantRequests += uint64(max(all[i].Weight, 1))
				if all[i].Kind.Failed() {
					wantErrors += uint64(max(all[i].Weight, 1))
				}
			}
		}
		if requests != wantRequests || errors != wantErrors {
			t.Fatalf("%v until %v: %d of %d, want %d of %d", window, now, errors, requests, wantErrors, wantRequests)
		}
	}
}

// A week of a busy log: see docs/ALERTS.md.
func BenchmarkBacktest(b *testing.B) {
	_, results := outageLog(8)
	b.ReportAllocs()
	for b.Loop() {
		p, err := newSimulation(&Backtest{Settings: config.Default()})
		if err != nil {
			b.Fatal(err)
		}
		next := 0
		for end := morning.Add(playStep); next < len(results); end = end.Add(playStep) {
			from := next
			for next < len(results) && results[next].Time.Before(end) {
				next++
			}
			p.step(end, results[from:next])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(results)), "ns/result")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*8*7, "s/week")
}
