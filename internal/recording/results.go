package recording

import (
	"errors"
	"fmt"
	"time"

	"errtop/tracker"
)

// namedLabels are the labels that have keys of their own, in the order in which logs give them.
var namedLabels = [...]string{"host", "upstream", "client", "version", "region", "agent"}

// place returns where a named label stands in the line; nil for another name.
func (l *line) place(name string) **string {
	switch name {
	case "host":
		return &l.Host
	case "upstream":
		return &l.Upstream
	case "client":
		return &l.Client
	case "version":
		return &l.AppVersion
	case "region":
		return &l.Region
	case "agent":
		return &l.Agent
	default:
		return nil
	}
}

// putLabels writes labels. Their order is not kept: they are a set.
func (l *line) putLabels(labels *tracker.Labels, mask func(string) string) {
	if labels == nil {
		return
	}
	for _, of := range *labels {
		value := mask(of.Value)
		if place := l.place(of.Name); place != nil && *place == nil {
			*place = &value
		} else {
			l.Labels = append(l.Labels, label{of.Name, value})
		}
	}
}

// takeLabels reads labels. Equal sets share one pointer, by which the tracker recognises them.
func (d *Decoder) takeLabels(l *line) *tracker.Labels {
	var labels tracker.Labels
	key := d.key[:0]
	add := func(name, value string) {
		labels = append(labels, tracker.Label{Name: d.intern(name), Value: d.intern(value)})
		key = append(append(append(append(key, name...), 0), value...), 0)
	}
	for _, name := range namedLabels {
		if value := *l.place(name); value != nil {
			add(name, *value)
		}
	}
	for _, other := range l.Labels {
		add(other.Name, other.Value)
	}
	d.key = key
	if labels == nil {
		return nil
	}
	if known, ok := d.labels[string(key)]; ok {
		return known
	}
	if len(d.labels) >= maxInterned {
		clear(d.labels)
	}
	d.labels[string(key)] = &labels
	return &labels
}

// ofResult returns a result that came at a moment as it is written.
func (e *Encoder) ofResult(r *tracker.Result, came time.Time) *line {
	l := &line{
		TS: stampOf(r.Time), Target: e.name(r.Target), Source: e.name(r.Source), Method: e.name(r.Method), Route: e.name(r.Route),
		Status: r.Status, Kind: r.Kind.String(), LatencyMS: millis(r.Latency), Breaker: r.Breaker.String(), Weight: r.Weight,
		Inconclusive: r.Inconclusive, Error: e.text(r.Error), Message: e.text(r.Message), RequestID: e.text(r.RequestID), ResetAt: stampOf(r.ResetAt),
	}
	if !plausible(r.Time, came) {
		l.At = stampOf(came)
	}
	if r.Origin != tracker.OriginTraffic {
		l.Origin = r.Origin.String()
	}
	l.putLabels(r.Labels, e.name)
	l.Evidence = e.ofEvidence(r.Evidence)
	return l
}

func (e *Encoder) ofEvidence(v *tracker.Evidence) *proof {
	if v == nil {
		return nil
	}
	p := &proof{
		Details: e.text(v.Details), Stack: e.text(v.Stack), Level: e.text(v.Level), Host: e.text(v.Host), Upstream: e.text(v.Upstream), Line: e.text(v.Line),
		RemoteAddr: e.text(v.RemoteAddr), Proto: v.Proto, TLSVersion: v.TLSVersion, CertExpiry: stampOf(v.CertExpiry),
		Headers: e.headers(v.Headers), Body: e.text(v.Body), BodyCut: v.BodyCut, Cut: v.Cut, Attempt: v.Attempt, Attempts: v.Attempts,
	}
	for _, text := range v.Errors {
		p.Errors = append(p.Errors, e.text(text))
	}
	if q := &v.Request; q.Method != "" || q.URL != "" || q.Body != "" || len(q.Headers) > 0 {
		p.Request = &tracker.Request{Method: q.Method, URL: e.text(q.URL), Headers: e.headers(q.Headers), Body: e.text(q.Body)}
	}
	if v.Phases != (tracker.Phases{}) {
		p.Phases = &v.Phases
	}
	return p
}

func (e *Encoder) headers(list []tracker.Header) []tracker.Header {
	var out []tracker.Header
	for _, h := range list {
		out = append(out, tracker.Header{Name: h.Name, Value: e.text(h.Value)})
	}
	return out
}

// result reads a result.
func (d *Decoder) result(l *line) (*tracker.Result, error) {
	kind, ok := tracker.ParseKind(l.Kind)
	if !ok || l.Target == "" {
		return nil, fmt.Errorf("%w: a result has a target and a kind", errEntry)
	}
	r := &tracker.Result{
		Time: l.TS.of(), Target: d.intern(l.Target), Source: d.intern(l.Source), Method: d.intern(l.Method), Route: d.intern(l.Route),
		Status: l.Status, Kind: kind, Latency: time.Duration(l.LatencyMS), Weight: l.Weight, Inconclusive: l.Inconclusive,
		Error: d.intern(l.Error), Message: oneLine(l.Message), RequestID: oneLine(l.RequestID), ResetAt: l.ResetAt.of(), Labels: d.takeLabels(l),
	}
	if l.TS == nil && l.At == nil {
		return nil, fmt.Errorf("%w: a result has a time", errEntry)
	}
	var err error
	if r.Origin, err = parseName(l.Origin, tracker.OriginTraffic, tracker.OriginProbe, tracker.OriginMonitor); err != nil {
		return nil, err
	}
	if r.Breaker, err = parseName(l.Breaker, tracker.BreakerNone, tracker.BreakerClosed, tracker.BreakerOpen, tracker.BreakerHalfOpen); err != nil {
		return nil, err
	}
	if p := l.Evidence; p != nil {
		r.Evidence = p.evidence()
	}
	return r, nil
}

func (p *proof) evidence() *tracker.Evidence {
	v := &tracker.Evidence{
		Errors: lines(p.Errors), Details: oneLine(p.Details), Stack: block(p.Stack), Level: oneLine(p.Level), Host: oneLine(p.Host),
		Upstream: oneLine(p.Upstream), Line: oneLine(p.Line), RemoteAddr: oneLine(p.RemoteAddr), Proto: oneLine(p.Proto), TLSVersion: oneLine(p.TLSVersion),
		CertExpiry: p.CertExpiry.of(), Headers: headers(p.Headers), Body: block(p.Body), BodyCut: p.BodyCut, Cut: p.Cut, Attempt: p.Attempt, Attempts: p.Attempts,
	}
	if q := p.Request; q != nil {
		v.Request = tracker.Request{Method: oneLine(q.Method), URL: oneLine(q.URL), Headers: headers(q.Headers), Body: block(q.Body)}
	}
	if p.Phases != nil {
		v.Phases = *p.Phases
	}
	return v
}

// parseName returns the value whose name it is; the first one's for "".
func parseName[T interface{ String() string }](name string, values ...T) (T, error) {
	for i, v := range values {
		if v.String() == name || i == 0 && name == "" {
			return v, nil
		}
	}
	return values[0], fmt.Errorf("%w: %w: %.20q", errEntry, errors.New("unknown name"), name)
}
