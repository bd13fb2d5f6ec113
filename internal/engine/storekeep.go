package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"errtop/internal/store"
	"errtop/tracker"
)

const (
	keepTick  = 250 * time.Millisecond // how often it is looked whether there is something to keep
	keepEvery = 5 * time.Second        // and it is kept at most so often
	keepRate  = 28 << 10               // bytes a second on average: to disk come half as many again
	keepLast  = 60 * time.Second       // but it is kept at least so often, whatever it takes
	keepRetry = 5 * time.Second        // after a write that failed

	alertsTimeout = 500 * time.Millisecond // nobody waits longer for alerts to be kept
)

// storeRequest is something to be written, by the one goroutine that writes.
type storeRequest struct {
	write func(context.Context, *store.Store) error
	done  chan error // has room for one
}

// run keeps what the engine holds until ctx is done, and then once more. It is the one goroutine that uses the store.
func (k *storing) run(ctx context.Context) error {
	tick := time.NewTicker(keepTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return k.end(context.WithoutCancel(ctx))
		case request := <-k.requests:
			request.done <- k.serve(ctx, request)
		case now := <-tick.C:
			k.tick(ctx, now)
		}
	}
}

// tick does what there is to do at a moment.
func (k *storing) tick(ctx context.Context, now time.Time) {
	k.openLate(ctx, now)
	k.noteJump(ctx, now)
	k.keep(ctx, now)
	k.keepPast(ctx, now)
}

// openLate opens the store once something is live, where it waited for that, and again where it could not be opened for writing.
func (k *storing) openLate(ctx context.Context, now time.Time) {
	switch {
	case k.retry.IsZero() && (k.store != nil || !k.options.WhenLive || k.gaveUp || !isLive(k.engine.Snapshot(now))):
		return
	case now.Before(k.retry) && k.retry.Sub(now) <= openRetry:
		return
	}
	var o opened
	err := k.watched(func() (err error) {
		o, err = openStore(ctx, k.options)
		return err
	})
	switch {
	case ctx.Err() != nil && err != nil:
	case err != nil:
		k.cannotKeep(err)
	case o.readOnly && k.store != nil:
		k.cannotKeep(errors.Join(o.held, o.store.Close()))
	default:
		k.takeLate(o)
	}
}

// takeLate goes on with a store that could not be opened at the start, or was not wanted then. The engine counts already: of what the store
// holds, the hours are kept, and alerting is taken over where there is none yet.
func (k *storing) takeLate(o opened) {
	if was := k.store; was != nil { // open for reading until now: what it held was restored
		k.setStore(nil)
		_ = was.Close() // only read from
	}
	k.past.leftover, o.state.Tracker = o.state.Tracker, nil
	if !k.engine.alerting.isNew() {
		o.state.Alerting = nil
	}
	failed := k.hasFailed()
	k.retry, k.gaveUp = time.Time{}, false
	k.take(o)
	if failed && !k.readOnly {
		k.notice("the store is open, and everything is kept from now on")
	}
}

// isLive reports whether anything that was read is of now.
func isLive(s *tracker.Snapshot) bool {
	return slices.ContainsFunc(s.Sources, func(source tracker.Source) bool { return source.Live && source.Results > 0 })
}

func (k *storing) serve(ctx context.Context, request storeRequest) error {
	if k.store == nil || k.readOnly {
		return errors.New("there is no store to write")
	}
	return k.watched(func() error { return request.write(ctx, k.store) })
}

// keep writes what has changed, unless it is too early. What cannot be written now is written with what comes.
func (k *storing) keep(ctx context.Context, now time.Time) {
	if k.store == nil || k.readOnly || now.Before(k.next) && k.next.Sub(now) <= keepLast {
		return
	}
	kept, mark, ok := k.engine.tracker.Keep(now, k.mark)
	if !ok {
		return
	}
	var bytes int
	err := k.watched(func() (err error) {
		bytes, err = k.store.Save(ctx, kept)
		return err
	})
	if err != nil {
		k.next = now.Add(keepRetry)
		if ctx.Err() == nil {
			k.failed(err)
		}
		return
	}
	k.mark = mark
	k.past.stale = k.past.stale || !kept.Earlier.At().IsZero()
	k.next = now.Add(min(max(keepEvery, time.Duration(bytes)*time.Second/keepRate), keepLast))
	k.showSize()
}

// failed tells that the store cannot be written, once until it can.
func (k *storing) failed(err error) {
	problem := "cannot be written, and is tried again: " + err.Error()
	if !k.hasFailed() {
		k.notice(fmt.Sprintf("nothing is kept for the moment: %v", err))
	}
	k.show(tracker.SourceFailed, problem)
}

// slowWrite is how long a write may take before viewers are told.
const slowWrite = 2 * time.Second

// watched writes. A write that takes long is told while it goes on, and once it has ended.
func (k *storing) watched(write func() error) error {
	told := make(chan struct{})
	slow := time.AfterFunc(slowWrite, func() {
		defer close(told)
		if !k.hasFailed() {
			k.notice("the disk of the store is slow: what comes meanwhile is kept once it answers")
		}
		k.show(tracker.SourceFailed, "the disk is slow: a write takes longer than "+slowWrite.String()+"; what comes meanwhile is kept once it answers")
	})
	err := write()
	if slow.Stop() {
		return err
	}
	<-told
	if err == nil && k.store != nil && !k.readOnly {
		k.showSize()
	}
	return err
}

// lastSaveTimeout bounds the save at the end: what is not kept then is lost, so it may take longer than all else that ends.
const lastSaveTimeout = 700 * time.Millisecond

// end keeps everything once more and closes the store.
func (k *storing) end(ctx context.Context) error {
	if k.store == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lastSaveTimeout)
	defer cancel()
	k.next, k.past.next = time.Time{}, time.Time{}
	k.keep(ctx, k.clock())
	k.keepPast(ctx, k.clock())
	kept := k.store
	k.setStore(nil)
	return kept.Close()
}

// keptAlerts is what keeps the state of alerting in the store.
type keptAlerts struct {
	storing *storing
	loaded  []byte
}

// LoadAlerts returns what the store held when it was opened.
func (a *keptAlerts) LoadAlerts() ([]byte, error) { return a.loaded, nil }

// SaveAlerts writes the state, or fails where the disk takes too long.
func (a *keptAlerts) SaveAlerts(state []byte) error {
	request := storeRequest{done: make(chan error, 1), write: func(ctx context.Context, s *store.Store) error {
		return s.SaveAlerting(ctx, a.storing.clock().UnixNano(), state)
	}}
	timeout := time.NewTimer(alertsTimeout)
	defer timeout.Stop()
	select {
	case a.storing.requests <- request:
	case <-timeout.C:
		return errNoAnswer
	}
	select {
	case err := <-request.done:
		return err
	case <-timeout.C:
		return errNoAnswer
	}
}

// keepIn makes a keeper keep the alerts, and takes over what it has.
func (a *alerting) keepIn(keeper AlertKeeper) {
	a.mu.Lock()
	a.keeper = keeper
	a.mu.Unlock()
	a.load()
}
