package stats_test

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
	"errtop/internal/stats"
	"errtop/tracker"
)

// TestStatsAndTheDashboardGroupAlike feeds logs to both and compares the groups of errors with their counts.
func TestStatsAndTheDashboardGroupAlike(t *testing.T) {
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no logs in testdata: %v", err)
	}
	if corpus := os.Getenv("ERRTOP_CORPUS"); corpus != "" {
		err := filepath.WalkDir(corpus, func(path string, entry os.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	compared := 0
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		shown, counted := dashboardGroups(t, text), statsGroups(t, text)
		if !maps.Equal(shown, counted) {
			t.Errorf("%s: the dashboard has\n%v\nbut stats has\n%v", path, lines(shown), lines(counted))
		}
		compared += len(shown)
	}
	if compared < 10 {
		t.Errorf("only %d groups were compared", compared)
	}
	if groups := dashboardGroups(t, mustRead(t, "testdata/same-errors.ndjson")); len(groups) != 14 {
		t.Errorf("%d groups of the same errors, want 14:\n%v", len(groups), lines(groups))
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func lines(groups map[tracker.Fingerprint]uint64) string {
	text := ""
	for p, n := range groups {
		text += fmt.Sprintf("%d of %+v\n", n, p)
	}
	return text
}

// dashboardGroups returns what the tracker makes of a log. All of it happens now: what a log's own times do is not compared.
func dashboardGroups(t *testing.T, text []byte) map[tracker.Fingerprint]uint64 {
	t.Helper()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	decoder, err := logline.NewDecoder(logline.Options{}, now)
	if err != nil {
		t.Fatal(err)
	}
	const all = 1 << 20
	tr := tracker.New(tracker.Settings{MaxTargets: 1000, MaxGroups: all, MaxGroupsInAll: all})
	maker := logline.NewResultMaker("log")
	scan := bufio.NewScanner(bytes.NewReader(text))
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		if kind, _ := decoder.Decode(scan.Bytes()); kind == logline.LineResult {
			r := maker.Make(decoder)
			r.Time = now
			tr.Record(now, []tracker.Result{r})
		}
	}
	groups := map[tracker.Fingerprint]uint64{}
	for _, g := range tr.Snapshot(now).Groups {
		groups[tracker.Fingerprint{Target: g.Target, Method: g.Method, Route: g.Route, Message: g.Message, Outcome: g.Outcome}] = g.Count
	}
	return groups
}

func statsGroups(t *testing.T, text []byte) map[tracker.Fingerprint]uint64 {
	t.Helper()
	summary, err := stats.Count(t.Context(), []stats.Input{input("log", string(text))}, stats.Options{})
	if err != nil && !strings.Contains(err.Error(), "request log") {
		t.Fatal(err)
	}
	groups := map[tracker.Fingerprint]uint64{}
	for _, g := range summary.Groups(1 << 20) {
		kind, _ := tracker.ParseKind(g.Kind)
		outcome := tracker.Outcome{Status: g.Status, Kind: kind}
		groups[tracker.Fingerprint{Target: g.Target, Method: g.Method, Route: g.Route, Message: g.Message, Outcome: outcome}] += g.Count
	}
	return groups
}
