package ingest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"errtop/internal/ingest/otlp"
	"errtop/internal/logline"
	"errtop/tracker"
)

// otlpDoor is what takes OTLP. Its source is announced with the first push.
type otlpDoor struct {
	name    string
	options Options
	sink    Sink

	pump     *pump // nil before the first push
	receiver *otlp.Receiver
	held     chan struct{} // capacity 1: something waits that did not before
	buffer   []byte        // for the body of the push whose turn it is, and of the next while there are any
}

func newOTLPDoor(name string, o Options, sink Sink) otlpDoor {
	return otlpDoor{name: name, options: o, sink: sink, held: make(chan struct{}, 1)}
}

// open announces the source.
func (d *otlpDoor) open() error {
	if d.pump != nil {
		return nil
	}
	var err error
	d.pump, err = newPump(d.name, d.options, d.sink)
	d.receiver = otlp.NewReceiver(d.name)
	return err
}

// emit counts a result and hands it on.
func (d *otlpDoor) emit(r tracker.Result) {
	d.pump.health.Results++
	d.pump.emit(r)
}

// line hands on a log record's text where that is a request's line. at is the record's time.
func (d *otlpDoor) line(text []byte, at time.Time) {
	if kind, _ := d.pump.decoder.Decode(text); kind != logline.LineResult {
		return
	}
	r := d.pump.maker.Make(d.pump.decoder)
	if r.Time.IsZero() {
		r.Time = at
	}
	d.emit(r)
}

// takeOTLP reads a push of spans or log records and answers as the protocol says
// (https://opentelemetry.io/docs/specs/otlp/#otlphttp).
func (h *pushHandler) takeOTLP(w http.ResponseWriter, r *http.Request) {
	encoding, known := otlp.EncodingOf(r.Header.Get("Content-Type"))
	answer := func(w http.ResponseWriter, status int, body []byte) {
		w.Header().Set("Content-Type", encoding.ContentType())
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(status)
		_, _ = w.Write(body) //nolint:gosec // protobuf or JSON; the client may be gone
	}
	refuse := func(w http.ResponseWriter, status int, reason string) {
		w.Header().Set("Connection", "close")
		answer(w, status, otlp.ErrorAnswer(encoding, reason))
	}
	if !known {
		refuse(w, http.StatusUnsupportedMediaType, "content type is neither application/x-protobuf nor application/json")
		return
	}
	h.withBody(w, r, refuse, func(body *pushBody, zipped bool) error {
		content, err := body.whole(zipped, h.otlp.buffer)
		if err != nil {
			return err
		}
		if h.otlp.buffer = content; !h.turns.wanted() {
			h.otlp.buffer = nil
		}
		text, err := h.recordOTLP(content, encoding, r.URL.Path == otlp.LogsPath)
		if err != nil {
			return &pushError{http.StatusBadRequest, fmt.Errorf("body: %w", err)}
		}
		answer(w, http.StatusOK, text)
		return nil
	})
}

// whole returns a body, unpacked, in one piece, in the buffer where that is large enough. The body gives up its own pieces.
func (b *pushBody) whole(zipped bool, buffer []byte) ([]byte, error) {
	defer func() { b.chunks = nil }()
	if !zipped {
		text := slices.Grow(buffer[:0], b.size)
		for i, chunk := range b.chunks {
			text, b.chunks[i] = append(text, chunk...), nil
		}
		return text, nil
	}
	content, err := b.content(zipped)
	if err != nil {
		return nil, err
	}
	size, err := io.Copy(io.Discard, content)
	if err != nil {
		return nil, namedBodyError(err)
	}
	if content, err = b.content(zipped); err != nil {
		return nil, err
	}
	text := slices.Grow(buffer[:0], int(size))[:size]
	if _, err := io.ReadFull(content, text); err != nil {
		return nil, namedBodyError(err)
	}
	return text, nil
}

// recordOTLP hands the results in a request to the sink, and returns the answer.
func (h *pushHandler) recordOTLP(body []byte, encoding otlp.Encoding, logs bool) (answer []byte, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := &h.otlp
	if err := d.open(); err != nil {
		return nil, err
	}
	now, health := time.Now(), &d.pump.health
	var items int
	var rejected otlp.Rejected
	if logs {
		items, rejected, err = d.receiver.Logs(body, encoding, now, d.emit, d.line)
		answer = otlp.LogsAnswer(encoding, rejected)
	} else {
		items, rejected, err = d.receiver.Traces(body, encoding, now, d.emit)
		answer = otlp.TracesAnswer(encoding, rejected)
	}
	if err != nil {
		return nil, err
	}
	health.State, health.Problem, health.Live, health.LastSeen = tracker.SourceReading, "", true, now
	health.BytesRead += int64(len(body))
	health.Lines += uint64(items) //nolint:gosec // a count
	if rejected.Count > 0 {
		health.Unreadable += uint64(rejected.Count)
		d.pump.work.addBad(health.Lines, []byte(http.MethodPost+" OTLP"), rejected.Reason)
	}
	health.Format = "otlp"
	if sampling := d.receiver.Sampling(); sampling != "" {
		health.Format += ", " + sampling
	}
	d.pump.flush()
	select {
	case d.held <- struct{}{}:
	default:
	}
	return answer, nil
}

// emitHeld hands on what OTLP's receiver has held for long enough, until ctx is done.
func (h *pushHandler) emitHeld(ctx context.Context) error {
	timer := time.NewTimer(0)
	timer.Stop()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.otlp.held:
		case <-timer.C:
		}
		if next := h.emitDue(time.Now()); !next.IsZero() {
			timer.Reset(time.Until(next))
		}
	}
}

// emitDue hands on what is due, and returns when something is next.
func (h *pushHandler) emitDue(now time.Time) (next time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.otlp.pump.health.Results
	next = h.otlp.receiver.Due(now, h.otlp.emit)
	if h.otlp.pump.health.Results > before {
		h.otlp.pump.flush()
	}
	return next
}

// endOTLP hands on all that is held and ends the source.
func (h *pushHandler) endOTLP() {
	if d := &h.otlp; d.pump != nil {
		const forever = 100 * 365 * 24 * time.Hour
		d.receiver.Due(time.Now().Add(forever), d.emit)
		d.pump.end(tracker.SourceEnded, "")
	}
}
