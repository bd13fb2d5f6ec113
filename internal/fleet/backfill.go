package fleet

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"errtop/internal/safego"
	"errtop/tracker"
)

// readersAtMost is how many hours are read at once: one is unpacked while the next is fetched. What agents sent of each is held in memory
// meanwhile, which bounds it.
const readersAtMost = 2

// unusedAfter is when a server forgets what was read with.
const unusedAfter = 30 * time.Second

// readAll reads the day from the stream: first who is there and the hours that are shown first, then the older ones, newest first.
func (v *Viewer) readAll(ctx context.Context, stream jetstream.Stream) error {
	newest := newestHour(time.Now())
	const latest = 1 // the clock of an agent may be in the next hour already
	group, first := safego.WithContext(ctx)
	group.Go(func() error { return v.readPresences(first, stream) })
	for h := newest + latest; h > newest-hotHours; h-- {
		group.Go(func() error { return v.readHour(first, stream, h) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	v.noteRead(func() { v.loaded = true })
	select {
	case <-v.shown: // the present comes first: what is older would take its processor time
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // nobody asks why
	}

	group, older := safego.WithContext(ctx)
	group.SetLimit(readersAtMost)
	for h := newest - hotHours; h > newest-hoursKept; h-- {
		group.Go(func() error { return v.readHour(older, stream, h) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	v.noteRead(func() { v.complete = true })
	return nil
}

// noteRead notes what was read, and has it shown at once.
func (v *Viewer) noteRead(note func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	note()
	v.dirty = true
	select {
	case v.urgent <- struct{}{}:
	default:
	}
}

// readAgain reads the hours of which something came late, and sums up those that are not hot any more.
func (v *Viewer) readAgain(ctx context.Context, stream jetstream.Stream) error {
	now := time.Now()
	newest := newestHour(now)
	var again []int64
	v.mu.Lock()
	v.release(now)
	for h, at := range v.hours {
		switch {
		case h <= newest-hoursKept:
			delete(v.hours, h)
		case !at.again.IsZero() && !now.Before(at.again), at.pieces != nil && h <= newest-hotHours:
			again = append(again, h)
			at.again = time.Time{}
		}
	}
	v.mu.Unlock()
	slices.Sort(again)
	for _, h := range slices.Backward(again) {
		if err := v.readHour(ctx, stream, h); err != nil {
			return err
		}
	}
	return nil
}

// readPresences reads which agents there are.
func (v *Viewer) readPresences(ctx context.Context, stream jetstream.Stream) error {
	return v.read(ctx, stream, prefix+token(v.settings.Team)+".*."+kindState, func(m jetstream.Msg) {
		meta, err := m.Metadata()
		a, ok := parse(v.settings.Team, m.Subject())
		if err == nil && ok && time.Since(meta.Timestamp) < forgetAfter {
			v.takePresence(a, m.Data(), meta.Timestamp)
		}
	})
}

// readHour reads an hour. An older one is summed up by place at once, and what was sent is let go.
func (v *Viewer) readHour(ctx context.Context, stream jetstream.Stream, h int64) error {
	if h <= newestHour(time.Now())-hotHours {
		v.mu.Lock()
		if at := v.hours[h]; at != nil {
			at.pieces = nil // what is read anew has all of it
		}
		v.mu.Unlock()
	}
	err := v.read(ctx, stream, prefix+token(v.settings.Team)+".*."+kindSum+"."+strconv.FormatInt(h, 10)+".>", func(m jetstream.Msg) { v.takeSum(m, true) })
	if err != nil || h > newestHour(time.Now())-hotHours {
		return err
	}
	v.mu.Lock()
	at := v.hourOf(h)
	pieces := maps.Clone(at.pieces)
	agents := v.places()
	v.mu.Unlock()
	sums, err := v.sumHour(byPlace(pieces, agents), agents)
	if err != nil {
		return err
	}
	v.mu.Lock()
	at.sums, at.pieces = sums, nil
	v.dirty = true
	v.mu.Unlock()
	return nil
}

// sumHour sums up an hour by place.
func (v *Viewer) sumHour(hours map[string][]agentHour, agents map[string]agentFacts) (map[string]tracker.State, error) {
	now := time.Now()
	sums := map[string]tracker.State{}
	var mu sync.Mutex
	err := inParallel(slices.Sorted(maps.Keys(hours)), func(place string) {
		total := tracker.NewAssembly(now, v.tracker)
		v.addPieces(total, hours[place], agents, now)
		state := total.State(tracker.Part{Brief: true})
		mu.Lock()
		defer mu.Unlock()
		sums[place] = state
	})
	return sums, err
}

// inParallel calls do for every place, on as many cores as there are. The error is a panic of one of them.
func inParallel(places []string, do func(place string)) error {
	group, _ := safego.WithContext(context.Background())
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, place := range places {
		group.Go(func() error { do(place); return nil })
	}
	return group.Wait()
}
