package ingest

import (
	"slices"
	"time"

	"errtop/internal/logline"
	"errtop/tracker"
)

const (
	batchSize = 512             // results after which a batch is handed over although more waits
	liveAge   = 2 * time.Minute // a source whose newest result is younger is live
)

// pump carries one source's bytes to the sink: lines, records, results, batches, health. It serves one goroutine at a time.
type pump struct {
	sink    Sink
	decoder *logline.Decoder
	maker   logline.ResultMaker
	lines   splitter
	health  tracker.Source
	newest  time.Time
	shared  *logline.Reasons                           // with other sources; nil if there is none
	reasons int                                        // lines of an error log
	why     tracker.Unreadable                         // the last of these
	marks   uint64                                     // lines that told one
	studied bool                                       // the decoder has learned from the source's lines
	exclude func(r *tracker.Result, agent string) bool // nil: nothing is
	work    *workspace                                 // nil while there is nothing to read

	labels   tracker.Labels                      // that every result gets
	labelled map[*tracker.Labels]*tracker.Labels // those of results with these added
	replay   *replay                             // leaves out lines that come again; nil if none do

	place func(results []tracker.Result, exact bool) // takes results instead of the sink; nil: the sink does
}

// newPump returns a pump with a workspace of its own for the source of that name.
func newPump(name string, o Options, sink Sink) (*pump, error) {
	work, err := newWorkspace(o)
	if err != nil {
		return nil, err
	}
	p := newPumpIn(work, name, o, sink)
	p.lend(work)
	return p, nil
}

// newPumpIn returns a pump for the source of that name, which borrows a workspace while it reads.
func newPumpIn(work *workspace, name string, o Options, sink Sink) *pump {
	p := &pump{sink: sink, decoder: work.decoder.Sibling(time.Now()), maker: logline.NewResultMaker(name), exclude: o.Exclude, shared: o.Reasons}
	if o.Reasons != nil {
		p.decoder.Share(o.Reasons)
	}
	p.health = tracker.Source{Name: name, State: tracker.SourceWaiting, Format: string(o.Format)}
	p.report()
	return p
}

// lend gives the pump what reading takes.
func (p *pump) lend(work *workspace) {
	p.work = work
	p.decoder.Borrow(work.decoder)
	p.maker.Borrow(&work.names)
}

// giveBack hands over what is there and ends the loan.
func (p *pump) giveBack() {
	if len(p.work.batch) > 0 || p.work.badLines > 0 {
		p.flush()
	}
	p.work = nil
}

// feed takes bytes as they come; more says that the next are already there, so that a small batch may wait for them.
func (p *pump) feed(chunk []byte, more bool) { p.feedFrom(&p.lines, chunk, more) }

// feedFrom is feed for one of several streams of the source.
func (p *pump) feedFrom(lines *splitter, chunk []byte, more bool) {
	p.health.BytesRead += int64(len(chunk))
	p.health.State, p.health.Problem = tracker.SourceReading, ""
	p.health.LastSeen = time.Now()
	if !p.studied && len(chunk) > 0 { // a stream, or a file that was empty: what comes first is new
		p.studied = true
		p.decoder.SetReference(p.health.LastSeen)
		p.decoder.Learn(chunk, true)
	}
	lines.feed(chunk, p.line)
	if !more {
		p.flush()
	}
}

// endLine reads the last line of a stream that has no line end.
func (p *pump) endLine(lines *splitter) {
	lines.end(p.line)
	p.flush()
}

// end finishes the last line and tells that nothing more comes.
func (p *pump) end(state tracker.SourceState, problem string) {
	p.lines.end(p.line)
	p.released(logline.WaitForNothing)
	p.health.State, p.health.Problem = state, problem
	p.flush()
	p.health.Live = false
	p.report()
}

// line takes one line.
func (p *pump) line(text []byte, tooLong bool) {
	p.health.Lines++
	if tooLong {
		p.unreadable(text, "longer than 1 MiB")
		return
	}
	v, reason := p.decoder.Decode(text)
	if p.replay != nil && v != logline.LineBlank {
		var at time.Time
		if v == logline.LineResult {
			at = p.decoder.Rec.Time()
		}
		if p.replay.seen(text, at, time.Now()) {
			p.health.Lines--
			return
		}
	}
	switch v {
	case logline.LineBlank, logline.LineRelated:
	case logline.LineReason:
		p.reason(text, reason)
	case logline.LineLeftOut:
		p.health.LeftOut++
	case logline.LineUnreadable:
		if mark, ok := p.eventMark(text); ok {
			p.marks++
			p.sink.Mark(mark)
			break
		}
		p.unreadable(text, reason)
	case logline.LineResult:
		p.result()
	}
	if p.decoder.Waits() {
		p.released(logline.WaitForLines)
	}
}

// reason notes a line of an error log, which another log's lines count.
func (p *pump) reason(text []byte, why string) {
	p.reasons++
	p.why = tracker.Unreadable{Number: p.health.Lines, Text: logline.SafeLine(text, logline.MaxSample), Reason: why}
}

// eventMark returns the mark that a line states, if marks are kept.
func (p *pump) eventMark(text []byte) (tracker.Mark, bool) {
	if p.sink.Mark == nil {
		return tracker.Mark{}, false
	}
	return eventMark(text, p.health.Name)
}

// result takes the decoder's record.
func (p *pump) result() {
	r := p.maker.Make(p.decoder)
	if p.exclude != nil && p.exclude(&r, p.decoder.Agent()) {
		p.health.LeftOut++
		return
	}
	p.health.Results++
	if p.shared != nil && p.health.Results == 1 {
		p.shared.Count()
	}
	if f := string(p.decoder.Format); p.health.Format != f {
		p.format(f)
	}
	p.emit(r)
}

// released takes failures whose pairs have not come.
func (p *pump) released(how logline.Waiting) {
	for p.decoder.Release(how) {
		p.result()
	}
}

// How long failures wait for lines that belong to them while nothing else comes.
const (
	reasonPatience = time.Second
	pairPatience   = 10 * time.Second
	reasonsAlone   = 5 * time.Second // an error log stands alone if no other log had a request for so long
)

// idle takes failures that have waited for long enough, where nothing has come for a while.
func (p *pump) idle(now time.Time) {
	if !p.decoder.Waits() {
		return
	}
	switch quiet := now.Sub(p.health.LastSeen); {
	case quiet >= pairPatience:
		p.released(logline.WaitForNothing)
	case quiet >= reasonPatience:
		p.released(logline.WaitForPairs)
	default:
		return
	}
	p.flush()
}

// emit adds a result to the batch.
func (p *pump) emit(r tracker.Result) {
	if r.Time.IsZero() {
		p.health.Untimed++
	}
	if p.labels != nil {
		r.Labels = p.label(r.Labels)
	}
	p.work.batch = append(p.work.batch, r)
	if r.Time.After(p.newest) {
		p.newest = r.Time
	}
	if len(p.work.batch) >= batchSize {
		p.hand(false)
		p.tell()
	}
}

// maxLabelled bounds the sets of labels that are kept with ours added.
const maxLabelled = 1024

// label returns labels with those that every result gets: the same ones for the same.
func (p *pump) label(own *tracker.Labels) *tracker.Labels {
	if known := p.labelled[own]; known != nil {
		return known
	}
	if p.labelled == nil || len(p.labelled) >= maxLabelled {
		p.labelled = map[*tracker.Labels]*tracker.Labels{}
	}
	all := slices.Clone(p.labels)
	if own != nil {
		all = append(all, *own...)
	}
	p.labelled[own] = &all
	return &all
}

// format notes a format that was recognised.
func (p *pump) format(found string) {
	if p.health.Format != "" {
		found = "mixed"
	}
	p.health.Format = found
}

// unreadable counts a line that no decoder understood, and keeps it among the last ten.
func (p *pump) unreadable(text []byte, reason string) {
	p.health.Unreadable++
	p.work.addBad(p.health.Lines, text, reason)
}

// verdict says what was seen in a source that has lines but no request; nil of any other.
func (p *pump) verdict() error {
	h := &p.health
	switch {
	case h.Results > 0 || h.LeftOut > 0 || p.onlyReasons() && p.shared != nil && p.shared.Counted():
		return nil
	case p.reasons > 0:
		return logline.NoRequestLog(h.Lines, p.why.Number, p.why.Reason, p.why.Text)
	case h.Unreadable == 0:
		return nil
	}
	p.sample()
	last := &h.Samples[len(h.Samples)-1]
	return logline.NoRequestLog(h.Lines, last.Number, last.Reason, last.Text)
}

// onlyReasons reports whether the source is an error log, whose lines say why requests failed that another log counts.
func (p *pump) onlyReasons() bool { return p.reasons > 0 && p.health.Results == 0 }

// sample makes the last unreadable lines harmless, in a slice of its own, since the sink may hold the one before.
func (p *pump) sample() {
	if p.work != nil && p.work.badLines > 0 {
		p.health.Samples = p.work.takeSamples(p.health.Samples)
	}
}

// flush hands over what is there, between two lines of which the first was the last that was read.
func (p *pump) flush() {
	p.hand(true)
	p.tell()
}

// hand hands over the results. With exact set, all lines that were read are in them or were handed over before.
func (p *pump) hand(exact bool) {
	switch {
	case p.place != nil:
		p.place(p.work.batch, exact)
	case len(p.work.batch) > 0:
		p.sink.Emit(p.work.batch)
	}
	clear(p.work.batch)
	p.work.batch = p.work.batch[:0]
}

// tell tells how the source is after a batch.
func (p *pump) tell() {
	if !p.newest.IsZero() {
		p.health.Lag = max(0, p.health.LastSeen.Sub(p.newest))
		p.health.Live = p.health.Live || p.health.State == tracker.SourceReading && p.health.Lag < liveAge
	}
	p.report()
}

// fail makes an error the source's problem.
func (p *pump) fail(err error) {
	p.health.State, p.health.Problem = tracker.SourceFailed, problemText(err)
	p.report()
}

// problemText returns an error as a source's problem: one harmless line.
func problemText(err error) string {
	return logline.SafeLine([]byte(logline.PlainError(err).Error()), logline.MaxMessage)
}

// report tells the health. A source that had lines, and no request among them, is failed and says what it saw; the first
// request mends it.
func (p *pump) report() {
	h := &p.health
	waits := p.onlyReasons() && p.shared != nil && time.Since(h.LastSeen) < reasonsAlone // the log that counts may come yet
	if !waits && (h.State == tracker.SourceReading || h.State == tracker.SourceEnded) {
		if err := p.verdict(); err != nil {
			h.State, h.Problem = tracker.SourceFailed, err.Error()
		}
	}
	p.sample()
	p.sink.report(&p.health)
}
