// Package tracker keeps what happened: results in, statistics out.
//
// It does no I/O, starts no goroutine and reads no clock: every method that needs the time is told it.
package tracker

import (
	"sync"
	"time"
)

// Settings are the bounds and rules of an [ErrorTracker]. A zero field means its default.
type Settings struct {
	Ring             int             // errors kept, 100
	MaxTargets       int             // 1000
	MaxGroups        int             // a target, 200
	BreakerThreshold int             // consecutive failures that open a breaker, 5
	BreakerRecovery  time.Duration   // from the last failure to the trial, 60 s
	GateCounts       func(Kind) bool // failures that a gate breaker counts; nil: every one
	ObservedCounts   func(Kind) bool // failures that an observed breaker counts; nil: 429, 5xx, timeouts, transport
}

// TargetInfo is what is known of a target before its first result. The zero value of a field means unknown.
type TargetInfo struct {
	Name      string
	URL       string        // secrets replaced
	Interval  time.Duration // between probes; a target is stale after three without news
	Objective float64       // share of requests that must succeed: 0.999; 0 for none
	Period    time.Duration // of the objective, 30 days

	BreakerThreshold int           // 0: as in Settings
	BreakerRecovery  time.Duration // 0: as in Settings
}

// ErrorTracker takes results and answers with statistics. All methods may be called from any goroutine.
type ErrorTracker struct {
	mu       sync.Mutex
	settings Settings
	version  uint64
	errors   []Failure
	watchers map[chan struct{}]struct{}
}

// New returns an empty tracker.
func New(settings Settings) *ErrorTracker {
	return &ErrorTracker{settings: settings, watchers: map[chan struct{}]struct{}{}}
}

// Record takes a batch of results that arrived at now. The slice is the tracker's only until Record returns.
func (t *ErrorTracker) Record(now time.Time, results []Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range results {
		if results[i].Kind.Failed() {
			t.version++
			t.errors = append(t.errors, Failure{Result: results[i], Seq: t.version})
		}
	}
	t.version++
	for w := range t.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// Announce declares targets that will be probed, so that they are shown, and can be stale, before their first result.
// Calling it again changes them; history stays.
func (t *ErrorTracker) Announce(now time.Time, targets ...TargetInfo) {}

// Forget takes targets out of the picture with their history.
func (t *ErrorTracker) Forget(now time.Time, names ...string) {}

// UpdateSource sets the health of the source of that name.
func (t *ErrorTracker) UpdateSource(now time.Time, source Source) {}

// Gate returns the gate breaker of a target, made on first use.
func (t *ErrorTracker) Gate(target string) *Gate { return &Gate{} }

// Gate decides whether a probe is sent.
type Gate struct{}

// Allow reports whether a request may be sent at now, and the generation to hand to [Gate.Observe] with its outcome. While
// the breaker is HALF_OPEN exactly one request is allowed. A refusal is counted as skipped.
func (g *Gate) Allow(now time.Time) (generation uint64, ok bool) { return 0, true }

// Observe tells the outcome of a request that Allow let through. Only the first call for a generation's trial counts and
// results of an older generation are ignored. The breaker stays open at least until r.ResetAt.
func (g *Gate) Observe(generation uint64, r *Result, now time.Time) {}

// Snapshot returns the content as of now, or of the newest result where no source is live.
func (t *ErrorTracker) Snapshot(now time.Time) *Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &Snapshot{Version: t.version, At: now, Errors: t.errors}
}

// SnapshotAt returns the content as of at, a moment of the last 24 hours, as far as it is still known; Snapshot.Missing
// says what is not.
func (t *ErrorTracker) SnapshotAt(now, at time.Time) *Snapshot { return t.Snapshot(at) }

// Watch returns a channel that receives after something changed; it holds at most one value, so a slow watcher delays
// nobody and misses no change. Call stop when done.
func (t *ErrorTracker) Watch() (changed <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	t.mu.Lock()
	t.watchers[c] = struct{}{}
	t.mu.Unlock()
	return c, func() {
		t.mu.Lock()
		delete(t.watchers, c)
		t.mu.Unlock()
	}
}
