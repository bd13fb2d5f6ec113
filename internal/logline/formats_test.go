package logline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
	"errtop/tracker"
)

// describe puts what a log line says into one line.
func describe(r tracker.Result) string {
	text := fmt.Sprintf("%s|%s|%s|%s|%d|%s|%s|%s|%s|%s", r.Time.Format(time.RFC3339Nano), r.Target, r.Method, r.Route, r.Status, r.Kind,
		r.Latency, r.Error, r.Message, r.RequestID)
	if e := r.Evidence; e != nil {
		text += "|" + e.Host + "|" + e.Upstream
	}
	return text
}

// collector keeps what a log's lines say.
type collector struct {
	results []tracker.Result
	health  tracker.Source
}

// results reads a log line by line.
func results(t *testing.T, log string, o logline.Options) *collector {
	t.Helper()
	d, err := logline.NewDecoder(o, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	d.Learn([]byte(log), false)
	var c collector
	maker := logline.NewResultMaker("log")
	number := uint64(0)
	for line := range strings.Lines(log) {
		number++
		switch kind, reason := d.Decode([]byte(strings.TrimSuffix(line, "\n"))); kind {
		case logline.LineResult:
			c.results = append(c.results, maker.Make(d))
			c.health.Format = string(d.Format)
		case logline.LineUnreadable:
			c.health.Unreadable++
			c.health.Samples = append(c.health.Samples, tracker.Unreadable{Number: number, Text: line, Reason: reason})
		case logline.LineBlank, logline.LineLeftOut, logline.LineReason, logline.LineRelated:
		}
	}
	return &c
}

func TestEveryFormatSaysWhatItsLineMeans(t *testing.T) {
	for _, c := range []struct{ name, format, log, want string }{
		{
			"common", "access", `127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /img/a.gif HTTP/1.0" 404 2326`,
			`2000-10-10T20:55:36Z|img|GET|/img/a.gif|404|not_found|0s|||||`,
		},
		{
			"combined with virtual host and port", "access", `api.example:443 10.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.0" 200 2326 "-" "x"`,
			`2000-10-10T13:55:36Z|api.example|GET|/|200|ok|0s|||`,
		},
		{
			"nginx with request time", "access", `10.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "GET /a/b?k=v HTTP/2.0" 503 0 "-" "say \"hi\"" rt=1.250 uct=0.1`,
			`2000-10-10T13:55:36Z|a|GET|/a/b|503|server|1.25s|||||`,
		},
		{
			"a whole number behind the agent", "access", `10.0.0.1 - john doe [10/Oct/2000:13:55:36 +0000] "GET /a/b HTTP/1.1" 200 5 "-" "x" 1500`,
			`2000-10-10T13:55:36Z|a|GET|/a/b|200|ok|0s|||`,
		},
		{
			"nginx ingress for Kubernetes", "access", `10.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "GET /a/b HTTP/1.1" 502 11 "-" "curl/8" 512 0.345 [shop-flux-80] [] 10.2.0.5:8080 11 0.344 502 8f2cabc0123`,
			`2000-10-10T13:55:36Z|shop-flux-80|GET|/a/b|502|server|345ms|||8f2cabc0123||10.2.0.5:8080`,
		},
		{
			"nginx ingress, tried twice, no name", "access", `10.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "GET /a/b HTTP/1.1" 502 11 "-" "curl/8" 512 1.345 [] 10.2.0.5:8080, 10.2.0.6:8080 0, 11 1.000, 0.345 504, 502 -`,
			`2000-10-10T13:55:36Z|a|GET|/a/b|502|server|1.345s|||||10.2.0.5:8080`,
		},
		{
			"nginx with request length and time", "access", `10.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "GET /a/b HTTP/1.1" 200 11 "-" "curl/8" 512 0.345`,
			`2000-10-10T13:55:36Z|a|GET|/a/b|200|ok|345ms|||`,
		},
		{
			"Traefik, common log format", "access", `10.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "GET /a/b HTTP/1.1" 502 5 "-" "x" 17 "web@docker" "http://10.0.0.2:80" 12ms`,
			`2000-10-10T13:55:36Z|web@docker|GET|/a/b|502|server|12ms|||||`,
		},
		{
			"a TLS hello on a plain port", "access", `10.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "\x16\x03\x01" 400 5 "-" "-"`,
			`2000-10-10T13:55:36Z|/|||400|invalid|0s|||||`,
		},
		{
			"Caddy", "json", `{"level":"error","ts":1761019859.5,"logger":"http.log.access","msg":"handled request","request":{"method":"GET","host":"a.example","uri":"/x?y=1","headers":{"User-Agent":["z"]}},"duration":0.25,"status":502}`,
			`2025-10-21T04:10:59.5Z|a.example|GET|/x|502|server|250ms||handled request||a.example|`,
		},
		{
			"Caddy, whose client left", "json", `{"level":"info","ts":1761019859.5,"logger":"http.log.access","msg":"handled request","request":{"method":"GET","host":"a.example","uri":"/x"},"duration":0.25,"size":0,"status":0}`,
			`2025-10-21T04:10:59.5Z|a.example|GET|/x|0|protocol|250ms||handled request||a.example|`,
		},
		{
			"Traefik", "json", `{"DownstreamStatus":504,"Duration":30000000,"RequestHost":"a.example","RequestMethod":"GET","RequestPath":"/x","ServiceAddr":"10.0.0.2:80","ServiceName":"web@docker","StartUTC":"2026-01-02T03:04:05.5Z","time":"2026-01-02T03:04:06Z"}`,
			`2026-01-02T03:04:06Z|web@docker|GET|/x|504|server|30ms||||a.example|10.0.0.2:80`,
		},
		{
			"Envoy", "json", `{"start_time":"2026-01-02T03:04:05.123Z","method":"POST","path":"/v1/x","response_code":0,"response_flags":"UT","duration":15000,"upstream_cluster":"flux","upstream_host":"10.0.0.2:80","x_request_id":"r","authority":"a.example"}`,
			`2026-01-02T03:04:05.123Z|flux|POST|/v1/x|0|timeout|15s|UT||r|a.example|10.0.0.2:80`,
		},
		{
			"nginx", "json", `{"time_iso8601":"2026-01-02T03:04:05+01:00","request":"GET /api/v1/flux/dev?x HTTP/1.1","status":"429","request_time":"0.012","host":"","request_id":"r"}`,
			`2026-01-02T02:04:05Z|flux|GET|/api/v1/flux/dev|429|rate_limited|12ms|||r||`,
		},
		{
			"pino", "json", `{"level":50,"time":1761019859500,"req":{"id":7,"method":"GET","url":"/x/y"},"res":{"statusCode":500},"err":{"type":"Error","message":"boom"},"responseTime":12,"msg":"request errored"}`,
			`2025-10-21T04:10:59.5Z|x|GET|/x/y|500|server|12ms|Error|boom|7||`,
		},
		{
			"bunyan", "json", `{"name":"app","hostname":"h","pid":1,"level":30,"time":"2026-01-02T03:04:05.000Z","msg":"end","req":{"method":"GET","url":"/x/y"},"res":{"statusCode":200},"latency":"3ms","v":0}`,
			`2026-01-02T03:04:05Z|x|GET|/x/y|200|ok|3ms|||`,
		},
		{
			"zap", "json", `{"level":"info","ts":1761019859.5,"msg":"served","method":"GET","path":"/x/y","status":200,"latency":0.003}`,
			`2025-10-21T04:10:59.5Z|x|GET|/x/y|200|ok|3ms|||`,
		},
		{
			"slog", "json", `{"time":"2026-01-02T03:04:05.000000001Z","level":"INFO","msg":"served","method":"GET","path":"/x/y","status":200,"duration":3000000}`,
			`2026-01-02T03:04:05.000000001Z|x|GET|/x/y|200|ok|3ms|||`,
		},
		{
			"ECS, nested and dotted", "json", `{"@timestamp":"2026-01-02T03:04:05Z","http.request.method":"GET","http":{"response":{"status_code":503}},"url":{"path":"/x","domain":"a.example"},"event.duration":4000000,"error":{"type":"E","message":"m"},"service.name":"shop"}`,
			`2026-01-02T03:04:05Z|shop|GET|/x|503|server|4ms|E|m||a.example|`,
		},
		{
			"Cloudflare", "json", `{"ClientRequestHost":"a.example","ClientRequestMethod":"GET","ClientRequestURI":"/x?y","EdgeResponseStatus":522,"EdgeEndTimestamp":1767323045123456789,"RayID":"r","OriginIP":"10.0.0.2"}`,
			`2026-01-02T03:04:05.123456789Z|a.example|GET|/x|522|server|0s|||r|a.example|10.0.0.2`,
		},
		{
			"own, without a status", "json", `{"ts":"2026-01-02T03:04:05Z","target":"flux","error":"connection refused","duration_us":250}`,
			`2026-01-02T03:04:05Z|flux|||0|connect|250µs|connection refused||||`,
		},
		{
			"own, with a kind", "json", `{"ts":"2026-01-02T03:04:05Z","target":"flux","status":200,"kind":"assertion","message":"body"}`,
			`2026-01-02T03:04:05Z|flux|||200|assertion|0s||body|||`,
		},
		{
			"the last of equal keys counts, the better of two keys", "json", `{"status":200,"statusCode":500,"status":404,"target":"a","null":null,"error":null}`,
			`0001-01-01T00:00:00Z|a|||404|not_found|0s|||||`,
		},
		{
			"docker", "json", `{"log":"{\"status\":500,\"target\":\"a\"}\r\n","stream":"stdout","time":"2026-01-02T03:04:05.5Z"}`,
			`2026-01-02T03:04:05.5Z|a|||500|server|0s|||||`,
		},
		{
			"journald", "access", `{"__REALTIME_TIMESTAMP":"1767323045000000","MESSAGE":"1.2.3.4 - - [02/Jan/2026:03:04:05 +0000] \"GET /a/b HTTP/1.1\" 500 1","_PID":"1"}`,
			`2026-01-02T03:04:05Z|a|GET|/a/b|500|server|0s|||||`,
		},
		{"docker compose", "json", `web-1  | {"status":500,"target":"a"}`, `0001-01-01T00:00:00Z|a|||500|server|0s|||||`},
		{"kubectl with prefix", "json", `[pod/web-1/app] {"status":500,"target":"a"}`, `0001-01-01T00:00:00Z|a|||500|server|0s|||||`},
		{"container runtime", "json", `2026-01-02T03:04:05.5Z stdout F {"status":500,"target":"a"}`, `2026-01-02T03:04:05.5Z|a|||500|server|0s|||||`},
		{"syslog, RFC 5424", "json", `<34>1 2026-01-02T03:04:05Z host app 7 - - {"status":500,"target":"a"}`, `2026-01-02T03:04:05Z|a|||500|server|0s|||||`},
		{
			"rsyslog", "access", `2026-01-02T03:04:05+00:00 host nginx: 1.2.3.4 - - [02/Jan/2026:03:04:05 +0000] "GET /a/b HTTP/1.1" 500 1`,
			`2026-01-02T03:04:05Z|a|GET|/a/b|500|server|0s|||||`,
		},
		{
			"Heroku's router", "logfmt", `2026-01-02T03:04:05.5+00:00 heroku[router]: at=error code=H12 desc="Request timeout" method=GET path="/x?y" host=a.example request_id=r fwd="1.2.3.4" dyno=web.1 connect=1ms service=30000ms status=503 bytes=0`,
			`2026-01-02T03:04:05.5Z|a.example|GET|/x|503|server|30s|H12|Request timeout|r|a.example|`,
		},
		{
			"logfmt", "logfmt", `ts=2026-01-02T03:04:05Z level=error method=GET path=/x/y status=500 duration=1.5ms err="a \"b\"" bare msg=`,
			`2026-01-02T03:04:05Z|x|GET|/x/y|500|server|1.5ms|a "b"||||`,
		},
		{
			"W3C, IIS", "w3c", "#Fields: date time s-ip cs-method cs-uri-stem sc-status time-taken\r\n2026-01-02 03:04:05 10.0.0.1 GET /x/y 500 1500\r\n",
			`2026-01-02T03:04:05Z|x|GET|/x/y|500|server|1.5s|||||`,
		},
		{
			"W3C, CloudFront", "w3c", "#Version: 1.0\n#Fields: date time cs-method cs(Host) cs-uri-stem sc-status x-edge-request-id x-host-header time-taken x-edge-detailed-result-type\n" +
				"2026-01-02\t03:04:05\tGET\td1.cloudfront.net\t/x\t502\tr\ta.example\t0.250\tOriginError",
			`2026-01-02T03:04:05Z|a.example|GET|/x|502|server|250ms|OriginError||r|a.example|`,
		},
		{
			"ELB", "elb", `2026-01-02T03:04:05.5Z lb 1.2.3.4:1 10.0.0.2:80 0.001 0.5 -1 504 0 0 57 "GET https://a.example:443/x/y HTTP/1.1" "curl" - -`,
			`2026-01-02T03:04:05.5Z|a.example|GET|/x/y|504|server|501ms||||a.example:443|10.0.0.2:80`,
		},
		{
			"ALB", "alb", `https 2026-01-02T03:04:05.5Z app/lb/1 1.2.3.4:1 10.0.0.2:80 0.001 0.5 0.0 502 502 34 366 "GET https://a.example:443/x HTTP/2.0" "curl" C TLSv1.3 arn:aws:elasticloadbalancing:eu:1:targetgroup/flux/73 "Root=1" "a.example" "arn" 1 2026-01-02T03:04:05Z "forward" "-" "-" "10.0.0.2:80" "502" "-" "-"`,
			`2026-01-02T03:04:05.5Z|flux|GET|/x|502|server|501ms|||Root=1|a.example|10.0.0.2:80`,
		},
		{
			"HAProxy behind syslog", "haproxy", `Feb  5 16:19:49 lb haproxy[7]: 1.2.3.4:5 [05/Feb/2026:16:19:48.143] fe~ flux/s1 0/0/7/1457/+1487 503 11 - - sH-- 2/1/0/0/0 0/0 {a|b} "POST /x?y HTTP/1.1"`,
			`2026-02-05T16:19:48.143Z|flux|POST|/x|503|server|1.487s||||` + `|flux/s1`,
		},
		{
			"HAProxy without an answer", "haproxy", `1.2.3.4:5 [05/Feb/2026:16:19:48.143] fe flux/<NOSRV> 0/-1/-1/-1/20 -1 0 - - SC-- 2/1/0/0/0 0/0 "<BADREQ>"`,
			`2026-02-05T16:19:48.143Z|flux|||0|connect|20ms||||` + `|flux/<NOSRV>`,
		},
		{
			"Envoy's text", "envoy", `[2016-04-15T20:17:00.310Z] "POST /api/v1/locations?x HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.0.2.1:80"`,
			`2016-04-15T20:17:00.31Z|locations|POST|/api/v1/locations|204|ok|226ms|||`,
		},
		{
			"Envoy's text, refused", "envoy", `[2016-04-15T20:17:00.310Z] "GET /x HTTP/1.1" 503 UF,URX 0 91 12 - "-" "curl/8 \"x\"" "r" "a.example" "10.0.2.1:80"`,
			`2016-04-15T20:17:00.31Z|a.example|GET|/x|503|server|12ms|UF,URX||r|a.example|10.0.2.1:80`,
		},
		{
			"Istio's text", "envoy", `[2020-11-25T21:26:18.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 3 1 "-" "curl/7.73.0-DEV" "84961386" "httpbin:8000" "127.0.0.1:80" outbound|8000||httpbin.foo 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 - default`,
			`2020-11-25T21:26:18.409Z|httpbin.foo|GET|/status/418|418|client|3ms||via_upstream|84961386|httpbin:8000|127.0.0.1:80`,
		},
		{
			"Istio's text, older", "envoy", `[2020-11-25T21:26:18.409Z] "GET /x HTTP/1.1" 0 DC "-" "upstream reset: connection failure" 7 0 10000 - "-" "-" "-" "-" "-" inbound|8000|| - - - - -`,
			`2020-11-25T21:26:18.409Z|x|GET|/x|0|client|10s|DC|upstream reset: connection failure|||`,
		},
		{
			"Istio's text, a connection", "envoy", `[2020-11-25T21:26:18.409Z] "- - -" 0 - - - "-" 1033 0 5 - "-" "-" "-" "-" "10.0.0.1:3306" outbound|3306||mysql.db - - - - -`,
			`2020-11-25T21:26:18.409Z|mysql.db|||0|ok|5ms|||`,
		},
		{
			"uWSGI", "uwsgi", `[pid: 1|app: 0|req: 1/1] 127.0.0.1 () {38 vars in 696 bytes} [Sun Mar 13 22:49:12 2016] POST /a/b => generated 47 bytes in 129 micros (HTTP/1.1 500) 9 headers in 378 bytes (1 switches on core 3)`,
			`2016-03-13T22:49:12Z|a|POST|/a/b|500|server|129µs|||||`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := results(t, c.log, logline.Options{})
			if len(got.results) != 1 || got.health.Unreadable != 0 {
				t.Fatalf("%d results, health %+v", len(got.results), got.health)
			}
			if text := describe(got.results[0]); text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
			if got.health.Format != c.format {
				t.Errorf("format %q, want %q", got.health.Format, c.format)
			}
		})
	}
}

func TestALineThatIsNoRequestIsCountedWithTheReason(t *testing.T) {
	for line, reason := range map[string]string{
		`{"level":30,"time":1761019859500,"msg":"started"}`:          "no status, so no request",
		`{"status":"failed","target":"a"}`:                           "status is not an HTTP status",
		`{"status":200`:                                              "broken JSON",
		`{"status":500,"agent":"a \x2"}`:                             `broken JSON: \x is not a JSON escape; nginx needs "log_format NAME escape=json …"`,
		`[1,2]`:                                                      "no known format",
		`level=info msg="hello"`:                                     "no status, so no request",
		`[2016-04-15T20:17:00.310Z] hello`:                           "too few words for Envoy's log",
		`[2016-04-15T20:17:00.310Z] "GET / HTTP/2" up - 1 2 3 - "-"`: "no status where Envoy logs it",
		`hello`:                                  "no known format",
		`{"status":"","level":"info","msg":"x"}`: "no status, so no request",
		`Feb 25 16:19:38 lb haproxy[1]: Proxy prod_http_in started.`: "no known format",
	} {
		c := results(t, line, logline.Options{})
		if len(c.results) != 0 || c.health.Unreadable != 1 || c.health.Samples[0].Reason != reason {
			t.Errorf("%s: %d results, %+v", line, len(c.results), c.health.Samples)
		}
	}
}

func TestFieldMapAndTargetTemplateDecide(t *testing.T) {
	o := logline.Options{
		Fields: map[string]string{"status": "outcome.http", "duration_us": "took", "path": "where"},
		Target: "{host}:{path[0:2]}/{path[3]}{method}",
	}
	c := results(t, `{"outcome":{"http":503},"took":1500,"where":"/a/b/c/d?x","host":"h","status":200}`, o)
	if len(c.results) != 1 {
		t.Fatalf("%+v", c.health)
	}
	if got, want := describe(c.results[0]), `0001-01-01T00:00:00Z|h:a/b/d||/a/b/c/d|503|server|1.5ms||||h|`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, bad := range []logline.Options{
		{Target: "{path"},
		{Target: "{nope}"},
		{Target: "{path[x]}"},
		{Target: "{host[1]}"},
		{Target: "{path[2:1]}"},
		{Fields: map[string]string{"nope": "x"}},
		{Format: "nope"},
	} {
		if _, err := logline.NewDecoder(bad, time.Now()); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}

func TestTheDefaultTargetIsANameThatSomebodyChose(t *testing.T) {
	for fields, want := range map[string]string{
		`"target":"a","service":"b","host":"c.example","path":"/d/e"`: "a",
		`"service":"b","host":"c.example","path":"/d/e"`:              "b",
		`"host":"c.example:8443","path":"/d/e"`:                       "c.example",
		`"host":"web1","path":"/d/e"`:                                 "web1",
		`"host":"127.0.0.1:80","path":"/d/e"`:                         "d",
		`"host":"[::1]:80","path":"/d/e"`:                             "d",
		`"host":"localhost","path":"/d/e"`:                            "d",
		`"path":"/api/v1/flux/dev?x=1"`:                               "flux",
		`"path":"/api/v1/flux"`:                                       "flux",
		`"path":"/v2/users/42"`:                                       "users",
		`"path":"/products/31893/62100"`:                              "products",
		`"path":"/31893/62100"`:                                       "/",
		`"path":"/favicon.ico"`:                                       "/",
		`"path":"/login?next=/x"`:                                     "login",
		`"path":"/health/"`:                                           "health",
		`"path":"/update_metrics"`:                                    "update_metrics",
		`"path":"/endpoint2"`:                                         "endpoint2",
		`"path":"/how-to-cook"`:                                       "/",
		`"path":"/aBcXyZ"`:                                            "/",
		`"path":"/a3xyz"`:                                             "/",
		`"path":"/index.html"`:                                        "/",
		`"path":"/amp_preconnect_polyfill_404_or_other_err"`:          "/",
		`"path":"/api"`:                                               "/",
		`"path":"/"`:                                                  "/",
		`"path":"/%D8%B3/x"`:                                          "/",
		`"url":"https://u:p@d.example/x"`:                             "d.example",
		`"method":"GET"`:                                              "/",
	} {
		c := results(t, `{"status":200,`+fields+`}`, logline.Options{})
		if len(c.results) != 1 || c.results[0].Target != want {
			t.Errorf("%s: %+v, want %s", fields, c.results, want)
		}
	}
}

func TestAByteOrderMarkAndNULsBeforeALineAreNoPartOfIt(t *testing.T) {
	d, err := logline.NewDecoder(logline.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, before := range []string{"\ufeff", "\x00\x00\x00", "\x00\ufeff"} {
		if kind, reason := d.Decode([]byte(before + `{"status":500,"target":"a"}`)); kind != logline.LineResult {
			t.Errorf("%q: %s", before, reason)
		}
		if kind, _ := d.Decode([]byte(before)); kind != logline.LineBlank {
			t.Errorf("%q alone is not blank", before)
		}
		if !logline.HoldsW3C([]byte(before + "#Fields: date time\n")) {
			t.Errorf("%q hides W3C's directives", before)
		}
	}
}

func TestSiblingsShareTablesAndKeepTheirOwnLog(t *testing.T) {
	first, err := logline.NewDecoder(logline.Options{Fields: map[string]string{"status": "outcome.code"}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	second := first.Sibling(time.Now())
	first.Decode([]byte("#Fields: cs-uri-stem sc-status"))
	if kind, reason := second.Decode([]byte(`{"outcome":{"code":503},"target":"a"}`)); kind != logline.LineResult || second.Rec.Outcome().Status != 503 {
		t.Errorf("the sibling does not know the field map: %s", reason)
	}
	if kind, reason := first.Decode([]byte("/a 500")); kind != logline.LineResult {
		t.Errorf("the first forgot its columns: %s", reason)
	}
	if kind, _ := second.Decode([]byte("/a 500")); kind == logline.LineResult {
		t.Error("the sibling took over the other log's columns")
	}
}
