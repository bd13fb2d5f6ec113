package logline_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
)

// TestRealServersLinesAreReadAsTheyWereMeant reads lines that the servers wrote under load, before an API that failed,
// and compares with what a regular expression finds in each.
func TestRealServersLinesAreReadAsTheyWereMeant(t *testing.T) {
	for name, c := range map[string]struct {
		format       string
		status, time string        // the figure is the first group
		unit         time.Duration // of the time
	}{
		"nginx-combined":       {"access", `" (\d{3}) `, "", 0},
		"nginx-request-time":   {"access", `" (\d{3}) `, ` ([\d.]+)$`, time.Second},
		"nginx-upstream-times": {"access", `" (\d{3}) `, ` rt=([\d.]+)`, time.Second},
		"nginx-json":           {"json", `"status":"(\d+)"`, `"request_time":"([\d.]+)"`, time.Second},
		"nginx-json-numbers":   {"json", `"status":(\d+)`, `"request_time":([\d.]+)`, time.Second},
		"apache-common":        {"access", `" (\d{3}) `, "", 0},
		"apache-combined":      {"access", `" (\d{3}) `, "", 0},
		"apache-vhost":         {"access", `" (\d{3}) `, "", 0},
		"apache-microseconds":  {"access", `" (\d{3}) `, ` (\d+)$`, time.Microsecond},
		"haproxy":              {"haproxy", `/\+?\d+ (\d{3}) `, `/\+?(\d+) \d{3} `, time.Millisecond},
		"haproxy-syslog":       {"haproxy", `/\+?\d+ (\d{3}) `, `/\+?(\d+) \d{3} `, time.Millisecond},
		"caddy":                {"json", `"status":(\d+)`, `"duration":([\d.e-]+)`, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", "servers", name+".log"))
			if err != nil {
				t.Fatal(err)
			}
			got := results(t, string(text), logline.Options{})
			lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
			if len(got.results) != len(lines) || got.health.Format != c.format {
				t.Fatalf("%d results of %d lines: %+v", len(got.results), len(lines), got.health)
			}
			for i, line := range lines {
				r := got.results[i]
				if want := figure(t, c.status, line); r.Status != int(want) {
					t.Errorf("status %d, want %v: %s", r.Status, want, line)
				}
				if c.time == "" {
					continue
				}
				want := time.Duration(figure(t, c.time, line) * float64(c.unit))
				if off := r.Latency - want; off < -1 || off > 1 { // a time of zero is kept as one nanosecond
					t.Errorf("latency %v, want %v: %s", r.Latency, want, line)
				}
				if r.Time.Format("2006-01-02 15") != "2026-11-23 03" {
					t.Errorf("time %v: %s", r.Time, line)
				}
			}
		})
	}
}

// figure returns the number that the expression's group finds in a line.
func figure(t *testing.T, expression, line string) float64 {
	t.Helper()
	match := regexp.MustCompile(expression).FindStringSubmatch(line)
	if match == nil {
		t.Fatalf("%s finds nothing in %s", expression, line)
	}
	n, err := strconv.ParseFloat(match[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
