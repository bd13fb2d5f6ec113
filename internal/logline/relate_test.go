package logline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
	"errtop/tracker"
)

// whole reads a log as a source does: it learns from it first, and takes what waited.
func whole(t *testing.T, log string, o logline.Options) (found []tracker.Result, leftOut int) {
	t.Helper()
	d, err := logline.NewDecoder(o, time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	d.Learn([]byte(log), false)
	maker := logline.NewResultMaker("log")
	for line := range strings.Lines(log) {
		switch kind, _ := d.Decode([]byte(strings.TrimSuffix(line, "\n"))); kind {
		case logline.LineResult:
			found = append(found, maker.Make(d))
		case logline.LineLeftOut:
			leftOut++
		case logline.LineBlank, logline.LineUnreadable, logline.LineReason, logline.LineRelated:
		}
		for d.Release(logline.WaitForLines) {
			found = append(found, maker.Make(d))
		}
	}
	for d.Release(logline.WaitForNothing) {
		found = append(found, maker.Make(d))
	}
	return found, leftOut
}

const (
	caddyError  = `{"level":"error","ts":1795575601.1,"logger":"http.log.error.log0","msg":"dial tcp 127.0.0.1:3000: connect: connection refused","request":{"proto":"HTTP/2.0","method":"GET","host":"api.example.com","uri":"/orders/1","headers":{"User-Agent":["curl/8"]}},"duration":0.000612,"status":502,"err_id":"q9j4"}`
	caddyAccess = `{"level":"error","ts":1795575601.1001,"logger":"http.log.access.log0","msg":"handled request","request":{"proto":"HTTP/2.0","method":"GET","host":"api.example.com","uri":"/orders/1","headers":{"User-Agent":["curl/8"]}},"duration":0.000612,"size":0,"status":502}`
	nginxWhy    = `2026/11/25 03:00:01 [error] 31#31: *4711 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.1, server: api.example.com, request: "GET /orders/1?a=b HTTP/1.1", upstream: "http://10.0.0.2:8080/orders/1?a=b", host: "api.example.com"`
	nginxHow    = `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET /orders/1?a=b HTTP/1.1" 502 157 "-" "curl/8"`
	exception   = `{"ts":"2026-11-25T03:00:01Z","level":"error","msg":"stock service is gone","request_id":"r1","stack":"Error: gone\n    at reserve"}`
	failureOnly = `{"ts":"2026-11-25T03:00:01Z","level":"error","method":"POST","path":"/orders","error":"boom","message":"stock service is gone","trace_id":"t1","request_id":"r1"}`
	withStatus  = `{"ts":"2026-11-25T03:00:01.1Z","level":"info","msg":"request completed","request_id":"r1","method":"POST","path":"/orders","status":500}`
	sameTrace   = `{"ts":"2026-11-25T03:00:01.1Z","level":"info","msg":"request completed","trace_id":"t1","method":"POST","path":"/orders","status":500}`
)

func TestOneRequestIsOneResult(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  []string // status, kind, message of each result
	}{
		{"Caddy's error line, then its access line", []string{caddyError, caddyAccess}, []string{"502 server dial tcp 127.0.0.1:3000: connect: connection refused"}},
		{"Caddy's access line, then its error line", []string{caddyAccess, caddyError}, []string{"502 server handled request"}},
		{"two of each", []string{caddyError, caddyError, caddyAccess, caddyAccess}, []string{"502 server dial tcp 127.0.0.1:3000: connect: connection refused", "502 server dial tcp 127.0.0.1:3000: connect: connection refused"}},
		{"Caddy's error line alone", []string{caddyError}, []string{"502 server dial tcp 127.0.0.1:3000: connect: connection refused"}},
		{"Caddy's access lines alone", []string{caddyAccess, caddyAccess}, []string{"502 server handled request", "502 server handled request"}},
		{"nginx's error line before its access line", []string{nginxWhy, nginxHow}, []string{"502 server connect() failed (111: Connection refused) while connecting to upstream"}},
		{"nginx's access line before its error line", []string{nginxHow, nginxWhy}, []string{"502 server "}},
		{"an exception before its request", []string{exception, withStatus}, []string{"500 server stock service is gone"}},
		{"a failure without a status before its request", []string{failureOnly, withStatus}, []string{"500 server stock service is gone"}},
		{"a failure without a status after its request", []string{withStatus, failureOnly}, []string{"500 server request completed"}},
		{"by the trace", []string{failureOnly, sameTrace}, []string{"500 server stock service is gone"}},
		{"a failure that has no pair", []string{failureOnly, withStatus, strings.ReplaceAll(strings.ReplaceAll(failureOnly, "r1", "r2"), "t1", "t2")}, []string{"500 server stock service is gone", "0 server stock service is gone"}},
		{"requests of other ids", []string{failureOnly, strings.ReplaceAll(withStatus, "r1", "r2")}, []string{"0 server stock service is gone", "500 server request completed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, _ := whole(t, strings.Join(c.lines, "\n")+"\n", logline.Options{})
			var got []string
			for _, r := range found {
				got = append(got, fmt.Sprintf("%d %s %s", r.Status, r.Kind, r.Message))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestTheEvidenceOfBothLinesIsKept(t *testing.T) {
	found, _ := whole(t, exception+"\n"+withStatus+"\n", logline.Options{})
	if len(found) != 1 || found[0].Evidence.Stack != "Error: gone\n    at reserve" || found[0].RequestID != "r1" {
		t.Errorf("%+v", found)
	}
	found, _ = whole(t, nginxWhy+"\n"+nginxHow+"\n", logline.Options{})
	if len(found) != 1 || found[0].Evidence.Upstream != "10.0.0.2:8080" || found[0].Route != "/orders/1" {
		t.Errorf("%+v", found)
	}
}

// TestAFailureDoesNotWaitForEver: what has no pair counts after ten seconds of the log.
func TestAFailureDoesNotWaitForEver(t *testing.T) {
	d, err := logline.NewDecoder(logline.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	d.Learn([]byte(failureOnly+"\n"+withStatus+"\n"), false)
	alone := strings.ReplaceAll(strings.ReplaceAll(failureOnly, "r1", "r9"), "t1", "t9")
	if kind, _ := d.Decode([]byte(alone)); kind != logline.LineBlank || d.Release(logline.WaitForLines) {
		t.Fatal("a failure does not wait for its pair")
	}
	later := strings.Replace(strings.ReplaceAll(withStatus, "r1", "r8"), "03:00:01", "03:00:12", 1)
	if kind, _ := d.Decode([]byte(later)); kind != logline.LineResult {
		t.Fatal("the line behind it is not read")
	}
	if !d.Release(logline.WaitForLines) || d.Release(logline.WaitForLines) {
		t.Fatal("it does not count by itself, or twice")
	}
	maker := logline.NewResultMaker("log")
	if r := maker.Make(d); r.RequestID != "r9" || r.Status != 0 {
		t.Errorf("%+v", r)
	}
}

func TestMonitorsAreKeptApartAndOwnProbesLeftOut(t *testing.T) {
	var log strings.Builder
	line := func(agent string) string {
		return fmt.Sprintf(`192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET /orders/1 HTTP/1.1" 200 157 "-" "%s"`+"\n", agent)
	}
	monitors := []string{
		"kube-probe/1.31", "ELB-HealthChecker/2.0", "GoogleHC/1.0", "Uptime-Kuma/1.23.13", "Blackbox Exporter/0.25.0", "Prometheus/2.53.0",
		"Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
		"Mozilla/5.0 (compatible; Site24x7)", "Better Uptime Bot Mozilla/5.0", "StatusCake", "check_http/v2.3.1 (nagios-plugins 2.3.1)",
		"Amazon-Route53-Health-Check-Service (ref 1; report http://amzn.to/1vsZADi)", "Datadog/Synthetics", "Gatus/1.0",
	}
	for _, agent := range monitors {
		log.WriteString(line(agent))
	}
	log.WriteString(line("errtop/1.4.0") + line("curl/8.4.0"))
	log.WriteString(`{"ts":"2026-11-25T03:00:02Z","method":"GET","path":"/orders/1","status":200,"user_agent":"kube-probe/1.31"}` + "\n")
	found, leftOut := whole(t, log.String(), logline.Options{})
	apart := 0
	for _, r := range found {
		if r.Origin == tracker.OriginMonitor && r.Target == logline.MonitorTarget && r.Route == "/orders/1" {
			apart++
		}
	}
	if apart != len(monitors)+1 || len(found) != apart+1 || leftOut != 1 {
		t.Errorf("%d of monitors, %d in all, %d left out", apart, len(found), leftOut)
	}
	if found, leftOut = whole(t, log.String(), logline.Options{NoMonitors: true}); len(found) != 1 || leftOut != len(monitors)+2 || found[0].Target != "orders" {
		t.Errorf("%d results, %d left out", len(found), leftOut)
	}
}

func TestResultsCarryLabels(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`api.example:443 10.0.0.1 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.0" 200 2326 "-" "okhttp/4.12.0"`, "host=api.example agent=okhttp/4"},
		{`10.0.0.1 - - [10/Oct/2025:13:55:36 +0000] "GET /a/b HTTP/1.1" 502 11 "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36" 512 0.345 [shop-flux-80] [] 10.2.0.5:8080 11 0.344 502 8f2c`, "upstream=10.2.0.5:8080 agent=Chrome/130"},
		{`{"ts":"2026-11-25T03:00:01Z","host":"api.example.com","status":200,"tenant_id":"acme","app_version":"1.4.2","region":"eu-west-1","user_agent":"Mozilla/5.0 (Macintosh) Version/17.1 Safari/605"}`, "host=api.example.com client=acme version=1.4.2 region=eu-west-1 agent=Safari/17"},
		{`{"ts":"2026-11-25T03:00:01Z","status":200,"path":"/a","client":"192.0.2.1","version":"HTTP/2.0"}`, ""},
	} {
		found, _ := whole(t, c.line+"\n", logline.Options{})
		got := ""
		if len(found) == 1 && found[0].Labels != nil {
			for _, l := range *found[0].Labels {
				got += l.Name + "=" + l.Value + " "
			}
		}
		if strings.TrimSpace(got) != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.line, got, c.want)
		}
	}
	found, _ := whole(t, strings.Repeat(`{"ts":"2026-11-25T03:00:01Z","host":"api.example.com","status":200}`+"\n", 2), logline.Options{})
	if len(found) != 2 || found[0].Labels != found[1].Labels {
		t.Error("equal labels are not shared")
	}
}
