package probe_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"errtop/probe"
	"errtop/tracker"
)

func TestExpectationsSeeTheWholeAnswer(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Add("X-Two", "a")
		w.Header().Add("X-Two", "b")
		if r.URL.Path == "/missing" {
			w.WriteHeader(404)
		}
		_, _ = io.WriteString(w, `{"queue":12,"state":"ready","items":[{"id":"a"},{"id":"b"}],"note":"`+strings.Repeat("x", 3000)+`end"}`)
	})
	ok := said{tracker.KindOK, "", ""}
	failed := func(text string) said { return said{tracker.KindAssertion, "unexpected answer", text} }
	for _, c := range []struct {
		path   string
		expect []string
		want   said
	}{
		{"/", []string{"status == 200", `json.state == "ready"`, `header["content-type"] startsWith "application/json"`, `header["X-Two"] == "a, b"`}, ok},
		{"/", []string{`latency < duration("30s")`, "latency > duration(\"1ns\")", `body endsWith "end\"}"`, `len(json.items) == 2 && json.items[1].id == "b"`, `all(json.items, .id != "c")`}, ok},
		{"/", []string{"status in 200..299", "json.queue < 10"}, failed("unexpected answer: json.queue = 12, expected json.queue < 10")},
		{"/", []string{`json.items[0].id == "z" || json.state == "gone"`}, failed(`unexpected answer: json.items[0].id = "a", json.state = "ready", expected json.items[0].id == "z" || json.state == "gone"`)},
		{"/", []string{"status == 201"}, failed("unexpected answer: status = 200, expected status == 201")},
		{"/", []string{`latency < duration("1ns")`}, failed(`unexpected answer: latency = N ms, expected latency < duration("1ns")`)},
		{"/", []string{"tls.days > 10"}, failed("unexpected answer: tls.days = 0, expected tls.days > 10")},
		{"/", []string{"json.absent.deep == 1"}, failed(`unexpected answer: expected json.absent.deep == 1, but cannot fetch deep from <nil> (1:13)`)},
		{"/", []string{"json.absent?.deep == 1"}, failed("unexpected answer: json.absent?.deep = null, expected json.absent?.deep == 1")},
		{"/", []string{`header["x-none"] != ""`}, failed(`unexpected answer: header["x-none"] = "", expected header["x-none"] != ""`)},
		{"/missing", nil, said{tracker.KindNotFound, "Not Found", "Not Found"}},
		{"/missing", []string{"status == 404"}, ok},
		{"/missing", []string{"json.queue == 12"}, said{tracker.KindNotFound, "Not Found", "Not Found"}},
		{"/missing", []string{"status == 200"}, said{tracker.KindNotFound, "Not Found", "Not Found"}},
		{"/missing", []string{"status == 404", "json.queue == 13"}, said{tracker.KindNotFound, "Not Found", "Not Found"}},
	} {
		r := once(t, probe.Target{URL: server.URL + c.path, Expect: c.expect})
		r.Message = regexp.MustCompile(`latency = [0-9.]+ ms`).ReplaceAllString(r.Message, "latency = N ms")
		check(t, r, "", c.want)
	}
}

func TestQuotedValueIsShort(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("long ", 1000)) })
	r := once(t, probe.Target{URL: server.URL, Expect: []string{`body == ""`}})
	if len(r.Message) > 300 || !strings.Contains(r.Message, "…") {
		t.Errorf("%d bytes: %s", len(r.Message), r.Message)
	}
}

func TestBodyIsValidatedAgainstTheSchema(t *testing.T) {
	sent := 0
	server := serve(t, func(http.ResponseWriter, *http.Request) { sent++ })
	own := filepath.Join(t.TempDir(), "own.json")
	if err := os.WriteFile(own, []byte(`{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("é", 1000)
	for _, c := range []struct {
		schema, body string
		broken       []string // what each broken rule begins with
	}{
		{"firemoon", `{"prompt":"a fox","num_images":4,"image_size":"square_hd"}`, nil},
		{"firemoon", `{"prompt":"` + long + `"}`, nil},
		{"firemoon", `{"prompt":"a fox","seed":7}`, nil},
		{"firemoon", `{"prompt":"` + long + `x"}`, []string{"prompt: maxLength"}},
		{"firemoon", `{"prompt":""}`, []string{"prompt: minLength"}},
		{"firemoon", `{}`, []string{"body: missing property 'prompt'"}},
		{"firemoon", `{"prompt":1,"num_images":0,"image_size":"huge"}`, []string{"image_size: value must be one of", "num_images: minimum", "prompt: got number"}},
		{"firemoon", `{"prompt":"a","num_images":1.5}`, []string{"num_images: got number, want integer"}},
		{"firemoon", `{"prompt":"a","num_images":5}`, []string{"num_images: maximum: got 5, want 4"}},
		{"firemoon", `[]`, []string{"body: got array, want object"}},
		{"firemoon", `{"prompt":`, []string{"body: is not JSON"}},
		{"firemoon", "", []string{"body: is missing"}},
		{own, `{"id":1}`, nil},
		{own, `{"id":"1"}`, []string{"id: got string, want integer"}},
		{"none", "anything", nil},
		{"", "anything", nil},
	} {
		before := sent
		r := once(t, probe.Target{URL: server.URL, Method: "POST", Schema: c.schema, Body: c.body})
		if (sent > before) != (c.broken == nil) || (r.Kind == tracker.KindValidation) != (c.broken != nil) || len(r.Evidence.Errors) != len(c.broken) {
			t.Errorf("%s: sent %v, %s: %v", c.body, sent > before, r.Kind, r.Evidence.Errors)
			continue
		}
		for i, want := range c.broken {
			if !strings.HasPrefix(r.Evidence.Errors[i], want) || !strings.Contains(r.Message, r.Evidence.Errors[i]) {
				t.Errorf("%.80s: rule %q, message %q, want %q", c.body, r.Evidence.Errors[i], r.Message, want)
			}
		}
	}
}

func TestOnceRetriesAsTheTargetSays(t *testing.T) {
	asked := 0
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked < 3 {
			w.WriteHeader(503)
		}
	})
	r, err := probe.Once(t.Context(), probe.Target{Name: "api", URL: server.URL, Backoff: time.Millisecond}, probe.Options{})
	if err != nil || asked != 3 || r.Kind != tracker.KindOK || r.Evidence.Attempt != 3 || r.Evidence.Attempts != 3 {
		t.Errorf("asked %d times: %+v, %v", asked, r, err)
	}
}
