package otlp

import (
	"cmp"
	"slices"
	"time"

	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"
	resources "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"

	"errtop/internal/logline"
	"errtop/tracker"
)

const (
	holdFor     = 7 * time.Second  // exporters send every five seconds
	maxHeld     = 4096             // requests that wait for their other half
	maxHeldSize = 4 << 20          // bytes of them, and as many of exceptions
	maxSeen     = 16 << 10         // spans that are remembered, of each side
	joinFor     = time.Minute      // an exception waits for its request
	logsQuiet   = 10 * time.Minute // how long after the last log record another is waited for
)

// Receiver turns pushes into results. It serves one goroutine at a time.
type Receiver struct {
	convert converter
	sampled sampling

	held       []*held // in the order they came; nil if one is done
	first      int     // of held that may not be done
	heldSize   int
	waiting    map[spanKey]*held   // client spans, by id
	failing    map[traceID][]*held // failed requests that may get an exception
	counted    seen                // server spans that were counted: exporters send again what they are not sure of
	served     seen                // spans whose request was counted by its server
	asked      seen                // client spans that were counted
	causes     map[traceID]cause
	causeSize  int
	causeOrder []traceID
	lastLog    time.Time
}

// held is a request that waits: a client's for its server's, a failed one for its exception.
type held struct {
	*request
	until time.Time
	done  bool
}

// cause is an exception that waits for its request.
type cause struct {
	exception
	at time.Time
}

// NewReceiver returns a receiver for the source of that name.
func NewReceiver(source string) *Receiver {
	return &Receiver{
		convert: converter{source: source}, waiting: map[spanKey]*held{}, failing: map[traceID][]*held{}, causes: map[traceID]cause{},
	}
}

// Sampling says how many of the requests were traced, "1 in 10 sampled"; "" if all were or nothing says so.
func (r *Receiver) Sampling() string { return r.sampled.text() }

// Traces takes an ExportTraceServiceRequest, whole or, with an error, not at all. It hands on the results that are complete;
// others are held for [Receiver.Due]. It returns how many spans there were.
func (r *Receiver) Traces(body []byte, e Encoding, now time.Time, emit func(tracker.Result)) (spans int, rejected Rejected, err error) {
	var clients []*request
	spans, err = spansIn(body, e, func(resource *resources.Resource, s *trace.Span) {
		if keyOf(s.GetTraceId(), s.GetSpanId()) == (spanKey{}) {
			rejected.add("without a trace id of 16 bytes and a span id of 8")
			return
		}
		request, ok := r.convert.request(resource, s)
		if !ok {
			if x := exceptionIn(s); x.message != "" || x.kind != "" {
				r.join(keyOf(s.GetTraceId(), s.GetSpanId()).trace, x, now, emit)
			}
			return
		}
		request.result.Weight = r.sampled.weigh(weightOf(s.GetTraceState()))
		if request.server {
			r.server(request, now, emit)
		} else if clients = append(clients, request); len(clients) >= maxHeld {
			r.clients(clients, now, emit)
			clients = clients[:0]
		}
	}, &rejected)
	r.clients(clients, now, emit)
	return spans, rejected, err
}

// server takes a request that its server traced.
func (r *Receiver) server(request *request, now time.Time, emit func(tracker.Result)) {
	if r.counted.has(request.id) {
		return
	}
	r.counted.add(request.id)
	if request.parent != (spanKey{}) {
		if r.asked.has(request.parent) {
			return // its client was counted, since it came too late
		}
		r.served.add(request.parent)
		if client := r.waiting[request.parent]; client != nil {
			r.drop(client)
		}
	}
	r.complete(request, now, emit)
}

// clients takes requests that their clients traced. They wait for their servers.
func (r *Receiver) clients(requests []*request, now time.Time, emit func(tracker.Result)) {
	for _, request := range requests {
		if !r.served.has(request.id) && !r.asked.has(request.id) && r.waiting[request.id] == nil {
			r.waiting[request.id] = r.hold(request, now, emit)
		}
	}
}

// complete emits a request, unless it failed and its exception may come by a log record.
func (r *Receiver) complete(request *request, now time.Time, emit func(tracker.Result)) {
	if !request.result.Kind.Failed() || request.hasCause || request.trace == (traceID{}) {
		emit(request.result)
		return
	}
	if known, ok := r.causes[request.trace]; ok && now.Sub(known.at) <= joinFor {
		request.because(known.exception)
		emit(request.result)
		return
	}
	if r.lastLog.IsZero() || now.Sub(r.lastLog) > logsQuiet {
		emit(request.result)
		return
	}
	h := r.hold(request, now, emit)
	r.failing[request.trace] = append(r.failing[request.trace], h)
}

// Logs takes an ExportLogsServiceRequest, whole or, with an error, not at all: exceptions for the requests of their traces,
// and the text of records outside of any trace, with its time, for line. It returns how many records there were.
func (r *Receiver) Logs(body []byte, e Encoding, now time.Time, emit func(tracker.Result), line func([]byte, time.Time)) (records int, rejected Rejected, err error) {
	records, err = recordsIn(body, e, func(_ *resources.Resource, l *logs.LogRecord) {
		var trace traceID
		if copy(trace[:], l.GetTraceId()); trace != (traceID{}) {
			if x := exceptionOf(l); x.kind != "" || x.message != "" {
				r.join(trace, x, now, emit)
			}
			return
		}
		if text := textOf(l.GetBody()); text != "" && len(text) <= logline.MaxLine {
			line([]byte(text), timeOf(cmp.Or(l.GetTimeUnixNano(), l.GetObservedTimeUnixNano())))
		}
	}, &rejected)
	if records > 0 {
		r.lastLog = now
	}
	return records, rejected, err
}

// join gives an exception to the failed requests of its trace, or keeps it for them.
func (r *Receiver) join(trace traceID, x exception, now time.Time, emit func(tracker.Result)) {
	if trace == (traceID{}) {
		return
	}
	waiting := r.failing[trace]
	for _, h := range waiting {
		if !h.done {
			h.because(x)
			emit(h.result)
			r.drop(h)
		}
	}
	if len(waiting) > 0 {
		return
	}
	x = x.bounded()
	if known, ok := r.causes[trace]; ok {
		if known.kind != "" && x.kind == "" {
			return // a log line says less than an exception
		}
		r.causeSize -= known.size()
	} else {
		r.causeOrder = append(r.causeOrder, trace)
	}
	r.causes[trace] = cause{x, now}
	for r.causeSize += x.size(); r.causeSize > maxHeldSize || len(r.causeOrder) > maxHeld; {
		oldest := r.causeOrder[0]
		r.causeOrder = r.causeOrder[1:]
		r.causeSize -= r.causes[oldest].size()
		delete(r.causes, oldest)
	}
}

// hold keeps a request for a while. Where too many wait, the oldest is emitted.
func (r *Receiver) hold(request *request, now time.Time, emit func(tracker.Result)) *held {
	h := &held{request: request, until: now.Add(holdFor)}
	r.held = append(r.held, h)
	for r.heldSize += request.bytes; len(r.held)-r.first > maxHeld || r.heldSize > maxHeldSize; {
		r.release(emit)
	}
	return h
}

// drop ends the wait of a request that was counted, or is not to be.
func (r *Receiver) drop(h *held) {
	if h.done {
		return
	}
	h.done = true
	r.heldSize -= h.bytes
	if !h.server && r.waiting[h.id] == h {
		delete(r.waiting, h.id)
	}
	if others := slices.DeleteFunc(r.failing[h.trace], func(other *held) bool { return other == h }); len(others) > 0 {
		r.failing[h.trace] = others
	} else {
		delete(r.failing, h.trace)
	}
}

// release emits the request that has waited for longest.
func (r *Receiver) release(emit func(tracker.Result)) {
	h := r.held[r.first]
	r.held[r.first] = nil
	r.first++
	if r.first == len(r.held) || r.first > maxHeld {
		r.held, r.first = append(r.held[:0], r.held[r.first:]...), 0
	}
	if h.done {
		return
	}
	if !h.hasCause && h.result.Kind.Failed() {
		if known, ok := r.causes[h.trace]; ok {
			h.because(known.exception)
		}
	}
	if !h.server {
		r.asked.add(h.id)
	}
	r.drop(h)
	emit(h.result)
}

// Due hands on the requests that have waited for long enough, and returns when to ask again: the zero time where nothing
// waits.
func (r *Receiver) Due(now time.Time, emit func(tracker.Result)) (next time.Time) {
	for r.first < len(r.held) {
		h := r.held[r.first]
		if !h.done && now.Before(h.until) {
			return h.until
		}
		r.release(emit)
	}
	for len(r.causeOrder) > 0 {
		oldest := r.causeOrder[0]
		if now.Sub(r.causes[oldest].at) <= joinFor {
			break
		}
		r.causeSize -= r.causes[oldest].size()
		delete(r.causes, oldest)
		r.causeOrder = r.causeOrder[1:]
	}
	return time.Time{}
}

// seen remembers the newest of many spans. The zero value is ready.
type seen struct {
	known  map[spanKey]struct{}
	order  []spanKey
	oldest int
}

func (s *seen) has(key spanKey) bool {
	_, ok := s.known[key]
	return ok
}

func (s *seen) add(key spanKey) {
	if key == (spanKey{}) || s.has(key) {
		return
	}
	if s.known == nil {
		s.known = map[spanKey]struct{}{}
	}
	if len(s.order) < maxSeen {
		s.order = append(s.order, key)
	} else {
		delete(s.known, s.order[s.oldest])
		s.order[s.oldest] = key
		s.oldest = (s.oldest + 1) % maxSeen
	}
	s.known[key] = struct{}{}
}
