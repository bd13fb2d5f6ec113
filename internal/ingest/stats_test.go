package ingest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"errtop/internal/ingest"
)

func TestStatsPrintsTheOneErrorOfAPipe(t *testing.T) {
	const line = `{"ts":"2026-11-22T12:00:00Z","target":"flux","status":429,"duration_ms":12.5,"error":"Rate limit exceeded","message":"Try again in 45 seconds."}` + "\n"
	summary, err := ingest.Stats(t.Context(), []ingest.Input{{Name: "-", Reader: strings.NewReader(line)}}, ingest.StatsOptions{})
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
