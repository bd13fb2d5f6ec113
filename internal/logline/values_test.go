package logline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
	"errtop/tracker"
)

// valueCase is a line with its true values.
type valueCase struct{ name, source, says, line string }

// valueCases reads the tables of lines with their true values.
func valueCases(t testing.TB) []valueCase {
	t.Helper()
	paths, err := filepath.Glob("testdata/values/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	var cases []valueCase
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "\n## ")[1:] {
			part := strings.SplitN(strings.TrimRight(block, "\n"), "\n", 4)
			if len(part) != 4 || !strings.HasPrefix(part[1], "-- ") || !strings.HasPrefix(part[2], "=> ") {
				t.Fatalf("%s: not a case: %s", path, block)
			}
			cases = append(cases, valueCase{part[0], part[1][3:], part[2][3:], part[3]})
		}
	}
	return cases
}

var extraValues = regexp.MustCompile(` (error|message|why)=("(?:[^"\\]|\\.)*")`)

func TestLinesHaveTheirTrueValues(t *testing.T) {
	cases := valueCases(t)
	if len(cases) < 50 {
		t.Errorf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d, err := logline.NewDecoder(logline.Options{}, time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))
			if err != nil {
				t.Fatal(err)
			}
			var found []tracker.Result
			maker := logline.NewResultMaker("log")
			reasons := ""
			for line := range strings.Lines(c.line) {
				kind, reason := d.Decode([]byte(strings.TrimRight(line, "\n")))
				if reasons += " " + reason; kind == logline.LineResult {
					found = append(found, maker.Make(d))
				}
			}
			if c.says == "- - - - - -" {
				if len(found) > 0 {
					t.Fatalf("read as %s: %s\n%s", d.Format, describe(found[0]), c.line)
				}
				return
			}
			if len(found) != 1 {
				t.Fatalf("%d results:%s\n%s", len(found), reasons, c.line)
			}
			r := found[0]
			got := map[string]string{"error": r.Error, "message": r.Message, "why": d.WhyLatency()}
			for _, extra := range extraValues.FindAllStringSubmatch(c.says, -1) {
				if want, err := strconv.Unquote(extra[2]); err != nil || got[extra[1]] != want {
					t.Errorf("%s is %q, want %q", extra[1], got[extra[1]], want)
				}
			}
			outcome := r.Outcome().Label()
			latency, at := "-", "-"
			if r.Latency > 0 {
				latency = r.Latency.String()
			}
			if !r.Time.IsZero() {
				at = strings.TrimPrefix(r.Time.Format("2006-01-02 15:04:05.999999999"), "2026-11-25 ")
			}
			fields := strings.Fields(extraValues.ReplaceAllString(c.says, ""))
			if len(fields) != 6 {
				t.Fatalf("the case says %q", c.says)
			}
			if want, err := time.ParseDuration(fields[4]); err == nil {
				fields[4] = want.String()
			}
			if fields[3] == "-" { // of no interest
				r.Target = "-"
			}
			if text, want := fmt.Sprint([]string{outcome, dashed(r.Method), dashed(r.Route), r.Target, latency, at}), fmt.Sprint(fields); text != want {
				t.Errorf("%s\ngot  %s as %s\nwant %s", c.line, text, d.Format, want)
			}
		})
	}
}

func dashed(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
