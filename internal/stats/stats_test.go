package stats_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"errtop/internal/filter"
	"errtop/internal/logline"
	"errtop/internal/stats"
)

// input is a log with that text.
func input(name, text string) stats.Input {
	return stats.Input{Name: name, Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

func TestStatsPrintsTheOneErrorOfAPipe(t *testing.T) {
	const line = `{"ts":"2026-11-22T12:00:00Z","target":"flux","status":429,"duration_ms":12.5,"error":"Rate limit exceeded","message":"Try again in 45 seconds."}` + "\n"
	summary, err := stats.Count(t.Context(), []stats.Input{input("-", line)}, stats.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(summary)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"lines":1,"results":1,"errors":1,"skipped":0,"first":"2026-11-22T12:00:00Z","last":"2026-11-22T12:00:00Z",` +
		`"by_status":{"429":1},"by_target":{"flux":1},"errors_by_target":{"flux":1},"hourly":[{"start":"2026-11-22T12:00:00Z","requests":1,"errors":1}],` +
		`"groups":[{"count":1,"target":"flux","status":429,"kind":"rate_limited","error":"Rate limit exceeded","message":"Try again in {n} seconds.",` +
		`"first":"2026-11-22T12:00:00Z","last":"2026-11-22T12:00:00Z"}],"latency_ms":{"p50":12.5,"p90":12.5,"p95":12.5,"p99":12.5}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

const mixedLog = `{"ts":"2026-11-22T12:00:00Z","target":"flux","method":"POST","path":"/v1/users/42","status":429,"latency":"2s"}
{"ts":"2026-11-22T12:30:00Z","target":"flux","method":"POST","path":"/v1/users/43","status":200,"latency":"10ms"}
{"ts":"2026-11-22T13:00:00Z","target":"veo","method":"GET","path":"/v1/x","status":500,"error":"boom"}
{"ts":"2026-11-22T14:00:00Z","target":"veo","method":"GET","path":"/v1/x","kind":"short_circuit"}
{"target":"veo","method":"GET","path":"/v1/x","status":503}
nonsense
`

// summary sums mixedLog up.
func summary(t *testing.T, o stats.Options) *stats.Summary {
	t.Helper()
	s, err := stats.Count(t.Context(), []stats.Input{input("log", mixedLog)}, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStatsBreaksDownByEveryDimension(t *testing.T) {
	for by, want := range map[stats.Dimension]string{
		stats.ByTarget: "[{veo 3 2} {flux 2 1}]",
		stats.ByStatus: "[{429 1 1} {500 1 1} {503 1 1} {200 1 0} {short_circuit 1 0}]",
		stats.ByKind:   "[{server 2 2} {rate_limited 1 1} {ok 1 0} {short_circuit 1 0}]",
		stats.ByRoute:  "[{GET /v1/x 3 2} {POST /v1/users/{n} 2 1}]",
		stats.ByHour:   "[{2026-11-22T12:00:00Z 2 1} {2026-11-22T13:00:00Z 1 1} {2026-11-22T14:00:00Z 1 0}]",
		stats.ByGroup: "[{flux  429  POST /v1/users/{n} 1 1} {veo  short_circuit  GET /v1/x 1 1} {veo  500  GET /v1/x  boom 1 1}" +
			" {veo  503  GET /v1/x 1 1}]",
	} {
		s := summary(t, stats.Options{By: by})
		if got := fmt.Sprint(s.Rows(by)); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", by, got, want)
		}
		var text strings.Builder
		if err := s.WriteText(&text, 100, false); err != nil || !strings.Contains(text.String(), "5 requests, 3 errors (60.0%)") {
			t.Errorf("%s: %v\n%s", by, err, text.String())
		}
	}
}

// parsed returns a filter.
func parsed(t *testing.T, text string) *filter.Filter {
	t.Helper()
	f, err := filter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestStatsCountsOnlyWhatTheFilterAndTheTimesLetThrough(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		o    stats.Options
		want uint64
	}{
		{stats.Options{Filter: parsed(t, `status >= 500 && target == "veo"`)}, 2},
		{stats.Options{Filter: parsed(t, `latency > duration("1s")`)}, 1},
		{stats.Options{Filter: parsed(t, `=failed and path startsWith "/v1/users"`)}, 1},
		{stats.Options{Filter: parsed(t, `=kind == "short_circuit" or error contains "oo"`)}, 2},
		{stats.Options{Filter: parsed(t, "status:5xx target:veo")}, 2},
		{stats.Options{Filter: parsed(t, "/^veo$/ !status:5xx")}, 1}, // never sent,
		{stats.Options{Filter: parsed(t, "source:nothing")}, 0},
		{stats.Options{From: noon.Add(time.Minute)}, 3},
		{stats.Options{To: noon.Add(time.Hour)}, 2},
		{stats.Options{From: noon, To: noon.Add(time.Hour), Filter: parsed(t, "=!failed")}, 1},
	} {
		if s := summary(t, c.o); s.Results() != c.want || s.Lines() != 6 || s.Skipped() != 1 {
			t.Errorf("%+v: %d results, want %d", c.o, s.Results(), c.want)
		}
	}
	for _, o := range []stats.Options{{By: "nope"}} {
		if s, err := stats.Count(t.Context(), nil, o); err == nil || s != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestExplainSaysHowEachFieldWasUnderstood(t *testing.T) {
	const log = `10.0.0.1 - - [22/Nov/2026:13:00:01 +0100] "GET /api/v1/kling/pro?token=s3 HTTP/1.1" 502 10 "-" "curl" 0.250

what is this
{"ts":1795348802,"target":"veo","status":"200","duration":"7ms"}
`
	var text strings.Builder
	if err := stats.Explain(t.Context(), input("log", log), logline.Options{}, &text, 80); err != nil {
		t.Fatal(err)
	}
	const want = `line 1: access
    time        2026-11-22T12:00:01Z
    target      kling
    status      502, server
    duration    250ms (s: assumed of a bare fraction, as nginx writes it)   <- …
    path        /api/v1/kling/pro   <- /api/v1/kling/pro?***
    method      GET
line 3: not understood: no known format
    what is this
line 4: json
    time        2026-11-22T12:00:02Z   <- 1795348802
    target      veo
    status      200, ok   <- 200
    duration    7ms
`
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
}

func TestStatsReadsEachOfSeveralLogsForItself(t *testing.T) {
	inputs := []stats.Input{
		input("w3c", "#Fields: date time cs-uri-stem sc-status\n2026-01-02 03:04:05 /a/b 500\n"),
		input("access", `1.2.3.4 - - [02/Jan/2026:03:04:05 +0000] "GET /a/b HTTP/1.1" 404 1`+"\n"),
		input("a path is no target's name", `{"status":200,"target":"/a/b"}`+"\n"+`{"status":200,"path":"/a/b"}`+"\n"),
	}
	s, err := stats.Count(t.Context(), inputs, stats.Options{Workers: 1})
	if got, want := fmt.Sprint(s.Rows(stats.ByTarget)), "[{a 3 2} {/a/b 1 0}]"; err != nil || got != want || s.Skipped() != 0 {
		t.Errorf("got %s, want %s; %v", got, want, err)
	}
}
