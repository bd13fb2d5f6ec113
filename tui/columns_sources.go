package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"errtop/internal/filter"
	"errtop/internal/human"
	"errtop/tracker"
)

// newSourcesTable lists where results come from.
func newSourcesTable() *table[tracker.Source, string] {
	figure := func(title string, keep int, get func(*tracker.Source) uint64, bad bool) column[tracker.Source] {
		return column[tracker.Source]{
			title: title, min: max(len(title), 7), right: true, keep: keep,
			order: func(a, b *tracker.Source) int { return cmp.Compare(get(b), get(a)) },
			draw: func(p *pen, s *tracker.Source, w int) {
				st := p.styles.Text
				if bad && get(s) > 0 {
					st = p.styles.Degraded
				}
				p.cellRight(st, human.AppendCount(p.scratch[:0], get(s)), w)
			},
		}
	}
	return &table[tracker.Source, string]{
		empty: "no sources: name targets or files in the settings, pipe a log in, or give files as arguments",
		key:   func(s *tracker.Source) string { return s.Name },
		facts: func(s *tracker.Source) filter.Facts {
			return filter.Facts{Source: s.Name, State: s.State.String(), At: s.LastSeen, Texts: [3]string{s.Format, s.Problem}, Place: s.Place}
		},
		columns: []column[tracker.Source]{
			{
				title: "SOURCE", min: 10, max: 48, keep: keepAlways, fit: func(s *tracker.Source) int { return width(s.Name) + 2 },
				order: func(a, b *tracker.Source) int { return strings.Compare(a.Name, b.Name) },
				draw: func(p *pen, s *tracker.Source, w int) {
					st, sign := sourceLook(p.frame, s.State)
					p.text(st, sign)
					p.space(1)
					p.cell(p.styles.Text, s.Name, w-2)
				},
			},
			{
				title: "STATE", min: 8, keep: keepAlways,
				order: func(a, b *tracker.Source) int { return cmp.Compare(b.State, a.State) },
				draw: func(p *pen, s *tracker.Source, w int) {
					st, _ := sourceLook(p.frame, s.State)
					p.cell(st, s.State.String(), w)
				},
			},
			{
				title: "FORMAT", min: 8, max: 16, keep: 50, fit: func(s *tracker.Source) int { return width(s.Format) },
				order: func(a, b *tracker.Source) int { return strings.Compare(a.Format, b.Format) },
				draw:  func(p *pen, s *tracker.Source, w int) { p.cell(p.styles.Muted, s.Format, w) },
			},
			figure("LINES", 60, func(s *tracker.Source) uint64 { return s.Lines }, false),
			figure("RESULTS", 70, func(s *tracker.Source) uint64 { return s.Results }, false),
			figure("UNREADABLE", 80, func(s *tracker.Source) uint64 { return s.Unreadable }, true),
			{
				title: "LAST LINE", min: 9, right: true, keep: 55,
				order: func(a, b *tracker.Source) int { return b.LastSeen.Compare(a.LastSeen) },
				draw: func(p *pen, s *tracker.Source, w int) {
					if !s.LastSeen.IsZero() {
						p.cellRight(p.styles.Muted, append(human.AppendSpan(p.scratch[:0], p.now.Sub(s.LastSeen)), " ago"...), w)
					}
				},
			},
			{
				title: "", min: 12, keep: 75, grow: true,
				draw: func(p *pen, s *tracker.Source, w int) {
					end := p.at() + w
					if s.Problem != "" {
						p.cell(p.styles.Failing, s.Problem, w)
					} else if s.BytesTotal > 0 && s.BytesRead < s.BytesTotal {
						p.bar(p.styles.Accent, uint64(max(s.BytesRead, 0)), uint64(s.BytesTotal), min(w-6, 30))
						p.space(1)
						p.text(p.styles.Muted, strconv.FormatInt(100*s.BytesRead/s.BytesTotal, 10)+" %")
					}
					p.to(end)
				},
			},
		},
	}
}

func sourceLook(f *frame, state tracker.SourceState) (st Style, sign string) {
	switch state {
	case tracker.SourceReading:
		return f.styles.Healthy, f.glyphs.state(tracker.StateOK)
	case tracker.SourceFailed:
		return f.styles.Failing, f.glyphs.state(tracker.StateFailing)
	case tracker.SourceStale:
		return f.styles.Stale, f.glyphs.state(tracker.StateStale)
	default:
		return f.styles.Unknown, f.glyphs.state(tracker.StateUnknown)
	}
}

// allSources returns the sources of a snapshot, those that are gone last, the newest of them first.
func allSources(s *tracker.Snapshot) []tracker.Source {
	if len(s.Gone) == 0 {
		return s.Sources
	}
	all := slices.Concat(s.Sources, s.Gone)
	slices.Reverse(all[len(s.Sources):])
	return all
}

// sourcePage is a source: how much was read, and the lines that could not be.
type sourcePage struct{ source tracker.Source }

func sourcePageOf(s *tracker.Source) page {
	if s == nil {
		return nil
	}
	return &sourcePage{*s}
}

func (s *sourcePage) title() string { return "SOURCE " + s.source.Name }

func (s *sourcePage) request() *tracker.Request { return nil }

func (s *sourcePage) write(d *doc, snap *tracker.Snapshot) {
	for _, source := range allSources(snap) {
		if source.Name == s.source.Name {
			s.source = source
		}
	}
	source := &s.source
	st, sign := sourceLook(d.frame, source.State)
	d.line(run{st, sign + " " + source.State.String()})
	if source.Problem != "" {
		d.text(d.styles.Failing, source.Problem)
	}
	d.field("format", d.styles.Text, source.Format)
	d.field("lines", d.styles.Text, human.Count(source.Lines))
	d.field("results", d.styles.Text, human.Count(source.Results))
	d.field("unreadable", d.styles.Text, human.Count(source.Unreadable))
	if source.InFlight > 0 {
		d.field("in flight", d.styles.Text, human.Count(uint64(source.InFlight)))
	}
	if source.Skipped > 0 {
		d.field("not sent", d.styles.Text, human.Count(source.Skipped))
	}
	if source.Lag > time.Second {
		d.field("lag", d.styles.Text, human.Span(source.Lag))
	}
	d.when("last line", source.LastSeen)
	if skew := &snap.Skew; *skew != (tracker.Skew{}) {
		d.heading("TIMES THAT CANNOT BE RIGHT, ALL SOURCES")
		for _, c := range [...]struct {
			name  string
			n     uint64
			means string
		}{
			{"future", skew.Future, "counted as of when they were read: whose clock is ahead?"},
			{"impossible", skew.Impossible, "counted as of when they were read"},
			{"late", skew.Late, "older than 24 h, counted nowhere else"},
			{"out of order", skew.OutOfOrder, "counted where they belong"},
		} {
			if c.n > 0 {
				d.field(c.name, d.styles.Text, human.Count(c.n)+", "+c.means)
			}
		}
	}
	if len(source.Samples) > 0 {
		d.heading("LINES THAT COULD NOT BE READ")
		for _, sample := range source.Samples {
			d.text(d.styles.Muted, "line "+human.Count(sample.Number)+": "+sample.Reason)
			d.block(d.styles.Text, sample.Text)
		}
	}
}
