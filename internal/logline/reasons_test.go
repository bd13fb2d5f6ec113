package logline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
	"errtop/tracker"
)

// beside reads an error log and then an access log that shares its reasons.
func beside(t *testing.T, errorLog, accessLog string) (found []tracker.Result) {
	t.Helper()
	reasons := logline.NewReasons()
	read := func(log string) {
		d, err := logline.NewDecoder(logline.Options{}, time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		d.Share(reasons)
		d.Learn([]byte(log), false)
		maker := logline.NewResultMaker("log")
		for line := range strings.Lines(log) {
			if kind, reason := d.Decode([]byte(strings.TrimSpace(line))); kind == logline.LineResult {
				found = append(found, maker.Make(d))
			} else if kind == logline.LineUnreadable {
				t.Fatalf("%s: %s", reason, line)
			}
			for d.Release(logline.WaitForLines) {
				found = append(found, maker.Make(d))
			}
		}
		for d.Release(logline.WaitForNothing) {
			found = append(found, maker.Make(d))
		}
	}
	read(errorLog)
	read(accessLog)
	return found
}

// TestAnErrorLogSaysWhyAndItsAccessLogCounts: the line of each log that describes one request, in every way that they may differ.
func TestAnErrorLogSaysWhyAndItsAccessLogCounts(t *testing.T) {
	const refused = "connect() failed (111: Connection refused) while connecting to upstream"
	why := func(at, client, request, more string) string {
		return fmt.Sprintf(`2026/11/25 %s [error] 31#31: *4711 %s, client: %s, server: api.example.com, request: "%s", upstream: "http://10.0.0.2:8080/x"%s, host: "api.example.com"`, at, refused, client, request, more)
	}
	how := func(at, client, request, more string) string {
		return fmt.Sprintf(`%s - - [25/Nov/2026:%s +0000] "%s" 502 157 "-" "curl/8"%s`, client, at, request, more)
	}
	for _, c := range []struct {
		name, errors, access string
		want                 string // message of each result
	}{
		{"the same second", why("03:00:01", "192.0.2.1", "GET /a?b=c HTTP/1.1", ""), how("03:00:01", "192.0.2.1", "GET /a?b=c HTTP/1.1", ""), refused},
		{"a minute later", why("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", ""), how("03:01:01", "192.0.2.1", "GET /a HTTP/1.1", ""), refused},
		{"too long before", why("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", ""), how("03:03:01", "192.0.2.1", "GET /a HTTP/1.1", ""), ""},
		{"before the request came", why("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", ""), how("03:00:11", "192.0.2.1", "GET /a HTTP/1.1", " rt=0.100"), ""},
		{"after the request", why("03:00:11", "192.0.2.1", "GET /a HTTP/1.1", ""), how("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", ""), ""},
		{"another client", why("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", ""), how("03:00:01", "192.0.2.10", "GET /a HTTP/1.1", ""), ""},
		{"another query", why("03:00:01", "192.0.2.1", "GET /a?b=1 HTTP/1.1", ""), how("03:00:01", "192.0.2.1", "GET /a?b=2 HTTP/1.1", ""), ""},
		{"another method", why("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", ""), how("03:00:01", "192.0.2.1", "POST /a HTTP/1.1", ""), ""},
		{"a zone of its own", why("08:30:01", "192.0.2.1", "GET /a HTTP/1.1", ""), how("03:00:02", "192.0.2.1", "GET /a HTTP/1.1", ""), refused},
		{"IPv6", why("03:00:01", "2001:db8::5", "GET /a HTTP/1.1", ""), how("03:00:01", "2001:db8::5", "GET /a HTTP/1.1", ""), refused},
		{"the same request id", why("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", `, request_id: "8f2c"`), `{"ts":"2026-11-25T03:00:01Z","remote_addr":"192.0.2.1","method":"GET","uri":"/a","status":502,"request_id":"8f2c"}`, refused},
		{"another request id", why("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", `, request_id: "8f2c"`), `{"ts":"2026-11-25T03:00:01Z","remote_addr":"192.0.2.1","method":"GET","uri":"/a","status":502,"request_id":"77aa"}`, ""},
		{"JSON without a query", why("03:00:01", "192.0.2.1", "GET /a?b=c HTTP/1.1", ""), `{"time_iso8601":"2026-11-25T03:00:01+00:00","remote_addr":"192.0.2.1","request_method":"GET","uri":"/a","status":502}`, refused},
		{"one reason, two requests", why("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", ""), how("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", "") + "\n" + how("03:00:02", "192.0.2.1", "GET /a HTTP/1.1", ""), refused + "|"},
		{"two upstreams tried, one request", why("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", "") + "\n" + strings.Replace(why("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", ""), refused, "no live upstreams", 1), how("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", ""), "no live upstreams"},
		{"a success is no failure", why("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", ""), strings.Replace(how("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", ""), " 502 ", " 200 ", 1), ""},
		{"lines about no request", "2026/11/25 03:00:00 [notice] 1#1: start worker processes\n2026/11/25 03:00:00 [warn] 7#7: conflicting server name", how("03:00:01", "192.0.2.1", "GET /a HTTP/1.1", ""), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var messages []string
			for _, r := range beside(t, c.errors+"\n", c.access+"\n") {
				if messages = append(messages, r.Message); r.Message == refused && r.Evidence.Upstream != "10.0.0.2:8080" {
					t.Errorf("upstream %q", r.Evidence.Upstream)
				}
			}
			if got := strings.Join(messages, "|"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestAFailureWaitsForTheErrorLogBesideIt: its line may be read a little later.
func TestAFailureWaitsForTheErrorLogBesideIt(t *testing.T) {
	reasons := logline.NewReasons()
	decoders := [2]*logline.Decoder{}
	for i := range decoders {
		d, err := logline.NewDecoder(logline.Options{}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		d.Share(reasons)
		decoders[i] = d
	}
	reasons.Expect()
	if kind, _ := decoders[0].Decode([]byte(nginxHow)); kind != logline.LineBlank || !decoders[0].Waits() {
		t.Fatal("it does not wait")
	}
	decoders[1].Decode([]byte(nginxWhy))
	maker := logline.NewResultMaker("log")
	if !decoders[0].Release(logline.WaitForPairs) {
		t.Fatal("it waits for ever")
	}
	if r := maker.Make(decoders[0]); r.Status != 502 || !strings.HasPrefix(r.Message, "connect() failed") || decoders[0].Waits() {
		t.Errorf("%s", describe(r))
	}
}

// TestReasonsAreBounded: an error log without its access log costs no endless memory.
func TestReasonsAreBounded(t *testing.T) {
	d, err := logline.NewDecoder(logline.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 120_000 {
		d.Decode([]byte(strings.Replace(nginxWhy, "192.0.2.1", fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), 1)))
	}
	if n := logline.Kept(d); n > 100_000 {
		t.Errorf("%d reasons are kept", n)
	}
}

func TestOwnProbesAreKnownByTheirConfiguredAgent(t *testing.T) {
	line := func(agent string) string {
		return `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET /a HTTP/1.1" 502 1 "-" "` + agent + `"` + "\n"
	}
	log := line("acme-watch/2 (ops@example.com)") + line("errtop/1.2") + line("acme-watch/2 (ops@example.com), copied") + line("curl/8")
	found, leftOut := whole(t, log, logline.Options{OwnAgents: []string{"acme-watch/2 (ops@example.com)"}})
	if len(found) != 2 || leftOut != 2 {
		t.Errorf("%d results, %d left out", len(found), leftOut)
	}
}
