package tracker

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Settings are the bounds and rules of an [ErrorTracker]. A zero field means its default.
type Settings struct {
	Ring             int             // errors kept, 100
	MaxTargets       int             // 1000
	MaxGroups        int             // a target, 200
	MaxGroupsInAll   int             // of all targets together, 5000
	EvidenceBytes    int             // that the errors kept in the ring and as exemplars may take, 32 MB; at least 256 KB
	ContrastFields   []string        // that failing requests are compared by with all, at most 12; empty: all that results have
	BreakerThreshold int             // consecutive failures that open a breaker, 5
	BreakerRecovery  time.Duration   // from the last failure to the trial, 60 s
	GateCounts       func(Kind) bool // failures that a gate breaker counts; nil: every one
	ObservedCounts   func(Kind) bool // failures that an observed breaker counts; nil: 429, 5xx, timeouts, transport
}

func (s Settings) withDefaults() Settings {
	s.Ring = orDefault(s.Ring, 100)
	s.MaxTargets = orDefault(s.MaxTargets, 1000)
	s.MaxGroups = orDefault(s.MaxGroups, 200)
	s.MaxGroupsInAll = orDefault(s.MaxGroupsInAll, 5000)
	s.EvidenceBytes = max(orDefault(s.EvidenceBytes, 32<<20), 256<<10)
	s.BreakerThreshold = orDefault(s.BreakerThreshold, 5)
	s.BreakerRecovery = orDefault(s.BreakerRecovery, time.Minute)
	if s.GateCounts == nil {
		s.GateCounts = everyError
	}
	if s.ObservedCounts == nil {
		s.ObservedCounts = upstreamTrouble
	}
	return s
}

func orDefault[T cmp.Ordered](value, byDefault T) T {
	var zero T
	if value <= zero {
		return byDefault
	}
	return value
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
	clock    clock
	version  uint64
	seq      uint64
	watchers map[chan struct{}]struct{}

	targets   map[string]*target
	lately    [256]*target // of the newest results, by targetSlot
	waiting   []*target    // with results to fold
	all       activity     // over all targets
	gathered  gathered     // for all
	errors    ring
	evidence  evidence
	groups    map[uint64]*group
	known     *known
	prints    Fingerprinter
	sources   sources
	positions map[string]Position // how far each was read, of the results that were recorded
	events    []BreakerEvent      // newest transitions, as last shown; never changed in place
	marks     []Mark              // by time; never changed in place
	notes     []Note              // by time; never changed in place
	gaps      gapList
	view      view
	sums      []sums // scratch
	spare     spareBuckets
	stateSize int // of the content of the last State

	targetsDropped, groupsDropped uint64

	unplaced       map[string]bool // sources that have read what their positions do not cover yet
	of             keptPart        // of one that was decoded
	earlierChanges uint64          // of what [ErrorTracker.Keep] returns of the hours before the running one
}

// New returns an empty tracker.
func New(settings Settings) *ErrorTracker {
	settings = settings.withDefaults()
	return &ErrorTracker{
		settings: settings,
		watchers: map[chan struct{}]struct{}{},
		targets:  map[string]*target{},
		errors:   newRing(settings.Ring),
		evidence: evidence{budget: settings.EvidenceBytes},
		groups:   map[uint64]*group{},
		known:    newKnown(),
	}
}

// AddTargets declares targets that will be probed, so that they are shown, and can be stale, before their first result.
// Calling it again changes them; history stays. A target without Interval and URL is not probed: it only gets its objective
// and its breaker's settings.
func (t *ErrorTracker) AddTargets(now time.Time, targets ...TargetInfo) {
	if len(targets) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	for _, info := range targets {
		t.addTarget(info)
	}
}

func (t *ErrorTracker) addTarget(info TargetInfo) {
	tg := t.target(info.Name)
	if tg.name != info.Name {
		return // beyond the bound: its results will be counted together with those of others
	}
	if info.Period <= 0 {
		info.Period = 30 * 24 * time.Hour
	}
	if tg.announced > 0 && tg.info == info {
		return
	}
	tg.info = info
	if info.Interval > 0 || info.URL != "" {
		tg.probed = true
		t.clock.goLive()
	}
	if tg.announced == 0 {
		tg.announced = t.clock.shown()
	}
	for _, m := range [...]*machine{tg.gate, tg.observed} {
		if m != nil {
			m.tune(t.breakerSettings(tg))
		}
	}
	t.changed(tg)
}

// RemoveTargets removes targets and their history, and their errors from the ring.
func (t *ErrorTracker) RemoveTargets(now time.Time, names ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	t.flush()
	forgotten := false
	for _, name := range names {
		tg := t.targets[name]
		if tg == nil {
			continue
		}
		forgotten, tg.gone = true, true
		delete(t.targets, name)
		for _, g := range tg.groups {
			g.gone = true
			delete(t.groups, g.id)
		}
		t.errors.keep(func(f *Failure) bool { return f.Target != name })
	}
	if !forgotten {
		return
	}
	t.changedEarlier()
	t.countEvidence()
	t.lately = [256]*target{}
	t.countTogether()
	t.view.stale = true
	t.changed(nil)
}

// countTogether counts what all targets have together anew.
func (t *ErrorTracker) countTogether() {
	t.all = activity{edge: t.all.edge}
	for _, tg := range t.sorted() {
		t.all.absorb(&tg.act, nil)
		for _, c := range tg.act.columns {
			c.all = t.all.columns[t.all.column(c.key, nil)]
		}
	}
}

// UpdateSource sets the health of the source of that name. A live source makes the tracker's clock the caller's now, for good.
func (t *ErrorTracker) UpdateSource(now time.Time, source Source) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	if source.Live {
		t.clock.goLive()
	}
	if t.sources.update(source) {
		t.changed(nil)
	}
}

// Watch returns a channel that receives after something changed; it holds at most one value, so a slow watcher delays
// nobody and misses no change. What time alone changes (a window that slides, a target that falls silent) wakes nobody: who
// shows that takes a snapshot now and then. Call stop when done.
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

// Wake wakes everybody who watches, as if something had changed.
func (t *ErrorTracker) Wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wake()
}

// changed notes that a target, or with nil something else, changed, and wakes the watchers.
func (t *ErrorTracker) changed(tg *target) {
	if tg != nil {
		tg.dirty = true
	}
	t.version++
	t.wake()
}

func (t *ErrorTracker) wake() {
	for w := range t.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// begin notes the caller's now.
func (t *ErrorTracker) begin(now time.Time) {
	jump, jumped := t.clock.begin(now)
	switch {
	case !jumped:
	case jump.length() > 0:
		t.skip(jump)
	default:
		t.goBack(jump)
	}
}

// goBack forgets what lies ahead of a clock that was set back.
func (t *ErrorTracker) goBack(jump gap) {
	t.all.advance(jump.from.step()) // so that what is folded now lies within the windows, from which it is then forgotten
	t.flush()
	to := t.clock.at
	t.all.rewind(to.step())
	for _, tg := range t.targets {
		tg.rewind(to)
		for _, g := range tg.groups {
			g.rewind(to)
		}
	}
	t.sources.rewind(to)
	t.skip(jump)
	t.view.stale = true
}

// target returns the target of that name, made on first use, or "(other)" where there is no room for it.
func (t *ErrorTracker) target(name string) *target {
	if tg := t.targets[name]; tg != nil {
		return tg
	}
	if len(t.targets) >= t.settings.MaxTargets && name != otherName {
		return t.target(otherName)
	}
	tg := &target{name: name, dirty: true, shown: &Target{}, gaps: &t.gaps}
	tg.act.edge, tg.traits.only = t.clock.edge(), t.settings.ContrastFields
	t.targets[name] = tg
	t.view.stale = true
	return tg
}

func (t *ErrorTracker) breakerSettings(tg *target) (threshold int, recovery time.Duration) {
	threshold = orDefault(tg.info.BreakerThreshold, t.settings.BreakerThreshold)
	recovery = orDefault(tg.info.BreakerRecovery, t.settings.BreakerRecovery)
	return threshold, recovery
}

func (t *ErrorTracker) newMachine(tg *target) *machine { return newMachine(t.breakerSettings(tg)) }

// newObserver returns a machine that holds nothing back: what follows the wait is just the next request.
func (t *ErrorTracker) newObserver(tg *target) *machine {
	m := t.newMachine(tg)
	m.trialName = "the first request after the wait"
	return m
}

// sorted returns the targets by name.
func (t *ErrorTracker) sorted() []*target {
	out := make([]*target, 0, len(t.targets))
	for _, tg := range t.targets {
		out = append(out, tg)
	}
	slices.SortFunc(out, func(a, b *target) int { return cmp.Compare(a.name, b.name) })
	return out
}
