package engine

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/internal/recording"
	"errtop/tracker"
)

// recorded writes results, and what add writes before them, into a recording that was made at a moment.
func recorded(t *testing.T, made func(time.Time) time.Time, results []tracker.Result, add func(*recording.Encoder, time.Time)) Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.ndjson.zst")
	file, err := recording.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	e := recording.NewEncoder(func(s string) string { return s })
	e.Header(made(results[0].Time), recording.Header{Version: recording.Version, Name: "prod"})
	for i := range results {
		now := made(results[i].Time)
		add(e, now)
		e.Result(now, &results[i])
	}
	if _, err := file.Write(e.Take(nil)); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return FromRecording(path)
}

func TestABacktestOfARecordingIsThatOfItsLog(t *testing.T) {
	lines, results := outageLog(1)
	want := summary(runBacktest(t, Backtest{Inputs: []Source{logFile(t, "a.log", lines)}}).Told)
	for name, made := range map[string]func(time.Time) time.Time{
		"made while it happened": func(at time.Time) time.Time { return at },
		"made of an old log":     func(time.Time) time.Time { return morning.Add(400 * 24 * time.Hour) },
	} {
		announced := false
		out := runBacktest(t, Backtest{Inputs: []Source{recorded(t, made, results, func(e *recording.Encoder, now time.Time) {
			if !announced {
				e.Target(now, tracker.TargetInfo{Name: "billing"})
				e.Source(now, tracker.Source{Name: "log", State: tracker.SourceReading, Live: true})
				announced = true
			}
		})}})
		if got := summary(out.Told); !slices.Equal(got, want) || out.Results != uint64(len(results)) {
			t.Errorf("%s: %d results, told %q, want %q", name, out.Results, got, want)
		}
	}
}

// A recording knows more than a log: objectives, and how its sources did.
func TestABacktestOfARecordingJudgesObjectivesAndSources(t *testing.T) {
	_, results := outageLog(2)
	begun, failed := false, false
	settings := config.Default()
	settings.Receivers = []config.Receiver{{Name: "all", Command: []string{"true"}, Severity: "info", Resolved: true}}
	out := runBacktest(t, Backtest{Settings: settings, Inputs: []Source{recorded(t, func(at time.Time) time.Time { return at }, results, func(e *recording.Encoder, now time.Time) {
		if !begun {
			e.Target(now, tracker.TargetInfo{Name: "billing", Objective: 0.99, Period: 30 * 24 * time.Hour})
			begun = true
		}
		if !failed && now.Sub(morning) > time.Hour {
			e.Source(now, tracker.Source{Name: "push", State: tracker.SourceFailed, Problem: "address in use"})
			failed = true
		}
	})}})
	for rule, fired := range map[string]int{"budget burns fast": 1, "source failed": 1, "source stale": 0, "incident": 1} {
		if got := out.rule(rule); got.Fired != fired {
			t.Errorf("%+v", got)
		}
	}
	if why := out.rule("budget burns slowly").Silent; why == "" {
		t.Error("three days are not said to be missing")
	}
}
