package stats

import (
	"time"

	"errtop/internal/filter"
	"errtop/internal/logline"
	"errtop/tracker"
)

// chosen says which results are counted.
type chosen struct {
	from, to, now time.Time
	filter        *filter.Filter // nil: every one within the bounds
	exclude       func(r *tracker.Result, agent string) bool
	source        string
	maker         logline.ResultMaker
	names         logline.Interner
	facts         filter.Facts
}

// newChosen returns nil if everything is counted.
func newChosen(o *Options) *chosen {
	if o.From.IsZero() && o.To.IsZero() && o.Filter == nil && o.Exclude == nil {
		return nil
	}
	return &chosen{from: o.From, to: o.To, now: o.Now, filter: o.Filter, exclude: o.Exclude}
}

// counts reports whether d's record is counted. A result without a time is outside of any bounds.
func (c *chosen) counts(d *logline.Decoder) bool {
	if !c.from.IsZero() || !c.to.IsZero() {
		at := d.Rec.Time()
		if !d.Rec.HasTime || at.Before(c.from) || !c.to.IsZero() && !at.Before(c.to) {
			return false
		}
	}
	if c.filter == nil && c.exclude == nil {
		return true
	}
	r := c.maker.Make(d)
	if c.exclude != nil && c.exclude(&r, d.Agent()) {
		return false
	}
	if c.filter == nil {
		return true
	}
	_, host := d.Location()
	c.facts = filter.Facts{
		Target: r.Target, Method: r.Method, Route: r.Route, Origin: r.Origin.String(), Source: c.source, Agent: d.Agent(),
		Host: c.names.Line(host, logline.MaxName), Upstream: c.names.Line(d.Rec.Text(logline.FieldUpstream), logline.MaxName),
		Error: r.Error, Message: r.Message, Outcome: r.Outcome(), At: r.Time, Latency: r.Latency,
		Texts: [3]string{r.RequestID}, Evidence: r.Evidence,
	}
	if r.Latency == 1 { // what the log rounded to nothing
		c.facts.Latency = 0
	}
	if r.Kind == tracker.KindOK {
		c.facts.Error = c.names.Line(d.Rec.Text(logline.FieldError), logline.MaxName)
		c.facts.Message = logline.SafeLine(d.Rec.Text(logline.FieldMessage), logline.MaxMessage)
	}
	return c.filter.Match(&c.facts, c.now)
}
