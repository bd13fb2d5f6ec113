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

// storedLimits is what a store does not tell a backtest.
var storedLimits = [...]string{
	"a store keeps latencies by the hour: what is told of them comes at the hour",
	"a store keeps no routes, messages, versions or hosts by the minute: rules that ask for them never hold",
}

// storedParts is in how many results the requests of a minute with one outcome come: one for each step of a backtest.
const storedParts = int(time.Minute / playStep)

// FromStore reads what a store keeps of the past for a [Backtest]: how many requests had which outcome, minute by minute, from a moment on.
// Each result stands for many ([tracker.Result].Weight) and has no route or message, which are not kept. Latencies are kept of whole hours: each
// minute gets the same share of them, so that a change is seen at the hour. Hours that the store has thinned are spread evenly.
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
			latencies := make([]strata, len(hours))
			for i := range hours {
				latencies[i] = strataOf(&hours[i])
			}
			for minute := range 60 {
				results = storedMinute(results[:0], hours, latencies, minute)
				if len(results) > 0 {
					in.Emit(results)
				}
			}
		}
		return nil
	}
}

// storedMinute appends the results of one minute of several targets' hours, in the order of their times.
func storedMinute(results []tracker.Result, hours []tracker.Hour, latencies []strata, minute int) []tracker.Result {
	for part := range storedParts {
		for i := range hours {
			h := &hours[i]
			at := h.Start.Add(time.Duration(minute)*time.Minute + time.Duration(part)*playStep + playStep/2)
			for j := range h.Counts {
				c := &h.Counts[j]
				n := int(c.Minutes[minute])
				r := tracker.Result{Time: at, Target: h.Target, Status: c.Outcome.Status, Kind: c.Outcome.Kind, Origin: c.Origin, Inconclusive: c.Inconclusive}
				results = appendStored(results, &r, n*(part+1)/storedParts-n*part/storedParts, &latencies[i], minute*storedParts+part)
			}
		}
	}
	return results
}

// appendStored appends results that together stand for n requests of one outcome in one part of a minute: several, with latencies from
// throughout the hour's, where there are enough.
func appendStored(results []tracker.Result, r *tracker.Result, n int, latencies *strata, part int) []tracker.Result {
	pieces := min(strataCount/storedParts, n)
	for piece := range pieces {
		stratum := part*7 + piece*storedParts // all of them in a minute with enough requests, else in turns: 7 and 24 have no common divisor
		if n >= strataCount/storedParts {
			stratum = part%storedParts + piece*storedParts
		}
		r.Latency = latencies[stratum%strataCount]
		for left := n*(piece+1)/pieces - n*piece/pieces; left > 0; left -= maxWeight {
			r.Weight = uint16(min(left, maxWeight))
			results = append(results, *r)
		}
	}
	return results
}

// strata are latencies of an hour, the least first, each of which stands for as many; all zero where none is known.
type strata [strataCount]time.Duration

const strataCount = 4 * 6 // four in each part of a minute

func strataOf(h *tracker.Hour) (s strata) {
	total := uint64(0)
	for _, l := range h.Latency {
		total += uint64(l.N)
	}
	below, next := uint64(0), 0
	for _, l := range h.Latency {
		below += uint64(l.N)
		for ; next < strataCount && below*(2*strataCount) >= total*uint64(2*next+1); next++ {
			s[next] = l.Bucket.Value()
		}
	}
	return s
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
