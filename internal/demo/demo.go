// Package demo runs a Firemoon-like API on loopback, with clients that use it and scripted incidents. errtop shows it to somebody
// who has not configured anything to watch yet.
//
// The demo is not a recording. A real HTTP server checks keys, plans, rate limits and bodies, real clients send requests, and the
// answers become results of origin traffic. A seeded script decides which provider is down and whose key has expired.
// [Demo.Targets] lists targets for a prober.
//
// The package only uses the loopback interface and never writes to a terminal or a file. The history of the time before the start
// (Options.History) comes from the same clients and the same server, run without waiting and without a network; its source is
// called [HistorySource]. The script is a pure function of the seed. Which request fails is not, because clients run in parallel.
package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"errtop/internal/safego"
	"errtop/tracker"
)

// SourceName is the name of the source through which the demo's results come.
const SourceName = "demo traffic"

// Options say how the demo runs.
type Options struct {
	Seed uint64 // of the script of incidents and of the clients' habits
	// Speed is how many times as fast as real time the demo's world runs, from 0.1 to 100; 0 means 1. It scales incidents, request
	// rates, latencies, rate limit windows, and the clients' timeouts, which are never below one second.
	Speed float64

	// History is how much of the time before the start is emitted first, 0 for none. At a high Speed the history is shorter, because
	// the number of its results is limited.
	History time.Duration

	// Emit receives results in batches, from one goroutine at a time. It must not keep the slice after it returns. Required.
	Emit func([]tracker.Result)
	// Health receives the health of the source about once a second, from the goroutine that calls Emit. May be nil.
	Health func(tracker.Source)
	// Mark receives the script's deploys and rollbacks, from any goroutine. May be nil.
	Mark func(tracker.Mark)
}

// mark passes on a mark of a script that runs on a clock.
func (o *Options) mark(world clock, m mark) {
	if o.Mark != nil {
		o.Mark(tracker.Mark{
			At: world.start.Add(world.real(m.at)).Round(0), Text: m.text, Target: m.target, Version: m.version, Source: SourceName,
		})
	}
}

// Target is an endpoint of the demo for a prober.
type Target struct {
	Name     string
	Method   string
	URL      string
	Headers  []tracker.Header // contain a key, to be treated as a secret
	Body     string
	Interval time.Duration
	Timeout  time.Duration
	Expect   []string // expressions over status, latency, body, json and header that must hold
}

// Demo is a running demo. It ends with the context that was given to [Start].
type Demo struct {
	base  string
	world clock
	done  chan struct{}
	err   error // why it ended before its context did; read after done is closed
}

// Start emits the history, listens on a free port of 127.0.0.1 and starts the clients. The demo ends with ctx; [Demo.Wait]
// returns when it has. Errors: a speed out of range, a missing Emit, no free port.
func Start(ctx context.Context, o Options) (*Demo, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	d, err := start(ctx, l, (&net.Dialer{}).DialContext, o)
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return d, nil
}

// dialFunc connects a client to the demo's server.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func start(ctx context.Context, l net.Listener, dial dialFunc, o Options) (*Demo, error) {
	if o.Speed == 0 {
		o.Speed = 1
	}
	if !(o.Speed >= 0.1 && o.Speed <= 100) { // negated, to reject NaN too
		return nil, fmt.Errorf("demo: speed %v: must be from 0.1 to 100", o.Speed)
	}
	if o.Emit == nil {
		return nil, fmt.Errorf("demo: Options.Emit is missing")
	}
	if o.History > 0 {
		newHistory(ctx, o, time.Now()).run(ctx)
	}
	d := &Demo{
		base:  "http://" + l.Addr().String(),
		world: clock{start: time.Now(), speed: o.Speed},
		done:  make(chan struct{}),
	}
	safego.Start(func() error {
		defer close(d.done)
		d.err = safego.Catch(func() error { return d.run(ctx, l, dial, o) })
		return d.err
	})
	return d, nil
}

// run starts every goroutine of the demo, and returns when all have ended.
func (d *Demo) run(ctx context.Context, l net.Listener, dial dialFunc, o Options) error {
	group, ctx := safego.WithContext(ctx)
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	plan := script{seed: o.Seed}
	srv := newServer(ctx, plan, d.world, newRand(o.Seed, streamServer))
	srv.http.Handler = safego.Handler(srv.http.Handler, fail)
	group.Go(func() error { return srv.serve(l) })
	results := make(chan tracker.Result, maxInFlight)
	group.Go(func() error {
		report(results, o)
		return nil
	})

	transport := &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, DisableCompression: true}
	work := load{
		base: d.base, world: d.world, plan: plan, seed: o.Seed, transport: transport, results: results,
	}
	group.Go(func() error {
		work.tellMarks(ctx, &o)
		return nil
	})
	err := work.run(ctx)
	close(results)
	transport.CloseIdleConnections()
	srv.close()
	if panicked, ok := errors.AsType[*safego.PanicError](context.Cause(ctx)); ok { // in a handler
		err = errors.Join(err, panicked)
	}
	err = errors.Join(err, group.Wait())
	srv.wait()
	return err
}

// Wait returns after the last goroutine of the demo has ended and its port is free. The error is nil if its context ended it.
func (d *Demo) Wait() error {
	<-d.done
	return d.err
}

// Targets returns targets for a prober. The other models appear only in the clients' results.
func (d *Demo) Targets() []Target {
	const every = 2 * time.Second
	interval := max(d.world.real(every), every/10)
	probed := []string{"kling/v2.1", "veo/3", "sdxl/turbo"}
	targets := []Target{{
		Name: "gateway", Method: http.MethodGet, URL: d.base + "/healthz",
		Interval: interval, Timeout: 2 * time.Second, Expect: []string{"status == 200"},
	}}
	for _, name := range probed {
		targets = append(targets, Target{
			Name: name, Method: http.MethodGet, URL: d.base + route(name),
			Headers:  []tracker.Header{{Name: "Authorization", Value: "Bearer " + token(keyProbe)}},
			Interval: interval, Timeout: 2 * time.Second, Expect: []string{`json.status == "ready"`},
		})
	}
	return targets
}

// report passes on results in batches, and the source's health at most once a second, until results is closed.
func report(results <-chan tracker.Result, o Options) {
	source := tracker.Source{Name: SourceName, Format: "HTTP", State: tracker.SourceReading, Live: true}
	var told time.Time
	tell := func(now time.Time) {
		told = now
		if o.Health != nil {
			o.Health(source)
		}
	}
	tell(time.Now())
	batch := make([]tracker.Result, 0, maxInFlight)
	for r := range results {
		batch = append(batch[:0], r)
		for len(results) > 0 && len(batch) < cap(batch) {
			batch = append(batch, <-results)
		}
		o.Emit(batch)
		source.Results += uint64(len(batch))
		source.Lines, source.LastSeen = source.Results, time.Now()
		if source.LastSeen.Sub(told) >= time.Second {
			tell(source.LastSeen)
		}
	}
	source.State = tracker.SourceEnded
	tell(time.Now())
}
