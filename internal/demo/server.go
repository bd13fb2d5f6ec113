package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxRequestBody is the longest body that the server reads.
const maxRequestBody = 64 << 10

// server implements the reference API over several providers. Answers depend on the script, the request, and earlier requests.
type server struct {
	plan  script
	world clock
	limit *limiter
	slips *pending

	mu             sync.Mutex
	random         *rand.Rand
	outageFailures int // requests failed by an outage so far

	http  *http.Server
	conns sync.WaitGroup // one per connection
}

func newServer(ctx context.Context, plan script, world clock, random *rand.Rand) *server {
	s := &server{
		plan: plan, world: world, random: random,
		limit: newLimiter(world.real(time.Minute)), slips: &pending{plan: plan},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET "+apiRoot+"{provider}/{model}", s.status)
	mux.HandleFunc("POST "+apiRoot+"{provider}/{model}", s.generate)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		noModel("There is nothing at "+r.URL.Path+" for "+r.Method+".").write(w, time.Now())
	})
	s.http = &http.Server{
		Handler:           s.identified(mux),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // the terminal belongs to the dashboard
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state { //nolint:exhaustive // only the first and the last state matter
			case http.StateNew:
				s.conns.Add(1)
			case http.StateClosed:
				s.conns.Done()
			}
		},
	}
	return s
}

// serve answers on l until close; it returns nil then.
func (s *server) serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// close stops serving and closes every connection.
func (s *server) close() { _ = s.http.Close() }

// wait returns after the last connection has ended. It is called after serve has returned.
func (s *server) wait() { s.conns.Wait() }

// The API claims to run on several hosts; every answer names its host and the version of its model.
const (
	hosts         = 3
	hostHeader    = "X-Served-By"
	versionHeader = "X-Model-Version"
)

// identified gives every answer a request id and a host.
func (s *server) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		id := fmt.Sprintf("req_%016x", s.random.Uint64())
		host := s.random.IntN(hosts)
		s.mu.Unlock()
		w.Header().Set("X-Request-Id", id)
		w.Header().Set("Server", "firemoon-demo")
		w.Header().Set(hostHeader, "api-"+strconv.Itoa(host+1))
		next.ServeHTTP(w, r)
	})
}

// healthz returns the health of the API and of each provider. The status is always 200.
func (s *server) healthz(w http.ResponseWriter, r *http.Request) {
	now := s.plan.at(timelineOf(r.Context(), s.world).elapsed())
	status, providers := "ok", map[string]string{}
	for i := range models {
		p := models[i].provider()
		providers[p] = "ok"
		if now.outage(p) > 0 {
			status, providers[p] = "degraded", "down"
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"status": status, "providers": providers})
}

// status returns whether a model can be used, by the same verdict as a generation. It does not count against the rate limit.
func (s *server) status(w http.ResponseWriter, r *http.Request) {
	at := timelineOf(r.Context(), s.world)
	now := s.plan.at(at.elapsed())
	m, _, p := admit(r, now)
	if p != nil {
		p.write(w, at.now())
		return
	}
	v := s.verdict(m, now)
	v.latency = min(v.latency, s.latency(40*time.Millisecond))
	if s.answerFailure(w, r, v) {
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"model": m.name, "status": "ready"})
}

// generate answers a generation request.
func (s *server) generate(w http.ResponseWriter, r *http.Request) {
	world := timelineOf(r.Context(), s.world)
	arrived, at := world.now(), world.elapsed()
	now := s.plan.at(at)
	m, k, p := admit(r, now)
	if p == nil {
		p = s.checkLimit(w, k, arrived)
	}
	var body []byte
	if p == nil {
		body, p = readBody(w, r)
	}
	if p == nil {
		p = check(body)
	}
	if p != nil {
		p.write(w, arrived)
		return
	}
	v := s.verdict(m, now)
	if slip, ok := s.slips.take(m.name, at); ok {
		v = mishapVerdict(slip, m)
	}
	if s.answerFailure(w, r, v) {
		return
	}
	id := w.Header().Get("X-Request-Id")
	writeJSON(w, http.StatusOK, map[string]any{
		"id": id, "status": "completed", "model": m.name,
		"images": []map[string]string{{"url": "https://cdn.firemoon.studio/" + id + "/0.png"}},
	})
}

// admit checks key, route, account and plan, as a gateway does before it reads the body.
func admit(r *http.Request, now conditions) (*model, *key, *problem) {
	sent, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	k := findKey(sent)
	switch {
	case r.Header.Get("Authorization") == "":
		return nil, nil, unauthorized("The Authorization header is missing.")
	case !isBearer:
		return nil, nil, unauthorized("The Authorization header must begin with Bearer.")
	case k == nil:
		return nil, nil, unauthorized("The API key is unknown.")
	case now.expired(k.owner):
		return nil, nil, unauthorized("The API key has expired. Renew it in the console.")
	}
	name := r.PathValue("provider") + "/" + r.PathValue("model")
	m := findModel(name)
	switch {
	case m == nil:
		return nil, nil, noModel("There is no model " + name + ".")
	case k.suspended:
		return nil, nil, forbidden("The account is suspended. Contact support.", nil)
	case k.providers != nil && !slices.Contains(k.providers, m.provider()):
		return nil, nil, forbidden("The plan does not include this provider.", map[string]any{"provider": m.provider()})
	case k.tier < m.needs:
		return nil, nil, forbidden("The model "+name+" needs the "+m.needs.String()+" tier.",
			map[string]any{"tier": k.tier.String(), "required": m.needs.String()})
	}
	return m, k, nil
}

// checkLimit counts the request against its key's rate limit and sets the headers about it.
func (s *server) checkLimit(w http.ResponseWriter, k *key, now time.Time) *problem {
	left, reset, ok := s.limit.take(k.owner, k.perMinute, now)
	w.Header().Set("X-RateLimit-Limit", strconv.Itoa(k.perMinute))
	w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(left))
	w.Header().Set("X-RateLimit-Reset", reset.UTC().Format(millis))
	if !ok {
		return limited(k.perMinute, s.limit.window, reset, now)
	}
	return nil
}

// readBody reads a request's body up to maxRequestBody.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *problem) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return nil, &problem{
			status: http.StatusRequestEntityTooLarge, Error: "Invalid input",
			Message: fmt.Sprintf("The body is longer than %d bytes.", maxRequestBody),
		}
	}
	if err != nil {
		return nil, invalid("The body could not be read.", nil)
	}
	return body, nil
}
