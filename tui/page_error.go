package tui

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/tracker"
)

// errorPage shows one error with all its evidence.
type errorPage struct{ failure tracker.Failure }

func errorPageOf(h *happening) page {
	if h == nil {
		return nil
	}
	return &errorPage{*h.Failure}
}

func (e *errorPage) title() string {
	return "ERROR " + e.failure.Target + " " + e.failure.Outcome().Label()
}

func (e *errorPage) request() *tracker.Request { return requestOf(&e.failure.Result) }

func requestOf(r *tracker.Result) *tracker.Request {
	if r == nil || r.Evidence == nil || r.Evidence.Request.URL == "" {
		return nil
	}
	return &r.Evidence.Request
}

func (e *errorPage) write(d *doc, snap *tracker.Snapshot) {
	writeWhat(d, &e.failure.Result)
	writeAdvice(d, adviceFor(d, snap, &e.failure))
	writeFacts(d, &e.failure.Result)
	e.similar(d, snap)
}

// writeWhat writes what went wrong.
func writeWhat(d *doc, r *tracker.Result) {
	d.line(run{d.styles.Outcome(r.Outcome()), r.Outcome().Label() + " "}, run{d.styles.Strong, r.Error})
	if r.Message != r.Error {
		d.text(d.styles.Text, r.Message)
	}
	if r.Evidence != nil {
		for _, problem := range r.Evidence.Errors {
			d.item(d.styles.Degraded, problem)
		}
	}
}

// writeFacts writes what is known about a request.
func writeFacts(d *doc, r *tracker.Result) {
	d.heading("EVIDENCE")
	d.when("time", r.Time)
	d.field("target", d.styles.Text, r.Target)
	d.field("request", d.styles.Text, strings.TrimSpace(r.Method+" "+r.Route))
	if r.Latency > 0 {
		d.field("latency", d.styles.Text, human.Latency(r.Latency))
	}
	d.field("kind", d.styles.Text, r.Kind.String())
	d.field("origin", d.styles.Text, r.Origin.String())
	d.field("source", d.styles.Text, r.Source)
	d.field("request id", d.styles.Text, r.RequestID)
	d.when("resets", r.ResetAt)
	if r.Inconclusive {
		d.field("note", d.styles.Degraded, "our own network looked down; this does not count against the target")
	}
	if r.Evidence != nil {
		writeEvidence(d, r.Evidence)
	}
}

func writeAdvice(d *doc, advice event.Advice) {
	d.heading("WHAT TO DO")
	d.line(run{d.styles.Accent, d.glyphs.arrow}, run{d.styles.Text, " "}, run{d.styles.Strong, advice.Action})
	d.field("runbook", d.styles.Accent, advice.URL)
	d.field("usual causes", d.styles.Text, join(advice.Causes))
	d.field("retry?", d.styles.Text, advice.Retry)
}

func writeEvidence(d *doc, e *tracker.Evidence) {
	if e.Attempt > 0 {
		of := ""
		if e.Attempts > 0 {
			of = " of " + strconv.Itoa(e.Attempts)
		}
		d.field("attempt", d.styles.Text, strconv.Itoa(e.Attempt)+of)
	}
	d.field("host", d.styles.Text, e.Host)
	d.field("upstream", d.styles.Text, e.Upstream)
	d.field("address", d.styles.Text, strings.TrimSpace(e.RemoteAddr+" "+e.Proto+" "+e.TLSVersion))
	d.when("certificate", e.CertExpiry)
	d.field("level", d.styles.Text, e.Level)
	d.field("details", d.styles.Text, e.Details)
	writePhases(d, &e.Phases)
	if e.Request.URL != "" {
		d.heading("REQUEST")
		d.text(d.styles.Text, strings.TrimSpace(e.Request.Method+" "+e.Request.URL))
		writeHeaders(d, e.Request.Headers)
		if e.Request.Body != "" {
			d.block(d.styles.Muted, pretty(e.Request.Body))
		}
	}
	if len(e.Headers) > 0 || e.Body != "" {
		d.heading("ANSWER")
		writeHeaders(d, e.Headers)
		if e.Body != "" {
			d.block(d.styles.Text, pretty(e.Body))
		}
		if e.BodyCut {
			d.text(d.styles.Muted, "(the rest of the body was not kept)")
		}
	}
	if e.Cut {
		d.text(d.styles.Muted, "(some of the evidence was dropped: all that is kept would take more than [tracker] evidence_mb)")
	}
	if e.Stack != "" {
		d.heading("STACK")
		d.block(d.styles.Text, e.Stack)
	}
	if e.Line != "" {
		d.heading("LOG LINE")
		d.block(d.styles.Text, e.Line)
	}
}

func writeHeaders(d *doc, headers []tracker.Header) {
	for _, h := range headers {
		d.line(run{d.styles.Muted, "  " + h.Name + ": "}, run{d.styles.Text, h.Value})
	}
}

// pretty indents a body that is JSON and leaves any other as it is.
func pretty(body string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(body), "", "  ") != nil {
		return body
	}
	return out.String()
}

// writePhases draws where a request's time went.
func writePhases(d *doc, phases *tracker.Phases) {
	parts := [...]struct {
		name string
		took time.Duration
	}{{"DNS", phases.DNS}, {"connect", phases.Connect}, {"TLS", phases.TLS}, {"first byte", phases.FirstByte}, {"body", phases.Body}}
	var total time.Duration
	for _, part := range parts {
		total += part.took
	}
	if total <= 0 {
		return
	}
	d.heading("TIME")
	d.picture(len(parts), func(a area) {
		room := max(a.w-labels-9, 1)
		at := 0
		for i, part := range parts {
			p := a.row(i)
			p.cell(a.styles.Muted, part.name, labels)
			if part.took > 0 {
				p.cellRight(a.styles.Text, human.AppendLatency(p.scratch[:0], part.took), 7)
			} else {
				p.cellRight(a.styles.Faint, append(p.scratch[:0], p.glyphs.dash...), 7)
			}
			p.space(1 + at)
			w := int(int64(room) * int64(part.took) / int64(total))
			if part.took > 0 {
				p.repeat(a.styles.Accent, a.glyphs.bars[len(a.glyphs.bars)-1], max(w, 1))
			}
			at += w
		}
	})
}

// similar lists the other errors of the same group.
func (e *errorPage) similar(d *doc, snap *tracker.Snapshot) {
	for i := range snap.Groups {
		if g := snap.Groups[i]; g.ID == e.failure.Group {
			d.heading("LIKE IT")
			writeGroupFigures(d, g)
			writeExemplars(d, g, e.failure.Seq)
			return
		}
	}
}

func writeExemplars(d *doc, g *tracker.Group, except uint64) {
	for i := len(g.Exemplars) - 1; i >= 0; i-- {
		if f := &g.Exemplars[i]; f.Seq != except {
			d.line(
				d.stamp(f.Time, g.Exemplars[0].Time),
				run{d.styles.Outcome(f.Outcome()), d.pad(f.Outcome().Label(), 8)},
				run{d.styles.Text, f.Message},
			)
		}
	}
}

// adviceFor is the advice for an error: that of its group, where that is known.
func adviceFor(d *doc, snap *tracker.Snapshot, f *tracker.Failure) event.Advice {
	for i := range snap.Groups {
		if snap.Groups[i].ID == f.Group {
			return d.advisor.ForGroup(snap.Groups[i])
		}
	}
	return d.advisor.ForGroup(&tracker.Group{Target: f.Target, Method: f.Method, Route: f.Route, Outcome: f.Outcome(), Error: f.Error, Message: f.Message})
}
