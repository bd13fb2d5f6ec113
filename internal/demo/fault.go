package demo

import (
	"context"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"
)

// endlessBody is how long the server holds a body that does not end: longer than any client waits.
const endlessBody = 10 * time.Minute

// breakage is a way in which an answer breaks HTTP, or takes longer than its client waits.
type breakage uint8

const (
	whole   breakage = iota // a complete answer
	torn                    // the connection is reset before an answer
	endless                 // the body starts and does not end
	cut                     // the body ends before its announced length
)

// verdict is how an admitted request is answered.
type verdict struct {
	latency  time.Duration // of the world
	problem  *problem      // nil for a success
	breakage breakage
	version  string // of the model that answers
}

// outagePattern is how requests fail during an outage, in turn.
var outagePattern = [...]struct {
	status   int
	message  string
	latency  time.Duration
	breakage breakage
}{
	{status: 503, latency: 60 * time.Millisecond, message: "The provider is unavailable."},
	{status: 500, latency: 600 * time.Millisecond, message: "The provider did not answer in time."},
	{status: 502, latency: 150 * time.Millisecond, message: "The provider gave no valid answer."},
	{status: 503, latency: 60 * time.Millisecond, message: "The provider is unavailable."},
	{status: 500, latency: 600 * time.Millisecond, message: "The provider did not answer in time."},
	{breakage: torn, latency: 100 * time.Millisecond},
	{status: 503, latency: 60 * time.Millisecond, message: "The provider is unavailable."},
	{status: 504, latency: 2500 * time.Millisecond, message: "The provider timed out."},
}

// verdict decides how the provider answers a request.
func (s *server) verdict(m *model, now conditions) verdict {
	latency := s.latency(m.latency)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.random.Float64() < now.outage(m.provider()):
		f := outagePattern[s.outageFailures%len(outagePattern)]
		s.outageFailures++
		v := verdict{latency: f.latency, breakage: f.breakage, version: modelVersion}
		if f.breakage == whole {
			v.problem = upstream(f.status, m.provider(), f.message)
		}
		return v
	case s.random.Float64() < now.rollout(m.name):
		v := verdict{latency: latency, version: now.newVersion(m.name)}
		if s.random.Float64() < now.burn(m.name)/now.rollout(m.name) {
			v.latency, v.problem = latency/2, upstream(http.StatusInternalServerError, m.provider(), "A worker ran out of GPU memory.")
			v.problem.Details["worker"] = "gpu-" + strconv.Itoa(s.random.IntN(8))
		}
		return v
	}
	return verdict{latency: latency, version: modelVersion}
}

// mishapVerdict is the verdict of a mishap of the server.
func mishapVerdict(s slip, m *model) verdict {
	v := verdict{latency: 120 * time.Millisecond, version: modelVersion}
	switch s {
	case reset:
		v.breakage = torn
	case slowBody:
		v.breakage = endless
	case cutBody:
		v.breakage = cut
	default:
		v.problem = upstream(http.StatusBadGateway, m.provider(), "The provider gave no valid answer.")
	}
	return v
}

// latency draws from a log-normal distribution with that median, which is typical of real services, limited to four medians.
func (s *server) latency(median time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return min(time.Duration(float64(median)*math.Exp(0.35*s.random.NormFloat64())), 4*median)
}

// answerFailure waits for the latency. If the verdict is a failure, it answers with it and returns true.
func (s *server) answerFailure(w http.ResponseWriter, r *http.Request, v verdict) bool {
	at := timelineOf(r.Context(), s.world)
	if !at.sleep(r.Context(), v.latency) {
		return true // the client has gone
	}
	w.Header().Set(versionHeader, v.version)
	switch {
	case v.problem != nil:
		v.problem.write(w, at.now())
		return true
	case v.breakage == torn:
		linger(r.Context())
		panic(http.ErrAbortHandler)
	case v.breakage == endless:
		begin(w, `{"status":"processing","progress":`)
		at.sleep(r.Context(), endlessBody)
		panic(http.ErrAbortHandler)
	case v.breakage == cut:
		w.Header().Set("Content-Length", "512")
		begin(w, `{"status":"completed","images":[{"url":"https://cdn.fire`)
		panic(http.ErrAbortHandler)
	}
	return false
}

// begin sends the start of an answer.
func begin(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
	_ = http.NewResponseController(w).Flush() // an error means that the client has gone away
}

// connKey is the key of a request's connection in its context.
type connKey struct{}

// linger makes closing a request's connection send a reset.
func linger(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
}
