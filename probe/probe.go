// Package probe asks: it sends each target's request when it is due and says of every one, in words, what came of it.
//
// One request that was sent gives one [tracker.Result], and so does each retry of it; Evidence.Attempt tells them apart. A
// request that the breaker or the target's schema held back gives a result of its kind, so that what was skipped is counted.
//
// Where the words of a failure are errtop's own, Message begins with Error ("connection refused", "connection refused by
// 127.0.0.1:9"), so that a viewer who shows both can leave out the shorter; so it is where an answer explains itself in no
// JSON. Otherwise both are the server's.
//
// One scheduler serves all targets: starts are spread over the interval, what is in flight is capped, and what was missed
// while the machine slept is not caught up. Everything in a result is harmless to draw and free of the target's secrets.
//
// It never stores anything, never retries a request that is not idempotent unless told to, and never follows a redirect to
// another origin with anything secret.
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
	// Emit takes results, from one goroutine at a time. The slice is its only until it returns. Probing waits for it.
	Emit func([]tracker.Result)
	// Gate returns the breaker that decides whether a target is asked. It sees every attempt.
	Gate func(target string) *tracker.Gate
	// Notice takes, in words, what happened to us rather than to a target: the machine slept, our own network is down. It may
	// be called from any goroutine.
	Notice func(string)
	// Mark takes the same as Notice, with its time and [SourceName], for charts: time that nobody probed, our own network gone
	// and back. It may be called from any goroutine.
	Mark func(tracker.Mark)
	// Health takes the health of probing as a source, from the goroutine that calls Emit: when its state changes, and at most
	// once a second while its figures do. It is failed while our own network is down, and stale while probes run late or file
	// descriptors are short; Problem says so in words.
	Health func(tracker.Source)

	UserAgent string // "errtop"
	// MaxInFlight bounds the requests at once, 256, and MaxPerHost those to one host and port, 32. What is due beyond that
	// waits for its turn, late, and a Notice says so; while file descriptors are short it is fewer.
	MaxInFlight, MaxPerHost int
	// Connectivity is a host:port that answers when our own network works. It is connected to, at most every few seconds,
	// when a target cannot be reached; where it cannot be reached either, that result is inconclusive.
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
	if o.UserAgent == "" {
		o.UserAgent = "errtop"
	}
	o.MaxInFlight = orDefault(o.MaxInFlight, defaultMaxInFlight)
	o.MaxPerHost = orDefault(o.MaxPerHost, defaultMaxPerHost)
	return o
}

// tell gives a notice, and marks the moment with the short form of it.
func (o *Options) tell(now time.Time, mark, notice string) {
	o.Notice(notice)
	o.Mark(tracker.Mark{At: now.Round(0), Text: mark, Source: SourceName})
}

// Check reports what is wrong with a target: its URL, a setting, an expression (with the column), a file that it names.
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

// Once probes a target now, with its retries, and returns the last attempt's result. It asks no breaker and keeps to no
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
	changed chan struct{} // holds one value while plans are not adopted yet
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

// Set replaces the targets. A target that stays, by its name, keeps its schedule; one that is new is asked soon; the request
// of one that vanishes is ended without a result. With an error nothing changes.
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

// Run probes until ctx ends, then ends what is in flight, without a result, waits for it, and returns nil. An error is a
// panic of ours.
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
