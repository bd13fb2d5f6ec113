package stats

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"errtop/internal/logline"
	"errtop/tracker"
)

// Summary is what logs held, summed up. It marshals to the object that `errtop stats --json` prints.
type Summary struct {
	by     Dimension
	tally  *tally
	unread []tracker.Unreadable
}

// newSummary returns the summary of nothing.
func newSummary(by Dimension) *Summary { return &Summary{by: by, tally: newTally()} }

// merge adds a log's counts.
func (s *Summary) merge(name string, t *tally) {
	s.tally.merge(t)
	for _, line := range t.samples {
		s.unread = append(s.unread, tracker.Unreadable{
			Number: line.line, Text: logline.SafeLine([]byte(line.text), logline.MaxSample), Reason: logline.SafeLine([]byte(name), logline.MaxName) + ": " + line.reason,
		})
	}
	s.unread = s.unread[max(0, len(s.unread)-logline.MaxSamples):]
}

// Lines returns how many lines were read, blank ones and directives included.
func (s *Summary) Lines() uint64 { return s.tally.lines }

// Results returns how many lines were a request's outcome.
func (s *Summary) Results() uint64 { return s.tally.results }

// Errors returns how many requests failed. Requests that were never sent are not errors.
func (s *Summary) Errors() uint64 { return s.tally.errors }

// Skipped returns how many lines could not be read.
func (s *Summary) Skipped() uint64 { return s.tally.skipped }

// leftOut returns how many results the filter did not let through.
func (s *Summary) leftOut() uint64 { return s.tally.filtered }

// Unreadable returns the last ten lines that could not be read, with the log's name in the reason.
func (s *Summary) Unreadable() []tracker.Unreadable { return s.unread }

// Group is a set of errors that share target, method, route template, outcome and normalised message.
type Group struct {
	Count   uint64    `json:"count"`
	Target  string    `json:"target"`
	Method  string    `json:"method,omitempty"`
	Route   string    `json:"route,omitempty"`
	Status  int       `json:"status"` // 0 if none was received
	Kind    string    `json:"kind"`
	Error   string    `json:"error,omitempty"` // one of their error types
	Message string    `json:"message"`         // normalised: "Try again in {n} seconds"; the error type where there is none
	First   time.Time `json:"first,omitzero"`
	Last    time.Time `json:"last,omitzero"`
	Folded  int       `json:"folded,omitempty"` // groups that differed in one place, {any}, and were merged into it
}

// Hour is one hour of a log.
type Hour struct {
	Start    time.Time `json:"start"`
	Requests uint64    `json:"requests"`
	Errors   uint64    `json:"errors"`
}

// latencies are quantiles in milliseconds.
type latencies struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// document is the object of `errtop stats --json`.
type document struct {
	Lines    uint64            `json:"lines"`
	Results  uint64            `json:"results"`
	Errors   uint64            `json:"errors"`
	NotSent  uint64            `json:"not_sent,omitempty"` // failures that never reached the network: no errors
	Skipped  uint64            `json:"skipped"`
	First    time.Time         `json:"first,omitzero"`
	Last     time.Time         `json:"last,omitzero"`
	ByStatus map[string]uint64 `json:"by_status"`
	ByTarget map[string]uint64 `json:"by_target"`
	Failures map[string]uint64 `json:"errors_by_target"`
	Hourly   []Hour            `json:"hourly"`
	Unfiled  uint64            `json:"without_hour,omitempty"` // results without a time, or beyond what hourly holds
	Groups   []Group           `json:"groups"`
	By       *breakdown        `json:"by,omitempty"`       // where --by asked for it
	LeftOut  uint64            `json:"left_out,omitempty"` // results that the filter did not let through
	Latency  *latencies        `json:"latency_ms,omitempty"`
}

// breakdown is a summary by one dimension.
type breakdown struct {
	Dimension Dimension `json:"dimension"`
	Rows      []Row     `json:"rows"`
}

// MarshalJSON returns the object that `errtop stats --json` prints: by_status and by_target count all results, skipped
// the lines that could not be read; hourly holds the hours in which there were requests; groups the thousand largest.
func (s *Summary) MarshalJSON() ([]byte, error) {
	t := s.tally
	d := document{
		Lines: t.lines, Results: t.results, Errors: t.errors, NotSent: t.notSent, Skipped: t.skipped,
		ByStatus: s.byStatus(), ByTarget: map[string]uint64{}, Failures: map[string]uint64{},
		Hourly: s.Hours(), Unfiled: t.unfiled, Groups: s.Groups(1000),
	}
	d.LeftOut = t.filtered
	if s.by != "" {
		d.By = &breakdown{s.by, s.Rows(s.by)}
	}
	d.First, d.Last = t.period.times()
	for name, c := range t.targets {
		d.ByTarget[name] = c.requests
		if c.errors > 0 {
			d.Failures[name] = c.errors
		}
	}
	if t.latency.count > 0 {
		ms := func(q float64) float64 {
			return float64(t.latency.quantile(q).Round(time.Microsecond)) / float64(time.Millisecond)
		}
		d.Latency = &latencies{ms(0.5), ms(0.9), ms(0.95), ms(0.99)}
	}
	b, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("summary: %w", err)
	}
	return b, nil
}

// byStatus returns the results by status, or kind where that says more.
func (s *Summary) byStatus() map[string]uint64 {
	by := map[string]uint64{}
	for status, n := range s.tally.status {
		if n > 0 {
			by[tracker.Outcome{Status: status, Kind: tracker.KindOf(status)}.Label()] += n
		}
	}
	for outcome, n := range s.tally.outcomes {
		by[outcome.Label()] += n
	}
	return by
}

// Hours returns the hours in which there were requests, oldest first.
func (s *Summary) Hours() []Hour {
	hours := make([]Hour, 0, len(s.tally.hours))
	for _, number := range slices.Sorted(maps.Keys(s.tally.hours)) {
		c := s.tally.hours[number]
		hours = append(hours, Hour{time.Unix(number*3600, 0).UTC(), c.requests, c.errors})
	}
	return hours
}

// Groups returns the largest groups of errors, at most that many.
func (s *Summary) Groups(most int) []Group {
	groups, _ := s.groups(most)
	return groups
}

// groups is Groups with how many groups there are.
func (s *Summary) groups(most int) (largest []Group, count int) {
	all := folded(s.tally.groups.all)
	groups := make([]Group, 0, len(all))
	for _, g := range all {
		first, last := g.period.times()
		groups = append(groups, Group{
			Count: g.count, Target: g.Target, Method: g.Method, Route: g.Route, Status: g.Outcome.Status,
			Kind: g.Outcome.Kind.String(), Error: g.err, Message: g.Message, First: first, Last: last, Folded: g.folded,
		})
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Status, b.Status),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Route, b.Route),
			cmp.Compare(a.Message, b.Message))
	})
	return groups[:min(len(groups), most)], len(groups)
}
