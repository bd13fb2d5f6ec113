package probe_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"errtop/probe"
	"errtop/tracker"
)

// once probes a target without retries and fails the test where the target is wrong.
func once(t *testing.T, target probe.Target) tracker.Result {
	t.Helper()
	if target.Name == "" {
		target.Name = "api"
	}
	if target.Attempts == 0 {
		target.Attempts = 1
	}
	result, err := probe.Once(t.Context(), target, probe.Options{UserAgent: "errtop/test"})
	if err != nil {
		t.Fatalf("once: %v", err)
	}
	return result
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func TestRequestIsSentAsTheTargetSays(t *testing.T) {
	var got *http.Request
	var body []byte
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("X-Request-Id", "req-1")
		_, _ = io.WriteString(w, "fine")
	})
	target := probe.Target{
		URL: server.URL + "/v1/things?page=2", Method: "PUT", Body: `{"a":1}`,
		Headers: []tracker.Header{{Name: "authorization", Value: "Bearer abcdef"}, {Name: "Host", Value: "api.example"}, {Name: "X-Two", Value: "1"}, {Name: "X-Two", Value: "2"}},
	}
	result := once(t, target)
	if result.Kind != tracker.KindOK || result.Status != 200 || result.RequestID != "req-1" || result.Route != "/v1/things" || result.Method != "PUT" {
		t.Errorf("result: %+v", result)
	}
	if got.Method != "PUT" || got.URL.String() != "/v1/things?page=2" || string(body) != `{"a":1}` || got.Host != "api.example" {
		t.Errorf("request: %s %s, host %s, body %s", got.Method, got.URL, got.Host, body)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer abcdef", "User-Agent": "errtop/test", "Content-Type": "application/json", "Accept": "*/*", "X-Two": "1,2",
	} {
		if have := strings.Join(got.Header.Values(name), ","); have != want {
			t.Errorf("header %s: %q, want %q", name, have, want)
		}
	}
	ev := result.Evidence
	if ev.Phases.Connect <= 0 || ev.Phases.FirstByte <= 0 || ev.Phases.Body <= 0 || ev.Phases.TLS != 0 {
		t.Errorf("phases: %+v", ev.Phases)
	}
	// Between two phases a busy machine may do something else: of many requests, one is left in peace.
	for timed, tries := result, 1; ; timed, tries = once(t, target), tries+1 {
		p := timed.Evidence.Phases
		sum := p.DNS + p.Connect + p.TLS + p.FirstByte + p.Body
		if sum > timed.Latency || sum < timed.Latency/2 && tries == 50 {
			t.Errorf("phases add up to %v of %v", sum, timed.Latency)
		}
		if sum >= timed.Latency/2 || tries == 50 {
			break
		}
	}
	if "http://"+ev.RemoteAddr != server.URL || ev.Proto != "HTTP/1.1" || ev.Body != "fine" || ev.Attempt != 1 {
		t.Errorf("evidence: %+v", ev)
	}
	if ev.Request.URL != server.URL+"/v1/things?page=***" || ev.Request.Body != `{"a":1}` || ev.Request.Headers[0].Value != "Bearer ***" && ev.Request.Headers[0].Value != "***" {
		t.Errorf("shown request: %+v", ev.Request)
	}
}

func TestErrorBodyOfTheReferenceAPIIsUnderstood(t *testing.T) {
	reset := time.Now().Add(45 * time.Second).UTC().Truncate(time.Millisecond)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/429":
			w.WriteHeader(429)
			_, _ = io.WriteString(w, `{"error":"Rate limit exceeded","message":"Too many requests","resetAt":"`+reset.Format("2006-01-02T15:04:05.000Z")+`"}`)
		case "/400":
			w.WriteHeader(400)
			_, _ = io.WriteString(w, `{"error":"Invalid input","message":"Check it","errors":["prompt: is required","num_images: at most 4"],"details":{"field": "prompt"}}`)
		case "/openai":
			w.WriteHeader(401)
			_, _ = io.WriteString(w, `{"error":{"type":"invalid_api_key","message":"No such key"}}`)
		case "/problem":
			w.WriteHeader(500)
			_, _ = io.WriteString(w, `{"title":"Out of credit","detail":"Your balance is 30"}`)
		case "/odd":
			w.WriteHeader(500)
			_, _ = io.WriteString(w, `{"error":17,"message":["a","b"],"errors":"none","details":null}`)
		}
	})
	limited := once(t, probe.Target{URL: server.URL + "/429"})
	if limited.Kind != tracker.KindRateLimited || limited.Error != "Rate limit exceeded" || limited.Message != "Too many requests" || limited.ResetAt.Sub(reset).Abs() > time.Millisecond {
		t.Errorf("429: %+v", limited)
	}
	invalid := once(t, probe.Target{URL: server.URL + "/400"})
	if ev := invalid.Evidence; invalid.Kind != tracker.KindInvalid || len(ev.Errors) != 2 || ev.Errors[1] != "num_images: at most 4" || ev.Details != `{"field":"prompt"}` {
		t.Errorf("400: %+v %+v", invalid, invalid.Evidence)
	}
	for path, want := range map[string][2]string{
		"/openai":  {"invalid_api_key", "No such key"},
		"/problem": {"Out of credit", "Your balance is 30"},
		"/odd":     {"17", `["a","b"]`},
	} {
		if r := once(t, probe.Target{URL: server.URL + path}); r.Error != want[0] || r.Message != want[1] {
			t.Errorf("%s: %q %q, want %q", path, r.Error, r.Message, want)
		}
	}
}

func TestAnswerThatIsNoJSONSaysWhoGaveIt(t *testing.T) {
	answers := []struct {
		status            int
		contentType, body string
		want              string
	}{
		{502, "text/html", "<html><head><title>502 Bad Gateway</title>", "Bad Gateway, answered by nginx/1.22.1 whose upstream did not answer"},
		{504, "text/html", "<title>504 Gateway Time-out</title>", "Gateway Timeout, answered by nginx/1.22.1 whose upstream did not answer"},
		{429, "text/html", "<title>429 Too Many Requests</title>", "Too Many Requests, answered by nginx/1.22.1"},
		{400, "text/html; charset=utf-8", "<TITLE>\n400 The plain HTTP request was sent to HTTPS port</TITLE>", "Bad Request, answered by nginx/1.22.1: 400 The plain HTTP request was sent to HTTPS port"},
		{500, "text/plain", "panic: nil map\ngoroutine 1", "Internal Server Error, answered by nginx/1.22.1: panic: nil map"},
		{599, "image/png", "PNG", "status 599, answered by nginx/1.22.1"},
	}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		i, _ := strconv.Atoi(r.URL.Path[1:])
		w.Header().Set("Server", "nginx/1.22.1")
		w.Header().Set("Content-Type", answers[i].contentType)
		w.WriteHeader(answers[i].status)
		_, _ = io.WriteString(w, answers[i].body)
	})
	for i, a := range answers {
		if r := once(t, probe.Target{URL: fmt.Sprintf("%s/%d", server.URL, i)}); r.Message != a.want {
			t.Errorf("%d: %q, want %q", a.status, r.Message, a.want)
		}
	}
}

func TestProberAsksEveryTargetAgainAndAgainUntilItsContextEnds(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	count := map[string]int{}
	prober := probe.New(probe.Options{Emit: func(results []tracker.Result) {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range results {
			if r.Kind != tracker.KindOK {
				t.Errorf("%s: %s %s", r.Target, r.Kind, r.Message)
			}
			count[r.Target]++
		}
		if count["a"] >= 3 && count["b"] >= 3 {
			cancel()
		}
	}})
	targets := []probe.Target{{Name: "a", URL: server.URL, Interval: 20 * time.Millisecond}, {Name: "b", URL: server.URL, Interval: 20 * time.Millisecond, KeepAlive: true}}
	if err := prober.Set(targets); err != nil {
		t.Fatal(err)
	}
	if err := prober.Run(ctx); err != nil {
		t.Fatal(err)
	}
}
