package serve

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"errtop/tracker"
)

// collector makes metrics of a snapshot when they are asked for.
type collector struct{ *Metrics }

// family is one metric with its help and its labels.
type family struct {
	name, help string
	labels     []string
}

// The metrics, by the conventions of prometheus.io/docs/practices/naming.
const (
	buildInfo = iota
	requests
	failures
	notSent
	inconclusive
	targetState
	targetsLeftOut
	breakerState
	breakerTransitions
	incidentsOpen
	incidentsBegan
	alertsNow
	sourceState
	sourceLag
	sourceLines
	sourceResults
	sourceUnreadable
	sourceDropped
	sourcesLeftOut
	notificationsSent
	notificationsFailed
	notificationsGivenUp
	outbox
	storeBytes
	storeMost
	fleetWaiting
	fleetSent
	viewers
	resultsLate
	familyCount
)

// families returns the metrics by their numbers.
func families() [familyCount]family {
	return [familyCount]family{
		buildInfo:            {"errtop_build_info", "Always 1; the version is a label.", []string{"version"}},
		requests:             {"errtop_requests_total", "Requests that were sent.", []string{"target", "origin", "kind", "class"}},
		failures:             {"errtop_request_failures_total", "Requests that were sent and failed.", []string{"target", "origin", "kind", "class"}},
		notSent:              {"errtop_requests_not_sent_total", "Probes that were held back, by a breaker or because their body is invalid.", []string{"target", "kind"}},
		inconclusive:         {"errtop_requests_inconclusive_total", "Probes that say nothing of their target, because our own network looked down.", []string{"target"}},
		targetState:          {"errtop_target_state", "Always 1; the state that a target is in is a label.", []string{"target", "state"}},
		targetsLeftOut:       {"errtop_targets_left_out", "Targets that have no series of their own and are summed under (other).", nil},
		breakerState:         {"errtop_breaker_state", "Always 1; the state that a breaker is in is a label.", []string{"target", "breaker", "state"}},
		breakerTransitions:   {"errtop_breaker_transitions_total", "Changes of a breaker's state, by the state that it changed to.", []string{"target", "breaker", "to"}},
		incidentsOpen:        {"errtop_incidents", "Incidents of the last day, by state.", []string{"state"}},
		incidentsBegan:       {"errtop_incidents_began_total", "Incidents that began.", nil},
		alertsNow:            {"errtop_alerts", "Alerts by rule, severity and phase.", []string{"rule", "severity", "phase"}},
		sourceState:          {"errtop_source_state", "Always 1; the state that a source is in is a label.", []string{"source", "state"}},
		sourceLag:            {"errtop_source_lag_seconds", "Age of a source's newest result when it was read, or how late its probes start.", []string{"source"}},
		sourceLines:          {"errtop_source_lines_total", "Lines that a source has read.", []string{"source"}},
		sourceResults:        {"errtop_source_results_total", "Results that a source has given.", []string{"source"}},
		sourceUnreadable:     {"errtop_source_unreadable_lines_total", "Lines of a source that were not understood.", []string{"source"}},
		sourceDropped:        {"errtop_source_dropped_results_total", "Results of a source that were dropped.", []string{"source"}},
		sourcesLeftOut:       {"errtop_sources_left_out", "Sources that have no series of their own and are summed under (other).", nil},
		notificationsSent:    {"errtop_notifications_sent_total", "Notifications that a receiver took.", []string{"receiver"}},
		notificationsFailed:  {"errtop_notification_failures_total", "Attempts to notify a receiver that failed.", []string{"receiver"}},
		notificationsGivenUp: {"errtop_notifications_given_up_total", "Notifications that are no longer tried.", nil},
		outbox:               {"errtop_outbox_notifications", "Notifications that wait to be sent.", nil},
		storeBytes:           {"errtop_store_size_bytes", "Size of the store.", nil},
		storeMost:            {"errtop_store_limit_bytes", "The most that the store may take.", nil},
		fleetWaiting:         {"errtop_fleet_outbox_sums", "Sums of an hour that no server of the fleet has confirmed as they are; the running hour waits until it is sent again.", nil},
		fleetSent:            {"errtop_fleet_sent_bytes_total", "Bytes that were sent to the fleet's servers.", nil},
		viewers:              {"errtop_viewers", "Viewers that look at this errtop.", nil},
		resultsLate:          {"errtop_results_late_total", "Results that came more than a day late and are counted nowhere else.", nil},
	}
}

// gathering is one answer in the making.
type gathering struct {
	descs *[familyCount]*prometheus.Desc
	to    chan<- prometheus.Metric
}

func (g *gathering) counter(family int, value float64, labels ...string) {
	g.to <- prometheus.MustNewConstMetric(g.descs[family], prometheus.CounterValue, value, labels...)
}

func (g *gathering) gauge(family int, value float64, labels ...string) {
	g.to <- prometheus.MustNewConstMetric(g.descs[family], prometheus.GaugeValue, value, labels...)
}

// Describe names the metrics.
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		to <- d
	}
}

// Collect makes the metrics of a snapshot.
func (c collector) Collect(to chan<- prometheus.Metric) {
	now := time.Now()
	snap := c.options.Snapshot(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	g := &gathering{descs: &c.descs, to: to}
	g.gauge(buildInfo, 1, label(c.options.Version))
	c.targets(g, snap)
	c.incidentCounts(g, snap)
	sources(g, snap)
	c.figures(g)
	g.counter(resultsLate, float64(snap.Skew.Late))
}

// outcomeKey is what requests are told apart by.
type outcomeKey struct {
	target string
	origin tracker.Origin
	kind   tracker.Kind
	class  uint8 // first digit of the status; 0 without one
}

// targets tells the counts and states of targets.
func (c collector) targets(g *gathering, snap *tracker.Snapshot) {
	sums, leftOut := map[outcomeKey]uint64{}, 0
	for _, t := range snap.Targets {
		name := c.named(t.Name)
		if t.Name == otherName || name != t.Name {
			leftOut++
		}
		var unsure uint64
		own := sums
		if name != otherName {
			own = map[outcomeKey]uint64{}
		}
		for i := range t.Totals {
			total := &t.Totals[i]
			if total.Inconclusive {
				unsure += total.Count
				continue
			}
			own[outcomeKey{name, total.Origin, total.Outcome.Kind, uint8(min(max(total.Outcome.Status/100, 0), 9))}] += total.Count
		}
		if name == otherName {
			continue
		}
		shown := label(name)
		g.outcomes(own)
		if unsure > 0 {
			g.counter(inconclusive, float64(unsure), shown)
		}
		g.gauge(targetState, 1, shown, t.State.String())
		for i := range t.Breakers {
			c.breaker(g, shown, &t.Breakers[i])
		}
	}
	g.outcomes(sums)
	g.gauge(targetsLeftOut, float64(leftOut))
}

// outcomes tells requests and failures. What was not sent is told apart.
func (g *gathering) outcomes(counts map[outcomeKey]uint64) {
	held := map[outcomeKey]uint64{}
	for key, n := range counts {
		switch labels := []string{label(key.target), key.origin.String(), key.kind.String(), className(key.class)}; {
		case !key.kind.Sent():
			held[outcomeKey{target: key.target, kind: key.kind}] += n
		case key.kind.Failed():
			g.counter(failures, float64(n), labels...)
			fallthrough
		default:
			g.counter(requests, float64(n), labels...)
		}
	}
	for key, n := range held {
		g.counter(notSent, float64(n), label(key.target), key.kind.String())
	}
}

// className returns "2xx" for 2, and "none" where there was no status.
func className(digit uint8) string {
	if digit == 0 {
		return "none"
	}
	return strconv.Itoa(int(digit)) + "xx"
}

// breaker tells the state of a breaker, and counts the transitions that are new since the last time.
func (c collector) breaker(g *gathering, target string, b *tracker.Breaker) {
	key := breakerKey{target, b.Role}
	count := c.breakers[key]
	if count == nil {
		count = &breakerCount{}
		c.breakers[key] = count
	}
	last := count.last
	for _, t := range b.Transitions {
		if t.At.After(last) && int(t.To) < len(count.to) {
			count.to[t.To]++
			count.last = t.At
		}
	}
	g.gauge(breakerState, 1, target, b.Role.String(), b.State.String())
	for to, n := range count.to {
		if n > 0 {
			g.counter(breakerTransitions, float64(n), target, b.Role.String(), tracker.BreakerState(to).String())
		}
	}
}

// incidentCounts tells how many incidents there are, and counts those that are new since the last time.
func (c collector) incidentCounts(g *gathering, snap *tracker.Snapshot) {
	states, now := map[tracker.IncidentState]int{}, map[uint64]bool{}
	for i := range snap.Incidents {
		in := &snap.Incidents[i]
		states[in.State]++
		now[in.ID] = true
		if !c.incidents[in.ID] {
			c.began++
		}
	}
	c.incidents = now
	for state := tracker.IncidentState(0); state <= tracker.IncidentOver; state++ {
		g.gauge(incidentsOpen, float64(states[state]), state.String())
	}
	g.counter(incidentsBegan, float64(c.began))
}

// sources tells how sources are, the first ones apart and the rest together.
func sources(g *gathering, snap *tracker.Snapshot) {
	var rest tracker.Source
	told := map[string]bool{}
	for i := range snap.Sources {
		s := &snap.Sources[i]
		if told[s.Name] || len(told) >= maxMetricSources {
			rest.Lines += s.Lines
			rest.Results += s.Results
			rest.Unreadable += s.Unreadable
			rest.Dropped += s.Dropped
			continue
		}
		told[s.Name] = true
		name := label(s.Name)
		g.gauge(sourceState, 1, name, s.State.String())
		g.gauge(sourceLag, s.Lag.Seconds(), name)
		g.source(name, s)
	}
	if len(snap.Sources) > len(told) {
		g.source(otherName, &rest)
	}
	g.gauge(sourcesLeftOut, float64(len(snap.Sources)-len(told)))
}

func (g *gathering) source(name string, s *tracker.Source) {
	g.counter(sourceLines, float64(s.Lines), name)
	g.counter(sourceResults, float64(s.Results), name)
	g.counter(sourceUnreadable, float64(s.Unreadable), name)
	g.counter(sourceDropped, float64(s.Dropped), name)
}

// figures tells what the snapshot does not hold.
func (c collector) figures(g *gathering) {
	f := c.options.Figures()
	for labels, n := range f.Alerts {
		g.gauge(alertsNow, float64(n), label(labels.Rule), labels.Severity, labels.Phase)
	}
	for i := range f.Notifications {
		n := &f.Notifications[i]
		g.counter(notificationsSent, float64(n.Sent), label(n.Receiver))
		g.counter(notificationsFailed, float64(n.Failed), label(n.Receiver))
	}
	g.gauge(outbox, float64(f.Outbox))
	g.counter(notificationsGivenUp, float64(f.GivenUp))
	if f.StoreMost > 0 {
		g.gauge(storeBytes, float64(f.StoreBytes))
		g.gauge(storeMost, float64(f.StoreMost))
	}
	if f.Fleet {
		g.gauge(fleetWaiting, float64(f.FleetHours))
		g.counter(fleetSent, float64(f.FleetSent))
	}
	if c.options.Viewers != nil {
		g.gauge(viewers, float64(c.options.Viewers()))
	}
}
