//go:build unix

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // it is only asked for its address
	return listener.Addr().String()
}

// get returns what an address answers with 200, which it is asked until then.
func get(t *testing.T, address string) string {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		response, err := http.Get(address)
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return string(text)
		}
	}
	t.Fatalf("%s never answered", address)
	return ""
}

// query returns the results of a query of Prometheus by the value of a label.
func query(t *testing.T, prometheus, text, label string) map[string]uint64 {
	t.Helper()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.Unmarshal([]byte(get(t, prometheus+"/api/v1/query?query="+url.QueryEscape(text))), &answer); err != nil {
		t.Fatal(err)
	}
	counts := map[string]uint64{}
	for _, r := range answer.Data.Result {
		n, _ := strconv.ParseFloat(fmt.Sprint(r.Value[1]), 64)
		counts[r.Metric[label]] = uint64(n)
	}
	return counts
}

// Debian's Prometheus scrapes errtop watch, and its queries give the counts that errtop stats gives of the same log.
func TestPrometheusCountsWhatStatsCounts(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a Prometheus")
	}
	prometheus, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("no prometheus here")
	}
	t.Parallel()
	folder := t.TempDir()
	var log strings.Builder
	now := time.Now().UTC()
	for i := range 1000 {
		at := now.Add(time.Duration(i-1000) * time.Second)
		status := []int{200, 200, 200, 201, 404, 429, 500, 503}[i%8]
		fmt.Fprintf(&log, `{"ts":%q,"target":"app%d","status":%d,"path":"/x","duration_ms":%d}`+"\n", at.Format(time.RFC3339Nano), i%3, status, 1+i%50)
	}
	doors, own := freeAddress(t), freeAddress(t)
	for name, text := range map[string]string{
		"app.log": log.String(), "errtop.toml": fmt.Sprintf("[http]\nlisten = %q\n[[sources]]\nfiles = \"app.log\"\n", doors),
		"prometheus.yml": fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs: [{job_name: errtop, static_configs: [{targets: [%q]}]}]\n", doors),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), "errtop", "stats", "--json", filepath.Join(folder, "app.log")).Output()
	if err != nil {
		t.Fatal(err)
	}
	var stats struct {
		ByStatus map[string]uint64 `json:"by_status"`
		ByTarget map[string]uint64 `json:"by_target"`
		Errors   uint64
	}
	if err := json.Unmarshal(out, &stats); err != nil || stats.Errors == 0 {
		t.Fatalf("%v %s", err, out)
	}
	w := watch(t, filepath.Join(folder, "errtop.toml"))
	w.waitUntilTold("READY=1")
	server := exec.CommandContext(t.Context(), prometheus, "--config.file="+filepath.Join(folder, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(folder, "data"),
		"--web.listen-address="+own, "--enable-feature=native-histograms", "--log.level=error")
	server.Stderr = t.Output()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	own = "http://" + own
	var byTarget map[string]uint64
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline) && !maps.Equal(byTarget, stats.ByTarget); {
		byTarget = query(t, own, "sum by (target) (errtop_requests_total)", "target")
	}
	if !maps.Equal(byTarget, stats.ByTarget) {
		t.Errorf("by target Prometheus has %v, and stats %v", byTarget, stats.ByTarget)
	}
	failures := query(t, own, "sum(errtop_request_failures_total)", "")[""]
	if failures != stats.Errors {
		t.Errorf("Prometheus has %d failures, and stats %d", failures, stats.Errors)
	}
	var classes uint64
	for status, n := range stats.ByStatus {
		if strings.HasPrefix(status, "5") {
			classes += n
		}
	}
	if got := query(t, own, `sum(errtop_requests_total{class="5xx"})`, "")[""]; got != classes {
		t.Errorf("Prometheus has %d of 5xx, and stats %d", got, classes)
	}
	if got := query(t, own, "histogram_count(sum(errtop_request_latency_seconds))", "")[""]; got != 1000 {
		t.Errorf("the native histogram has %d latencies", got)
	}
	if p50 := get(t, own+"/api/v1/query?query="+url.QueryEscape("1000 * histogram_quantile(0.5, sum(errtop_request_latency_seconds))")); !strings.Contains(p50, `"25.`) && !strings.Contains(p50, `"24.`) && !strings.Contains(p50, `"26.`) {
		t.Errorf("the median is %s", p50)
	}
}
