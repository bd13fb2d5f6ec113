package logline_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
)

// TestNumbersBehindAccessLinesAreWhatTheirServerMeans reads logs whose writers are known, but not told.
func TestNumbersBehindAccessLinesAreWhatTheirServerMeans(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	spread := func(median, sigma float64) float64 { return median * math.Exp(sigma*random.NormFloat64()) }
	for _, c := range []struct {
		name, source string
		lines        int
		tail         func(i int) string // what follows the status, for request i of "GET /orders/{i mod 40}"
		last         string             // of the last line
		latency      time.Duration
		why          string
	}{
		{"nginx's request time", "ngx_http_log_module $request_time", 200, func(int) string { return fmt.Sprintf(`512 "-" "curl/8" %.3f`, spread(0.030, 1)) }, `512 "-" "curl/8" 0.250`, 250 * time.Millisecond, "s: learned from 200 lines"},
		{"nginx, fast, with nothing above a second", "the same, files", 200, func(i int) string { return fmt.Sprintf(`512 "-" "curl/8" 0.%03d`, i%3) }, `512 "-" "curl/8" 0.002`, 2 * time.Millisecond, "s: learned from 200 lines"},
		{"nginx before a slow API", "the same, long answers", 200, func(i int) string { return fmt.Sprintf(`512 "-" "curl/8" %.3f`, spread(1.5, 1)*float64(min(i%20, 1))) }, `512 "-" "curl/8" 2.500`, 2500 * time.Millisecond, "s: learned from 200 lines"},
		{"Rack", "Rack::CommonLogger", 200, func(int) string { return fmt.Sprintf(`512 %.4f`, spread(0.030, 1)) }, `512 0.2500`, 250 * time.Millisecond, "s: learned from 200 lines"},
		{"morgan's response time", "expressjs/morgan :response-time", 200, func(int) string { return fmt.Sprintf(`512 "-" "curl/8" %.3f`, spread(30, 1)) }, `512 "-" "curl/8" 12.345`, 12345 * time.Microsecond, "ms: learned from 200 lines"},
		{"morgan, as likely seconds", "the same, fast", 200, func(int) string { return fmt.Sprintf(`512 "-" "curl/8" %.3f`, spread(2, 0.5)) }, `512 "-" "curl/8" 2.345`, 0, "left out: nothing says the unit of 2.345"},
		{"few fractions", "ngx_http_log_module", 3, func(int) string { return `512 "-" "curl/8" 0.120` }, `512 "-" "curl/8" 0.250`, 250 * time.Millisecond, "s: assumed of a bare fraction, as nginx writes it"},
		{"few fractions that are no likely seconds", "expressjs/morgan", 3, func(int) string { return `512 "-" "curl/8" 30.120` }, `512 "-" "curl/8" 25.250`, 0, "left out: nothing says the unit of 25.250"},
		{"Apache's %D", "mod_log_config %D", 200, func(int) string { return fmt.Sprintf(`512 "-" "curl/8" %.0f`, spread(30000, 1)) }, `512 "-" "curl/8" 12345`, 12345 * time.Microsecond, "µs: learned from 200 lines"},
		{"Tomcat's %D", "Tomcat 9 AccessLogValve %D", 200, func(int) string { return fmt.Sprintf(`512 "-" "curl/8" %.0f`, spread(40, 1.2)) }, `512 "-" "curl/8" 123`, 123 * time.Millisecond, "ms: learned from 200 lines"},
		{"Tomcat's common format with %D", "Tomcat 9 AccessLogValve", 200, func(int) string { return fmt.Sprintf(`512 %.0f`, spread(40, 1.2)) }, `512 123`, 123 * time.Millisecond, "ms: learned from 200 lines"},
		{"a whole number before the agent", "mod_log_config %D before %{Referer}i", 200, func(int) string { return fmt.Sprintf(`512 %.0f "-" "curl/8"`, spread(30000, 1)) }, `512 12345 "-" "curl/8"`, 0, ""},
		{"few whole numbers", "mod_log_config %D", 5, func(int) string { return `512 "-" "curl/8" 60497` }, `512 "-" "curl/8" 12345`, 0, "left out: nothing says the unit of 12345"},
		{"lengths of requests", "nginx $request_length", 200, func(i int) string { return fmt.Sprintf(`512 "-" "curl/8" %d`, 180+i%40*9) }, `512 "-" "curl/8" 412`, 0, "left out: nothing says the unit of 412"},
		{"bytes sent", "nginx $bytes_sent", 200, func(i int) string { return fmt.Sprintf(`%d "-" "curl/8" %d`, i*i%90000, i*i%90000+312) }, `512 "-" "curl/8" 824`, 0, "left out: nothing says the unit of 824"},
		{"bytes sent, no length of the body", "the same without $body_bytes_sent", 200, func(i int) string { return fmt.Sprintf(`- "-" "curl/8" %d`, 300+i%40*900) }, `- "-" "curl/8" 824`, 0, "left out: nothing says the unit of 824"},
		{"ports", "nginx $remote_port", 200, func(int) string { return fmt.Sprintf(`512 "-" "curl/8" %d`, 32768+random.IntN(28000)) }, `512 "-" "curl/8" 40123`, 0, "left out: nothing says the unit of 40123"},
		{"connections", "nginx $connection", 200, func(i int) string { return fmt.Sprintf(`512 "-" "curl/8" %d`, 40+i*3) }, `512 "-" "curl/8" 640`, 0, "left out: nothing says the unit of 640"},
		{"requests of a connection", "nginx $connection_requests", 200, func(i int) string { return fmt.Sprintf(`512 "-" "curl/8" %d`, i%100+1) }, `512 "-" "curl/8" 64`, 0, "left out: nothing says the unit of 64"},
		{"processes", "mod_log_config %P", 200, func(i int) string { return fmt.Sprintf(`512 "-" "curl/8" %d`, 2000+i%8) }, `512 "-" "curl/8" 2004`, 0, "left out: nothing says the unit of 2004"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log strings.Builder
			line := func(i int, tail string) string {
				return fmt.Sprintf(`192.0.2.%d - - [25/Nov/2026:03:%02d:%02d +0000] "GET /orders/%d HTTP/1.1" 200 %s`+"\n", i%200, i/60%60, i%60, i%40, tail)
			}
			for i := range c.lines {
				log.WriteString(line(i, c.tail(i)))
			}
			log.WriteString(line(c.lines, c.last))
			d, r := lastOf(t, []byte(log.String()), logline.Options{}, time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))
			if r.Latency != c.latency || d.WhyLatency() != c.why {
				t.Errorf("%s: latency %v, %q; want %v, %q", c.source, r.Latency, d.WhyLatency(), c.latency, c.why)
			}
		})
	}
}
