package serve

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"errtop/tracker"
)

// metered is a tracker with metrics over it.
type metered struct {
	*tracker.ErrorTracker
	*Metrics
}

func newMetered(settings tracker.Settings) *metered {
	m := &metered{ErrorTracker: tracker.New(settings)}
	m.Metrics = NewMetrics(MetricsOptions{
		Version: "1.2.3", Snapshot: m.Snapshot, Viewers: func() int { return 3 },
		Figures: func() Figures {
			return Figures{
				Alerts: map[AlertLabels]int{{"incident", "critical", "firing"}: 2}, Outbox: 4, GivenUp: 1, StoreBytes: 1000, StoreMost: 2000,
				Fleet: true, FleetHours: 3, FleetSent: 4096,
				Notifications: []NotificationCount{{"team", 7, 2}},
			}
		},
	})
	return m
}

func (m *metered) take(results ...tracker.Result) {
	m.Observe(results)
	m.Record(time.Now(), results)
}

// answer returns what /metrics answers.
func (m *metered) answer(t testing.TB) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	text, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %v", w.Code, err)
	}
	return string(text)
}

// valueOf returns the value of a series, as it is written.
func valueOf(text, series string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return "none"
}

func TestMetricsCountWhatHappenedAndFollowTheConventions(t *testing.T) {
	m := newMetered(tracker.Settings{BreakerThreshold: 2})
	now := time.Now()
	for i := range 10 {
		r := tracker.Result{Time: now.Add(time.Duration(i-10) * time.Second), Target: "a", Status: 200, Latency: 100 * time.Millisecond}
		if i > 6 {
			r.Status, r.Kind = 503, tracker.KindServer
		}
		m.take(r)
	}
	m.take(
		tracker.Result{Time: now, Target: "a", Origin: tracker.OriginProbe, Kind: tracker.KindConnect},
		tracker.Result{Time: now, Target: "a", Origin: tracker.OriginProbe, Kind: tracker.KindShortCircuit},
		tracker.Result{Time: now, Target: "a", Origin: tracker.OriginProbe, Kind: tracker.KindTimeout, Inconclusive: true},
		tracker.Result{Time: now, Target: "b", Status: 404, Kind: tracker.KindNotFound, Weight: 5, Latency: time.Second},
	)
	m.UpdateSource(now, tracker.Source{Name: "access.log", State: tracker.SourceReading, Lines: 100, Results: 90, Unreadable: 10, Lag: 1500 * time.Millisecond})
	text := m.answer(t)
	for series, want := range map[string]string{
		`errtop_build_info{version="1.2.3"}`:                                                   "1",
		`errtop_requests_total{class="2xx",kind="ok",origin="traffic",target="a"}`:             "7",
		`errtop_requests_total{class="5xx",kind="server",origin="traffic",target="a"}`:         "3",
		`errtop_request_failures_total{class="5xx",kind="server",origin="traffic",target="a"}`: "3",
		`errtop_request_failures_total{class="none",kind="connect",origin="probe",target="a"}`: "1",
		`errtop_request_failures_total{class="2xx",kind="ok",origin="traffic",target="a"}`:     "none",
		`errtop_requests_not_sent_total{kind="short_circuit",target="a"}`:                      "1",
		`errtop_requests_inconclusive_total{target="a"}`:                                       "1",
		`errtop_requests_total{class="4xx",kind="not_found",origin="traffic",target="b"}`:      "5",
		`errtop_request_latency_seconds_count{origin="traffic",target="a"}`:                    "10",
		`errtop_request_latency_seconds_sum{origin="traffic",target="b"}`:                      "5",
		`errtop_breaker_transitions_total{breaker="observed",target="a",to="OPEN"}`:            "1",
		`errtop_source_lag_seconds{source="access.log"}`:                                       "1.5",
		`errtop_source_unreadable_lines_total{source="access.log"}`:                            "10",
		`errtop_source_state{source="access.log",state="reading"}`:                             "1",
		`errtop_alerts{phase="firing",rule="incident",severity="critical"}`:                    "2",
		`errtop_notifications_sent_total{receiver="team"}`:                                     "7",
		`errtop_notification_failures_total{receiver="team"}`:                                  "2",
		"errtop_outbox_notifications":                                                          "4", "errtop_notifications_given_up_total": "1", "errtop_store_size_bytes": "1000", "errtop_viewers": "3",
	} {
		if got := valueOf(text, series); got != want {
			t.Errorf("%s is %s, not %s", series, got, want)
		}
	}
	if again := valueOf(m.answer(t), `errtop_breaker_transitions_total{breaker="observed",target="a",to="OPEN"}`); again != "1" {
		t.Errorf("a transition was counted twice: %s", again)
	}
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

func TestMetricsOfTooManyTargetsAndSourcesAreSummed(t *testing.T) {
	m := newMetered(tracker.Settings{MaxTargets: 3 * maxMetricTargets})
	now := time.Now()
	const beyond = 50
	for i := range maxMetricTargets + beyond {
		m.take(tracker.Result{Time: now, Target: fmt.Sprintf("t%04d", i), Status: 500, Kind: tracker.KindServer, Latency: time.Millisecond})
	}
	for i := range maxMetricSources + beyond {
		m.UpdateSource(now, tracker.Source{Name: fmt.Sprint("log ", i), State: tracker.SourceReading, Lines: 2})
	}
	check := func(round string) {
		text := m.answer(t)
		for series, want := range map[string]string{
			"errtop_targets_left_out": strconv.Itoa(beyond),
			`errtop_requests_total{class="5xx",kind="server",origin="traffic",target="(other)"}`: strconv.Itoa(beyond),
			`errtop_request_latency_seconds_count{origin="traffic",target="(other)"}`:            strconv.Itoa(beyond),
			"errtop_sources_left_out":                     strconv.Itoa(beyond),
			`errtop_source_lines_total{source="(other)"}`: strconv.Itoa(2 * beyond),
		} {
			if got := valueOf(text, series); got != want {
				t.Errorf("%s: %s is %s, not %s", round, series, got, want)
			}
		}
		if n := strings.Count(text, "errtop_target_state{"); n != maxMetricTargets {
			t.Errorf("%s: %d targets have a state", round, n)
		}
		if len(text) > 5<<20 {
			t.Errorf("%s: %d bytes", round, len(text))
		}
	}
	check("at first")
	m.RemoveTargets(now, "t0000") // its place stays its own: what moved would make a counter fall
	check2 := valueOf(m.answer(t), `errtop_requests_total{class="5xx",kind="server",origin="traffic",target="(other)"}`)
	if check2 != strconv.Itoa(beyond) {
		t.Errorf("(other) is %s after a target went", check2)
	}
}

// The bar: 1000 targets in at most 50 ms and 5 MB.
func BenchmarkMetricsOfAThousandTargets(b *testing.B) {
	m := newMetered(tracker.Settings{})
	now := time.Now()
	for i := range 1000 {
		for j := range 40 {
			r := tracker.Result{Time: now, Target: fmt.Sprintf("target-%04d.example.com", i), Status: 200, Latency: time.Duration(j*j+1) * time.Millisecond}
			if j%10 == 9 {
				r.Status, r.Kind = 500+j/10, tracker.KindServer
			}
			m.take(r)
		}
	}
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		size = len(m.answer(b))
	}
	b.ReportMetric(float64(size), "bytes/answer")
}

// What a result costs on its way to the tracker.
func BenchmarkObserve(b *testing.B) {
	m := newMetered(tracker.Settings{})
	results := make([]tracker.Result, 1000)
	for i := range results {
		results[i] = tracker.Result{Target: fmt.Sprint("t", i%50), Status: 200, Latency: time.Duration(i) * time.Millisecond}
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(results)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(results)), "ns/result")
}
