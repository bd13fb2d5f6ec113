package ingest

import (
	"time"

	"errtop/internal/logline"
	"errtop/internal/safetext"
	"errtop/tracker"
)

const (
	batchSize = 512             // results after which a batch is handed over although more waits
	liveAge   = 2 * time.Minute // a source whose newest result is younger is live
)

// pump carries one source's bytes to the sink: lines, records, results, batches, health. It serves one goroutine.
type pump struct {
	sink    Sink
	decoder *logline.Decoder
	maker   logline.ResultMaker
	lines   splitter
	batch   []tracker.Result
	health  tracker.Source
	newest  time.Time
	bad     [logline.MaxSamples]badLine // the last unreadable lines, in turn
	sampled uint64                      // health.Samples holds them up to this one
}

// badLine is a line that no decoder understood, as it came.
type badLine struct {
	number uint64
	text   []byte
	reason string
}

// newPump returns a pump for the source of that name.
func newPump(name string, o Options, sink Sink) (*pump, error) {
	d, err := logline.NewDecoder(o.Options, time.Now())
	if err != nil {
		return nil, err
	}
	p := &pump{sink: sink, decoder: d, maker: logline.NewResultMaker(name)}
	p.health = tracker.Source{Name: name, State: tracker.SourceWaiting, Format: string(o.Format)}
	p.report()
	return p, nil
}

// feed takes bytes as they come; more says that the next are already there, so that a small batch may wait for them.
func (p *pump) feed(chunk []byte, more bool) { p.feedFrom(&p.lines, chunk, more) }

// feedFrom is feed for one of several streams of the source.
func (p *pump) feedFrom(lines *splitter, chunk []byte, more bool) {
	p.health.BytesRead += int64(len(chunk))
	p.health.State, p.health.Problem = tracker.SourceReading, ""
	p.health.LastSeen = time.Now()
	lines.feed(chunk, p.line)
	if !more {
		p.flush()
	}
}

// endLine takes what one of the streams holds of a line without an end.
func (p *pump) endLine(lines *splitter) {
	lines.end(p.line)
	p.flush()
}

// end finishes the last line and tells that nothing more comes.
func (p *pump) end(state tracker.SourceState, problem string) {
	p.lines.end(p.line)
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
	switch v, reason := p.decoder.Decode(text); v {
	case logline.LineBlank:
	case logline.LineUnreadable:
		p.unreadable(text, reason)
	case logline.LineResult:
		p.health.Results++
		if f := string(p.decoder.Format); p.health.Format != f {
			p.format(f)
		}
		p.batch = append(p.batch, p.maker.Make(p.decoder))
		if at := p.batch[len(p.batch)-1].Time; at.After(p.newest) {
			p.newest = at
		}
		if len(p.batch) >= batchSize {
			p.flush()
		}
	}
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
	bad := &p.bad[p.health.Unreadable%logline.MaxSamples]
	p.health.Unreadable++
	bad.number, bad.text, bad.reason = p.health.Lines, append(bad.text[:0], safetext.Cut(text, logline.MaxSample+safetext.Lookahead)...), reason
}

// sample makes the last unreadable lines harmless, in a slice of its own, since the sink may hold the one before.
func (p *pump) sample() {
	n := p.health.Unreadable
	if n == p.sampled {
		return
	}
	p.sampled = n
	p.health.Samples = make([]tracker.Unreadable, 0, logline.MaxSamples)
	for i := n - min(n, logline.MaxSamples); i < n; i++ {
		bad := &p.bad[i%logline.MaxSamples]
		p.health.Samples = append(p.health.Samples, tracker.Unreadable{
			Number: bad.number, Text: logline.SafeLine(bad.text, logline.MaxSample), Reason: bad.reason,
		})
	}
}

// verdict says what was seen in a source that has lines but no request; nil of any other.
func (p *pump) verdict() error {
	h := &p.health
	if h.Results > 0 || h.Unreadable == 0 {
		return nil
	}
	last := &p.bad[(h.Unreadable-1)%logline.MaxSamples]
	return logline.NoRequestLog(h.Lines, last.number, last.reason, string(last.text))
}

// flush hands over what is there.
func (p *pump) flush() {
	if len(p.batch) > 0 {
		p.sink.Emit(p.batch)
		clear(p.batch)
		p.batch = p.batch[:0]
	}
	if !p.newest.IsZero() {
		p.health.Lag = max(0, p.health.LastSeen.Sub(p.newest))
		p.health.Live = p.health.Live || p.health.State == tracker.SourceReading && p.health.Lag < liveAge
	}
	p.report()
}

// report tells the health. A source that had lines, and no request among them, is failed and says what it saw; the first
// request mends it.
func (p *pump) report() {
	if h := &p.health; h.State == tracker.SourceReading || h.State == tracker.SourceEnded {
		if err := p.verdict(); err != nil {
			h.State, h.Problem = tracker.SourceFailed, err.Error()
		}
	}
	p.sample()
	if p.sink.Health != nil {
		p.sink.Health(p.health)
	}
}
