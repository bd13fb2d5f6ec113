package ingest

import (
	"context"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"errtop/internal/logline"
	"errtop/internal/logline/testlog"
	"errtop/internal/stats"
	"errtop/tracker"
)

// FuzzEveryDecoder shows that no line, in any format, makes a decoder panic, read beyond the line, or let through text
// that is not harmless and bounded; and that what stats counts is what a stream emits.
func FuzzEveryDecoder(f *testing.F) {
	for i, format := range testlog.Formats() {
		log := testlog.Of(format)
		f.Add(log[:strings.IndexByte(log[200:], '\n')+201], uint8(i))
	}
	f.Add("web | <3>Feb  5 16:19:49 lb a[1]: 2026-01-02T03:04:05Z stdout F {\"log\":\"{}\"}", uint8(0))
	f.Add("#Fields: date time sc-status\n2026-01-02 03:04:05 \"\"\"", uint8(3))
	f.Fuzz(func(t *testing.T, log string, pick uint8) {
		formats := append(logline.Formats(), "")
		o := Options{Options: logline.Options{Format: formats[int(pick)%len(formats)], Target: [...]string{"", "{host}{path[1:3]}{method}"}[pick%2]}}
		var emitted []tracker.Result
		p, err := newPump("log", o, Sink{Emit: func(batch []tracker.Result) { emitted = append(emitted, batch...) }})
		if err != nil {
			t.Fatal(err)
		}
		p.feed([]byte(log), false)
		p.end(tracker.SourceEnded, "")
		for i := range emitted {
			checkHarmless(t, &emitted[i])
		}
		for _, sample := range p.health.Samples {
			checkText(t, sample.Text, 2*logline.MaxSample)
		}
		open := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(log)), nil }
		summary, err := stats.Count(t.Context(), []stats.Input{{Name: "log", Open: open}}, stats.Options{Options: o.Options, Workers: 1})
		if err != nil && summary == nil {
			t.Fatal(err)
		}
		if summary.Results() != uint64(len(emitted)) || summary.Skipped() != p.health.Unreadable {
			t.Fatalf("stats counts %d and skips %d, a stream emits %d and skips %d", summary.Results(), summary.Skipped(), len(emitted), p.health.Unreadable)
		}
	})
}

// checkHarmless fails the test where a result holds what must not be drawn, kept or believed.
func checkHarmless(t *testing.T, r *tracker.Result) {
	t.Helper()
	for _, s := range []string{r.Target, r.Method, r.Route, r.Error, r.Message, r.RequestID} {
		checkText(t, s, 2*logline.MaxMessage)
	}
	if r.Latency < 0 || r.Latency > 3*logline.MaxLatency || r.Status < 0 || r.Status > 999 {
		t.Fatalf("latency %v, status %d", r.Latency, r.Status)
	}
	if e := r.Evidence; e != nil {
		for _, s := range append([]string{e.Details, e.Level, e.Host, e.Upstream, e.Line}, e.Errors...) {
			checkText(t, s, 2*max(logline.MaxMessage, logline.MaxRaw))
		}
		checkText(t, strings.ReplaceAll(e.Stack, "\n", ""), 2*logline.MaxStack)
	}
}

// checkText fails the test where s is longer than limit, no UTF-8, or holds a control character.
func checkText(t *testing.T, s string, limit int) {
	t.Helper()
	if len(s) > limit || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }) {
		t.Fatalf("%q", s)
	}
}
