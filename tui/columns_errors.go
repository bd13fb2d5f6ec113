package tui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/filter"
	"errtop/internal/human"
	"errtop/tracker"
)

// happening is a row in a list of errors: an error, and how many errors its group has.
type happening struct {
	*tracker.Failure
	like  uint64
	group *tracker.Group // nil in a list of single errors
	first bool           // it belongs to the incident that the headline is about

	coming bool // the newest of its group is of just now: more may come any moment
}

// newestFirst lists the ring's errors, the newest first.
func newestFirst(snap *tracker.Snapshot) []happening {
	like := make(map[uint64]uint64, len(snap.Groups))
	for i := range snap.Groups {
		like[snap.Groups[i].ID] = snap.Groups[i].Count
	}
	list := make([]happening, len(snap.Errors))
	for i := range snap.Errors {
		f := &snap.Errors[i]
		list[i] = happening{Failure: f, like: like[f.Group]}
	}
	slices.SortFunc(list, func(a, b happening) int { return cmp.Compare(b.Seq, a.Seq) })
	return list
}

// stillComing is the age below which the newest error of a group reads "now".
const stillComing = 15 * time.Second

// digest lists the newest error of each group, so that a storm of errors does not hide a rare one: groups keep theirs after the
// ring has dropped them. Groups of the incident are marked to come first.
func digest(snap *tracker.Snapshot, in *tracker.Incident) []happening {
	list := make([]happening, 0, len(snap.Groups))
	for i := range snap.Groups {
		g := snap.Groups[i]
		if n := len(g.Exemplars); n > 0 {
			list = append(list, happening{Failure: &g.Exemplars[n-1], like: g.Count, group: g, first: in != nil && event.Belongs(g, in), coming: snap.At.Sub(g.Last) < stillComing})
		}
	}
	return list
}

// newErrorsTable lists errors.
func newErrorsTable() *table[happening, uint64] {
	return &table[happening, uint64]{
		empty: "no errors yet: the newest hundred are kept here",
		older: "; the groups count older ones too",
		key:   func(h *happening) uint64 { return h.Seq },
		facts: func(h *happening) filter.Facts { return resultFacts(&h.Result) },
		columns: []column[happening]{
			{
				title: "TIME", min: human.TimeWidth, keep: 90, at: func(h *happening) time.Time { return h.Time },
				order: func(a, b *happening) int { return b.Time.Compare(a.Time) },
				draw: func(p *pen, h *happening, w int) {
					if h.coming {
						p.cell(p.styles.Text, "now", w)
						return
					}
					p.bytes(p.styles.Muted, human.AppendStamp(p.scratch[:0], h.Time, p.now, p.loc, w))
				},
			},
			{
				title: "TARGET", min: 6, max: 20, least: 10, keep: 95, fit: func(h *happening) int { return width(h.Target) },
				order: func(a, b *happening) int { return strings.Compare(a.Target, b.Target) },
				draw:  func(p *pen, h *happening, w int) { p.cell(p.styles.Text, h.Target, w) },
			},
			{
				title: "STATUS", min: 6, max: 13, keep: keepAlways, fit: func(h *happening) int { return len(h.Outcome().Label()) },
				order: func(a, b *happening) int {
					return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.Kind, b.Kind))
				},
				draw: func(p *pen, h *happening, w int) {
					p.cell(p.styles.Outcome(h.Outcome()), h.Outcome().Label(), w)
				},
			},
			{
				title: "LIKE IT", min: 7, keep: 40, has: func(h *happening) bool { return h.like > 1 },
				order: func(a, b *happening) int { return cmp.Compare(b.like, a.like) },
				draw: func(p *pen, h *happening, w int) {
					if h.like > 1 {
						p.text(p.styles.Muted, p.glyphs.times)
						p.bytes(p.styles.Muted, human.AppendCount(p.scratch[:0], h.like))
					}
				},
			},
			{
				title: "LATENCY", min: 7, right: true, keep: 30, has: func(h *happening) bool { return h.Latency > 0 },
				order: func(a, b *happening) int { return cmp.Compare(b.Latency, a.Latency) },
				draw: func(p *pen, h *happening, w int) {
					if h.Latency > 0 {
						p.cellRight(p.styles.Muted, human.AppendLatency(p.scratch[:0], h.Latency), w)
					}
				},
			},
			{
				title: "ROUTE", min: 10, max: 34, keep: 20, fit: func(h *happening) int { return width(h.Method) + 1 + width(h.Route) },
				order: func(a, b *happening) int { return strings.Compare(a.Route, b.Route) },
				draw: func(p *pen, h *happening, w int) {
					end := p.at() + w
					p.cell(p.styles.Muted, h.Method, min(width(h.Method), w))
					p.space(1)
					p.cell(p.styles.Muted, h.Route, end-p.at())
				},
			},
			{
				title: "ERROR", min: 36, least: 14, keep: keepAlways, grow: true,
				draw: func(p *pen, h *happening, w int) {
					if h.like > 1 && h.group != nil { // what they have in common; the numbers of one of them would change all the time
						short, rest := event.Saying(h.Outcome(), h.Error, h.Message)
						if rest != "" && h.group.Message != "" {
							rest = withFolded(h.group.Message, h.group)
						}
						drawWords(p, short, rest, w)
						return
					}
					drawMessage(p, &h.Result, w)
				},
			},
		},
	}
}

// drawMessage writes an error's type and message.
func drawMessage(p *pen, r *tracker.Result, w int) {
	short, message := event.Saying(r.Outcome(), r.Error, r.Message)
	drawWords(p, short, message, w)
}

func drawWords(p *pen, short, message string, w int) {
	end := p.at() + w
	p.cell(p.styles.Text, short, min(width(short), w))
	if message != "" && p.at() < end {
		if short != "" {
			p.cell(p.styles.Muted, ". ", min(2, end-p.at()))
		}
		p.cell(p.styles.Muted, message, end-p.at())
	}
}

func resultFacts(r *tracker.Result) filter.Facts {
	return filter.Facts{
		Target: r.Target, Method: r.Method, Route: r.Route, Origin: r.Origin.String(), Source: r.Source,
		Error: r.Error, Message: r.Message, Outcome: r.Outcome(), At: r.Time, Latency: r.Latency,
		Texts: [3]string{r.RequestID}, Evidence: r.Evidence, Agent: agentOf(r), Place: placeLabel(r),
	}
}

// agentOf returns what the client of a request calls itself, "" where that is not known.
func agentOf(r *tracker.Result) string {
	if r == nil || r.Labels == nil {
		return ""
	}
	for i := range *r.Labels {
		if label := &(*r.Labels)[i]; label.Name == "agent" {
			return label.Value
		}
	}
	return ""
}
