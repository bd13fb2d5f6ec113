// Package probe sends each target's request when it is due, and turns what comes back into a result that explains itself in words.
//
// Every request gives one [tracker.Result], each retry included; Evidence.Attempt tells them apart. A request that the breaker
// or the target's schema held back gives a result of its own kind, so that skipped requests are counted.
//
// Where errtop words a failure itself, Message begins with Error ("connection refused", "connection refused by 127.0.0.1:9"),
// so that a viewer can show the longer one alone. Where the answer has an error body in JSON, both are the server's words.
//
// One scheduler serves all targets. It spreads starts over the interval, caps the requests in flight, and drops the probes that
// it missed while the machine slept. Text in results is safe to draw on a terminal and holds none of the target's secrets.
//
// The package never stores anything, never retries a request that is not idempotent unless the target says so, and never sends
// a secret along with a redirect to another origin.
package probe

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"errtop/internal/safego"
	"errtop/tracker"
)

// Options are what a [Prober] works with. A nil function is not called; another zero value means its default.
type Options struct {
	// Emit receives results, from one goroutine at a time. It must not keep the slice after it returns. Probing waits for it.
	Emit func([]tracker.Result)
	// Gate returns the breaker that decides whether a target's request is sent. The breaker sees every attempt.
	Gate func(target string) *tracker.Gate
	// Notice receives messages about errtop itself rather than a target: the machine slept, our own network is down. It may be
	// called from any goroutine.
	Notice func(string)
	// Mark receives the same events for charts, with their time and [SourceName] as the source: a gap in probing, our own
	// network going down and coming back. It may be called from any goroutine.
	Mark func(tracker.Mark)
	// Gap receives time that nobody lived through, before the notice of it. It may be called from any goroutine.
	Gap func(tracker.Gap)
	// Health receives the health of the prober as a source, from the goroutine that calls Emit: at once when the state changes,
	// at most once a second when only figures do. The state is failed while our own network is down, and stale while probes run
	// late or file descriptors are short; Problem has the reason.
	Health func(tracker.Source)

	UserAgent string // "errtop"
	// MaxInFlight limits concurrent requests, 256 by default, and MaxPerHost those to one host and port, 32. Probes beyond the
	// limits wait and start late, which a Notice reports. While file descriptors are short the limit is lower.
	MaxInFlight, MaxPerHost int
	// Connectivity is a host:port that can be reached when our own network works. When a target cannot be reached, errtop
	// connects to it, at most every few seconds; if that fails too, the target's result is inconclusive.
	Connectivity string
	// Resolver looks up names; default: the system's.
	Resolver *net.Resolver
	// Proxy chooses a request's proxy; default: from the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY).
	Proxy func(*http.Request) (*url.URL, error)
}

const (
	defaultMaxInFlight = 256
	defaultMaxPerHost  = 32
)

func (o Options) withDefaults() Options {
	if o.Emit == nil {
		o.Emit = func([]tracker.Result) {}
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	if o.Mark == nil {
		o.Mark = func(tracker.Mark) {}
	}
	if o.Gap == nil {
		o.Gap = func(tracker.Gap) {}
	}
	if o.UserAgent == "" {
		o.UserAgent = "errtop"
	}
	o.MaxInFlight = orDefault(o.MaxInFlight, defaultMaxInFlight)
	o.MaxPerHost = orDefault(o.MaxPerHost, defaultMaxPerHost)
	return o
}

// tell sends a notice, and a mark with a shorter text.
func (o *Options) tell(now time.Time, mark, notice string) {
	o.Notice(notice)
	o.Mark(tracker.Mark{At: now.Round(0), Text: mark, Source: SourceName})
}

// Check returns an error if a target is not valid: its URL, a setting, an expression (with the column), a file that it names.
// Expectations are expressions of github.com/expr-lang/expr over status, latency, body, json, header, tls and answers, for
// example
//
//	status == 200 && json.queue < 10
//	latency < duration("800ms")
//	header["content-type"] startsWith "application/json"
//	tls.days >= 21
//	"192.0.2.1" in answers
func Check(t Target) error {
	_, err := newPlan(t, newClients(Options{}), newSchemas())
	return err
}

// Once probes a target now, with its retries, and returns the result of the last attempt. It uses neither the breaker nor the
// retry budget. The error says what is wrong with the target, or is the context's.
func Once(ctx context.Context, t Target, options Options) (tracker.Result, error) {
	options = options.withDefaults()
	c := newClients(options)
	defer c.closeIdle()
	p, err := newPlan(t, c, newSchemas())
	if err != nil {
		return tracker.Result{}, err
	}
	if len(p.broken) > 0 {
		return invalid(p), nil
	}
	network := newNetwork(options.Connectivity, options.tell)
	for attempt := 1; ; attempt++ {
		result := network.judge(ctx, ask(ctx, p, attempt))
		if ctx.Err() != nil {
			return result, context.Cause(ctx) //nolint:wrapcheck // the caller's own
		}
		wait, retryable := p.retryDelay(&result, attempt, time.Now())
		if !retryable {
			return result, nil
		}
		select {
		case <-ctx.Done():
			return result, context.Cause(ctx) //nolint:wrapcheck // the caller's own
		case <-time.After(wait):
		}
	}
}

// Prober probes a set of targets, each at its interval. [Prober.Set] may be called from any goroutine and at any time.
type Prober struct {
	options Options
	ask     func(context.Context, *plan, int) tracker.Result

	mu      sync.Mutex
	plans   []*plan
	clients *clients
	changed chan struct{} // holds a value while the loop has not taken over new plans yet
}

// New returns a prober without targets.
func New(options Options) *Prober {
	options = options.withDefaults()
	return &Prober{
		options: options,
		ask:     ask,
		clients: newClients(options),
		changed: make(chan struct{}, 1),
	}
}

// Set replaces the targets. Targets with the same name keep their schedule, new ones are probed soon, and requests of removed
// ones are canceled without a result. If it returns an error, nothing changed.
func (p *Prober) Set(targets []Target) error {
	c, s := newClients(p.options), newSchemas()
	plans := make([]*plan, 0, len(targets))
	names := make(map[string]bool, len(targets))
	for _, t := range targets {
		made, err := newPlan(t, c, s)
		if err != nil {
			return err
		}
		if names[made.Name] {
			return fmt.Errorf("target %q: there are two of that name", t.Name)
		}
		names[made.Name] = true
		plans = append(plans, made)
	}
	p.mu.Lock()
	old := p.clients
	p.plans, p.clients = plans, c
	p.mu.Unlock()
	old.closeIdle()
	select {
	case p.changed <- struct{}{}:
	default:
	}
	return nil
}

func (p *Prober) current() []*plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plans
}

// Run probes until ctx ends. It then cancels the requests in flight, waits for them, and returns nil; they give no results. An
// error is a panic in errtop's own code.
func (p *Prober) Run(ctx context.Context) error {
	group, ctx := safego.WithContext(ctx)
	l := newLoop(p, group)
	group.Go(func() error { return l.run(ctx) })
	err := group.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients.closeIdle()
	return err
}
