package alert

import (
	"time"

	"errtop/tracker"
)

// scope is what expressions see: the one thing that a rule speaks of; the others are empty. Names and units are those of filters and
// expectations where they mean the same.
type scope struct {
	Incident *incidentScope `expr:"incident"` // pointers: the expression machine copies what it fetches
	Target   *targetScope   `expr:"target"`
	Group    *groupScope    `expr:"group"`
	Breaker  *breakerScope  `expr:"breaker"`
	Source   *sourceScope   `expr:"source"`
}

func newScope() *scope {
	return &scope{&incidentScope{}, &targetScope{}, &groupScope{}, &breakerScope{}, &sourceScope{}}
}

// incidentScope is an incident.
type incidentScope struct {
	Target     string        `expr:"target"`  // the worst one
	Targets    int           `expr:"targets"` // how many
	Failures   bool          `expr:"failures"`
	Latency    bool          `expr:"latency"`
	Silence    bool          `expr:"silence"`
	State      string        `expr:"state"` // "open", "recovering", "flapping", "over"
	Class      string        `expr:"class"` // of the cause: "refused", "deadlock" …
	Kind       string        `expr:"kind"`  // of most failures: "server", "timeout" …
	Status     int           `expr:"status"`
	ServerSide bool          `expr:"server_side"` // 5xx, timeouts, transport: not the callers' own mistakes
	Scan       bool          `expr:"scan"`
	Share      float64       `expr:"share"` // failing share now, 0 to 1
	Usual      float64       `expr:"usual"` // what is usual
	Failed     int           `expr:"failed"`
	Requests   int           `expr:"requests"`
	Duration   time.Duration `expr:"duration"`
	Trend      string        `expr:"trend"`
	Message    string        `expr:"message"`
	Route      string        `expr:"route"`
	Mark       string        `expr:"mark"` // just before its onset
	Places     []string      `expr:"places"`

	where string // the same in words
}

// targetScope is a target.
type targetScope struct {
	Name                 string        `expr:"name"`
	State                string        `expr:"state"`
	Share                float64       `expr:"share"` // failing share of five minutes
	Errors               int           `expr:"errors"`
	Requests             int           `expr:"requests"`
	ErrorsHour           int           `expr:"errors_1h"`
	RequestsHour         int           `expr:"requests_1h"`
	P50                  time.Duration `expr:"p50"`
	P95                  time.Duration `expr:"p95"`
	P99                  time.Duration `expr:"p99"`
	BudgetLeft           float64       `expr:"budget_left"`
	Burn5m               float64       `expr:"burn_5m"`
	Burn30m              float64       `expr:"burn_30m"`
	Burn1h               float64       `expr:"burn_1h"`
	Burn6h               float64       `expr:"burn_6h"`
	Burn3d               float64       `expr:"burn_3d"` // 0 where that is not known
	Burn3dKnown          bool          `expr:"burn_3d_known"`
	BudgetKnown          bool          `expr:"budget_known"` // budget_left is of the objective's whole period
	CertificateKnown     bool          `expr:"certificate_known"`
	CertificateExpiresIn time.Duration `expr:"certificate_expires_in"`
	Places               []string      `expr:"places"`
}

// groupScope is a group of errors.
type groupScope struct {
	Target     string  `expr:"target"`
	Method     string  `expr:"method"`
	Route      string  `expr:"route"`
	Kind       string  `expr:"kind"`
	Status     int     `expr:"status"`
	ServerSide bool    `expr:"server_side"`
	Message    string  `expr:"message"`
	Badge      string  `expr:"badge"`
	Count      int     `expr:"count"`
	PerMinute  float64 `expr:"per_minute"`
}

// breakerScope is a breaker of a target.
type breakerScope struct {
	Target string `expr:"target"`
	Role   string `expr:"role"`
	State  string `expr:"state"`
	Open   bool   `expr:"open"` // not closed: open, or trying
	Opened int    `expr:"opened"`
}

// sourceScope is a source.
type sourceScope struct {
	Name       string        `expr:"name"`
	State      string        `expr:"state"`
	Problem    string        `expr:"problem"`
	Unreadable int           `expr:"unreadable"`
	Lag        time.Duration `expr:"lag"`
	Place      string        `expr:"place"`
}

// serverSide reports whether a failure is not the callers' own mistake.
func serverSide(k tracker.Kind) bool {
	switch k {
	case tracker.KindServer, tracker.KindTimeout, tracker.KindDNS, tracker.KindConnect, tracker.KindTLS, tracker.KindProtocol, tracker.KindAssertion:
		return true
	default:
		return false
	}
}

func (s *incidentScope) set(i *tracker.Incident, now time.Time) {
	lead := i.Lead()
	end := i.End
	if end.IsZero() {
		end = now
	}
	*s = incidentScope{
		Target: lead.Name, Targets: len(i.Targets),
		Failures: i.Signals.Has(tracker.SignalFailures), Latency: i.Signals.Has(tracker.SignalLatency), Silence: i.Signals.Has(tracker.SignalSilence),
		State: i.State.String(), Class: i.Cause.Class.String(), Kind: i.Cause.Outcome.Kind.String(), Status: i.Cause.Outcome.Status,
		ServerSide: serverSide(i.Cause.Outcome.Kind), Scan: i.Scan, Share: i.Now, Usual: i.Usual, Failed: int(i.Failed), Requests: int(i.Requests), //nolint:gosec // counts
		Duration: end.Sub(i.Onset.At), Trend: i.Trend.String(), Message: i.Cause.Message, Route: i.Cause.Route, where: i.Where,
	}
	if i.Mark != nil {
		s.Mark = i.Mark.Text
	}
}

func (s *targetScope) set(t *tracker.Target, now time.Time) {
	five, hour := &t.Activity.FiveMinutes, &t.Activity.Hour
	*s = targetScope{
		Name: t.Name, State: t.State.String(), Share: five.ErrorRatio(),
		Errors: int(five.Errors), Requests: int(five.Requests), ErrorsHour: int(hour.Errors), RequestsHour: int(hour.Requests), //nolint:gosec // counts
		P50: five.Latency.P50, P95: five.Latency.P95, P99: five.Latency.P99, BudgetLeft: 1,
	}
	if !t.CertExpiry.IsZero() {
		s.CertificateKnown, s.CertificateExpiresIn = true, t.CertExpiry.Sub(now)
	}
	if slo := t.SLO; slo != nil {
		s.BudgetLeft, s.Burn5m, s.Burn1h, s.Burn6h = slo.BudgetLeft, slo.Burn5m, slo.Burn1h, slo.Burn6h
		s.Burn30m = burn30m(t, slo)
	}
}

// burn30m returns how fast the error budget was used up in the last half hour.
func burn30m(t *tracker.Target, slo *tracker.SLO) float64 {
	var sum tracker.Bar
	for _, bar := range t.Activity.Minutes[len(t.Activity.Minutes)-30:] {
		sum.Requests += bar.Requests
		sum.Errors += bar.Errors
	}
	return sum.ErrorRatio() / (1 - slo.Objective)
}

func (s *groupScope) set(g *tracker.Group) {
	*s = groupScope{
		Target: g.Target, Method: g.Method, Route: g.Route, Kind: g.Outcome.Kind.String(), Status: g.Outcome.Status, ServerSide: serverSide(g.Outcome.Kind),
		Message: g.Message, Badge: g.Badge.String(), Count: int(g.Count), PerMinute: g.PerMinute, //nolint:gosec // a count
	}
}

func (s *breakerScope) set(target string, b *tracker.Breaker) {
	*s = breakerScope{
		Target: target, Role: b.Role.String(), State: b.State.String(),
		Open: b.State == tracker.BreakerOpen || b.State == tracker.BreakerHalfOpen, Opened: int(b.Opened), //nolint:gosec // a count
	}
}

func (s *sourceScope) set(source *tracker.Source) {
	*s = sourceScope{
		Name: source.Name, State: source.State.String(), Problem: source.Problem,
		Unreadable: int(source.Unreadable), Lag: source.Lag, Place: source.Place, //nolint:gosec // a count
	}
}
