package logline_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
)

// shapes are lines as servers, frameworks and those who collect their output write them, with what a person reads in them:
// status, method, path, latency and time; "-" stands for what the line does not say.
var shapes = []struct{ name, source, log, want string }{
	// Access lines in the shapes people configure.
	{"forwarded for", "nginx log_format with $http_x_forwarded_for first", `198.51.100.11, 10.0.0.2 - - [25/Nov/2026:03:00:01 +0000] "GET /api/orders/1 HTTP/1.1" 502 11 "-" "Mozilla/5.0"`, "502 GET /api/orders/1 - 03:00:01"},
	{"forwarded for, IPv6", "the same", `2001:db8::5, 2001:db8::a - bob [25/Nov/2026:03:00:01 +0000] "GET /api/orders/1 HTTP/1.1" 502 11`, "502 GET /api/orders/1 - 03:00:01"},
	{"ingress-nginx before 0.22", "kubernetes/ingress-nginx log-format-upstream", `192.0.2.8 - [192.0.2.8] - - [25/Nov/2026:03:00:01 +0000] "GET /api/orders/1 HTTP/1.1" 502 11 "-" "curl/8" 512 0.345 [shop-orders-80] 10.2.0.5:8080 11 0.344 502 8f2cabc0`, "502 GET /api/orders/1 345ms 03:00:01"},
	{"lancache", "allinurl/goaccess#2280", `[steam] 192.0.2.8 / - - - [25/Nov/2026:03:00:02 +0000] "GET /depot/1/chunk HTTP/1.1" 504 182 "-" "Valve/Steam HTTP Client 1.0" "MISS" "cdn.example.com" "-"`, "504 GET /depot/1/chunk - 03:00:02"},
	{"milliseconds in the time", "Apache mod_log_config, msec_frac", `192.0.2.1 - - [25/Nov/2026:03:00:01.123 +0000] "GET /orders/1 HTTP/1.1" 500 12 "-" "curl/8"`, "500 GET /orders/1 - 03:00:01.123"},
	{"bracketed ISO time", "nginx $time_iso8601 in brackets", `192.0.2.1 - - [2026-11-25T04:00:01+01:00] "POST /orders HTTP/2.0" 500 12 "-" "curl/8" 0.250`, "500 POST /orders 250ms 03:00:01"},
	{"ISO time first", "nginx $time_iso8601 first", `2026-11-25T03:00:01+00:00 192.0.2.1 "GET /orders HTTP/1.1" 503 12 "-" "curl/8"`, "503 GET /orders - 03:00:01"},
	{"only the client before the time", "nginx '$remote_addr [$time_local]'", `192.0.2.1 [25/Nov/2026:03:00:01 +0000] "GET /orders HTTP/1.1" 500 12`, "500 GET /orders - 03:00:01"},
	{"nothing before the time", "aiohttp, Django runserver", `[25/Nov/2026 03:00:01] "GET /orders HTTP/1.1" 500 145`, "500 GET /orders - 03:00:01"},
	{"time without brackets", "php-fpm access.log", `127.0.0.1 -  25/Nov/2026:03:00:01 +0000 "GET /index.php" 500`, "500 GET /index.php - 03:00:01"},
	{"RFC 1123 in brackets", "Vert.x LoggerHandler", `127.0.0.1 - - [Wed, 25 Nov 2026 03:00:01 GMT] "GET /orders HTTP/1.1" 500 12 "-" "curl/8"`, "500 GET /orders - 03:00:01"},
	{"quotes escaped with a backslash", "Apache", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET /a?q=\"x\" HTTP/1.1" 500 12 "-" "a \"b\" c"`, "500 GET /a - 03:00:01"},
	{"quotes not escaped", "hand-made", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET /a?q="x" HTTP/1.1" 500 12 "-" "curl"`, "500 GET /a - 03:00:01"},
	{"quotes as \\x22", "nginx", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET /a?q=\x22x\x22 HTTP/1.1" 500 12 "-" "a \x22b\x22"`, "500 GET /a - 03:00:01"},
	{"a request that is none", "nginx 400", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "\x16\x03\x01" 400 157 "-" "-"`, "400 - - - 03:00:01"},
	{"no request at all", "nginx 408", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "-" 408 0 "-" "-"`, "408 - - - 03:00:01"},
	{"combinedio", "Apache httpd.conf", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET /orders/1 HTTP/1.1" 500 1234 "-" "curl/8" 412 1634`, "500 GET /orders/1 - 03:00:01"},
	{"lengths before the agent", "allinurl/goaccess#429", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "POST /orders HTTP/1.1" 500 88 394 1294 "-" "Apache-HttpClient" 5.564 "-"`, "500 POST /orders 5.564s 03:00:01"},
	{"length and times behind", "nginx", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "POST /orders HTTP/1.1" 500 88 "-" "curl/8" "198.51.100.4" 512 0.345 0.344`, "500 POST /orders 345ms 03:00:01"},
	{"named times", "nginx rt= uct= uht= urt=", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET /orders HTTP/1.1" 502 88 "-" "curl/8" rt=0.250 uct="0.001" uht="0.240" urt="0.240"`, "502 GET /orders 250ms 03:00:01"},
	{"milliseconds with a unit", "morgan combined + :response-time ms", `::1 - - [25/Nov/2026:03:00:01 +0000] "GET /orders HTTP/1.1" 500 12 "-" "curl/8" 12.345 ms`, "500 GET /orders 12.345ms 03:00:01"},
	{"Rack", "Rack::CommonLogger", `127.0.0.1 - - [25/Nov/2026:03:00:01 +0000] "GET /orders HTTP/1.1" 500 12 0.0123`, "500 GET /orders 12.3ms 03:00:01"},
	{"gorouter", "Cloud Foundry gorouter", `api.example.com - [2026-11-25T03:00:01.123456789Z] "GET /orders/1 HTTP/1.1" 502 0 67 "-" "curl/8" "10.0.0.1:4000" "10.0.0.2:61001" x_forwarded_for:"192.0.2.1" x_forwarded_proto:"https" vcap_request_id:"8f2c" response_time:0.012345 gorouter_time:0.000100 app_id:"a" app_index:"0"`, "502 GET /orders/1 12.345ms 03:00:01.123456789"},
	{"lighttpd", "mod_accesslog default", `192.0.2.1 api.example.com - [25/Nov/2026:03:00:01 +0000] "GET /orders HTTP/1.1" 500 12 "-" "curl/8"`, "500 GET /orders - 03:00:01"},
	{"Varnish", "varnishncsa", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET http://api.example.com/orders HTTP/1.1" 503 12 "-" "curl/8"`, "503 GET /orders - 03:00:01"},
	{"Linkerd", "linkerd.io access logging", `10.42.0.63:51160 traffic.booksapp.serviceaccount.identity.linkerd.cluster.local - [2026-11-25T03:00:01.071809491Z] "GET http://webapp:7000/ HTTP/2.0" 500`, "500 GET / - 03:00:01.071809491"},
	{"Traefik", "common log format", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET /orders HTTP/1.1" 502 11 "-" "-" 1 "orders@docker" "http://10.0.0.2:80" 12ms`, "502 GET /orders 12ms 03:00:01"},
	{"API Gateway CLF", "API Gateway $context", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000]"GET /orders/{id} HTTP/1.1" 502 36 8f2c`, "502 GET /orders/{id} - 03:00:01"},
	{"WEBrick and Puma", "hand-made", `[2026-11-25 03:00:01 +0000] 127.0.0.1 - "GET /orders HTTP/1.1" 500 - 0.0123`, "500 GET /orders 12.3ms 03:00:01"},

	// Servers with formats of their own.
	{"Nginx Proxy Manager", "NginxProxyManager log.conf", `[25/Nov/2026:03:00:01 +0000] - 504 502 - GET https api.example.com "/orders/1" [Client 192.0.2.1] [Length 552] [Gzip -] [Sent-to 10.0.0.2] "curl/8" "-"`, "502 GET /orders/1 - 03:00:01"},
	{"S3", "Amazon S3 server access log", `79a59df900b949e5 bucket-1 [25/Nov/2026:03:00:01 +0000] 192.0.2.3 79a59df9 3E57427F3EXAMPLE REST.GET.OBJECT a/b.json "GET /bucket-1/a/b.json HTTP/1.1" 403 AccessDenied 243 - 7 - "-" "aws-cli/2" - x= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader bucket-1.s3.eu-west-1.amazonaws.com TLSv1.3 - -`, "403 GET /bucket-1/a/b.json 7ms 03:00:01"},
	{"S3 with spaces in the key", "the same", `79a59df900b949e5 bucket-1 [25/Nov/2026:03:00:01 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.PUT.OBJECT a+b.json "PUT /bucket-1/a+b.json HTTP/1.1" 503 SlowDown 243 100 1250 1249 "-" "aws-cli/2" -`, "503 PUT /bucket-1/a+b.json 1.25s 03:00:01"},
	{"Squid", "Squid native", `1795575601.123    250 192.0.2.1 TCP_MISS/502 4123 GET http://api.example.com/orders/1 - HIER_DIRECT/10.0.0.2 text/html`, "502 GET /orders/1 250ms 03:00:01.123"},
	{"Squid, denied", "Squid native", `1795575601.001      0 192.0.2.1 TCP_DENIED/403 3900 CONNECT api.example.com:443 - HIER_NONE/- text/html`, "403 CONNECT api.example.com:443 1ns 03:00:01.001"},
	{"LTSV", "ltsv.org", "time:[25/Nov/2026:03:00:01 +0000]\thost:192.0.2.1\tforwardedfor:-\treq:GET /orders HTTP/1.1\tstatus:500\tsize:12\treferer:-\tua:curl/8\treqtime:0.250\tvhost:api.example.com", "500 GET /orders 250ms 03:00:01"},
	{"LTSV with fields apart", "ltsv.org", "time:2026-11-25T03:00:01Z\tmethod:POST\turi:/orders\tstatus:503\tapptime:0.012\treqtime_microsec:12500", "503 POST /orders 12.5ms 03:00:01"},
	{"PHP's built-in server", "php -S", `[Wed Nov 25 03:00:01 2026] 127.0.0.1:54321 [500]: GET /orders - Uncaught Error`, "500 GET /orders - 03:00:01"},
	{"Cilium Hubble", "hubble observe", `Nov 25 03:00:01.123: default/client:4000 (ID:1) <- default/orders:8080 (ID:2) http-response FORWARDED (HTTP/1.1 500 12ms (GET http://orders:8080/orders/1))`, "500 GET /orders/1 12ms 03:00:01.123"},
	{"HAProxy behind a name", "kubetail", `[lb-0] 192.0.2.1:5000 [25/Nov/2026:03:00:01.143] fe~ orders/s1 0/0/1/2/3 503 217 - - ---- 2/1/0/0/3 0/0 "GET /orders/1 HTTP/1.1"`, "503 GET /orders/1 3ms 03:00:01.143"},

	// Consoles of frameworks.
	{"uvicorn", "uvicorn", `INFO:     172.18.0.6:59830 - "POST /orders HTTP/1.1" 500 Internal Server Error`, "500 POST /orders - -"},
	{"uvicorn with a time", "uvicorn --log-config", `2026-11-25 03:00:01,403 [INFO] 172.18.0.6:57368 - "POST /orders HTTP/1.1" 500`, "500 POST /orders - 03:00:01.403"},
	{"hypercorn", "hypercorn", `[2026-11-25 03:00:01 +0000] [7] [INFO] 127.0.0.1:52312 - - [25/Nov/2026:03:00:01 +0000] "GET /orders 1.1" 500 21 "-" "curl/8"`, "500 GET /orders - 03:00:01"},
	{"gunicorn", "gunicorn", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET /orders HTTP/1.1" 500 0 "-" "curl/8"`, "500 GET /orders - 03:00:01"},
	{"daphne", "Django channels", `127.0.0.1:40000 - - [25/Nov/2026:03:00:01] "GET /orders" 500 12`, "500 GET /orders - 03:00:01"},
	{"werkzeug", "Flask, coloured", "127.0.0.1 - - [25/Nov/2026 03:00:01] \"\x1b[35m\x1b[1mGET /orders/1 HTTP/1.1\x1b[0m\" 500 -", "500 GET /orders/1 - 03:00:01"},
	{"Tornado", "tornado.access", `[E 261125 03:00:01 web:2246] 500 GET /orders (127.0.0.1) 12.34ms`, "500 GET /orders 12.34ms 03:00:01"},
	{"sanic", "sanic.access", `[2026-11-25 03:00:01 +0000] - (sanic.access)[INFO][127.0.0.1:4000]: GET http://api.example.com/orders  500 12`, "500 GET /orders - 03:00:01"},
	{"gin", "gin-gonic/gin", `[GIN] 2026/11/25 - 03:00:01 | 500 |    12.345ms |       192.0.2.1 | POST     "/orders"`, "500 POST /orders 12.345ms 03:00:01"},
	{"gin, coloured", "gin-gonic/gin", "[GIN] 2026/11/25 - 03:00:01 |\x1b[97;41m 500 \x1b[0m|   345.678µs |       192.0.2.1 |\x1b[97;46m POST    \x1b[0m \"/orders?x=1\"", "500 POST /orders 345.678µs 03:00:01"},
	{"fiber", "gofiber logger middleware", `03:00:01 | 500 |      12.3ms |       127.0.0.1 | GET     | /orders         | boom`, "500 GET /orders 12.3ms -"},
	{"fiber v1", "gofiber", `[03:00:01] 500 -  12.3ms GET      /orders`, "500 GET /orders 12.3ms -"},
	{"chi", "go-chi middleware.Logger", `2026/11/25 03:00:01 [host/abc-000001] "GET http://api.example.com/orders HTTP/1.1" from 127.0.0.1:1234 - 500 12B in 1.234ms`, "500 GET /orders 1.234ms 03:00:01"},
	{"negroni", "urfave/negroni", `[negroni] 2026-11-25T03:00:01Z | 500 | 	 12.3ms | localhost:3000 | GET /orders`, "500 GET /orders 12.3ms 03:00:01"},
	{"beego", "beego", `2026/11/25 03:00:01.123 [D] [router.go:905]  |      127.0.0.1| 500 |    12.3ms| nomatch| GET      /orders`, "500 GET /orders 12.3ms 03:00:01.123"},
	{"iris", "kataras/iris", `[INFO] 2026/11/25 03:00:01 500 12.3ms 127.0.0.1 GET /orders`, "500 GET /orders 12.3ms 03:00:01"},
	{"morgan dev", "expressjs/morgan", "\x1b[0mGET /orders \x1b[31m500\x1b[0m 12.345 ms - 12\x1b[0m", "500 GET /orders 12.345ms -"},
	{"morgan short", "expressjs/morgan", `::1 - GET /orders HTTP/1.1 500 12 - 12.345 ms`, "500 GET /orders 12.345ms -"},
	{"morgan tiny", "expressjs/morgan", `GET /orders 500 12 - 12.345 ms`, "500 GET /orders 12.345ms -"},
	{"koa-logger", "koajs/logger", "  <-- GET /orders\n  --> GET /orders 500 12ms 1.2kb", "500 GET /orders 12ms -"},
	{"actix", "actix-web Logger", `[2026-11-25T03:00:01Z INFO  actix_web::middleware::logger] 127.0.0.1 "GET /orders HTTP/1.1" 500 0 "-" "curl/8" 0.000123`, "500 GET /orders 123µs 03:00:01"},
	{"tower-http", "tower_http::trace", `2026-11-25T03:00:01.123456Z DEBUG request{method=POST uri=/orders version=HTTP/1.1}: tower_http::trace::on_response: finished processing request latency=12 ms status=500`, "500 POST /orders 12ms 03:00:01.123456"},
	{"zerolog console", "rs/zerolog", `2026-11-25T03:00:01Z ERR request failed method=GET path=/orders status=500 duration_ms=12`, "500 GET /orders 12ms 03:00:01"},
	{"zap console", "uber-go/zap", "2026-11-25T03:00:01.123Z\tERROR\thttp/x.go:12\trequest failed\t{\"method\": \"GET\", \"path\": \"/orders\", \"status\": 500, \"duration_ms\": 12}", "500 GET /orders 12ms 03:00:01.123"},
	{"logrus text", "sirupsen/logrus", `time="2026-11-25T03:00:01Z" level=error msg="request failed" method=GET path=/orders status=500 duration=12ms`, "500 GET /orders 12ms 03:00:01"},
	{"Rails", "Rails default", "I, [2026-11-25T03:00:01.100000 #12]  INFO -- : [8f2cabc0-11] Started POST \"/orders\" for 127.0.0.1 at 2026-11-25 03:00:01 +0000\n" +
		"I, [2026-11-25T03:00:01.101000 #12]  INFO -- : [8f2cabc0-11] Processing by OrdersController#create as JSON\n" +
		"I, [2026-11-25T03:00:01.112000 #12]  INFO -- : [8f2cabc0-11] Completed 500 Internal Server Error in 12ms (ActiveRecord: 0.0ms | Allocations: 100)", "500 POST /orders 12ms 03:00:01.112"},
	{"Phoenix", "Phoenix.Logger", "03:00:01.123 request_id=Fxyz [info] GET /orders\n03:00:01.135 request_id=Fxyz [info] Sent 500 in 12ms", "500 GET /orders 12ms -"},
	{"Play", "Play filter", `2026-11-25 03:00:01,123 [info] application - GET /orders took 12ms and returned 500`, "500 GET /orders 12ms 03:00:01.123"},
	{"ASP.NET", "Microsoft.AspNetCore.Hosting.Diagnostics", "      Request starting HTTP/1.1 GET http://localhost:5000/orders - - -\n      Request finished HTTP/1.1 GET http://localhost:5000/orders - 500 0 - 12.3456ms", "500 GET /orders 12.3456ms -"},
	{"Serilog console", "Serilog.AspNetCore", `[03:00:01 ERR] HTTP GET /orders responded 500 in 217.8610 ms`, "500 GET /orders 217.861ms -"},
	{"Spring with Tomcat's valve", "AccessLogValve %D in ms is not sure", `192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET /orders HTTP/1.1" 500 1234`, "500 GET /orders - 03:00:01"},

	// Wrappings.
	{"stern", "stern", `orders-7d9f8b6c5d-x2x9q app {"ts":"2026-11-25T03:00:01Z","method":"GET","path":"/orders/1","status":500}`, "500 GET /orders/1 - 03:00:01"},
	{"stern, all namespaces", "stern", `shop › orders-7d9f8b6c5d-x2x9q app {"ts":"2026-11-25T03:00:01Z","method":"GET","path":"/orders/1","status":500}`, "500 GET /orders/1 - 03:00:01"},
	{"skaffold", "skaffold", `[orders] 192.0.2.1 - - [25/Nov/2026:03:00:01 +0000] "GET /orders HTTP/1.1" 500 12 "-" "curl/8"`, "500 GET /orders - 03:00:01"},
	{"compose, coloured", "docker compose", "\x1b[32mweb-1  |\x1b[0m {\"ts\":\"2026-11-25T03:00:02Z\",\"method\":\"GET\",\"path\":\"/orders/1\",\"status\":500}", "500 GET /orders/1 - 03:00:02"},
	{"PM2", "pm2 logs", `0|orders  | 2026-11-25T03:00:01: {"method":"GET","path":"/orders","status":500}`, "500 GET /orders - 03:00:01"},
	{"PM2 around an access line", "pm2 logs", `3|web      | ::1 - - [25/Nov/2026:03:00:01 +0000] "GET /orders HTTP/1.1" 500 12 "-" "curl/8"`, "500 GET /orders - 03:00:01"},
	{"aws logs tail", "aws logs tail", `2026-11-25T03:00:01.123000+00:00 ecs/app/8f2c {"method":"GET","path":"/orders","status":500}`, "500 GET /orders - 03:00:01.123"},
	{"rsyslog's escapes", "rsyslog", `Nov 25 03:00:01 web app[12]: #033[36mtime#033[0m=2026-11-25T03:00:01Z #033[36mmethod#033[0m=GET #033[36mpath#033[0m=/orders #033[36mstatus#033[0m=500`, "500 GET /orders - 03:00:01"},
	{"supervisord", "supervisord with a prefix", `app stdout | {"ts":"2026-11-25T03:00:01Z","method":"GET","path":"/orders","status":500}`, "500 GET /orders - 03:00:01"},
	{"containerd, cut", "kubelet CRI logging", "2026-11-25T03:00:01.9Z stdout P {\"ts\":\"2026-11-25T03:00:01Z\",\"method\":\"GET\",\"path\":\"/or\n2026-11-25T03:00:01.9Z stdout F ders\",\"status\":500}", "500 GET /orders - 03:00:01"},
	{"containerd, two streams cut", "kubelet CRI logging", "2026-11-25T03:00:01.9Z stdout P {\"ts\":\"2026-11-25T03:00:01Z\",\"method\":\"GET\",\"path\":\"/or\n2026-11-25T03:00:01.9Z stderr F trace\n2026-11-25T03:00:01.9Z stdout F ders\",\"status\":500}", "500 GET /orders - 03:00:01"},
	{"Docker, cut", "json-file driver", dockerCut(`{"ts":"2026-11-25T03:00:01Z","status":500,"method":"GET","path":"/orders","stack":"` + strings.Repeat("x", 20000) + `"}`), "500 GET /orders - 03:00:01"},
}

// dockerCut is a line as Docker's json-file driver writes it: at most 16 KiB a record, a line feed after the last.
func dockerCut(line string) (log string) {
	for line += "\n"; line != ""; {
		n := min(len(line), 16<<10)
		text, _ := json.Marshal(line[:n])
		log += fmt.Sprintf(`{"log":%s,"stream":"stdout","time":"2026-11-25T03:00:01.1Z"}`+"\n", text)
		line = line[n:]
	}
	return log
}

func TestLinesMeanWhatAPersonReadsInThem(t *testing.T) {
	for _, c := range shapes {
		t.Run(c.name, func(t *testing.T) {
			got := results(t, c.log+"\n", logline.Options{})
			if len(got.results) != 1 {
				t.Fatalf("%d results; unreadable: %+v", len(got.results), got.health.Samples)
			}
			r := got.results[0]
			dash := func(text string) string {
				if text == "" {
					return "-"
				}
				return text
			}
			latency, at := "", ""
			if r.Latency > 0 {
				latency = r.Latency.String()
			}
			if !r.Time.IsZero() {
				at = strings.TrimPrefix(r.Time.Format("2006-01-02 15:04:05.999999999"), "2026-11-25 ")
			}
			if text := fmt.Sprintf("%d %s %s %s %s", r.Status, dash(r.Method), dash(r.Route), dash(latency), dash(at)); text != c.want {
				t.Errorf("%s\ngot  %s as %s\nwant %s", c.log, text, got.health.Format, c.want)
			}
		})
	}
}

func TestNoAddressNamesATarget(t *testing.T) {
	for _, client := range []string{"192.0.2.1", "2001:db8::a", "2001:db8::5", "::1", "198.51.100.11, 10.0.0.2", "[2001:db8::a]:443", "10.0.0.1:8080", "192.0.2.1,192.0.2.2", "fe80::1%eth0"} {
		for _, line := range []string{
			client + ` - - [25/Nov/2026:03:00:01 +0000] "GET /orders/1 HTTP/1.1" 502 11 "-" "curl"`,
			client + ` 192.0.2.7 - - [25/Nov/2026:03:00:01 +0000] "GET /orders/1 HTTP/1.1" 502 11 "-" "curl"`,
			`{"ts":"2026-11-25T03:00:01Z","host":"` + client + `","method":"GET","path":"/orders/1","status":502}`,
		} {
			got := results(t, line+"\n", logline.Options{})
			if len(got.results) != 1 || got.results[0].Target != "orders" {
				t.Errorf("%s: %+v %+v", line, got.results, got.health.Samples)
			}
		}
	}
}

func TestTextWithoutARequestStaysUnread(t *testing.T) {
	for _, line := range []string{
		"GET the milk, 404 times", "the server returned 500", "error 500 in /var/log/app.log", "connected to 10.0.0.1:500 in 12ms",
		"2026-11-25 03:00:01 INFO starting on port 8080", "GET /orders", `{"level":"info","msg":"GET /orders 500"}`, "Completed 12 jobs in 5ms", "",
		"[E 261125 03:00:01 web:2246] worker 500 died", "status=ok code=0", "listening on http://127.0.0.1:3000",
	} {
		if got := results(t, line+"\n", logline.Options{}); len(got.results) != 0 {
			t.Errorf("%q was read as %s", line, describe(got.results[0]))
		}
	}
}

// FuzzLoose shows that no text makes the ways of last resort panic, or let through what is not harmless.
func FuzzLoose(f *testing.F) {
	for _, c := range shapes {
		f.Add(c.log)
	}
	d, err := logline.NewDecoder(logline.Options{}, time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, log string) {
		maker := logline.NewResultMaker("log")
		for line := range strings.SplitSeq(log, "\n") {
			if kind, _ := d.Decode([]byte(line)); kind == logline.LineResult {
				r := maker.Make(d)
				for _, text := range []string{r.Target, r.Method, r.Route, r.Error, r.Message, r.RequestID} {
					if strings.ContainsFunc(text, func(c rune) bool { return c < 0x20 || c >= 0x7f && c < 0xa0 }) {
						t.Fatalf("%q", text)
					}
				}
			}
		}
	})
}
