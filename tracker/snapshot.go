package tracker

import "time"

// TargetState is the state of a target.
type TargetState uint8

// The states, from the least to the most worrying.
const (
	StateUnknown   TargetState = iota // nothing was ever heard
	StateOK                           // "ok"
	StateStale                        // no news for longer than its interval allows
	StateThrottled                    // fails with 429 only
	StateDegraded                     // some requests fail
	StateFailing                      // most or all requests fail

	stateCount = iota
)

var stateNames = [stateCount]string{"unknown", "ok", "stale", "throttled", "degraded", "failing"}

// String returns the state's word: "failing", "degraded", "throttled", "stale", "ok" or "unknown".
func (s TargetState) String() string { return stateNames[min(int(s), stateCount-1)] }

// Snapshot is the tracker's content at one moment. It owns its memory: nothing in it changes after it was returned, and
// it may be read from any goroutine. Nobody may write to it (snapshots share what did not change between them).
type Snapshot struct {
	Version uint64    // equal version, equal content (At apart)
	At      time.Time // the moment shown: now, the newest result of a log, or the minute asked for
	LogTime bool      // At is the newest result's time, because no source is live
	Past    bool      // asked for with SnapshotAt
	Missing []string  // in words, what cannot be known at that age; empty for the present

	Overall   Activity  // all targets together
	Targets   []*Target // the worst first, then by name
	Errors    []Failure // what the ring holds, the oldest first; short_circuit results are only counted
	Ring      RingStats
	Groups    []*Group // the newest first
	Sources   []Source // in the order they were announced
	Gone      []Source // sources that left, at most 100, the newest last
	GoneCount uint64   // how many left, those no longer in Gone included
	Breakers  []BreakerEvent
	Evidence  EvidenceUse
	Skew      Skew

	Incidents []Incident // the open ones first, by harm; then those over, the newest first
	Gaps      []Gap      // time that nobody lived through, by when it was noticed; at most the newest 50
	Marks     []Mark     // by time
	Notes     []Note     // by time; see NotesOf

	Fleet *Fleet // nil where this errtop counts alone

	TargetsDropped uint64 // results of targets beyond the bound, counted under "(other)"
	GroupsDropped  uint64 // errors of groups beyond the bound, counted under "(other)"
}

// Activity is what went on in a target, or in all: counts over sliding windows and series for charts.
type Activity struct {
	Since time.Time // of the first result ever; zero without any

	Minute, FiveMinutes, Hour, Day Window

	Minutes [60]Bar // one a minute, oldest first, the last is the running minute
	Hours   [24]Bar // one an hour, oldest first, the last is the running hour
	// Yesterday is the same hour yesterday, whole, to hold beside Hours[23].
	Yesterday Bar

	Latencies *LatencySeries // nil before the first latency

	Inconclusive uint64 // results that do not count because our own network looked down, in the last hour
}

// PerMinute returns the rates of requests and of errors over the last five minutes as of at, or over as long as there was
// anything, at least 10 s.
func (a *Activity) PerMinute(at time.Time) (requests, errors float64) {
	minutes := min(max(at.Sub(a.Since), stepLength), 5*time.Minute).Minutes()
	return float64(a.FiveMinutes.Requests) / minutes, float64(a.FiveMinutes.Errors) / minutes
}

// Window is what happened in a span of time that ends at Snapshot.At.
type Window struct {
	Requests  uint64         // sent ones
	Errors    uint64         // failed ones among Requests
	NotSent   uint64         // validation and short_circuit results, no part of Requests or Errors
	ByOutcome []OutcomeCount // failures only, sent or not, the most frequent first
	Latency   Quantiles
}

// ErrorRatio returns Errors / Requests in [0, 1], and 0 where there were no requests.
func (w *Window) ErrorRatio() float64 { return ratio(w.Errors, w.Requests) }

func ratio(errors, requests uint64) float64 {
	if requests == 0 {
		return 0
	}
	return float64(errors) / float64(requests)
}

// OutcomeCount counts one outcome.
type OutcomeCount struct {
	Outcome
	Count uint64
}

// Quantiles of latency, each within 1.1 % of a value that was seen (from a microsecond up). Count is how many results had a latency; with 0 the
// others mean nothing.
type Quantiles struct {
	Count              uint64
	P50, P90, P95, P99 time.Duration
}

// Bar is one step of a series.
type Bar struct{ Requests, Errors uint32 }

// ErrorRatio returns Errors / Requests in [0, 1], and 0 where there were no requests.
func (b Bar) ErrorRatio() float64 { return ratio(uint64(b.Errors), uint64(b.Requests)) }

// Target is a named thing watched, as of a snapshot.
type Target struct {
	Name    string
	URL     string // for targets that are probed, secrets replaced; "" otherwise
	Probed  bool   // probe results are expected or were seen
	Traffic bool   // traffic results were seen

	State        TargetState
	Since        time.Time // since when it holds; up to 10 s late where nobody was looking
	Reason       string    // why, in words
	Disagreement string    // in words, where probes and traffic disagree; "" otherwise

	Cause    *Group // the group that weighs most in its recent errors; nil without
	LastSeen time.Time
	LastOK   time.Time // zero where never
	NextTry  time.Time // the newest ResetAt or the breaker's retry, where one lies ahead; zero otherwise

	// CertExpiry is when the first certificate expires that the newest probe over TLS relied on, whether it succeeded or not;
	// zero without one.
	CertExpiry time.Time

	Activity     Activity
	Totals       []Total       // by origin, kind and status
	StateChanges []StateChange // at most the newest 256, the oldest first

	Breakers []Breaker // gate, observed, reported: those that exist, in this order
	SLO      *SLO      // nil without an objective

	Usual      float64 // failing share that is usual for it at this time, in [0, 1]
	UsualKnown bool    // Usual rests on enough of its past; false: "no baseline yet"
	Incident   uint64  // Incident.ID of the incident it is part of; 0 while it is in none

	Places []Place // how it is in each place, by name; nil where there are not several
	Where  string  // where it is wrong, in words: "eu-1 only (1 of 3 places)"; "" where that is not known
}

// Total counts the results of a target with one outcome since it was first seen: it never falls, and goes on after a restart
// whose state was restored. It is made for metrics.
type Total struct {
	Origin       Origin
	Outcome      Outcome // of all statuses of a kind together, where there are too many; of inconclusive ones none
	Inconclusive bool    // our own network looked down
	Count        uint64
}

// SLO is how a target stands against its objective.
type SLO struct {
	Objective  float64       // 0.999
	Period     time.Duration // 30 days
	BudgetLeft float64       // 1 is untouched, 0 is used up, negative is overspent; over what is remembered (at most 24 h)
	Burn5m     float64       // 1 uses the budget up exactly at the period's end
	Burn1h     float64
	Burn6h     float64
}

// Failure is an error of the ring with the fingerprint of its group.
type Failure struct {
	Result
	Seq   uint64 // counts up; identifies the error
	Group uint64 // Group.ID
}

// RingStats are the statistics over what the ring still holds, as the reference API's own tracker computes them.
type RingStats struct {
	Total    int            // errors held, at most the ring's size
	LastHour int            // those younger than 3,600,000 ms
	ByStatus []OutcomeCount // of the last hour, the most frequent first
}

// Badge says how a group has behaved lately.
type Badge uint8

// The badges of a group.
const (
	BadgeNew       Badge = iota // first seen a short while ago
	BadgeOngoing                // keeps coming
	BadgeRegressed              // came back after an hour of silence
	BadgeQuiet                  // has been silent for a while
)

// String returns "new", "ongoing", "regressed" or "quiet".
func (b Badge) String() string {
	return [...]string{"new", "ongoing", "regressed", "quiet"}[min(b, BadgeQuiet)]
}

// Group is a set of errors with one fingerprint.
type Group struct {
	ID      uint64 // the fingerprint
	Target  string
	Method  string
	Route   string // template: "/users/{n}"
	Outcome Outcome
	Error   string
	Message string // normalised: "Try again in {n} seconds"

	Folded int // groups that differed in one place only, {any}, and were folded into this one; 0: none

	Count     uint64
	First     time.Time
	Last      time.Time
	PerMinute float64 // over the last five minutes
	Badge     Badge
	// RegressedAt is when it last came back after an hour of silence; zero where it never has.
	RegressedAt time.Time
	Minutes     [60]uint32 // errors a minute, oldest first
	Example     *Result    // the newest
	Exemplars   []Failure  // the first, then the newest five, oldest first, also after they left the ring
}

// SourceState is the health of a source.
type SourceState uint8

// The states of a source.
const (
	SourceWaiting SourceState = iota // nothing there yet
	SourceReading                    // results come, or may come any moment
	SourceEnded                      // read to the end, nothing more will come
	SourceStale                      // silent for longer than expected
	SourceFailed                     // cannot be read; Source.Problem says why
	SourceGone                       // left for good, as a deleted file: UpdateSource moves it to Snapshot.Gone
)

// String returns "waiting", "reading", "ended", "stale", "failed" or "gone".
func (s SourceState) String() string {
	return [...]string{"waiting", "reading", "ended", "stale", "failed", "gone"}[min(s, SourceGone)]
}

// Source is where results come from, with its health.
type Source struct {
	Name    string // "stdin", a file's path, "probes", "push 127.0.0.1:4318"
	Format  string // recognised format, "" where none or not yet
	Place   string // of the agent that it is, in a fleet
	State   SourceState
	Live    bool   // its results are of now; the newest result's time is not taken for the clock
	Problem string // in words, why the state is failed or stale

	Lines      uint64
	Results    uint64
	Unreadable uint64
	Dropped    uint64
	LeftOut    uint64 // requests that are not counted: errtop's own, and what the settings leave out
	Untimed    uint64 // results whose lines state no time: they count as of when they were read
	BytesRead  int64
	BytesTotal int64         // 0 where unknown: no progress to show
	Lag        time.Duration // age of the newest result when it was read, or how late probes start; 0 where unknown
	LastSeen   time.Time     // when the last line or answer came, by our clock
	InFlight   int           // requests on their way, of a source that asks
	Skipped    uint64        // requests that were due and not sent: breaker open, invalid body, lost time
	Samples    []Unreadable  // the last ten lines that could not be read, oldest first
}

// Timeless reports whether the source has results and none of their lines states a time: they count as of when they were read, which
// may be long after they happened.
func (s *Source) Timeless() bool { return s.Results > 0 && s.Untimed >= s.Results }

// Timeless reports whether all that came from sources is so: then the moment shown is that of reading.
func (s *Snapshot) Timeless() bool {
	found := false
	for i := range s.Sources {
		if source := &s.Sources[i]; source.Results > 0 {
			if !source.Timeless() {
				return false
			}
			found = true
		}
	}
	return found
}

// Unreadable is a line that no decoder understood.
type Unreadable struct {
	Number uint64 // line number from 1; 0 where unknown
	Text   string // harmless, cut
	Reason string
}

// Skew counts results whose own time cannot be right, or is late.
type Skew struct {
	Future     uint64 // further ahead of the clock than is plausible
	Impossible uint64 // no time, or before 1990 or after 2200
	Late       uint64 // older than 24 h before the moment shown: counted nowhere else
	OutOfOrder uint64 // older than the one before it from the same source by more than a step; counted where they belong
}
