package ingest_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"errtop/internal/ingest"
	"errtop/tracker"
)

// collector keeps what a source emits.
type collector struct {
	results []tracker.Result
	batches []int
	health  tracker.Source
}

func (c *collector) sink() ingest.Sink {
	return ingest.Sink{
		Emit: func(r []tracker.Result) {
			c.results = append(c.results, r...)
			c.batches = append(c.batches, len(r))
		},
		Health: func(s tracker.Source) { c.health = s },
	}
}

func TestStreamReadsBothMainFormatsLineByLine(t *testing.T) {
	const log = `{"ts":"2026-11-22T12:00:00Z","target":"flux","method":"POST","url":"https://u:pw@firemoon.studio/api/v1/flux/dev?key=s3","status":400,` +
		`"error":"Invalid input","message":"bad\u001b[2J","errors":["prompt: required","num_images: 1 to 4"],"details":{"a": 1},"stack":"a\n\tb","request_id":"r1","breaker":"HALF_OPEN","resetAt":"2026-11-22T12:00:45.000Z"}` + "\r\n" +
		"\n" +
		`10.0.0.1 - - [22/Nov/2026:13:00:01 +0100] "GET /api/v1/kling/pro?token=s3 HTTP/1.1" 502 10 "-" "curl" 0.250` + "\n" +
		"not a request\n" +
		`{"ts":1795348802.5,"target":"veo","status":200,"duration_ms":7}`
	var c collector
	if err := ingest.Stream(t.Context(), "stdin", strings.NewReader(log), ingest.Options{}, c.sink()); err != nil {
		t.Fatal(err)
	}
	if len(c.results) != 3 {
		t.Fatalf("%d results, want 3: %+v", len(c.results), c.results)
	}
	flux, kling, veo := c.results[0], c.results[1], c.results[2]
	evidence := *flux.Evidence
	evidence.Line = ""
	flux.Evidence = nil
	if flux.Labels == nil || !slices.Contains(*flux.Labels, tracker.Label{Name: "host", Value: "firemoon.studio"}) {
		t.Errorf("labels %+v", flux.Labels)
	}
	flux.Labels = nil
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if want := (tracker.Result{
		Time: noon, Target: "flux", Source: "stdin", Method: "POST", Route: "/api/v1/flux/dev", Status: 400, Kind: tracker.KindInvalid,
		Breaker: tracker.BreakerHalfOpen, Error: "Invalid input", Message: "bad^[[2J", RequestID: "r1", ResetAt: noon.Add(45 * time.Second),
	}); flux != want {
		t.Errorf("got  %+v\nwant %+v", flux, want)
	}
	if got, want := fmt.Sprintf("%+v", evidence), fmt.Sprintf("%+v", tracker.Evidence{
		Errors: []string{"prompt: required", "num_images: 1 to 4"}, Details: `{"a": 1}`, Stack: "a\n    b", Host: "firemoon.studio",
	}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if kling.Target != "kling" || !kling.Time.Equal(noon.Add(time.Second)) || kling.Latency != 250*time.Millisecond || kling.Kind != tracker.KindServer {
		t.Errorf("access log line: %+v", kling)
	}
	if veo.Target != "veo" || veo.Latency != 7*time.Millisecond || !veo.Time.Equal(noon.Add(2500*time.Millisecond)) || veo.Kind != tracker.KindOK {
		t.Errorf("success: %+v", veo)
	}
	h := c.health
	if h.State != tracker.SourceEnded || h.Lines != 5 || h.Results != 3 || h.Unreadable != 1 || len(h.Samples) != 1 || h.Samples[0].Number != 4 {
		t.Errorf("health: %+v", h)
	}
	for _, r := range c.results {
		if r.Evidence != nil && (strings.Contains(r.Evidence.Line, "s3") || strings.Contains(r.Evidence.Line, "pw")) {
			t.Errorf("secret in %q", r.Evidence.Line)
		}
	}
}

func TestStreamHandsATrickleOnAtOnceAndAFloodInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		var c collector
		done := make(chan error, 1)
		go func() { done <- ingest.Stream(t.Context(), "stdin", r, ingest.Options{}, c.sink()) }()
		line := `{"ts":"` + time.Now().Format(time.RFC3339) + `","target":"a","status":200}` + "\n"
		for i := range 3 {
			write(t, w, line)
			synctest.Wait()
			if len(c.results) != i+1 {
				t.Fatalf("%d results after %d lines", len(c.results), i+1)
			}
		}
		if !c.health.Live || c.health.State != tracker.SourceReading {
			t.Errorf("a source of now is not live: %+v", c.health)
		}
		c.batches = nil
		write(t, w, strings.Repeat(line, 5000))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if len(c.results) != 5003 || len(c.batches) > 5000/500+1 {
			t.Errorf("%d results in %d batches", len(c.results), len(c.batches))
		}
	})
}

func TestStreamEndsAlthoughAReadBlocks(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	var c collector
	done := make(chan error, 1)
	go func() { done <- ingest.Stream(ctx, "stdin", r, ingest.Options{}, c.sink()) }()
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("still reading")
	}
}

// write writes text to w.
func write(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

func TestALogWithoutTimesIsSaidToHaveNone(t *testing.T) {
	for _, c := range []struct {
		log     string
		untimed uint64
		all     bool
	}{
		{"INFO:     172.18.0.6:59830 - \"POST /orders HTTP/1.1\" 500 Internal Server Error\n", 1, true},
		{`{"method":"GET","path":"/a","status":200}` + "\n" + `{"ts":"2026-11-25T03:00:01Z","method":"GET","path":"/a","status":200}` + "\n", 1, false},
	} {
		var c2 collector
		if err := ingest.Stream(t.Context(), "stdin", strings.NewReader(c.log), ingest.Options{}, c2.sink()); err != nil {
			t.Fatal(err)
		}
		if h := c2.health; h.Untimed != c.untimed || h.Timeless() != c.all {
			t.Errorf("%q: %d without a time, timeless %v", c.log, h.Untimed, h.Timeless())
		}
	}
}

func TestWhatIsLeftOutIsCounted(t *testing.T) {
	log := `{"ts":"2026-11-25T03:00:01Z","path":"/healthz","status":200,"user_agent":"acme-check/1"}` + "\n" +
		`{"ts":"2026-11-25T03:00:01Z","path":"/a","status":200,"user_agent":"errtop/1"}` + "\n" +
		`{"ts":"2026-11-25T03:00:01Z","path":"/a","status":200,"user_agent":"curl/8"}` + "\n"
	var c collector
	o := ingest.Options{Exclude: func(_ *tracker.Result, agent string) bool { return strings.HasPrefix(agent, "acme") }}
	if err := ingest.Stream(t.Context(), "stdin", strings.NewReader(log), o, c.sink()); err != nil {
		t.Fatal(err)
	}
	if len(c.results) != 1 || c.health.LeftOut != 2 {
		t.Errorf("%d results, %d left out", len(c.results), c.health.LeftOut)
	}
}
