package ingest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// logOf returns a log of one format that is a few thousand lines long, about 5 % of them errors.
func logOf(format string) string {
	r := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	var b strings.Builder
	for range 4000 {
		at = at.Add(time.Duration(r.IntN(80)) * time.Millisecond)
		target := fmt.Sprintf("target%c", 'a'+r.IntN(12))
		path := "/api/v1/" + target + "/model" + string(rune('a'+r.IntN(8)))
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

// The bar: 1,000,000 lines a second on one core in every format; 10,000,000 for errtop's own in a usual order.
func BenchmarkStats(b *testing.B) {
	for _, format := range []string{"own", "any order", "Caddy", "access", "logfmt", "W3C", "ELB", "ALB", "HAProxy", "uWSGI", "Envoy"} {
		b.Run(format, func(b *testing.B) {
			log := []byte(logOf(format))
			d, err := newDecoder(Options{}, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
			if err != nil {
				b.Fatal(err)
			}
			w := &statsWorker{decoder: d, tally: newTally()}
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			lines := 0
			for b.Loop() {
				w.counts = w.counts[:0]
				scanLines(0, log, false, w)
				lines += 4000
			}
			b.ReportMetric(float64(lines)/b.Elapsed().Seconds()/1e6, "Mlines/s")
			if w.tally.skipped > 0 {
				b.Fatalf("%d lines were not read: %+v", w.tally.skipped, w.tally.samples[0])
			}
		})
	}
}

// The bar: 1,000,000 results a second on one core, errors with all their evidence included.
func BenchmarkStream(b *testing.B) {
	for _, format := range []string{"own", "access"} {
		b.Run(format, func(b *testing.B) {
			log := []byte(logOf(format))
			sink := Sink{Emit: func([]tracker.Result) {}}
			p, err := newPump("log", Options{}, sink)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			lines := 0
			for b.Loop() {
				p.feed(log, false)
				lines += 4000
			}
			b.ReportMetric(float64(lines)/b.Elapsed().Seconds()/1e6, "Mlines/s")
		})
	}
}
