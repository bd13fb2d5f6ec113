package ingest

import (
	"strings"
	"testing"
	"unicode/utf8"

	"errtop/tracker"
)

// FuzzEveryDecoder shows that no line, in any format, makes a decoder panic, read beyond the line, or let through text
// that is not harmless and bounded; and that what stats counts is what a stream emits.
func FuzzEveryDecoder(f *testing.F) {
	for i, format := range []string{"own", "any order", "Caddy", "access", "logfmt", "W3C", "ELB", "ALB", "HAProxy", "uWSGI", "Envoy"} {
		log := logOf(format)
		f.Add(log[:strings.IndexByte(log[200:], '\n')+201], uint8(i))
	}
	f.Add("web | <3>Feb  5 16:19:49 lb a[1]: 2026-01-02T03:04:05Z stdout F {\"log\":\"{}\"}", uint8(0))
	f.Add("#Fields: date time sc-status\n2026-01-02 03:04:05 \"\"\"", uint8(3))
	f.Fuzz(func(t *testing.T, log string, pick uint8) {
		formats := append(Formats(), "")
		o := Options{Format: formats[int(pick)%len(formats)], Target: [...]string{"", "{host}{path[1:3]}{method}"}[pick%2]}
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
			checkText(t, sample.Text, 2*maxSample)
		}
		d, err := newDecoder(o, p.decoder.clock.reference)
		if err != nil {
			t.Fatal(err)
		}
		w := &statsWorker{decoder: d, tally: newTally()}
		scanLines(0, []byte(log), false, w)
		if w.tally.results != uint64(len(emitted)) || w.tally.skipped != p.health.Unreadable {
			t.Fatalf("stats counts %d and skips %d, a stream emits %d and skips %d", w.tally.results, w.tally.skipped, len(emitted), p.health.Unreadable)
		}
	})
}

// checkHarmless fails the test where a result holds what must not be drawn, kept or believed.
func checkHarmless(t *testing.T, r *tracker.Result) {
	t.Helper()
	for _, s := range []string{r.Target, r.Method, r.Route, r.Error, r.Message, r.RequestID} {
		checkText(t, s, 2*maxMessage)
	}
	if r.Latency < 0 || r.Latency > 3*maxLatency || r.Status < 0 || r.Status > 999 {
		t.Fatalf("latency %v, status %d", r.Latency, r.Status)
	}
	if e := r.Evidence; e != nil {
		for _, s := range append([]string{e.Details, e.Level, e.Host, e.Upstream, e.Line}, e.Errors...) {
			checkText(t, s, 2*max(maxMessage, maxRaw))
		}
		checkText(t, strings.ReplaceAll(e.Stack, "\n", ""), 2*maxStack)
	}
}

// checkText fails the test where s is longer than limit, no UTF-8, or holds a control character.
func checkText(t *testing.T, s string, limit int) {
	t.Helper()
	if len(s) > limit || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }) {
		t.Fatalf("%q", s)
	}
}

func TestSecretsLeaveNoTrace(t *testing.T) {
	for _, text := range []string{
		`GET /x?key=C4N4RY HTTP/1.1`, `GET /x?C4N4RY HTTP/1.1`, `Get "https://user:C4N4RY@a.example/x?y=C4N4RY": refused`, `https://C4N4RY@a.example`,
		`Authorization: Bearer C4N4RY`, `Authorization: Basic C4N4RY==`, `authorization=C4N4RY`, `sent bearer C4N4RY and left`,
		`{"Authorization":["Bearer C4N4RY"]}`, `{"headers":{"Cookie":["a=C4N4RY; b=C4N4RY"]}}`, `"api_key": "C4N4RY"`, `"X-Api-Key":"C4N4RY"`,
		`password=C4N4RY`, `access_token: C4N4RY`, `{\"token\":\"C4N4RY\"}`, `{"client_secret" : "a b C4N4RY"}`,
		`location=https://a.example/cb?code=C4N4RY&state=C4N4RY`,
	} {
		if got := safeLine([]byte(text), maxMessage); strings.Contains(got, "C4N4RY") {
			t.Errorf("%s\n  is %s", text, got)
		}
	}
	for _, text := range []string{`what? no problem: here`, `a=b`, `10.0.0.1:80 refused`, `GET /x/y HTTP/1.1`, `really?`, `mail@a.example`} {
		if got := safeLine([]byte(text), maxMessage); got != text {
			t.Errorf("%s became %s", text, got)
		}
	}
}
