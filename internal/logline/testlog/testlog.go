// Package testlog writes logs for tests and benchmarks.
package testlog

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Formats are the formats that [Of] writes.
func Formats() []string {
	return []string{"own", "any order", "Caddy", "access", "logfmt", "W3C", "ELB", "ALB", "HAProxy", "uWSGI", "Envoy"}
}

// Of returns a log of one format that is a few thousand lines long, about 5 % of them errors.
func Of(format string) string {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // made-up logs
	at := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	var b strings.Builder
	for range 4000 {
		at = at.Add(time.Duration(r.IntN(80)) * time.Millisecond)
		target := fmt.Sprintf("target%c", 'a'+r.IntN(12))
		path := "/api/v1/" + target + "/model" + "abcdefgh"[r.IntN(8):][:1]
		status, extra := 200, ""
		if r.IntN(20) == 0 {
			status, extra = 500+r.IntN(4), `,"error":"Generation failed","message":"attempt `+fmt.Sprint(r.IntN(300))+` failed"`
		}
		ms := 5 + r.ExpFloat64()*180
		clf := at.Format("02/Jan/2006:15:04:05 -0700")
		iso := at.Format("2006-01-02T15:04:05.000Z")
		switch format {
		case "own":
			fmt.Fprintf(&b, `{"ts":"%s","target":"%s","method":"POST","url":"%s","status":%d,"duration_ms":%.1f%s,"request_id":"%08x-%04x"}`,
				iso, target, path, status, ms, extra, r.Uint32(), r.IntN(65536))
		case "any order":
			fields := []string{`"ts": "` + iso + `"`, `"target": "` + target + `"`, `"method": "POST"`, `"url": "` + path + `"`, fmt.Sprintf(`"status": %d`, status), fmt.Sprintf(`"duration_ms": %.1f%s`, ms, extra)}
			r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
			b.WriteString("{" + strings.Join(fields, ", ") + "}")
		case "Caddy":
			fmt.Fprintf(&b, `{"level":"info","ts":%d.25,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"10.0.0.1","proto":"HTTP/2.0","method":"GET","host":"%s","uri":"%s","headers":{"User-Agent":["Mozilla/5.0 (X11)"],"Accept":["*/*"]}},"bytes_read":0,"duration":%.6f,"size":12,"status":%d,"resp_headers":{"Server":["Caddy"],"Content-Type":["text/html"]}}`,
				at.Unix(), target, path, ms/1000, status)
		case "access":
			fmt.Fprintf(&b, `10.0.0.%d - - [%s] "POST %s HTTP/1.1" %d %d "-" "python-requests/2.31.0"`, r.IntN(250), clf, path, status, r.IntN(20000))
		case "logfmt":
			fmt.Fprintf(&b, `ts=%s level=info msg="request served" target=%s method=POST path=%s status=%d duration=%.3fms`, iso, target, path, status, ms)
		case "W3C":
			if b.Len() == 0 {
				b.WriteString("#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs(User-Agent) sc-status time-taken\n")
			}
			fmt.Fprintf(&b, `%s 10.0.0.1 POST %s - 443 Mozilla/5.0 %d %d`, at.Format("2006-01-02 15:04:05"), path, status, int(ms))
		case "ELB":
			fmt.Fprintf(&b, `%s lb 10.0.0.1:5 10.0.0.2:80 0.000086 %.6f 0.000057 %d %d 0 57 "POST https://%s.example:443%s HTTP/1.1" "curl/7.38.0" - -`, iso, ms/1000, status, status, target, path)
		case "ALB":
			fmt.Fprintf(&b, `https %s app/lb/5 10.0.0.1:5 10.0.0.2:80 0.000 %.3f 0.000 %d %d 34 366 "POST https://a.example:443%s HTTP/2.0" "curl/7.46.0" C TLSv1.3 arn:aws:elasticloadbalancing:eu:1:targetgroup/%s/73 "Root=1-58337281" "a.example" "arn" 1 %s "forward" "-" "-" "10.0.0.2:80" "%d" "-" "-"`,
				iso, ms/1000, status, status, path, target, iso, status)
		case "HAProxy":
			fmt.Fprintf(&b, `%s lb haproxy[7]: 10.0.0.1:5 [%s] fe %s/s1 0/0/1/%d/%d %d 12 - - ---- 1/1/0/0/0 0/0 "POST %s HTTP/1.1"`,
				at.Format(time.Stamp), at.Format("02/Jan/2006:15:04:05.000"), target, int(ms), int(ms)+1, status, path)
		case "Envoy":
			fmt.Fprintf(&b, `[%s] "POST %s HTTP/2" %d - 154 %d %d 100 "10.0.35.28" "grpc-go/1.60" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "%s" "10.0.2.1:80"`,
				iso, path, status, r.IntN(20000), int(ms), target)
		case "uWSGI":
			fmt.Fprintf(&b, `[pid: 1|app: 0|req: 1/1] 127.0.0.1 () {38 vars in 696 bytes} [%s] POST %s => generated 47 bytes in %d msecs (HTTP/1.1 %d) 9 headers in 378 bytes (1 switches on core 3)`,
				at.Format(time.ANSIC), path, int(ms), status)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// RandomLine writes a line of keys that mean something and keys that do not, in any order, with any spacing.
func RandomLine(r *rand.Rand, shuffle bool) string {
	fields := []string{
		`"ts":"2026-11-22T12:00:0` + fmt.Sprint(r.IntN(10)) + `.5Z"`, `"target":"` + [...]string{"flux", `a\"b`, `\u00e9\ud83d\ude00`, ""}[r.IntN(4)] + `"`,
		fmt.Sprintf(`"status":%d`, 100+r.IntN(500)), fmt.Sprintf(`"duration_ms":%.2f`, r.Float64()*100), `"noise":[1,{"status":7},"]"]`,
	}
	extra := [...]string{
		`"status":null`, `"statusCode":"404"`, `"request":{"method":"GET","headers":{"a":["b"]},"uri":"/x?\n"}`, `"error":"e"`, `"message":"m\\n\t"`,
		`"errors":["a", "b"]`, `"errors":"x"`, `"details":{"a" : 1}`, `"level":50`, `"request_id":-1.5e3`, `"x":true`, `"st\u0061tus":503`, `"error":{"message":"deep","type":false}`,
		`"duration":0.5`, `"latency":"5ms"`, `"kind":"timeout"`, `"":{}`, `"log":"x"`,
	}
	for range r.IntN(4) {
		fields = append(fields, extra[r.IntN(len(extra))])
	}
	comma, colon := ",", ":"
	if shuffle {
		r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
		comma = [...]string{",", ", ", " ,\t"}[r.IntN(3)]
		colon = [...]string{":", ": ", " : "}[r.IntN(3)]
	}
	for i, f := range fields {
		fields[i] = strings.Replace(f, `":`, `"`+colon, 1)
	}
	return "{" + strings.Join(fields, comma) + "}"
}

// RandomLog writes lines of several formats, some unreadable, some blank, with either line end.
func RandomLog(r *rand.Rand, lines int) string {
	var b strings.Builder
	for range lines {
		switch r.IntN(8) {
		case 0:
			fmt.Fprintf(&b, `10.0.0.1 - - [22/Nov/2026:1%d:00:00 +0000] "GET /api/v1/t%d/x HTTP/1.1" %d 5 "-" "-" 0.%d`, r.IntN(10), r.IntN(3), 200+r.IntN(400), r.IntN(10))
		case 1:
			b.WriteString("what is this")
		case 2:
		case 3:
			b.WriteString(`{"status":500` + strings.Repeat(" ", r.IntN(200)))
		default:
			b.WriteString(RandomLine(r, false))
		}
		b.WriteString([...]string{"\n", "\n", "\r\n"}[r.IntN(3)])
	}
	s := b.String()
	return s[:len(s)-r.IntN(2)]
}
