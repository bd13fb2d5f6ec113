package engine

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"errtop/internal/ingest"
	"errtop/internal/safego"
	"errtop/tracker"
)

const (
	mergeSlack   = int64(time.Minute / playStep) // how far a log may be out of order, in steps
	mergeBatches = 8                             // batches between a reader and the merge
)

// reader is an input that is being read.
type reader struct {
	batches chan []tracker.Result
	newest  int64 // step of its newest result; math.MinInt64 before the first, math.MaxInt64 at its end
}

// frontier is the step before which nothing more comes.
func (r *reader) frontier() int64 {
	if r.newest == math.MinInt64 || r.newest == math.MaxInt64 {
		return r.newest
	}
	return r.newest - mergeSlack
}

// merger puts the results of several inputs in the order of their times, by steps.
type merger struct {
	p       *playback
	readers []*reader
	waiting map[int64][]tracker.Result // by step
	done    int64                      // the last step that was played
	spare   [][]tracker.Result
}

// merge reads all inputs at once, none further than the slowest, and plays what they hold.
func (p *playback) merge(ctx context.Context, inputs []Source) error {
	group, ctx := safego.WithContext(ctx)
	m := &merger{p: p, waiting: map[int64][]tracker.Result{}, done: math.MinInt64}
	batches := sync.Pool{New: func() any { return new([]tracker.Result) }}
	problems := make(chan error, len(inputs))
	health := health{}
	for _, input := range inputs {
		r := &reader{batches: make(chan []tracker.Result, mergeBatches), newest: math.MinInt64}
		m.readers = append(m.readers, r)
		group.Go(func() error {
			defer close(r.batches)
			err := input(ctx, Intake{Sink: ingest.Sink{Health: health.update, Emit: func(results []tracker.Result) {
				batch, _ := batches.Get().(*[]tracker.Result)
				select {
				case r.batches <- append((*batch)[:0], results...):
				case <-ctx.Done():
				}
			}}})
			if isSourceError(err) {
				problems <- err
				return nil
			}
			return err
		})
	}
	group.Go(func() error { return m.run(ctx, &batches) })
	if err := group.Wait(); err != nil {
		return err
	}
	close(problems)
	var failed []error
	for problem := range problems {
		failed = append(failed, problem)
	}
	health.report(&p.out)
	return errors.Join(failed...)
}

// run plays until every input has ended.
func (m *merger) run(ctx context.Context, batches *sync.Pool) error {
	for {
		behind := slices.MinFunc(m.readers, func(a, b *reader) int { return compare(a.frontier(), b.frontier()) })
		m.advance(behind.frontier())
		if behind.newest == math.MaxInt64 {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil // whoever ended it knows why
		case batch, ok := <-behind.batches:
			if !ok {
				behind.newest = math.MaxInt64
				continue
			}
			m.take(behind, batch)
			batches.Put(&batch)
		}
	}
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// take puts results where they belong. What comes later than the merge waits for is played with the next step, and counts at its time.
func (m *merger) take(from *reader, batch []tracker.Result) {
	latest := time.Now().Add(time.Hour)
	for i := range batch {
		r := &batch[i]
		switch {
		case r.Time.IsZero():
			m.p.out.Untimed++
			continue
		case r.Time.After(latest), r.Time.Year() < 1990:
			m.p.out.Impossible++
			continue
		case !m.p.test.To.IsZero() && !r.Time.Before(m.p.test.To):
			continue
		}
		step := r.Time.Unix() / int64(playStep/time.Second)
		from.newest = max(from.newest, step)
		step = max(step, m.done+1)
		list, ok := m.waiting[step]
		if !ok && len(m.spare) > 0 {
			list = m.spare[len(m.spare)-1]
			m.spare = m.spare[:len(m.spare)-1]
		}
		m.waiting[step] = append(list, *r)
	}
}

// advance plays the steps before one.
func (m *merger) advance(frontier int64) {
	var ready []int64
	for step := range m.waiting {
		if step < frontier {
			ready = append(ready, step)
		}
	}
	slices.Sort(ready)
	for _, step := range ready {
		results := m.waiting[step]
		delete(m.waiting, step)
		m.done = step
		m.p.step(time.Unix((step+1)*int64(playStep/time.Second), 0), results)
		clear(results)
		m.spare = append(m.spare, results[:0])
	}
}

// health is what readers say of themselves.
type health struct {
	mu      sync.Mutex
	sources map[string]tracker.Source
}

func (h *health) update(source tracker.Source) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sources == nil {
		h.sources = map[string]tracker.Source{}
	}
	h.sources[source.Name] = source
}

func (h *health) report(out *Backtested) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, source := range h.sources {
		out.Lines += source.Lines
		out.Unreadable += source.Unreadable
	}
}
