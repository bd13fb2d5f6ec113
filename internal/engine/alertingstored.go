package engine

import (
	"context"
	"errors"
	"strings"
	"time"

	"errtop/internal/logline"
	"errtop/internal/store"
	"errtop/tracker"
)

// storedParts is in how many results the requests of a minute with one outcome come: one for each step of a backtest.
const storedParts = int(time.Minute / playStep)

// FromStore reads what a store keeps of the past for a [Backtest]: how many requests had which outcome, minute by minute, from a moment on.
// Each result stands for many ([tracker.Result].Weight) and has no latency, route or message, which are not kept by the minute. Hours
// that the store has thinned are spread evenly.
func FromStore(path string, from time.Time) Source {
	return func(ctx context.Context, in Intake) error {
		failed := func(err error) error {
			return &logline.SourceError{Name: path, Err: errors.New(strings.TrimPrefix(err.Error(), "store "+path+": "))}
		}
		s, err := store.Open(ctx, store.Options{Path: path, ReadOnly: true, Now: time.Now()})
		if err != nil {
			return failed(err)
		}
		defer s.Close() //nolint:errcheck // only read from
		first, err := s.First(ctx, "")
		if err != nil || first.IsZero() {
			if err == nil {
				err = errors.New("keeps no hour of the past yet")
			}
			return failed(err)
		}
		if from = from.Truncate(time.Hour); from.After(first) {
			first = from
		}
		var results []tracker.Result
		for hour := first; hour.Before(time.Now()) && ctx.Err() == nil; hour = hour.Add(time.Hour) {
			hours, err := s.Hours(ctx, "", hour, hour.Add(time.Hour))
			if err != nil {
				return failed(err)
			}
			for i := range hours {
				if thinned(&hours[i]) {
					spread(&hours[i])
				}
			}
			for minute := range 60 {
				results = storedMinute(results[:0], hours, minute)
				if len(results) > 0 {
					in.Emit(results)
				}
			}
		}
		return nil
	}
}

// storedMinute appends the results of one minute of several targets' hours, in the order of their times.
func storedMinute(results []tracker.Result, hours []tracker.Hour, minute int) []tracker.Result {
	for part := range storedParts {
		for i := range hours {
			h := &hours[i]
			at := h.Start.Add(time.Duration(minute)*time.Minute + time.Duration(part)*playStep + playStep/2)
			for j := range h.Counts {
				c := &h.Counts[j]
				n := int(c.Minutes[minute])
				for left := n*(part+1)/storedParts - n*part/storedParts; left > 0; left -= maxWeight {
					results = append(results, tracker.Result{
						Time: at, Target: h.Target, Status: c.Outcome.Status, Kind: c.Outcome.Kind, Origin: c.Origin, Inconclusive: c.Inconclusive,
						Weight: uint16(min(left, maxWeight)),
					})
				}
			}
		}
	}
	return results
}

// maxWeight is how many requests one result stands for at most.
const maxWeight = 60_000

// thinned reports whether all of an hour stands in its first minute, as the store keeps hours of long ago.
func thinned(h *tracker.Hour) bool {
	n := uint32(0)
	for i := range h.Counts {
		for minute, count := range h.Counts[i].Minutes {
			if minute > 0 && count > 0 {
				return false
			}
			n += count
		}
	}
	return n > 1
}

// spread lays what stands in an hour's first minute evenly over the hour.
func spread(h *tracker.Hour) {
	for i := range h.Counts {
		minutes := &h.Counts[i].Minutes
		n := uint64(minutes[0])
		for m := range uint64(60) {
			minutes[m] = uint32(n*(m+1)/60 - n*m/60) //nolint:gosec // at most n
		}
	}
}
