package serve

import (
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// Bounds on what /metrics holds. What is left out is summed under "(other)", and counted.
const (
	maxMetricTargets = 1000
	maxMetricSources = 200
	scrapeTime       = 10 * time.Second
	scrapesAtOnce    = 3
)

// otherName is what the sum of all targets, or sources, beyond a bound is called.
const otherName = "(other)"

// Figures are what a snapshot does not hold and metrics tell all the same.
type Figures struct {
	Alerts        map[AlertLabels]int // alerts that are not over
	Notifications []NotificationCount
	Outbox        int    // notifications that wait to be sent
	GivenUp       uint64 // notifications that no longer are
	StoreBytes    int64  // size of the store's files; 0 where nothing is kept
	StoreMost     int64  // the most that the store may take; 0 where nothing is kept
	Fleet         bool   // what is counted is published to a fleet
	FleetHours    int    // sums of an hour that no server of the fleet has confirmed as they are
	FleetSent     int64  // bytes that were sent to the fleet
}

// AlertLabels are what alerts are counted by.
type AlertLabels struct{ Rule, Severity, Phase string }

// NotificationCount counts attempts to tell a receiver something, since this process began.
type NotificationCount struct {
	Receiver     string
	Sent, Failed uint64
}

// MetricsOptions are what metrics tell.
type MetricsOptions struct {
	Version  string
	Snapshot func(now time.Time) *tracker.Snapshot // required
	Figures  func() Figures                        // nil: none
	Viewers  func() int                            // nil: there can be none
}

// Metrics tells Prometheus what an errtop has counted. Its counters only grow while errtop runs, and those of requests go on after a
// restart where a store keeps them. All its methods may be called from any goroutine.
type Metrics struct {
	options  MetricsOptions
	registry *prometheus.Registry
	descs    [familyCount]*prometheus.Desc
	latency  *prometheus.HistogramVec

	mu       sync.Mutex
	admitted map[string]bool // targets that were seen, and whether they have series of their own
	room     int             // how many more may
	timed    map[latencyKey]prometheus.Observer

	incidents map[uint64]bool // those of the last snapshot
	began     uint64
	breakers  map[breakerKey]*breakerCount
}

// latencyKey is what latencies are told apart by.
type latencyKey struct {
	target string
	origin tracker.Origin
}

// breakerKey is one breaker.
type breakerKey struct {
	target string
	role   tracker.BreakerRole
}

// breakerCount counts the transitions of a breaker by the state that it changed to.
type breakerCount struct {
	last time.Time
	to   [tracker.BreakerHalfOpen + 1]uint64
}

// NewMetrics returns metrics in a registry of their own.
func NewMetrics(o MetricsOptions) *Metrics {
	if o.Figures == nil {
		o.Figures = func() Figures { return Figures{} }
	}
	m := &Metrics{
		options: o, registry: prometheus.NewRegistry(), admitted: map[string]bool{}, room: maxMetricTargets,
		timed: map[latencyKey]prometheus.Observer{}, incidents: map[uint64]bool{}, breakers: map[breakerKey]*breakerCount{},
	}
	for i, f := range families() {
		m.descs[i] = prometheus.NewDesc(f.name, f.help, f.labels, nil)
	}
	m.latency = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "errtop_request_latency_seconds", Help: "Latency of requests that have one, as a native histogram.",
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
	}, []string{"target", "origin"})
	m.registry.MustRegister(collector{m}, m.latency, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewGoCollector())
	return m
}

// Handler answers GET /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapesAtOnce, Timeout: scrapeTime, EnableOpenMetrics: true})
}

// Observe counts the latencies of results.
func (m *Metrics) Observe(results []tracker.Result) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range results {
		r := &results[i]
		if r.Latency <= 0 || r.Inconclusive || !r.Kind.Sent() {
			continue
		}
		key := latencyKey{m.named(r.Target), r.Origin}
		timed := m.timed[key]
		if timed == nil {
			timed = m.latency.WithLabelValues(label(key.target), key.origin.String())
			m.timed[key] = timed
		}
		for range max(r.Weight, 1) {
			timed.Observe(r.Latency.Seconds())
		}
	}
}

// named returns the name that a target's series have: its own, or "(other)". The first targets have series of their own, so that none
// moves from one to the other, which would make counters fall.
func (m *Metrics) named(target string) string {
	own, seen := m.admitted[target]
	if !seen && len(m.admitted) < 10*maxMetricTargets {
		if own = m.room > 0; own {
			m.room--
		}
		m.admitted[target] = own
	}
	if own {
		return target
	}
	return otherName
}

// label returns a name as a label's value: harmless, and valid UTF-8.
func label(name string) string { return safetext.Line(name) }
