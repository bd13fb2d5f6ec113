package store

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"errtop/tracker"
)

// exportRow is an hour of a target as NDJSON.
type exportRow struct {
	Type      string             `json:"type"` // "hour"
	Hour      time.Time          `json:"hour"`
	Target    string             `json:"target"`
	Requests  uint64             `json:"requests"`
	Errors    uint64             `json:"errors"`
	ByOutcome map[string]uint64  `json:"by_outcome,omitempty"` // failures, by status or kind
	Latency   map[string]float64 `json:"latency_ms,omitempty"`
}

// exportIncident is an incident as NDJSON.
type exportIncident struct {
	Type     string    `json:"type"` // "incident"
	ID       string    `json:"id"`
	Onset    time.Time `json:"onset"`
	End      time.Time `json:"end,omitzero"`
	Targets  []string  `json:"targets"`
	Cause    string    `json:"cause"`
	Requests uint64    `json:"requests"`
	Failed   uint64    `json:"failed"`
}

// Export writes the hours from one moment to before another to w, in CSV or, with the incidents, as NDJSON: one object a line, each with its
// "type". It reads a day at a time, so that the past of years takes no memory, and keeps nobody from writing for long.
func (s *Store) Export(ctx context.Context, w io.Writer, asCSV bool, from, to time.Time) error {
	write, flush := ndjson(w)
	if asCSV {
		write, flush = csvRows(w)
	}
	err := s.eachDay(ctx, from, to, func(_ string, h *tracker.Hour) error { return write(rowOf(h)) })
	if err == nil && !asCSV {
		err = s.exportIncidents(ctx, w, from, to)
	}
	if err != nil {
		return err
	}
	if err := flush(); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	return nil
}

// eachDay calls f with each hour from the one of a moment to before another, a day at a time.
func (s *Store) eachDay(ctx context.Context, from, to time.Time, f func(origin string, h *tracker.Hour) error) error {
	first, err := s.First(ctx, "")
	if err != nil || first.IsZero() {
		return err
	}
	if from.Before(first) {
		from = first
	}
	for day := from.Truncate(time.Hour); day.Before(to); day = day.Add(24 * time.Hour) {
		end := day.Add(24 * time.Hour)
		if end.After(to) {
			end = to
		}
		if err := s.eachHour(ctx, "", day, end, func(origin string, h *tracker.Hour) error {
			if err := f(origin, h); err != nil {
				return fmt.Errorf("cannot write: %w", err)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

const exportedIncidents = 100_000 // at most

func (s *Store) exportIncidents(ctx context.Context, w io.Writer, from, to time.Time) error {
	encoder := json.NewEncoder(w)
	return s.eachIncident(ctx, from, to, "", exportedIncidents, func(in *Incident) error {
		row := exportIncident{
			Type: "incident", ID: strconv.FormatUint(in.ID, 16), Onset: in.Onset.At, End: in.End,
			Cause: in.Cause.Message, Requests: in.Requests, Failed: in.Failed,
		}
		for j := range in.Targets {
			row.Targets = append(row.Targets, in.Targets[j].Name)
		}
		if err := encoder.Encode(row); err != nil {
			return fmt.Errorf("cannot write: %w", err)
		}
		return nil
	})
}

func rowOf(h *tracker.Hour) *exportRow {
	row := &exportRow{Type: "hour", Hour: h.Start, Target: h.Target, ByOutcome: map[string]uint64{}}
	row.Requests, row.Errors = h.Totals()
	for i := range h.Counts {
		c := &h.Counts[i]
		if c.Inconclusive || !c.Outcome.Kind.Failed() {
			continue
		}
		name := c.Outcome.Kind.String()
		if c.Outcome.Status != 0 {
			name = strconv.Itoa(c.Outcome.Status)
		}
		for _, n := range c.Minutes {
			row.ByOutcome[name] += uint64(n)
		}
	}
	if q := h.Quantiles(); q.Count > 0 {
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		row.Latency = map[string]float64{"p50": ms(q.P50), "p90": ms(q.P90), "p95": ms(q.P95), "p99": ms(q.P99)}
	}
	return row
}

func ndjson(w io.Writer) (write func(*exportRow) error, flush func() error) {
	encoder := json.NewEncoder(w)
	return func(row *exportRow) error { return encoder.Encode(row) }, func() error { return nil }
}

func csvRows(w io.Writer) (write func(*exportRow) error, flush func() error) {
	out, begun := csv.NewWriter(w), false
	return func(row *exportRow) error {
			if !begun {
				begun = true
				if err := out.Write([]string{"hour", "target", "requests", "errors", "p50_ms", "p90_ms", "p95_ms", "p99_ms"}); err != nil {
					return err //nolint:wrapcheck // the caller says what it means
				}
			}
			cells := []string{row.Hour.Format(time.RFC3339), cell(row.Target), strconv.FormatUint(row.Requests, 10), strconv.FormatUint(row.Errors, 10)}
			for _, q := range [...]string{"p50", "p90", "p95", "p99"} {
				text := ""
				if row.Latency != nil {
					text = strconv.FormatFloat(row.Latency[q], 'f', -1, 64)
				}
				cells = append(cells, text)
			}
			return out.Write(cells)
		}, func() error {
			out.Flush()
			return out.Error()
		}
}

// cell keeps a spreadsheet from taking a name for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
