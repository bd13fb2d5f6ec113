package logline_test

import (
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
)

// TestJSONThatAServerBrokeIsReadWhereItIsSure: templates of JSON without escaping, each with what its server meant.
func TestJSONThatAServerBrokeIsReadWhereItIsSure(t *testing.T) {
	const nginx, apache = "ngx_http_log_module, without escape=json", "mod_log_config, LogFormat as JSON"
	for _, c := range []struct{ name, source, line, want string }{
		{"quotes in the agent", nginx, `{"ts":"2026-11-25T03:00:01Z","method":"GET","uri":"/a","status":502,"agent":"a \x22b\x22"}`, `502 GET /a agent=a "b"`},
		{"quotes and a brace that look like an end", nginx, `{"ts":"2026-11-25T03:00:01Z","method":"GET","uri":"/a?q=\x22,\x22status\x22:200}","status":502,"agent":"x"}`, `502 GET /a agent=x`},
		{"a backslash", nginx, `{"ts":"2026-11-25T03:00:01Z","method":"GET","uri":"/a","status":502,"agent":"a\x5C"}`, `502 GET /a agent=a\`},
		{"UTF-8", nginx, `{"ts":"2026-11-25T03:00:01Z","method":"GET","uri":"/\xC3\xBCber","status":502,"agent":"x"}`, `502 GET /über agent=x`},
		{"control bytes", nginx, `{"ts":"2026-11-25T03:00:01Z","method":"GET","uri":"/a","status":502,"agent":"\x1b[31m\x00"}`, `502 GET /a agent=\x00`},
		{"no number", nginx, `{"ts":"2026-11-25T03:00:01Z","method":"GET","uri":"/a","upstream_time":-,"status":502,"agent":"x"}`, `502 GET /a agent=x`},
		{"no number at the end", nginx, `{"ts":"2026-11-25T03:00:01Z","method":"GET","uri":"/a","status":502,"agent":"x","upstream_time": - }`, `502 GET /a agent=x`},
		{"no value at all", nginx, `{"ts":"2026-11-25T03:00:01Z","method":"GET","uri":"/a","upstream_status":,"status":502,"agent":"x"}`, `502 GET /a agent=x`},
		{"Apache's mixture", apache, `{"ts":"2026-11-25T03:00:01Z","method":"GET","uri":"/a","status":502,"agent":"a \"b\" \xc3\xbc \v"}`, `502 GET /a agent=a "b" ü ^K`},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := logline.NewDecoder(logline.Options{}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			kind, reason := d.Decode([]byte(c.line))
			if kind != logline.LineResult {
				t.Fatalf("%s: %s", c.source, reason)
			}
			maker := logline.NewResultMaker("log")
			r := maker.Make(d)
			got := strings.Join([]string{string(d.Rec.Raw(logline.FieldStatus)), r.Method, r.Route, "agent=" + d.Agent()}, " ")
			if c.name == "control bytes" {
				got, c.want = got[:len("502 GET /a")], c.want[:len("502 GET /a")]
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if !strings.Contains(d.Ambiguity(), "escape=json") {
				t.Errorf("it is not told: %q", d.Ambiguity())
			}
		})
	}
	for _, line := range []string{
		`{"method":"GET","uri":"/a","status":502,"agent":"a "b""}`, `{"method":"GET","uri":"/a","status":502,"agent":"a \x2"}`,
		`{"method":"GET","uri":"/a","status":502,"agent":"a \x22}`, `{"method":"GET","uri":"/a","times":0.001, 0.002,"status":502}`,
		`{"method":"GET","uri":"/a","status":502,"agent":"\x22"`, `{"method":"GET","status":502,"a":"\x22",}`,
	} {
		if got := results(t, line+"\n", logline.Options{}); len(got.results) != 0 {
			t.Errorf("%s was read as %s", line, describe(got.results[0]))
		}
	}
}
