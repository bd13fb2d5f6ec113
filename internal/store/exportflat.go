package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"errtop/tracker"
)

// flatTime is a moment as other programs take it for one: RFC 3339 in UTC; null where it is not known.
type flatTime time.Time

func (t flatTime) MarshalJSON() ([]byte, error) {
	if time.Time(t).IsZero() {
		return []byte("null"), nil
	}
	return time.Time(t).UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z"`), nil
}

// flatNumber is a number that is not taken for a whole one, though it is: null where it is not known.
type flatNumber struct {
	value float64
	known bool
}

func (n flatNumber) MarshalJSON() ([]byte, error) {
	if !n.known {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, n.value, 'f', 3, 64), nil
}

func milliseconds(d time.Duration, known bool) flatNumber {
	return flatNumber{float64(d.Microseconds()) / 1000, known}
}

// flatHour is an hour of a target with the same columns in every row.
type flatHour struct {
	Hour     flatTime `json:"hour"`
	Store    string   `json:"store"` // of another errtop, whose past was imported; "" for this one's own
	Target   string   `json:"target"`
	Requests uint64   `json:"requests"`
	Errors   uint64   `json:"errors"`

	// Failures, by kind. The last two were never sent, and are not among the errors.
	Invalid      uint64 `json:"invalid"`
	Auth         uint64 `json:"auth"`
	Forbidden    uint64 `json:"forbidden"`
	NotFound     uint64 `json:"not_found"`
	RateLimited  uint64 `json:"rate_limited"`
	Client       uint64 `json:"client"`
	Server       uint64 `json:"server"`
	Timeout      uint64 `json:"timeout"`
	DNS          uint64 `json:"dns"`
	Connect      uint64 `json:"connect"`
	TLS          uint64 `json:"tls"`
	Protocol     uint64 `json:"protocol"`
	Assertion    uint64 `json:"assertion"`
	Validation   uint64 `json:"validation"`
	ShortCircuit uint64 `json:"short_circuit"`

	P50 flatNumber `json:"p50_ms"`
	P90 flatNumber `json:"p90_ms"`
	P95 flatNumber `json:"p95_ms"`
	P99 flatNumber `json:"p99_ms"`
}

// columns returns where failures of each kind are counted; nil for one that is none.
func (r *flatHour) columns() [len(flatKinds)]*uint64 {
	return [...]*uint64{
		&r.Invalid, &r.Auth, &r.Forbidden, &r.NotFound, &r.RateLimited, &r.Client, &r.Server, &r.Timeout, &r.DNS, &r.Connect, &r.TLS,
		&r.Protocol, &r.Assertion, &r.Validation, &r.ShortCircuit,
	}
}

// flatKinds are the kinds of failures that have a column, in the columns' order.
var flatKinds = [...]tracker.Kind{
	tracker.KindInvalid, tracker.KindAuth, tracker.KindForbidden, tracker.KindNotFound, tracker.KindRateLimited, tracker.KindClient,
	tracker.KindServer, tracker.KindTimeout, tracker.KindDNS, tracker.KindConnect, tracker.KindTLS, tracker.KindProtocol,
	tracker.KindAssertion, tracker.KindValidation, tracker.KindShortCircuit,
}

func flatten(origin string, h *tracker.Hour) *flatHour {
	row := &flatHour{Hour: flatTime(h.Start), Store: origin, Target: h.Target}
	row.Requests, row.Errors = h.Totals()
	columns := row.columns()
	for i := range h.Counts {
		c := &h.Counts[i]
		for k, kind := range flatKinds {
			if c.Outcome.Kind != kind || c.Inconclusive {
				continue
			}
			for _, n := range c.Minutes {
				*columns[k] += uint64(n)
			}
		}
	}
	q := h.Quantiles()
	known := q.Count > 0
	row.P50, row.P90, row.P95, row.P99 = milliseconds(q.P50, known), milliseconds(q.P90, known), milliseconds(q.P95, known), milliseconds(q.P99, known)
	return row
}

// ExportFlat writes the hours from one moment to before another as NDJSON that programs for tables and Parquet files read as they are: no
// object within another, every column in every row, one type a column.
func (s *Store) ExportFlat(ctx context.Context, w io.Writer, from, to time.Time) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return s.eachDay(ctx, from, to, func(origin string, h *tracker.Hour) error { return encoder.Encode(flatten(origin, h)) })
}

// flatIncident is an incident with the same columns in every row.
type flatIncident struct {
	ID       string     `json:"id"`
	Store    string     `json:"store"`
	Onset    flatTime   `json:"onset"`
	End      flatTime   `json:"end"` // null while it goes on
	Duration flatNumber `json:"duration_s"`
	Targets  string     `json:"targets"` // joined by commas
	Kind     string     `json:"kind"`
	Cause    string     `json:"cause"`
	Requests uint64     `json:"requests"`
	Failed   uint64     `json:"failed"`
}

// ExportFlatIncidents writes the incidents that began from one moment to before another, the newest first, as ExportFlat writes hours.
func (s *Store) ExportFlatIncidents(ctx context.Context, w io.Writer, from, to time.Time) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return s.eachIncident(ctx, from, to, "", exportedIncidents, func(in *Incident) error {
		row := flatIncident{
			ID: strconv.FormatUint(in.ID, 16), Store: in.Origin, Onset: flatTime(in.Onset.At), End: flatTime(in.End),
			Kind: in.Cause.Outcome.Kind.String(), Cause: in.Cause.Message, Requests: in.Requests, Failed: in.Failed,
		}
		row.Duration = flatNumber{in.End.Sub(in.Onset.At).Seconds(), !in.End.IsZero()}
		names := make([]string, len(in.Targets))
		for i := range in.Targets {
			names[i] = in.Targets[i].Name
		}
		row.Targets = strings.Join(names, ",")
		if err := encoder.Encode(row); err != nil {
			return fmt.Errorf("cannot write: %w", err)
		}
		return nil
	})
}
