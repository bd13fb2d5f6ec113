package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"syscall"
	"time"

	"errtop/tracker"
)

// HistorySource is the source of the results from before the start.
const HistorySource = "demo history"

const (
	historyBatch = 512              // results per batch
	historyMost  = 100_000          // results of a history, about; limits its length at a high speed
	perMinute    = 560              // requests of all clients per quiet minute of the world, about
	holdBack     = 30 * time.Second // how long results are held back for requests that started before and end before them
	loopback     = time.Millisecond // time that a real request takes in addition to the answer's latency, about
)

// history simulates the time before the start with the same clients and the same server, without waiting and without a network.
type history struct {
	options Options
	plan    script
	world   clock // starts when the history does
	server  *server
	load    load
}

// newHistory returns the history that ends at start. Its script has fewer incidents than the demo's, and none shortly before the
// start.
func newHistory(ctx context.Context, o Options, start time.Time) *history {
	most := time.Duration(historyMost / perMinute / o.Speed * float64(time.Minute))
	long := min(o.History, most)
	h := &history{options: o, world: clock{start: start.Add(-long), speed: o.Speed}}
	h.plan = script{seed: ^o.Seed, history: time.Duration(float64(long) * o.Speed)}
	h.server = newServer(ctx, h.plan, h.world, newRand(h.plan.seed, streamServer))
	h.load = load{base: "http://127.0.0.1", world: h.world, plan: h.plan, seed: h.plan.seed, transport: handlerTransport{h.server.http.Handler}}
	return h
}

// visit is the next request of a client.
type visit struct {
	client *client
	random *rand.Rand
	at     time.Duration
}

// run emits the history in the order of time.
func (h *history) run(ctx context.Context) {
	source := tracker.Source{Name: HistorySource, Format: "HTTP", State: tracker.SourceReading}
	h.health(source)
	var waiting []tracker.Result // not emitted yet, because requests that end before them may follow
	emit := func(until time.Time) {
		slices.SortStableFunc(waiting, func(a, b tracker.Result) int { return a.Time.Compare(b.Time) })
		n := 0
		for n < len(waiting) && waiting[n].Time.Before(until) {
			n++
		}
		if n > 0 {
			h.options.Emit(waiting[:n])
			source.Results += uint64(n)
			waiting = slices.Delete(waiting, 0, n)
		}
	}
	for c := range h.calls() {
		if ctx.Err() != nil {
			break
		}
		if result, ok := h.load.ask(context.WithValue(ctx, momentKey{}, &moment{world: h.world, at: c.at}), c.call); ok {
			result.Source = HistorySource
			waiting = append(waiting, result)
		}
		if len(waiting) >= historyBatch {
			emit(h.world.start.Add(h.world.real(c.at - holdBack)))
		}
	}
	emit(h.world.start.Add(h.world.real(h.plan.history)))
	for cycle := uint64(0); time.Duration(cycle)*cycleLength < h.plan.history; cycle++ {
		for _, m := range h.plan.marks(cycle) {
			h.options.mark(h.world, m)
		}
	}
	source.State, source.Lines, source.LastSeen = tracker.SourceEnded, source.Results, time.Now()
	h.health(source)
}

func (h *history) health(s tracker.Source) {
	if h.options.Health != nil {
		h.options.Health(s)
	}
}

// timedCall is a call and when it is made.
type timedCall struct {
	call
	at time.Duration
}

// calls yields the calls of all clients in the order of time.
func (h *history) calls() func(yield func(timedCall) bool) {
	return func(yield func(timedCall) bool) {
		visits := make([]visit, len(clients))
		for i := range visits {
			visits[i] = visit{client: &clients[i], random: newRand(h.plan.seed, streamClients+uint64(i))}
			visits[i].at = h.load.gap(visits[i].client, visits[i].random, 0)
		}
		mistakes := newRand(h.plan.seed, streamMistakes)
		var slips []mishap
		for cycle := uint64(0); time.Duration(cycle)*cycleLength < h.plan.history; cycle++ {
			slips = append(slips, slices.DeleteFunc(h.plan.mishaps(cycle), func(m mishap) bool { return !m.slip.byClient() })...)
		}
		for {
			next := &visits[0]
			for i := range visits {
				if visits[i].at < next.at {
					next = &visits[i]
				}
			}
			if next.at >= h.plan.history {
				return
			}
			if len(slips) > 0 && slips[0].at <= next.at {
				if !yield(timedCall{mistake(slips[0], mistakes), slips[0].at}) {
					return
				}
				slips = slips[1:]
				continue
			}
			if !yield(timedCall{next.client.call(next.random), next.at}) {
				return
			}
			next.at += h.load.gap(next.client, next.random, next.at)
		}
	}
}

// handlerTransport is a transport that calls a handler instead of using a network.
type handlerTransport struct{ handler http.Handler }

// RoundTrip calls the handler. It fails as a connection would if the handler aborts or takes too long.
func (t handlerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	m, ok := req.Context().Value(momentKey{}).(*moment)
	if !ok {
		return nil, errors.New("demo: not a request of the history")
	}
	m.sleep(req.Context(), loopback)
	w := &recorder{header: http.Header{}}
	aborted := t.serve(w, req)
	switch {
	case w.status == 0 && m.timedOut():
		return nil, context.DeadlineExceeded
	case w.status == 0: // the handler reset the connection
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	resp := &http.Response{
		StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Request: req,
		Body: io.NopCloser(bytes.NewReader(w.body.Bytes())),
	}
	switch {
	case m.timedOut():
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(w.body.Bytes()), failingReader{context.DeadlineExceeded}))
	case aborted:
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(w.body.Bytes()), failingReader{io.ErrUnexpectedEOF}))
	case w.header.Get("Content-Length") == "":
		w.header.Set("Content-Length", strconv.Itoa(w.body.Len()))
	}
	if w.header.Get("Date") == "" {
		w.header.Set("Date", m.now().UTC().Format(http.TimeFormat))
	}
	return resp, nil
}

// serve runs the handler and reports whether it aborted the answer. Other panics are passed on.
func (t handlerTransport) serve(w http.ResponseWriter, req *http.Request) (aborted bool) {
	defer func() {
		if v := recover(); v != nil {
			if err, ok := v.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(fmt.Sprint(v))
			}
			aborted = true
		}
	}()
	t.handler.ServeHTTP(w, req)
	return false
}

// failingReader always fails.
type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// recorder is a ResponseWriter that keeps the answer.
type recorder struct {
	header http.Header
	status int // 0 until the header was sent
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }
func (w *recorder) Flush()              {}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p) //nolint:wrapcheck // never fails
}
