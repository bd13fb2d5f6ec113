package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"errtop/internal/ingest"
	"errtop/tracker"
)

// otlpAddress returns the address of a listener that is listening.
func otlpAddress(t *testing.T, token string) (w *watcher, addr string) {
	t.Helper()
	return listening(t, ingest.ListenOptions{Addr: "127.0.0.1:0", Token: token})
}

// TestTheGoSDKsExportersAreUnderstood pushes with the exporters that programs in Go use.
func TestTheGoSDKsExportersAreUnderstood(t *testing.T) {
	w, addr := otlpAddress(t, "t0ken")
	var failures []tracker.Result
	w.onResult = func(r *tracker.Result) {
		if r.Kind.Failed() {
			failures = append(failures, *r)
		}
	}
	ctx := t.Context()
	headers := map[string]string{"Authorization": "Bearer t0ken"}
	traces, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(addr), otlptracehttp.WithInsecure(), otlptracehttp.WithHeaders(headers), otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
	if err != nil {
		t.Fatal(err)
	}
	records, err := otlploghttp.New(ctx, otlploghttp.WithEndpoint(addr), otlploghttp.WithInsecure(), otlploghttp.WithHeaders(headers))
	if err != nil {
		t.Fatal(err)
	}
	service := resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("service.version", "4.2"))
	spans := sdktrace.NewTracerProvider(sdktrace.WithResource(service), sdktrace.WithBatcher(traces))
	events := sdklog.NewLoggerProvider(sdklog.WithResource(service), sdklog.WithProcessor(sdklog.NewBatchProcessor(records)))
	tracer, logger := spans.Tracer("test"), events.Logger("test")

	for i, status := range []int{200, 404, 500} {
		calling, call := tracer.Start(ctx, "GET", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("http.request.method", "GET"), attribute.String("server.address", "shop.example"), attribute.Int("http.response.status_code", status)))
		serving, request := tracer.Start(calling, "GET /orders/{id}", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", "GET"), attribute.String("http.route", "/orders/{id}"), attribute.Int("http.response.status_code", status)))
		if status == 500 {
			request.SetStatus(codes.Error, "")
			var record log.Record
			record.SetSeverity(log.SeverityError)
			record.SetBody(attribute.StringValue("order failed"))
			record.AddAttributes(attribute.String("exception.type", "DBError"), attribute.String("exception.message", "deadlock"))
			logger.Emit(serving, record)
		}
		if i == 1 {
			request.RecordError(errors.New("no such order"))
		}
		request.End()
		call.End()
	}
	if err := errors.Join(events.Shutdown(ctx), spans.Shutdown(ctx)); err != nil {
		t.Fatal(err)
	}
	w.wait(t, "results", func() bool { return len(w.targets) == 3 })
	if got := strings.Join(w.targets, " "); got != "shop shop shop" {
		t.Errorf("counted %q: client and server of one request are two", got)
	}
	slices.SortFunc(failures, func(a, b tracker.Result) int { return a.Status - b.Status })
	if len(failures) != 2 || failures[0].Status != 404 || failures[0].Message != "*errors.errorString: no such order" && failures[0].Message != "no such order" ||
		failures[1].Error != "DBError" || failures[1].Message != "deadlock" || failures[1].Route != "/orders/{id}" || len(failures[1].RequestID) != 32 {
		t.Errorf("%+v", failures)
	}
	if h := w.health["otlp "+addr]; h.State != tracker.SourceReading || h.Format != "otlp" || !h.Live || h.Lines != 7 || h.Results != 3 {
		t.Errorf("%+v", h)
	}
}

// post pushes a body and returns the answer.
func post(t *testing.T, url, contentType string, body []byte, headers ...string) (status int, answer string, head http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // only read from
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text), response.Header
}

// TestTheCollectorsRequestsAreUnderstood pushes what the Collector's otlphttp exporter with encoding: json sends. No Collector wrote the
// file: its spans are ours, in the form and order of the Collector's own marshaler (pdata/internal/generated_proto_span.go of
// open-telemetry/opentelemetry-collector: no white space, nothing that is empty but the status, 64-bit numbers as text). Older
// Collectors wrote empty parents too (pdata/ptrace/json_test.go of 2022).
func TestTheCollectorsRequestsAreUnderstood(t *testing.T) {
	body, err := os.ReadFile("testdata/otlp/collector.json")
	if err != nil {
		t.Fatal(err)
	}
	collectorIsUnderstood(t, body)
	older := strings.ReplaceAll(string(body), `"flags":257,"name":"POST`, `"parentSpanId":"","flags":257,"name":"POST`)
	if older == string(body) {
		t.Fatal("the older form is the newer one")
	}
	collectorIsUnderstood(t, []byte(older))
}

// collectorIsUnderstood pushes the Collector's request.
func collectorIsUnderstood(t *testing.T, body []byte) {
	t.Helper()
	w, addr := otlpAddress(t, "")
	status, answer, head := post(t, "http://"+addr+"/v1/traces", "application/json", zip(t, body), "Content-Encoding", "gzip", "User-Agent", "OpenTelemetry Collector Contrib/0.140.0 (linux/amd64)")
	if status != 200 || answer != "{}" || head.Get("Content-Type") != "application/json" {
		t.Errorf("%d %s %v", status, answer, head)
	}
	w.wait(t, "results", func() bool { return len(w.targets) == 2 })
	slices.Sort(w.targets)
	if got := strings.Join(w.targets, " "); got != "checkout frontend" {
		t.Errorf("%q", got)
	}
	if h := w.health["otlp "+addr]; h.Format != "otlp, 1 in 10 sampled" {
		t.Errorf("%+v", h)
	}
}

func TestOTLPIsRefusedAsTheProtocolSays(t *testing.T) {
	_, addr := otlpAddress(t, "")
	url := "http://" + addr
	for name, c := range map[string]struct {
		path, contentType string
		body              string
		headers           []string
		status            int
	}{
		"another type":      {"/v1/traces", "text/plain", "{}", nil, 415},
		"no type":           {"/v1/traces", "", "{}", nil, 415},
		"another encoding":  {"/v1/traces", "application/json", "{}", []string{"Content-Encoding", "zstd"}, 415},
		"metrics":           {"/v1/metrics", "application/json", "{}", nil, 404},
		"not JSON":          {"/v1/traces", "application/json; charset=utf-8", "{", nil, 400},
		"not protobuf":      {"/v1/logs", "application/x-protobuf", "hello there", nil, 400},
		"not gzip":          {"/v1/logs", "application/json", "{}", []string{"Content-Encoding", "gzip"}, 400},
		"a bomb":            {"/v1/traces", "application/json", string(zip(t, make([]byte, 64<<20))), []string{"Content-Encoding", "gzip"}, 413},
		"nothing, protobuf": {"/v1/traces", "application/x-protobuf", "", nil, 200},
		"no spans":          {"/v1/traces", "application/json", "{}", nil, 200},
		"a foreign origin":  {"/v1/traces", "application/json", "{}", []string{"Origin", "http://evil.example"}, 403},
	} {
		status, answer, head := post(t, url+c.path, c.contentType, []byte(c.body), c.headers...)
		if status != c.status {
			t.Errorf("%s: %d %q, want %d", name, status, answer, c.status)
		}
		if status == 400 && strings.HasPrefix(c.contentType, "application/json") {
			var reason struct{ Message string }
			if err := json.Unmarshal([]byte(answer), &reason); err != nil || reason.Message == "" || head.Get("Content-Type") != "application/json" {
				t.Errorf("%s: answered %q, %v", name, answer, err)
			}
		}
	}
}

// TestAClientsRequestIsCountedWhenNoServerTracedIt waits for what is held, in a listener that ends.
func TestAClientsRequestIsCountedWhenNoServerTracedIt(t *testing.T) {
	w := newWatcher()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- ingest.Listen(ctx, ingest.ListenOptions{Addr: "127.0.0.1:0"}, w.sink()) }()
	w.wait(t, "listening", func() bool { return len(w.health) == 1 })
	addr := ""
	for name := range w.health {
		addr = strings.TrimPrefix(name, "push ")
	}
	now := time.Now().UnixNano()
	body, err := json.Marshal(map[string]any{"resourceSpans": []any{map[string]any{"scopeSpans": []any{map[string]any{"spans": []any{map[string]any{
		"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "kind": 3, "endTimeUnixNano": now, "startTimeUnixNano": now - 1e6,
		"attributes": []any{
			map[string]any{"key": "http.request.method", "value": map[string]any{"stringValue": "GET"}},
			map[string]any{"key": "server.address", "value": map[string]any{"stringValue": "api.example"}},
		},
	}}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if status, answer, _ := post(t, "http://"+addr+"/v1/traces", "application/json", body); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := strings.Join(w.targets, " "); got != "api.example" || w.health["otlp "+addr].State != tracker.SourceEnded {
		t.Errorf("%q, %+v", got, w.health)
	}
}
