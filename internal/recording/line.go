package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"errtop/tracker"
)

// line is an entry as it is written. The keys of a result are those of errtop's own log lines where there is one.
type line struct {
	Is      string `json:"errtop,omitempty"` // what the entry is; "" for a result
	Version int    `json:"version,omitempty"`
	Name    string `json:"name,omitempty"`
	At      *stamp `json:"at,omitempty"` // when it came, where the entry itself does not say so

	TS           *stamp  `json:"ts,omitempty"`
	Target       string  `json:"target,omitempty"`
	Source       string  `json:"source,omitempty"`
	Method       string  `json:"method,omitempty"`
	Route        string  `json:"route,omitempty"`
	Status       int     `json:"status,omitempty"`
	Kind         string  `json:"kind,omitempty"`
	LatencyMS    millis  `json:"latency_ms,omitempty"`
	Origin       string  `json:"origin,omitempty"` // "" is traffic
	Breaker      string  `json:"breaker,omitempty"`
	Weight       uint16  `json:"weight,omitempty"`
	Inconclusive bool    `json:"inconclusive,omitempty"`
	Error        string  `json:"error,omitempty"`
	Message      string  `json:"message,omitempty"`
	RequestID    string  `json:"request_id,omitempty"`
	ResetAt      *stamp  `json:"reset_at,omitempty"`
	Host         *string `json:"host,omitempty"` // the labels that logs have keys for
	Upstream     *string `json:"upstream,omitempty"`
	Client       *string `json:"client,omitempty"`
	AppVersion   *string `json:"app_version,omitempty"`
	Region       *string `json:"region,omitempty"`
	Agent        *string `json:"agent,omitempty"`
	Labels       []label `json:"labels,omitempty"`
	Evidence     *proof  `json:"evidence,omitempty"`

	Mark   *tracker.Mark       `json:"mark,omitempty"`
	Note   *tracker.Note       `json:"note,omitempty"`
	Gap    *tracker.Gap        `json:"gap,omitempty"`
	Info   *tracker.TargetInfo `json:"info,omitempty"`
	Health *tracker.Source     `json:"health,omitempty"`
}

// label is a label that logs have no key for, or the second of a name.
type label struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// proof is [tracker.Evidence] as it is written.
type proof struct {
	Errors   []string `json:"errors,omitempty"`
	Details  string   `json:"details,omitempty"`
	Stack    string   `json:"stack,omitempty"`
	Level    string   `json:"level,omitempty"`
	Host     string   `json:"host,omitempty"`
	Upstream string   `json:"upstream,omitempty"`
	Line     string   `json:"line,omitempty"`

	Request *tracker.Request `json:"request,omitempty"`
	Phases  *tracker.Phases  `json:"phases_ns,omitempty"`

	RemoteAddr string           `json:"remote_addr,omitempty"`
	Proto      string           `json:"proto,omitempty"`
	TLSVersion string           `json:"tls_version,omitempty"`
	CertExpiry *stamp           `json:"cert_expiry,omitempty"`
	Headers    []tracker.Header `json:"headers,omitempty"`
	Body       string           `json:"body,omitempty"`
	BodyCut    bool             `json:"body_cut,omitempty"`
	Cut        bool             `json:"cut,omitempty"`
	Attempt    int              `json:"attempt,omitempty"`
	Attempts   int              `json:"attempts,omitempty"`
}

// What an entry is, beside a result.
const (
	isHeader = "recording"
	isTarget = "target"
	isGone   = "gone"
	isSource = "source"
	isMark   = "mark"
	isNote   = "note"
	isGap    = "gap"
)

// stamp is a time in UTC with its nanoseconds. Unlike time.Time it takes years beyond 9999, which broken logs have.
type stamp struct{ time.Time }

// stampOf returns a time as it is written, nil for the zero time.
func stampOf(t time.Time) *stamp {
	if t.IsZero() {
		return nil
	}
	return &stamp{t}
}

// of returns the time, zero for nil.
func (s *stamp) of() time.Time {
	if s == nil {
		return time.Time{}
	}
	return s.Time
}

// MarshalJSON writes RFC 3339, or Unix seconds where that cannot be said in it.
func (s *stamp) MarshalJSON() ([]byte, error) {
	t := s.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return strconv.AppendInt(nil, t.Unix(), 10), nil
	}
	return t.AppendFormat(nil, `"`+time.RFC3339Nano+`"`), nil
}

// UnmarshalJSON reads either.
func (s *stamp) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] != '"' {
		sec, err := strconv.ParseInt(string(text), 10, 64)
		s.Time = time.Unix(sec, 0).UTC()
		return err //nolint:wrapcheck // it quotes what is wrong
	}
	t, err := time.Parse(`"`+time.RFC3339Nano+`"`, string(text))
	s.Time = t.UTC()
	return err //nolint:wrapcheck // it quotes what is wrong
}

// millis is a duration in milliseconds, exact to the nanosecond.
type millis time.Duration

// MarshalJSON writes a decimal number without an exponent.
func (m millis) MarshalJSON() ([]byte, error) {
	sign, ns := "", uint64(m) //nolint:gosec // a negative one is taken apart
	if m < 0 {
		sign, ns = "-", -ns
	}
	text := strconv.AppendUint([]byte(sign), ns/1e6, 10)
	if rest := ns % 1e6; rest != 0 {
		text = bytes.TrimRight(fmt.Appendf(text, ".%06d", rest), "0")
	}
	return text, nil
}

// UnmarshalJSON reads a decimal number without an exponent. Less than a nanosecond is cut off.
func (m *millis) UnmarshalJSON(text []byte) error {
	unsigned, negative := bytes.CutPrefix(text, []byte("-"))
	whole, fraction, _ := bytes.Cut(unsigned, []byte("."))
	fraction = append(bytes.Clone(fraction[:min(len(fraction), 6)]), "000000"[min(len(fraction), 6):]...)
	ms, err := strconv.ParseUint(string(whole), 10, 64)
	ns, problem := strconv.ParseUint(string(fraction), 10, 64)
	if err = errors.Join(err, problem); err != nil || ms > math.MaxInt64/1_000_000-1 {
		return fmt.Errorf("latency_ms is not a decimal number in range: %.20q", text)
	}
	*m = millis(ms*1e6 + ns)
	if negative {
		*m = -*m
	}
	return nil
}

// errEntry says that a line is JSON and no entry.
var errEntry = errors.New("not an entry of a recording")

// parse reads a line. ok is false for an entry of a kind that this version does not know.
func (d *Decoder) parse(text []byte) (e Entry, ok bool, err error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return e, false, fmt.Errorf("%w: %w", errEntry, err)
	}
	e.At = l.At.of()
	switch l.Is {
	case "":
		e.Result, err = d.result(&l)
	case isHeader:
		e.Header = &Header{Version: l.Version, Name: l.Name}
	case isTarget:
		e.Target = l.Info
	case isGone:
		e.Gone = l.Name
	case isSource:
		e.Source = l.Health
	case isMark:
		e.Mark = l.Mark
	case isNote:
		e.Note = l.Note
	case isGap:
		e.Gap = l.Gap
	default:
		return e, false, nil
	}
	if err == nil && e == (Entry{At: e.At}) {
		err = errEntry
	}
	if e.Result == nil {
		e.clean()
	}
	return e, true, err
}
