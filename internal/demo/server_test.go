package demo

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"errtop/internal/safego"
)

// Moments of the world with seed 42 that the tests visit.
const (
	quiet    = 9*time.Minute + 30*time.Second // for three minutes more
	troubled = 30 * time.Second               // kling is down and the marketing key has expired, for a minute more
)

// served runs a server from a moment of the world on until the test ends, and returns its address. The world is fast to
// keep latencies short, and each moment has seconds of ours before its conditions changes.
func served(t *testing.T, at time.Duration) string {
	t.Helper()
	const speed = 40
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now().Add(-(at / speed))
	world := clock{start: started, speed: speed}
	group, ctx := safego.WithContext(t.Context())
	s := newServer(ctx, script{seed: 42}, world, newRand(42, streamServer))
	group.Go(func() error { return s.serve(l) })
	t.Cleanup(func() {
		s.close()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		s.wait()
	})
	return "http://" + l.Addr().String()
}

// asked is one request and its whole answer.
func asked(t *testing.T, method, url, bearer, body string) (*http.Response, map[string]any) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	resp, answer, err := exchange(t.Context(), transport, method, url, bearer, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return resp, answer
}

func exchange(ctx context.Context, rt http.RoundTripper, method, url, bearer, body string) (*http.Response, map[string]any, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	if bearer != "" {
		req.Header.Set("Authorization", bearer)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp, nil, err
	}
	var answer map[string]any
	return resp, answer, json.Unmarshal(b, &answer)
}

func TestEachRequestIsAnsweredAsTheReferenceAPIWould(t *testing.T) {
	const good = `{"prompt":"a fox","num_images":1,"image_size":"square_hd"}`
	app, hobby := "Bearer "+token(keyApp), "Bearer "+token(keyHobby)
	for _, c := range []struct {
		name                       string
		at                         time.Duration
		method, path, bearer, body string
		status                     int
		kind, message              string   // of the error body
		fields                     []string // of the body, in order
	}{
		{"a generation", quiet, "POST", "/api/v1/sdxl/turbo", app, good, 200, "", "", []string{"id", "images", "model", "status"}},
		{"the status of a model", quiet, "GET", "/api/v1/kling/v2.1", app, "", 200, "", "", []string{"model", "status"}},
		{"health", quiet, "GET", "/healthz", "", "", 200, "", "", []string{"providers", "status"}},
		{"health in an outage", troubled, "GET", "/healthz", "", "", 200, "", "", []string{"providers", "status"}},
		{"bad input", quiet, "POST", "/api/v1/flux/dev", app, `{"num_images":9}`, 400, "Invalid input", "", []string{"error", "errors", "message"}},
		{"malformed input", quiet, "POST", "/api/v1/flux/dev", app, `{`, 400, "Invalid input", "", []string{"error", "errors", "message"}},
		{"a huge body", quiet, "POST", "/api/v1/flux/dev", app, strings.Repeat("x", maxRequestBody+1), 413, "Invalid input", "", []string{"error", "message"}},
		{"no key", quiet, "POST", "/api/v1/flux/dev", "", good, 401, "Invalid API key", "missing", []string{"error", "message"}},
		{"no Bearer", quiet, "POST", "/api/v1/flux/dev", token(keyApp), good, 401, "Invalid API key", "Bearer", []string{"error", "message"}},
		{"a wrong key", quiet, "GET", "/api/v1/flux/dev", "Bearer nobody", good, 401, "Invalid API key", "unknown", []string{"error", "message"}},
		{"an expired key", troubled, "POST", "/api/v1/veo/3", "Bearer " + token(keyMarketing), good, 401, "Invalid API key", "expired", []string{"error", "message"}},
		{"a renewed key", quiet, "POST", "/api/v1/veo/3", "Bearer " + token(keyMarketing), good, 200, "", "", []string{"id", "images", "model", "status"}},
		{"the wrong tier", quiet, "POST", "/api/v1/veo/3", hobby, good, 403, "Access denied", "pro tier", []string{"details", "error", "message"}},
		{"not in the plan", quiet, "POST", "/api/v1/veo/3", "Bearer " + token(keyImages), good, 403, "Access denied", "plan", []string{"details", "error", "message"}},
		{"suspended", quiet, "POST", "/api/v1/sdxl/turbo", "Bearer " + token(keySuspended), good, 403, "Access denied", "suspended", []string{"error", "message"}},
		{"no such model", quiet, "POST", "/api/v1/flux/dv", app, good, 404, "Model not found", "flux/dv", []string{"error", "message"}},
		{"no such provider", quiet, "GET", "/api/v1/fluks/dev", app, "", 404, "Model not found", "fluks/dev", []string{"error", "message"}},
		{"another method", quiet, "DELETE", "/api/v1/flux/dev", app, "", 404, "Model not found", "DELETE", []string{"error", "message"}},
		{"nothing there", quiet, "GET", "/", "", "", 404, "Model not found", "", []string{"error", "message"}},
		{"the neighbour is up", troubled, "POST", "/api/v1/sdxl/turbo", app, good, 200, "", "", []string{"id", "images", "model", "status"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp, body := asked(t, c.method, served(t, c.at)+c.path, c.bearer, c.body)
			if resp.StatusCode != c.status {
				t.Fatalf("status %d, want %d: %v", resp.StatusCode, c.status, body)
			}
			if got := slices.Sorted(maps.Keys(body)); !slices.Equal(got, c.fields) {
				t.Errorf("fields %q, want %q", got, c.fields)
			}
			if c.kind != "" && body["error"] != c.kind {
				t.Errorf("error %q, want %q", body["error"], c.kind)
			}
			if m, _ := body["message"].(string); !strings.Contains(m, c.message) {
				t.Errorf("message %q lacks %q", m, c.message)
			}
			if id := resp.Header.Get("X-Request-Id"); !strings.HasPrefix(id, "req_") {
				t.Errorf("request id %q", id)
			}
			if ct := resp.Header.Get("Content-Type"); ct != "application/json" {
				t.Errorf("content type %q", ct)
			}
		})
	}
}

func TestAnOutageFailsItsRequestsInEveryWay(t *testing.T) {
	base := served(t, troubled)
	if _, body := asked(t, "GET", base+"/healthz", "", ""); body["status"] != "degraded" {
		t.Errorf("health: %v", body)
	}
	for i, want := range []struct {
		method string
		status int // 0: a reset
		kind   string
	}{
		{"POST", 503, "Service Unavailable"},
		{"POST", 500, "Generation failed"},
		{"POST", 502, "Bad Gateway"},
		{"GET", 503, "Service Unavailable"}, // the probe meets the same
		{"POST", 500, "Generation failed"},
		{"POST", 0, ""},
		{"POST", 503, "Service Unavailable"},
		{"POST", 504, "Gateway Timeout"},
	} {
		resp, body, err := exchange(t.Context(), &http.Transport{DisableKeepAlives: true}, want.method,
			base+"/api/v1/kling/v2.1", "Bearer "+token(keyApp), `{"prompt":"a fox"}`)
		if want.status == 0 {
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("request %d: %v, want a reset", i+1, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("request %d: %v", i+1, err)
		}
		details, _ := body["details"].(map[string]any)
		if resp.StatusCode != want.status || body["error"] != want.kind || details["provider"] != "kling" {
			t.Errorf("request %d: %d %v, want %d %s", i+1, resp.StatusCode, body, want.status, want.kind)
		}
	}
}

func TestARefusedKeyIsServedAgainAtResetAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		group, ctx := safego.WithContext(t.Context())
		p := newPipes()
		s := newServer(ctx, script{seed: 42}, clock{start: time.Now().Add(-quiet), speed: 1}, newRand(42, streamServer))
		group.Go(func() error { return s.serve(p) })
		transport := &http.Transport{DialContext: p.dial, DisableKeepAlives: true}
		ask := func() (*http.Response, map[string]any) {
			resp, body, err := exchange(ctx, transport, "POST", "http://127.0.0.1/api/v1/sdxl/turbo", "Bearer "+token(keyBatch), `{"prompt":"a fox"}`)
			if err != nil {
				t.Fatal(err)
			}
			return resp, body
		}
		first := time.Now()
		for i := range 30 {
			resp, _ := ask()
			if resp.StatusCode != 200 || resp.Header.Get("X-RateLimit-Limit") != "30" {
				t.Fatalf("request %d of 30: %d %v", i+1, resp.StatusCode, resp.Header)
			}
		}
		resp, body := ask()
		at, _ := body["resetAt"].(string)
		reset, err := time.Parse("2006-01-02T15:04:05.000Z", at)
		if err != nil || resp.StatusCode != 429 || body["error"] != "Rate limit exceeded" {
			t.Fatalf("request 31: %d %v", resp.StatusCode, body)
		}
		if d := reset.Sub(first); d < time.Minute-time.Millisecond || d > time.Minute {
			t.Errorf("the window lasts %v", d)
		}
		h := resp.Header
		if wait, want := h.Get("Retry-After"), seconds(time.Until(reset)); wait != strconv.Itoa(want) {
			t.Errorf("Retry-After is %s with %d s to go", wait, want)
		}
		if h.Get("X-RateLimit-Reset") != at || h.Get("X-RateLimit-Remaining") != "0" {
			t.Errorf("headers %v, resetAt %s", h, at)
		}
		if want := "Try again in " + h.Get("Retry-After") + " seconds"; !strings.Contains(body["message"].(string), want) {
			t.Errorf("message %q, want %q in it", body["message"], want)
		}
		time.Sleep(time.Until(reset) - time.Millisecond)
		if resp, _ := ask(); resp.StatusCode != 429 {
			t.Errorf("a millisecond too early: %d", resp.StatusCode)
		}
		time.Sleep(2 * time.Millisecond)
		if resp, _ := ask(); resp.StatusCode != 200 {
			t.Errorf("after the reset: %d", resp.StatusCode)
		}
		s.close()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		s.wait()
	})
}
