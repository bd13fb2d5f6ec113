package stats

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"errtop/internal/human"
	"errtop/tracker"
)

// Dimension is what a summary can be broken down by.
type Dimension string

// The dimensions.
const (
	ByTarget Dimension = "target"
	ByStatus Dimension = "status"
	ByKind   Dimension = "kind"
	ByRoute  Dimension = "route" // method and route template
	ByHour   Dimension = "hour"
	ByGroup  Dimension = "group"
)

// Dimensions returns all dimensions in the order that help lists them.
func Dimensions() []Dimension {
	return []Dimension{ByTarget, ByStatus, ByKind, ByRoute, ByHour, ByGroup}
}

// check rejects unknown dimensions, and an empty list.
func (by Dimension) check() error {
	if by == "" || slices.Contains(Dimensions(), by) {
		return nil
	}
	var names []string
	for _, d := range Dimensions() {
		names = append(names, string(d))
	}
	return errors.New("by " + string(by) + ": known are " + strings.Join(names, ", "))
}

// Row is one value of a dimension.
type Row struct {
	Key      string `json:"key"`
	Requests uint64 `json:"requests"`
	Errors   uint64 `json:"errors"`
}

// Rows returns the summary by a dimension: hours in their order, all others with the most errors first, then the most
// requests. Routes are there only where Options.By asked for them.
func (s *Summary) Rows(by Dimension) []Row {
	t := s.tally
	rows := []Row{}
	switch by {
	case ByTarget:
		rows = countRows(t.targets)
	case ByRoute:
		rows = countRows(t.routes)
	case ByStatus, ByKind:
		counts := map[string]*count{}
		add := func(outcome tracker.Outcome, n uint64) {
			if n == 0 {
				return
			}
			key := outcome.Label()
			if by == ByKind {
				key = outcome.Kind.String()
			}
			if counts[key] == nil {
				counts[key] = &count{}
			}
			counts[key].requests += n
			if outcome.Kind.Failed() && outcome.Kind.Sent() {
				counts[key].errors += n
			}
		}
		for status, n := range t.status {
			add(tracker.Outcome{Status: status, Kind: tracker.KindOf(status)}, n)
		}
		for outcome, n := range t.outcomes {
			add(outcome, n)
		}
		rows = countRows(counts)
	case ByHour:
		for _, h := range s.Hours() {
			rows = append(rows, Row{h.Start.Format("2006-01-02T15:04:05Z"), h.Requests, h.Errors})
		}
	case ByGroup:
		for _, g := range s.Groups(maxGroups) {
			rows = append(rows, Row{g.line(), g.Count, g.Count})
		}
	}
	return rows
}

// countRows returns counts as rows.
func countRows(counts map[string]*count) []Row {
	rows := make([]Row, 0, len(counts))
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		rows = append(rows, Row{key, counts[key].requests, counts[key].errors})
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Errors, a.Errors), cmp.Compare(b.Requests, a.Requests))
	})
	return rows
}

// line returns the group in one line.
func (g *Group) line() string {
	name := g.Kind
	if g.Status != 0 {
		name = fmt.Sprint(g.Status)
	}
	text := fmt.Sprintf("%s  %s", name, strings.TrimSpace(g.Method+" "+g.Route))
	if g.Error != "" && g.Error != g.Message {
		text += "  " + g.Error + "."
	}
	if g.Message != "" {
		text += "  " + g.Message
	}
	return g.Target + "  " + text
}

// breakdown writes the summary by its dimension.
func (t *textWriter) breakdown(s *Summary) {
	rows := s.Rows(s.by)
	if s.by == ByGroup {
		t.groups(s, maxGroups)
		return
	}
	wide := 27
	for _, r := range rows {
		wide = max(wide, min(len(r.Key), t.width-34))
	}
	t.heading(padded("BY "+strings.ToUpper(string(s.by)), wide) + "     REQUESTS       ERRORS   ERR%")
	most := uint64(0)
	for _, r := range rows {
		most = max(most, r.Errors)
	}
	for _, r := range rows {
		text := fmt.Sprintf("%s %12s %12s %6s  ", padded(r.Key, wide), human.Thousands(r.Requests), human.Thousands(r.Errors), percent(r.Errors, r.Requests))
		t.line("", text+t.bar(r.Errors, most, wide+34))
	}
}
