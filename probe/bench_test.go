//go:build unix

package probe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"
	"time"

	"errtop/tracker"
)

// The bar: the CPU of a probe over a new connection, with its full evidence, is at most 0.8 times that of a bare net/http
// request over a new connection; cpu-ns/op is user and system time. ERRTOP_BENCH_URL names a server in another process, which
// the bar needs; otherwise the server runs in this one and is counted with both.

func benchServer(b *testing.B) string {
	b.Helper()
	if url := os.Getenv("ERRTOP_BENCH_URL"); url != "" {
		return url
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "req-1")
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	b.Cleanup(server.Close)
	return server.URL
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func measure(b *testing.B, do func()) {
	b.Helper()
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		do()
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

func BenchmarkProbe(b *testing.B) {
	p, err := newPlan(Target{Name: "api", URL: benchServer(b)}, newClients(Options{UserAgent: "errtop"}), newSchemas())
	if err != nil {
		b.Fatal(err)
	}
	measure(b, func() {
		if r := ask(b.Context(), p, 1); r.Kind != tracker.KindOK {
			b.Fatal(r.Message)
		}
	})
}

func BenchmarkBareRequest(b *testing.B) {
	url := benchServer(b)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	measure(b, func() {
		resp, err := client.Get(url)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	})
}

// BenchmarkTenThousandTargets probes a real server on loopback for as many seconds as ERRTOP_BENCH_SECONDS says, each target
// every 30 s. The bar: at most 25 % of a core and 64 MB, for the scheduler and the clients, so with a server elsewhere.
func BenchmarkTenThousandTargets(b *testing.B) {
	long, err := time.ParseDuration(os.Getenv("ERRTOP_BENCH_SECONDS") + "s")
	if err != nil {
		b.Skip("ERRTOP_BENCH_SECONDS is not set")
	}
	url := benchServer(b)
	targets := make([]Target, 10_000)
	for i := range targets {
		targets[i] = Target{Name: fmt.Sprintf("target-%05d", i), URL: fmt.Sprintf("%s/v1/%d", url, i)}
	}
	for b.Loop() {
		good, bad := 0, 0
		prober := New(Options{Emit: func(results []tracker.Result) {
			for _, r := range results {
				if r.Kind == tracker.KindOK {
					good++
				} else {
					bad++
				}
			}
		}})
		if err := prober.Set(targets); err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(b.Context(), long)
		before := cpuTime(b)
		if err := prober.Run(ctx); err != nil {
			b.Fatal(err)
		}
		cancel()
		b.ReportMetric(100*float64(cpuTime(b)-before)/float64(long), "%core")
		b.ReportMetric(float64(good)/long.Seconds(), "good/s")
		b.ReportMetric(float64(bad), "bad")
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(usage.Maxrss)/1024, "MB")
}
