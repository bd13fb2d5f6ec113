package engine

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"errtop/internal/ingest"
	"errtop/internal/recording"
	"errtop/internal/safego"
	"errtop/tracker"
)

const (
	mergeSlack   = int64(time.Minute / playStep) // how far a log may be out of order, in steps
	mergeBatches = 8                             // batches between a reader and the merge
)

// portion is some of an input.
type portion struct {
	results []tracker.Result
	entries []recording.Entry // of a recording, that are no results
}

// reader is an input that is being read.
type reader struct {
	batches chan portion
	newest  int64 // step of its newest result; math.MinInt64 before the first, math.MaxInt64 at its end

	last time.Time         // of its newest result
	held []recording.Entry // what came before the first
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
	p       *simulation
	readers []*reader
	waiting map[int64]*portion // by step
	done    int64              // the last step that was played
	spare   []*portion
}

// merge reads all inputs at once, none further than the slowest, and plays what they hold.
func (p *simulation) merge(ctx context.Context, inputs []Source) error {
	group, ctx := safego.WithContext(ctx)
	m := &merger{p: p, waiting: map[int64]*portion{}, done: math.MinInt64}
	batches := sync.Pool{New: func() any { return new([]tracker.Result) }}
	problems := make(chan error, len(inputs))
	health := health{}
	for _, input := range inputs {
		r := &reader{batches: make(chan portion, mergeBatches), newest: math.MinInt64}
		m.readers = append(m.readers, r)
		hand := func(some portion) {
			select {
			case r.batches <- some:
			case <-ctx.Done():
			}
		}
		group.Go(func() error {
			defer close(r.batches)
			err := input(ctx, Intake{entry: func(e recording.Entry) { hand(portion{entries: []recording.Entry{e}}) }, Sink: ingest.Sink{
				Health: health.update, Emit: func(results []tracker.Result) {
					batch, _ := batches.Get().(*[]tracker.Result)
					hand(portion{results: append((*batch)[:0], results...)})
				},
			}})
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
			m.take(behind, batch.results)
			m.takeEntries(behind, batch.entries)
			if batch.results != nil {
				batches.Put(&batch.results)
			}
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
		if r.Time.After(from.last) {
			from.last = r.Time
		}
		at := m.at(from, r.Time)
		at.results = append(at.results, *r)
	}
}

// takeEntries puts what else a recording holds where it belongs: at its moment, or where that is far from the results around it, as in
// the recording of an old log, at its place among them.
func (m *merger) takeEntries(from *reader, entries []recording.Entry) {
	from.held = append(from.held, entries...)
	if from.last.IsZero() {
		return // the first result tells where they belong
	}
	for i := range from.held {
		moment := from.held[i].Moment()
		if moment.Sub(from.last).Abs() > aroundResults {
			moment = from.last
		}
		if m.p.test.To.IsZero() || moment.Before(m.p.test.To) {
			at := m.at(from, moment)
			at.entries = append(at.entries, from.held[i])
		}
	}
	from.held = from.held[:0]
}

// aroundResults is how far from the results around it an entry may be.
const aroundResults = time.Hour

// at returns what waits for the step of a moment that a reader has come to.
func (m *merger) at(from *reader, moment time.Time) *portion {
	step := moment.Unix() / int64(playStep/time.Second)
	from.newest = max(from.newest, step)
	step = max(step, m.done+1)
	some := m.waiting[step]
	if some == nil {
		if n := len(m.spare); n > 0 {
			some, m.spare = m.spare[n-1], m.spare[:n-1]
		} else {
			some = &portion{}
		}
		m.waiting[step] = some
	}
	return some
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
		some := m.waiting[step]
		delete(m.waiting, step)
		m.done = step
		end := time.Unix((step+1)*int64(playStep/time.Second), 0)
		m.p.entries(end, some.entries)
		m.p.step(end, some.results)
		clear(some.results)
		clear(some.entries)
		some.results, some.entries = some.results[:0], some.entries[:0]
		m.spare = append(m.spare, some)
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
