package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"errtop/internal/ingest"
	"errtop/internal/safego"
	"errtop/internal/store"
	"errtop/tracker"
)

// StoreOptions say where an engine remembers what it saw. The zero value is nowhere.
type StoreOptions struct {
	Path     string // of the file
	MaxBytes int64  // that it may take, its log included; 0: the store's default
	// WhenLive says that nobody asked for the store: it is made once something is live, because a log that is finished is read again as fast,
	// and it is left alone without a fuss where another process has it. What is in it of other logs under the same names is not restored.
	WhenLive bool
}

const (
	openTimeout = 5 * time.Second // a disk that takes longer to open the store is not waited for
	storeSource = "store"         // begins the name of the source that shows the store
)

// storing keeps what an engine holds in a store.
type storing struct {
	engine  *Engine
	options StoreOptions
	clock   func() time.Time // time.Now

	mu       sync.Mutex   // guards store against those who look at the past
	store    *store.Store // nil while there is none; set by the goroutine of run
	readOnly bool         // another process writes it
	requests chan storeRequest
	mark     tracker.KeptMark // of what was kept last
	next     time.Time        // nothing is kept before
	retry    time.Time        // when opening it is tried again; zero where that is of no use
	gaveUp   bool             // opening failed for good
	past     keptPast

	showing sync.Mutex     // guards shown
	shown   tracker.Source // as the source of it was shown last
}

// newStoring returns what keeps an engine, nil where nothing is kept.
func newStoring(e *Engine, o StoreOptions) *storing {
	if o.Path == "" {
		return nil
	}
	return &storing{engine: e, options: o, clock: time.Now, requests: make(chan storeRequest)}
}

// start opens the store and restores what it holds, before any source begins. Whatever is wrong with it is told to viewers, and the engine
// goes on without.
func (k *storing) start(ctx context.Context) {
	if k == nil {
		return
	}
	if _, err := os.Stat(k.options.Path); k.options.WhenLive && errors.Is(err, os.ErrNotExist) {
		return
	}
	k.open(ctx)
}

func (k *storing) setStore(s *store.Store) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.store = s
}

// opened is a store with what it held.
type opened struct {
	store    *store.Store
	state    store.State
	readOnly bool
	held     error // why it is read only
	problem  error // of the state
}

// open opens the store, unless the disk takes too long, and restores what it holds.
func (k *storing) open(ctx context.Context) {
	results, late := make(chan opened), make(chan struct{})
	failed := safego.Start(func() error {
		o, err := openStore(ctx, k.options)
		if err != nil {
			return err
		}
		select {
		case results <- o:
		case <-late:
			return o.store.Close()
		}
		return nil
	})
	timeout := time.NewTimer(openTimeout)
	defer timeout.Stop()
	select {
	case o := <-results:
		k.take(o)
	case err := <-failed:
		k.cannotKeep(err)
	case <-timeout.C:
		close(late)
		k.cannotKeep(fmt.Errorf("%s: %w", k.options.Path, errNoAnswer))
	case <-ctx.Done():
		close(late)
	}
}

// openRetry is how long after opening failed it is tried again.
const openRetry = 10 * time.Second

// cannotKeep tells that nothing is kept, and why. Where that may pass, opening is tried again.
func (k *storing) cannotKeep(why error) {
	text := "nothing is kept: " + why.Error()
	k.retry, k.gaveUp = time.Time{}, true
	if store.IsTransient(why) || errors.Is(why, errNoAnswer) {
		k.retry, k.gaveUp = k.clock().Add(openRetry), false
		text = "nothing is kept, and opening is tried again: " + why.Error()
	}
	if k.options.WhenLive { // nobody asked for it
		if held, ok := errors.AsType[*store.HeldError](why); ok {
			text = "kept by " + held.Holder.String()
		}
		k.show(tracker.SourceWaiting, text)
		return
	}
	if !k.hasFailed() {
		k.notice(text)
	}
	k.show(tracker.SourceFailed, text)
}

// errNoAnswer is within the error of a disk that does not answer.
var errNoAnswer = errors.New("the disk does not answer")

// longestNote bounds what is told of a store, in bytes.
const longestNote = 500

// notice tells viewers something, harmless and masked: paths are the user's, and errors of the disk may quote them.
func (k *storing) notice(text string) { k.engine.Notice(k.masked(text)) }

func (k *storing) masked(text string) string {
	return k.engine.line(text, longestNote)
}

// openStore opens a store for writing, or for reading where another process writes it, or nobody can.
func openStore(ctx context.Context, options StoreOptions) (o opened, err error) {
	open := store.Options{Path: options.Path, MaxBytes: options.MaxBytes, Now: time.Now()}
	o.store, err = store.Open(ctx, open)
	if _, held := errors.AsType[*store.HeldError](err); held || store.IsTransient(err) {
		open.ReadOnly, o.readOnly, o.held = true, true, err
		if o.store, err = store.Open(ctx, open); err != nil && !held {
			err = o.held
		}
	}
	if err != nil {
		return o, err
	}
	o.state, o.problem = o.store.Load(ctx)
	return o, nil
}

// take goes on with what a store held.
func (k *storing) take(o opened) {
	e := k.engine
	k.setStore(o.store)
	k.readOnly = o.readOnly
	for _, note := range o.store.Notes() {
		k.notice(note)
	}
	if o.problem != nil {
		k.notice("not everything could be restored: " + o.problem.Error())
	}
	if err := k.restore(o.state); err != nil {
		k.notice(fmt.Sprintf("nothing could be restored from %s: %v", k.options.Path, err))
	}
	if k.readOnly {
		k.cannotKeep(o.held)
		return
	}
	k.showSize()
	if e.options.Alerts == nil {
		e.alerting.keepIn(&keptAlerts{storing: k, loaded: o.state.Alerting})
	}
}

// restore makes the tracker what the state says. Targets and sources that are not in the settings any more are gone.
func (k *storing) restore(state store.State) error {
	if len(state.Tracker) == 0 {
		return nil
	}
	e, now := k.engine, k.clock()
	if k.options.WhenLive && isOfOtherLogs(state.Tracker[0]) {
		k.past.leftover = state.Tracker
		return nil
	}
	if lost := now.Sub(state.Tracker[0].At()); lost > jumpAhead || lost < -jumpBack {
		k.past.leftover = state.Tracker // hours that the tracker forgets as it is restored
		k.past.setBack = lost < 0
	}
	if err := e.tracker.Restore(now, state.Tracker...); err != nil {
		return err
	}
	snapshot := e.tracker.Snapshot(now)
	for _, source := range snapshot.Sources { // those that are still read say so
		source.State, source.Live, source.Problem = tracker.SourceGone, false, ""
		e.tracker.UpdateSource(now, source)
	}
	known := map[string]bool{}
	for i := range e.options.Settings.Targets {
		known[targetInfo(&e.options.Settings.Targets[i]).Name] = true
	}
	var gone []string
	for _, target := range snapshot.Targets {
		if target.Probed && !known[target.Name] {
			gone = append(gone, target.Name)
		}
	}
	e.tracker.RemoveTargets(now, gone...)
	e.restored = e.tracker.NewestBySource()
	e.shared.drop()
	return nil
}

// isOfOtherLogs reports whether none of the files that a state has positions of is there any more: logs of the same names were written anew.
func isOfOtherLogs(state tracker.State) bool {
	positions, err := state.Positions()
	if err != nil || len(positions) == 0 {
		return false
	}
	for path, at := range positions {
		if ingest.IsLeft(path, ingestPosition(at)) {
			return false
		}
	}
	return true
}

// show shows the store among the sources. It may be called while a write goes on.
func (k *storing) show(state tracker.SourceState, problem string) {
	k.showing.Lock()
	defer k.showing.Unlock()
	source := tracker.Source{Name: k.masked(storeSource + " " + filepath.Base(k.options.Path)), State: state, Problem: k.masked(problem), Format: k.shown.Format}
	if state == tracker.SourceReading { // a disk that is in trouble is asked nothing
		size, most := k.store.Size()
		source.Format = fmt.Sprintf("%d of %d MB", (size+1<<20-1)>>20, most>>20)
	}
	if source.State != k.shown.State || source.Problem != k.shown.Problem || source.Format != k.shown.Format {
		k.shown = source
		k.engine.tracker.UpdateSource(k.clock(), source)
	}
}

// hasFailed reports whether viewers are told that nothing is kept.
func (k *storing) hasFailed() bool {
	k.showing.Lock()
	defer k.showing.Unlock()
	return k.shown.State == tracker.SourceFailed
}

func (k *storing) showSize() { k.show(tracker.SourceReading, "") }
