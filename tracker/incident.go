package tracker

import (
	"slices"
	"strings"
	"time"
)

// IncidentState says where an incident is in its life.
type IncidentState uint8

// The states of an incident.
const (
	IncidentOpen       IncidentState = iota // it goes on
	IncidentRecovering                      // back at what is usual, but not for long enough to call it over
	IncidentFlapping                        // it comes and goes
	IncidentOver                            // it ended at Incident.End
)

// String returns "open", "recovering", "flapping" or "over".
func (s IncidentState) String() string {
	return [...]string{"open", "recovering", "flapping", "over"}[min(s, IncidentOver)]
}

// Signal is a set of the ways in which a target is worse than its own past.
type Signal uint8

// The signals; they may be combined.
const (
	SignalFailures Signal = 1 << iota // the failing share is above the baseline
	SignalLatency                     // the 95th percentile of latency is above the baseline
	SignalSilence                     // there is far less traffic than usual
)

// Has reports whether all signals of other are set.
func (s Signal) Has(other Signal) bool { return s&other == other }

// String names the signals, joined by commas: "failures, latency".
func (s Signal) String() string {
	var names []string
	for i, name := range [...]string{"failures", "latency", "silence"} {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Trend is how an incident develops: the last ten minutes against those before, tested against noise.
type Trend uint8

// The trends.
const (
	TrendUnknown  Trend = iota // too young, or too little traffic to tell
	TrendWorse                 // the failing share (or latency) rises
	TrendSteady                // no significant change
	TrendBetter                // it falls
	TrendFlapping              // it comes and goes; Incident.TrendNote says how often
	TrendOver                  // the incident is over
)

// String returns "worse", "steady", "better", "flapping", "over", or "" where the trend is unknown.
func (t Trend) String() string {
	return [...]string{"", "worse", "steady", "better", "flapping", "over"}[min(t, TrendOver)]
}

// Onset is when an incident, or its part in one target, began.
type Onset struct {
	At       time.Time // the most likely moment
	Earliest time.Time // with Latest: where it lies with a likelihood of about 95 %
	Latest   time.Time
	Before   bool // it began before what is remembered; At is then where that begins
}

// Uncertain reports whether the interval is so wide (more than a minute) that it should be shown with the onset.
func (o Onset) Uncertain() bool { return !o.Before && o.Latest.Sub(o.Earliest) > time.Minute }

// Contrast is what failing requests have in common that the others have not: a value of a field, with its share of the
// failures and of all requests of the incident so far.
type Contrast struct {
	Field, Value string  // "route", "/veo/4k"
	OfFailures   float64 // share of the failures that have the value, in [0, 1]
	OfRequests   float64 // share of all requests that have it, in [0, 1]
	Failures     uint64  // failures with the value
	Requests     uint64  // requests with the value; an estimate where Sampled
	Sampled      bool    // OfRequests and Requests are extrapolated from one success in 16
}

// CauseClass is a cause that advice can be given for. It is read from outcomes, messages and contrast.
type CauseClass uint8

// The cause classes.
const (
	CauseUnknown       CauseClass = iota
	CauseException                // our own code failed: TypeError, nil pointer, panic
	CauseDeadlock                 // the database broke off a transaction, or a lock was not got
	CausePoolExhausted            // no connection, thread or file descriptor left in a pool of ours
	CauseDiskFull                 // no space left on a device
	CauseOutOfMemory              // out of memory, or killed for it
	CauseRefused                  // nothing listens where we connect to
	CauseUnreachable              // no route to the host, or the network is unreachable
	CauseReset                    // connections are reset or closed early
	CauseTimeout                  // a dependency, or the target itself, answers too late
	CauseDNS                      // a name is not resolved
	CauseTLSExpired               // a certificate has expired
	CauseTLSAuthority             // a certificate is signed by an unknown authority
	CauseTLSHost                  // a certificate is for another host
	CauseTLS                      // another failure of TLS
	CauseQuota                    // a quota is used up: waiting helps only when it is renewed
	CauseRateLimit                // too many requests at once: slowing down helps
	CauseTenantKey                // the key of one client or tenant is refused
	CauseKey                      // the key of most callers is refused
	CausePlan                     // the plan does not include what is asked for, or is not paid
	CauseForbidden                // the key may not do this
	CauseRouteRemoved             // a route that used to succeed is not found any more
	CauseClientRelease            // requests of one client release or agent are malformed
	CauseBadRequests              // requests are malformed, of no particular client
	CauseScanner                  // somebody tries many routes that never existed
	CauseSilence                  // requests have stopped coming
	CauseSlow                     // answers are correct but slow
	CauseUpstream                 // a proxy says that what stands behind it does not answer: 502, 503, 504
	CauseOverload                 // the target says that it has too much to do
	CauseServer                   // 5xx, and nothing says why
	CauseProtocol                 // answers break HTTP, or end too early
	CauseAssertion                // answers are not what a probe expects
	CauseOwnNetwork               // most targets failed to be reached at once: our own network looks down
	causeClassCount    = iota
)

var causeClassNames = [causeClassCount]string{
	"unknown", "exception", "deadlock", "pool_exhausted", "disk_full", "out_of_memory", "refused", "unreachable", "reset",
	"timeout", "dns", "tls_expired", "tls_authority", "tls_host", "tls", "quota", "rate_limit", "tenant_key", "key", "plan",
	"forbidden", "route_removed", "client_release", "bad_requests", "scanner", "silence", "slow", "upstream", "overload",
	"server", "protocol", "assertion", "own_network",
}

// String returns the class as rules spell it, for example "pool_exhausted".
func (c CauseClass) String() string { return causeClassNames[min(int(c), causeClassCount-1)] }

// Cause is why an incident is: what most of its failures have in common.
type Cause struct {
	Outcome  Outcome // of most failures
	Class    CauseClass
	Error    string  // short error type, "" where there is none
	Message  string  // normalised, as of the group
	Group    uint64  // Group.ID of the group with the most of the incident's failures; 0 for silence and latency
	Share    float64 // of the incident's failures in that group, in [0, 1]
	Method   string
	Route    string // template
	Upstream string // "" where unknown, or where failures have none in common
}

// IncidentTarget is one target's part in an incident.
type IncidentTarget struct {
	Name    string
	Signals Signal // that it showed
	State   IncidentState
	Onset   Onset
	End     time.Time // zero while it goes on

	Requests, Failed         uint64        // since the onset
	Now, Usual               float64       // failing share, in [0, 1]; Now is of the end where it is over
	LatencyNow, LatencyUsual time.Duration // 95th percentile; 0 where unknown
	RateNow, RateUsual       float64       // requests a minute
	BaselineKnown            bool          // Usual, LatencyUsual and RateUsual rest on enough of the target's own past
}

// IncidentEventKind says what an entry of an incident's timeline is.
type IncidentEventKind uint8

// The kinds of entries.
const (
	EventOnset    IncidentEventKind = iota // the first target got worse
	EventSpread                            // another target joined
	EventMark                              // something was done: see Mark
	EventBreaker                           // a breaker changed its state; see Snapshot.Story
	EventPeak                              // the worst minute
	EventRecovery                          // a target went back to what is usual
	EventEnd                               // the incident is over
)

// IncidentEvent is an entry of an incident's timeline.
type IncidentEvent struct {
	At     time.Time
	Kind   IncidentEventKind
	Target string // "" where it concerns all
	Text   string // in words
}

// Peak is the worst minute of an incident.
type Peak struct {
	At        time.Time // where the minute begins
	Share     float64   // of its requests that failed, in [0, 1]
	PerMinute uint64    // requests that failed in it
}

// Incident is trouble with a beginning: one or more targets that got significantly worse than their own past, for one cause.
// It is a function of what the tracker counts, not of the order in which results came or of when somebody looked.
type Incident struct {
	ID      uint64 // the same in every run over the same results while the onset holds
	State   IncidentState
	Signals Signal           // of all targets
	Targets []IncidentTarget // the worst first
	Onset   Onset            // the earliest of the targets'
	End     time.Time        // zero while it goes on

	Cause     Cause
	Contrasts []Contrast // the most telling first
	Common    string     // what its targets have in common, in words: "upstream 10.4.7.21:8443"; "" for one target
	Where     string     // in which places of a fleet, in words: "eu-1 only (1 of 3 places)"; "" without places
	Trend     Trend
	TrendNote string // "down 5 min of every 10"; "" where there is nothing to add
	Scan      bool   // somebody tries routes that never existed: not trouble of the target's own

	Now, Usual       float64 // failing share of all its targets, in [0, 1]
	BaselineKnown    bool    // Usual rests on enough of the past; false: "no baseline yet"
	BaselineThin     bool    // the past is still being read, or short: "usual so far"
	Requests, Failed uint64  // since the onset
	BudgetSpent      float64 // share of the error budget that it used up, of the target that lost most; 0 without an objective
	Peak             Peak
	Mark             *Mark           // the last one before the onset that may have to do with it; nil without
	Harm             float64         // orders open incidents: how much worse, for how many
	Timeline         []IncidentEvent // without breakers, whose states depend on the order in which results came: see Snapshot.Story
}

// Lead returns the target that is worst, and an empty one for an incident without targets.
func (i *Incident) Lead() IncidentTarget {
	if len(i.Targets) == 0 {
		return IncidentTarget{}
	}
	return i.Targets[0]
}

// Ongoing reports whether the incident is not over.
func (i *Incident) Ongoing() bool { return i.State != IncidentOver }

// Story returns an incident's timeline with what the breakers of its targets did, by time. What a breaker did while it stayed
// open, trial by trial, is left out.
func (s *Snapshot) Story(in *Incident) []IncidentEvent {
	out := slices.Clone(in.Timeline)
	end := s.At
	if in.State == IncidentOver {
		end = in.End.Add(reopenFor * time.Minute)
	}
	for i := range s.Breakers {
		e := &s.Breakers[i]
		if e.minor() || e.At.Before(in.Onset.Earliest) || e.At.After(end) ||
			!slices.ContainsFunc(in.Targets, func(tg IncidentTarget) bool { return tg.Name == e.Target }) {
			continue
		}
		out = append(out, IncidentEvent{At: e.At, Kind: EventBreaker, Target: e.Target, Text: e.Role.String() + " breaker " + e.To.String() + ": " + e.Why})
	}
	slices.SortStableFunc(out, func(a, b IncidentEvent) int { return a.At.Compare(b.At) })
	return out
}
