package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"errtop/internal/safego"
	"errtop/tracker"
)

// maxInFlight limits the concurrent requests of all clients; requests beyond it are not sent.
const maxInFlight = 64

// leastTimeout is the shortest timeout of a client at any speed, so that a busy machine does not look like a slow API.
const leastTimeout = time.Second

// load runs the clients of the demo.
type load struct {
	base      string
	world     clock
	plan      script
	seed      uint64
	transport http.RoundTripper
	labels    labelSets
	results   chan<- tracker.Result
	group     *safego.Group // a goroutine per client and per request in flight
}

// call is a request to be sent by a client.
type call struct {
	agent   string
	target  string // the model that the client intends to use
	route   string // the path that it requests
	bearer  string // its Authorization header; "" for none
	body    string
	timeout time.Duration // of the world
	region  string        // where it runs
}

// call returns the client's next request.
func (c *client) call(r *rand.Rand) call {
	return call{
		agent: c.agent, target: c.model, route: route(c.model), bearer: "Bearer " + token(c.key),
		body: generationBody(r), timeout: findModel(c.model).timeout, region: c.regionOf(r),
	}
}

// regionOf draws the region of the client's next request: mostly its own, sometimes the other.
func (c *client) regionOf(r *rand.Rand) string {
	if r.IntN(4) > 0 {
		return c.region
	}
	return map[string]string{"eu": "us", "us": "eu"}[c.region]
}

// gap draws the time to a client's next request.
func (l *load) gap(c *client, r *rand.Rand, at time.Duration) time.Duration {
	gap := c.gap
	if c.storm != 0 && l.plan.at(at).stormy(c.agent) {
		gap = c.storm
	}
	return between(r, gap/2, gap*3/2)
}

// run runs the clients until ctx ends, and waits for them. An error is a panic of one of them.
func (l *load) run(ctx context.Context) error {
	l.group, ctx = safego.WithContext(ctx)
	l.group.SetLimit(len(clients) + 1 + maxInFlight)
	for i := range uint64(len(clients)) {
		l.group.Go(func() error {
			l.work(ctx, &clients[i], newRand(l.seed, streamClients+i))
			return nil
		})
	}
	l.group.Go(func() error {
		l.makeMistakes(ctx, newRand(l.seed, streamMistakes))
		return nil
	})
	return l.group.Wait()
}

// work sends a client's requests, more often during its storm.
func (l *load) work(ctx context.Context, c *client, r *rand.Rand) {
	for l.world.sleep(ctx, l.gap(c, r, l.world.elapsed())) {
		l.send(ctx, c.call(r))
	}
}

// makeMistakes makes the clients' mistakes of the script. Those that are overdue, because the process was stopped, are skipped.
func (l *load) makeMistakes(ctx context.Context, r *rand.Rand) {
	for cycle := uint64(0); ; cycle++ {
		for _, m := range l.plan.mishaps(cycle) {
			if !m.slip.byClient() || m.at < l.world.elapsed()-mishapLateness {
				continue
			}
			if !l.world.sleep(ctx, m.at-l.world.elapsed()) {
				return
			}
			l.send(ctx, mistake(m, r))
		}
	}
}

// tellMarks passes on the marks of the script, each at its time.
func (l *load) tellMarks(ctx context.Context, o *Options) {
	for cycle := uint64(0); ; cycle++ {
		for _, m := range l.plan.marks(cycle) {
			if !l.world.sleep(ctx, m.at-l.world.elapsed()) {
				return
			}
			o.mark(l.world, m)
		}
		if !l.world.sleep(ctx, time.Duration(cycle+1)*cycleLength-l.world.elapsed()) {
			return
		}
	}
}

// send makes a call in the background, unless too many are in flight.
func (l *load) send(ctx context.Context, c call) {
	l.group.TryGo(func() error {
		result, ok := l.ask(ctx, c)
		if !ok {
			return nil
		}
		select {
		case l.results <- result:
		case <-ctx.Done():
		}
		return nil
	})
}

// ask makes the call and returns its result; false if the demo ended before.
func (l *load) ask(ctx context.Context, c call) (tracker.Result, bool) {
	at := timelineOf(ctx, l.world)
	limited, cancel := at.within(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodPost, l.base+c.route, strings.NewReader(c.body))
	if err != nil {
		return tracker.Result{}, false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", c.agent)
	if c.bearer != "" {
		req.Header.Set("Authorization", c.bearer)
	}

	begun := at.now()
	var a answer
	resp, err := l.transport.RoundTrip(req)
	a.firstByte = at.now().Sub(begun)
	if err == nil {
		a.status, a.proto, a.header = resp.StatusCode, resp.Proto, resp.Header
		a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		_ = resp.Body.Close()
	}
	a.latency, a.err = at.now().Sub(begun), err
	if ctx.Err() != nil {
		return tracker.Result{}, false
	}
	result := a.result(c, req, begun.Add(a.latency).Round(0)) // wall clock, because it is compared with times of other sources
	result.Labels = l.labels.of(&c, a.header)
	return result, true
}

// generationBody returns the body of a request that breaks no rule.
func generationBody(r *rand.Rand) string {
	return encode(map[string]any{
		"prompt": pick(r,
			"a lighthouse in a storm, oil on canvas", "macro photo of a dew drop on moss", "isometric city at night, neon",
			"portrait of an old sailor, soft light", "a fox asleep under a birch, watercolour", "product shot of a steel watch"),
		"num_images": 1 + r.IntN(maxImages),
		"image_size": pick(r, imageSizes[:]...),
	})
}

// mistake returns the call of a client that makes a mistake.
func mistake(m mishap, r *rand.Rand) call {
	c := call{
		agent: "notebook/0.1", target: m.model, route: route(m.model), bearer: "Bearer " + token(keyApp),
		body: generationBody(r), timeout: findModel(m.model).timeout, region: "eu",
	}
	switch m.slip {
	case badInput:
		c.body = [...]string{
			`{"prompt":"a red barn","num_images":9,"image_size":"huge"}`,
			`{"num_images":2,"image_size":"square_hd"}`,
			encode(map[string]any{"prompt": strings.Repeat("very ", 250) + "detailed castle"}),
			`{"prompt":"a red barn","num_images":2,`,
		}[m.variant%4]
	case notFound:
		c.route = route([...]string{m.model[1:], m.model[:len(m.model)-1], m.model + "-fast"}[m.variant%3])
	case denied:
		c.bearer = "Bearer " + token([...]string{keyHobby, keyImages, keySuspended}[m.variant%3])
	default: // badKey
		c.bearer = [...]string{"", token(keyApp), "Bearer fm_demo_1999"}[m.variant%3]
	}
	return c
}

// encode returns v as JSON. v is made of maps, strings and integers, which cannot fail.
func encode(v any) string {
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(v)
	return strings.TrimSpace(b.String())
}
