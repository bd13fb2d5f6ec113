package otlp

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	collectorlogs "go.opentelemetry.io/proto/slim/otlp/collector/logs/v1"
	collectortrace "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"
	resources "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"errtop/tracker"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// attributes returns attributes of texts such as "http.route=/a"; numbers are numbers.
func attributes(texts ...string) (all []*common.KeyValue) {
	for _, text := range texts {
		key, value, _ := strings.Cut(text, "=")
		v := &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: value}}
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			v = &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: n}}
		}
		all = append(all, &common.KeyValue{Key: key, Value: v})
	}
	return all
}

// ids of spans are made of numbers.
func spanID(n int) []byte  { return []byte{0, 0, 0, 0, 0, 0, 0, byte(n)} }
func traceOf(n int) []byte { return []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, byte(n)} }

// span returns a span of 20 ms that ended at noon.
func span(kind trace.Span_SpanKind, texts ...string) *trace.Span {
	end := uint64(noon.UnixNano())
	return &trace.Span{
		TraceId: traceOf(1), SpanId: spanID(1), Kind: kind, Name: "operation", Attributes: attributes(texts...),
		StartTimeUnixNano: end - 20e6, EndTimeUnixNano: end,
	}
}

func server(texts ...string) *trace.Span { return span(trace.Span_SPAN_KIND_SERVER, texts...) }
func client(texts ...string) *trace.Span { return span(trace.Span_SPAN_KIND_CLIENT, texts...) }

// failed makes a span one whose own status is an error.
func failed(s *trace.Span, message string) *trace.Span {
	s.Status = &trace.Status{Code: trace.Status_STATUS_CODE_ERROR, Message: message}
	return s
}

// with adds an exception event.
func with(s *trace.Span, texts ...string) *trace.Span {
	s.Events = append(s.Events, &trace.Span_Event{Name: "exception", Attributes: attributes(texts...)})
	return s
}

var shop = &resources.Resource{Attributes: attributes("service.name=shop", "service.version=1.2.3")}

// request returns spans as an exporter sends them, in either encoding.
func requestOf(t testing.TB, e Encoding, spans ...*trace.Span) []byte {
	t.Helper()
	if e == JSON {
		var items []any
		for _, s := range spans {
			items = append(items, spanAsJSON(s))
		}
		return asJSON(map[string]any{"resourceSpans": []any{map[string]any{
			"scopeSpans": []any{map[string]any{"scope": map[string]any{"name": "a \"scope\" ]}"}, "spans": items}},
			"resource":   map[string]any{"attributes": attributesAsJSON(shop.GetAttributes())},
		}}})
	}
	return marshal(t, &collectortrace.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{
		{ScopeSpans: []*trace.ScopeSpans{{Spans: spans}}, Resource: shop, SchemaUrl: "https://opentelemetry.io/schemas/1.37.0"},
	}})
}

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func attributesAsJSON(from []*common.KeyValue) []any {
	all := []any{}
	for _, a := range from {
		value := map[string]any{"stringValue": textOf(a.GetValue())}
		if v, ok := a.GetValue().GetValue().(*common.AnyValue_IntValue); ok {
			value = map[string]any{"intValue": strconv.FormatInt(v.IntValue, 10)}
		}
		all = append(all, map[string]any{"key": a.GetKey(), "value": value})
	}
	return all
}

func spanAsJSON(s *trace.Span) any {
	events := []any{}
	for _, e := range s.GetEvents() {
		events = append(events, map[string]any{"name": e.GetName(), "timeUnixNano": "1", "attributes": attributesAsJSON(e.GetAttributes())})
	}
	return map[string]any{
		"traceId": hex.EncodeToString(s.GetTraceId()), "spanId": strings.ToUpper(hex.EncodeToString(s.GetSpanId())), "parentSpanId": hex.EncodeToString(s.GetParentSpanId()),
		"traceState": s.GetTraceState(), "name": s.GetName(), "kind": int(s.GetKind()), "events": events, "flags": 1,
		"startTimeUnixNano": strconv.FormatUint(s.GetStartTimeUnixNano(), 10), "endTimeUnixNano": s.GetEndTimeUnixNano(),
		"attributes": attributesAsJSON(s.GetAttributes()), "status": map[string]any{"code": int(s.GetStatus().GetCode()), "message": s.GetStatus().GetMessage()},
		"somethingNew": []any{map[string]any{"a": "}]\\\""}},
	}
}

// receive pushes spans to a receiver and returns what it emits at once.
func receive(t testing.TB, r *Receiver, e Encoding, now time.Time, spans ...*trace.Span) (results []tracker.Result) {
	t.Helper()
	n, rejected, err := r.Traces(requestOf(t, e, spans...), e, now, func(result tracker.Result) { results = append(results, result) })
	if err != nil || n != len(spans) || rejected.Count > 0 {
		t.Fatalf("%d spans, %+v, %v", n, rejected, err)
	}
	return results
}

// due returns what a receiver emits after a while.
func due(r *Receiver, now time.Time) (results []tracker.Result) {
	r.Due(now, func(result tracker.Result) { results = append(results, result) })
	return results
}

// describe puts what matters of a result into one line.
func describe(r *tracker.Result) string {
	text := fmt.Sprintf("%s|%s %s|%d %s|%s|%s", r.Target, r.Method, r.Route, r.Status, r.Kind, r.Error, r.Message)
	if r.Evidence != nil && r.Evidence.Stack != "" {
		text += "|" + r.Evidence.Stack
	}
	return text
}

func TestSpansBecomeResultsByTheConventions(t *testing.T) {
	for name, c := range map[string]struct {
		span *trace.Span
		want string
	}{
		"server": {
			server("http.request.method=GET", "url.path=/orders/7", "http.route=/orders/{id}", "http.response.status_code=200", "server.address=shop.example"),
			"shop|GET /orders/{id}|200 ok||",
		},
		"server, old names": {
			server("http.method=POST", "http.target=/orders?key=s3cret", "http.status_code=503", "net.host.name=shop.example"),
			"shop|POST /orders|503 server||",
		},
		"new names win": {
			server("http.method=GET", "http.request.method=PUT", "http.status_code=200", "http.response.status_code=404", "http.route=/x"),
			"shop|PUT /x|404 not_found||",
		},
		"4xx of a server by their code, although its span is no error": {
			server("http.request.method=GET", "http.route=/x", "http.response.status_code=429"), "shop|GET /x|429 rate_limited||",
		},
		"server, failed before it had a status": {
			with(failed(server("http.request.method=GET", "http.route=/x", "error.type=java.lang.OutOfMemoryError"), ""),
				"exception.type=java.lang.OutOfMemoryError", "exception.message=Java heap space", "exception.stacktrace=at A\n\tat B"),
			"shop|GET /x|0 server|java.lang.OutOfMemoryError|Java heap space|at A\n    at B",
		},
		"server, 200 but it says it failed": {
			failed(server("http.request.method=GET", "http.route=/x", "http.response.status_code=200"), "stock is negative"), "shop|GET /x|200 server||stock is negative",
		},
		"server without a route":   {server("http.request.method=GET", "http.response.status_code=200"), "shop|GET operation|200 ok||"},
		"server of something else": {server(), "shop| operation|0 ok||"},
		"client": {
			client("http.request.method=GET", "url.full=https://user:pw@api.example:8443/v1/x?token=s3cret", "http.response.status_code=502", "server.address=api.example", "server.port=8443", "error.type=502"),
			"api.example|GET /v1/x|502 server||",
		},
		"client, old names": {
			client("http.method=GET", "http.url=https://api.example/v1/x", "http.status_code=200", "net.peer.name=api.example"), "api.example|GET /v1/x|200 ok||",
		},
		"client by its URL only": {client("http.method=GET", "http.url=http://api.example:80/v1/x", "http.status_code=200"), "api.example|GET /v1/x|200 ok||"},
		"client on loopback":     {client("http.request.method=GET", "server.address=127.0.0.1", "server.port=8081", "http.response.status_code=200"), "127.0.0.1:8081|GET operation|200 ok||"},
		"client without an answer": {
			failed(client("http.request.method=GET", "server.address=api.example", "error.type=java.net.UnknownHostException"), "api.example"),
			"api.example|GET operation|0 dns|java.net.UnknownHostException|api.example",
		},
		"client, timed out": {failed(client("http.request.method=GET", "server.address=a.example", "error.type=timeout"), ""), "a.example|GET operation|0 timeout|timeout|"},
		"client, refused": {
			with(failed(client("http.request.method=GET", "server.address=a.example", "error.type=_OTHER"), ""), "exception.type=ConnectionError", "exception.message=dial tcp: connection refused"),
			"a.example|GET operation|0 connect|ConnectionError|dial tcp: connection refused",
		},
		"client, TLS":        {failed(client("http.request.method=GET", "server.address=a.example", "error.type=secure_connection_error"), ""), "a.example|GET operation|0 tls|secure_connection_error|"},
		"client, error.type": {failed(client("http.request.method=GET", "server.address=a.example", "error.type=500"), ""), "a.example|GET operation|500 server||"},
		"gRPC server": {
			failed(server("rpc.system=grpc", "rpc.service=shop.v1.Orders", "rpc.method=Place", "rpc.grpc.status_code=14"), "no backend"),
			"shop| /shop.v1.Orders/Place|0 server|Unavailable|no backend",
		},
		"gRPC server, new names": {
			server("rpc.system.name=grpc", "rpc.method=shop.v1.Orders/Place", "rpc.response.status_code=NOT_FOUND"), "shop| /shop.v1.Orders/Place|0 not_found|NotFound|",
		},
		"gRPC client": {
			failed(client("rpc.system=grpc", "rpc.service=shop.v1.Orders", "rpc.method=Place", "rpc.grpc.status_code=4", "server.address=orders"), "deadline"),
			"orders| /shop.v1.Orders/Place|0 timeout|DeadlineExceeded|deadline",
		},
		"gRPC, well":           {server("rpc.system=grpc", "rpc.service=S", "rpc.method=M", "rpc.grpc.status_code=0"), "shop| /S/M|0 ok||"},
		"a query":              {client("db.system=postgresql", "server.address=db"), ""},
		"a message":            {span(trace.Span_SPAN_KIND_PRODUCER, "messaging.system=kafka"), ""},
		"work within":          {failed(span(trace.Span_SPAN_KIND_INTERNAL, "http.request.method=GET"), "x"), ""},
		"a client of another":  {client("server.address=x"), ""},
		"our own probe":        {server("http.request.method=GET", "http.response.status_code=500", "user_agent.original=errtop/1.0"), ""},
		"hostile text":         {failed(server("http.request.method=G\x1b[2JET", "http.route=/\u202ex", "http.response.status_code=500"), "password=hunter2 \x07"), `shop|G^[[2JET /` + `\u202ex|500 server||password=*** ^G`},
		"a name that is empty": {server("service.name=", "http.request.method=GET", "http.response.status_code=204"), "shop|GET operation|204 ok||"},
	} {
		for _, e := range []Encoding{Protobuf, JSON} {
			r := NewReceiver("otlp")
			results := append(receive(t, r, e, noon, c.span), due(r, noon.Add(time.Minute))...)
			got := ""
			for i := range results {
				got += describe(&results[i])
				if r := &results[i]; !r.Time.Equal(noon) || r.Latency != 20*time.Millisecond || r.Source != "otlp" || r.Origin != tracker.OriginTraffic {
					t.Errorf("%s: %+v", name, r)
				}
			}
			if got != c.want {
				t.Errorf("%s, encoding %d:\ngot  %q\nwant %q", name, e, got, c.want)
			}
			if strings.Contains(got, "s3cret") || strings.Contains(got, "hunter2") || strings.ContainsAny(got, "\x1b\x07\u202e") {
				t.Errorf("%s: %q", name, got)
			}
		}
	}
}

func TestAFailureKeepsItsTraceAndWhereItWas(t *testing.T) {
	r := NewReceiver("otlp")
	results := receive(t, r, Protobuf, noon, server("http.response.status_code=500", "server.address=shop.example"))
	if len(results) != 1 || results[0].RequestID != "00000000000000000000000000000101" || results[0].Evidence.Host != "shop.example" {
		t.Errorf("%+v", results)
	}
	if labels := results[0].Labels; labels == nil || !slices.Contains(*labels, tracker.Label{Name: "version", Value: "1.2.3"}) {
		t.Errorf("labels %v", labels)
	}
}

func TestAClientAndItsServerCountOnce(t *testing.T) {
	const ok, bad = "http.response.status_code=200", "http.response.status_code=500"
	callee := func(status string) *trace.Span {
		s := server("http.request.method=GET", "http.route=/x", status)
		s.SpanId, s.ParentSpanId = spanID(2), spanID(1)
		return s
	}
	caller := func(status string) *trace.Span {
		return client("http.request.method=GET", "server.address=shop.example", status)
	}
	type push struct {
		after time.Duration
		spans []*trace.Span
	}
	for name, c := range map[string]struct {
		pushes []push
		want   string
	}{
		"in one push":                {[]push{{0, []*trace.Span{caller(bad), callee(bad)}}}, "shop"},
		"in one push, the other way": {[]push{{0, []*trace.Span{callee(bad), caller(bad)}}}, "shop"},
		"the client first":           {[]push{{0, []*trace.Span{caller(ok)}}, {5 * time.Second, []*trace.Span{callee(ok)}}}, "shop"},
		"the server first":           {[]push{{0, []*trace.Span{callee(ok)}}, {time.Hour, []*trace.Span{caller(ok)}}}, "shop"},
		"the server too late":        {[]push{{0, []*trace.Span{caller(ok)}}, {time.Minute, []*trace.Span{callee(ok)}}}, "shop.example"},
		"the client alone":           {[]push{{0, []*trace.Span{caller(ok)}}}, "shop.example"},
		"sent again":                 {[]push{{0, []*trace.Span{caller(ok), callee(ok)}}, {time.Second, []*trace.Span{caller(ok), callee(ok)}}}, "shop"},
		"the client sent again":      {[]push{{0, []*trace.Span{caller(ok)}}, {time.Second, []*trace.Span{caller(ok)}}, {time.Minute, []*trace.Span{caller(ok)}}}, "shop.example"},
		"another trace": {[]push{{0, []*trace.Span{caller(ok), func() *trace.Span {
			s := callee(ok)
			s.TraceId = traceOf(2)
			return s
		}()}}}, "shop shop.example"},
	} {
		r := NewReceiver("otlp")
		var got []string
		now := noon
		for _, p := range c.pushes {
			for now = now.Add(p.after); ; {
				for _, result := range due(r, now) {
					got = append(got, result.Target)
				}
				break
			}
			for _, result := range receive(t, r, Protobuf, now, p.spans...) {
				got = append(got, result.Target)
			}
		}
		for _, result := range due(r, now.Add(time.Hour)) {
			got = append(got, result.Target)
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
		if len(r.waiting)+len(r.failing)+len(r.held)+r.heldSize > 0 {
			t.Errorf("%s: something still waits", name)
		}
	}
}

// logRequest returns log records as an exporter sends them.
func logRequest(t testing.TB, e Encoding, records ...*logs.LogRecord) []byte {
	t.Helper()
	if e == JSON {
		var items []any
		for _, l := range records {
			items = append(items, map[string]any{
				"traceId": hex.EncodeToString(l.GetTraceId()), "timeUnixNano": strconv.FormatUint(l.GetTimeUnixNano(), 10), "severityNumber": int(l.GetSeverityNumber()),
				"body": map[string]any{"stringValue": textOf(l.GetBody())}, "attributes": attributesAsJSON(l.GetAttributes()),
			})
		}
		return asJSON(map[string]any{"resourceLogs": []any{map[string]any{"scopeLogs": []any{map[string]any{"logRecords": items}}}}})
	}
	return marshal(t, &collectorlogs.ExportLogsServiceRequest{ResourceLogs: []*logs.ResourceLogs{{Resource: shop, ScopeLogs: []*logs.ScopeLogs{{LogRecords: records}}}}})
}

func record(trace []byte, body string, texts ...string) *logs.LogRecord {
	return &logs.LogRecord{
		TraceId: trace, TimeUnixNano: uint64(noon.UnixNano()), SeverityNumber: logs.SeverityNumber_SEVERITY_NUMBER_ERROR,
		Body: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: body}}, Attributes: attributes(texts...),
	}
}

func TestExceptionsOfLogsAndOtherSpansExplainTheFailureOfTheirTrace(t *testing.T) {
	request := func() *trace.Span {
		return failed(server("http.request.method=GET", "http.route=/x", "http.response.status_code=500"), "")
	}
	thrown := record(traceOf(1), "order failed", "exception.type=DBError", "exception.message=deadlock", "exception.stacktrace=at db")
	const explained = "shop|GET /x|500 server|DBError|deadlock|at db"
	for _, e := range []Encoding{Protobuf, JSON} {
		take := func(r *Receiver, now time.Time, records ...*logs.LogRecord) (results []tracker.Result) {
			t.Helper()
			_, _, err := r.Logs(logRequest(t, e, records...), e, now, func(result tracker.Result) { results = append(results, result) }, func([]byte, time.Time) {})
			if err != nil {
				t.Fatal(err)
			}
			return results
		}
		check := func(what string, results []tracker.Result, want ...string) {
			t.Helper()
			var got []string
			for i := range results {
				got = append(got, describe(&results[i]))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}

		r := NewReceiver("otlp")
		check("a log before its span", take(r, noon, thrown))
		check("its span", receive(t, r, e, noon.Add(time.Second), request()), explained)

		r = NewReceiver("otlp")
		take(r, noon, record(traceOf(9), "something else"))
		check("a span whose log may come", receive(t, r, e, noon, request()))
		check("its log", take(r, noon.Add(time.Second), thrown), explained)
		check("later", due(r, noon.Add(time.Minute)))

		r = NewReceiver("otlp")
		take(r, noon, record(traceOf(9), "something else"))
		receive(t, r, e, noon, request())
		check("no log comes", due(r, noon.Add(time.Minute)), "shop|GET /x|500 server||")

		r = NewReceiver("otlp")
		check("nobody sends logs", receive(t, r, e, noon, request()), "shop|GET /x|500 server||")

		r = NewReceiver("otlp")
		take(r, noon, record(traceOf(1), "payment declined"))
		check("an error without an exception", receive(t, r, e, noon, request()), "shop|GET /x|500 server||payment declined")

		r = NewReceiver("otlp")
		inner := with(span(trace.Span_SPAN_KIND_INTERNAL), "exception.type=DBError", "exception.message=deadlock", "exception.stacktrace=at db")
		inner.SpanId = spanID(5)
		check("a span within", receive(t, r, e, noon, inner, request()), explained)

		r = NewReceiver("otlp")
		take(r, noon, thrown)
		check("an exception long ago", receive(t, r, e, noon.Add(time.Hour), request()), "shop|GET /x|500 server||")
	}
}

func TestLogRecordsOutsideOfTracesAreHandedOnAsLines(t *testing.T) {
	for _, e := range []Encoding{Protobuf, JSON} {
		var lines []string
		n, _, err := NewReceiver("otlp").Logs(logRequest(t, e, record(nil, "GET /x 500"), record(traceOf(1), "in a trace")), e, noon,
			func(tracker.Result) { t.Error("a result") }, func(text []byte, at time.Time) { lines = append(lines, string(text)+at.Format(" 15:04")) })
		if err != nil || n != 2 || !slices.Equal(lines, []string{"GET /x 500 12:00"}) {
			t.Errorf("%d records, %q, %v", n, lines, err)
		}
	}
}

func TestSampledSpansAreWeighed(t *testing.T) {
	for state, want := range map[string]float64{
		"": 1, "ot=th:0": 1, "ot=th:8": 2, "ot=th:c": 4, "other=x, ot=rv:1;th:e": 8, "ot=th:fd70a4": 100,
		"ot=th:": 1, "ot=th:xyz": 1, "ot=th:ffffffffffffff": maxWeight, "ot=th:123456789abcdef": 1, "to=th:8": 1,
	} {
		if got := weightOf(state); got < want*0.999 || got > want*1.001 {
			t.Errorf("%q: %v, want %v", state, got, want)
		}
	}
	r := NewReceiver("otlp")
	var sum, results int
	for i := range 30 {
		s := server("http.response.status_code=200")
		s.SpanId, s.TraceState = spanID(i+1), "ot=th:99999999999998" // 2.5
		for _, result := range receive(t, r, Protobuf, noon, s) {
			sum += int(result.Weight)
			results++
		}
	}
	if results != 30 || sum != 75 || r.Sampling() != "1 in 2.5 sampled" {
		t.Errorf("%d results stand for %d; %s", results, sum, r.Sampling())
	}
	r = NewReceiver("otlp")
	if results := receive(t, r, Protobuf, noon, server("http.response.status_code=200")); results[0].Weight != 1 || r.Sampling() != "" {
		t.Errorf("%+v, %q", results, r.Sampling())
	}
}

func TestWhatIsNoRequestIsRefusedWhole(t *testing.T) {
	good := requestOf(t, Protobuf, server("http.response.status_code=200"))
	for name, c := range map[string]struct {
		body []byte
		e    Encoding
	}{
		"cut off":              {good[:len(good)-3], Protobuf},
		"text":                 {[]byte("hello there"), Protobuf},
		"a field that is none": {append(slices.Clone(good), 0x0a, 4, 0x12, 2, 0x12, 0xff), Protobuf},
		"too many": {marshal(t, &collectortrace.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{
			{ScopeSpans: []*trace.ScopeSpans{{Spans: slices.Repeat([]*trace.Span{{}}, maxItems+1)}}},
		}}), Protobuf},
		"too many, JSON":       {[]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[` + strings.Repeat("{},", maxItems) + `{}]}]}]}`), JSON},
		"a huge resource":      {marshal(t, &collectortrace.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{{Resource: &resources.Resource{Attributes: attributes("a=" + strings.Repeat("x", maxItem))}, ScopeSpans: []*trace.ScopeSpans{{Spans: []*trace.Span{server()}}}}}}), Protobuf},
		"JSON cut off":         {[]byte(`{"resourceSpans":[`), JSON},
		"JSON of another kind": {[]byte(`[]`), JSON},
		"empty JSON":           {nil, JSON},
	} {
		emitted := 0
		_, _, err := NewReceiver("otlp").Traces(c.body, c.e, noon, func(tracker.Result) { emitted++ })
		if err == nil || emitted > 0 {
			t.Errorf("%s: %v, %d results", name, err, emitted)
		}
	}
}

func TestSpansThatCannotBeTakenAreAPartialSuccess(t *testing.T) {
	large := server("http.response.status_code=200", "a="+strings.Repeat("x", maxItem))
	nameless := server("http.response.status_code=200")
	nameless.SpanId = nil
	zero := server("http.response.status_code=200")
	zero.TraceId = make([]byte, 16)
	for _, e := range []Encoding{Protobuf, JSON} {
		emitted := 0
		_, rejected, err := NewReceiver("otlp").Traces(requestOf(t, e, large, nameless, zero, server("http.response.status_code=200")), e, noon, func(tracker.Result) { emitted++ })
		if err != nil || rejected.Count != 3 || emitted != 1 {
			t.Fatalf("%+v, %d results, %v", rejected, emitted, err)
		}
		answer := TracesAnswer(e, rejected)
		if e == JSON {
			var partial struct {
				PartialSuccess struct {
					RejectedSpans string `json:"rejectedSpans"`
					ErrorMessage  string `json:"errorMessage"`
				} `json:"partialSuccess"`
			}
			if err := json.Unmarshal(answer, &partial); err != nil || partial.PartialSuccess.RejectedSpans != "3" || partial.PartialSuccess.ErrorMessage == "" {
				t.Errorf("%s, %v", answer, err)
			}
			continue
		}
		var partial collectortrace.ExportTraceServiceResponse
		if err := proto.Unmarshal(answer, &partial); err != nil || partial.GetPartialSuccess().GetRejectedSpans() != 3 {
			t.Errorf("%v, %v", &partial, err)
		}
	}
	for name, body := range map[string][]byte{
		"JSON":     []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":5},` + string(asJSON(spanAsJSON(server()))) + `]}]}]}`),
		"protobuf": marshal(t, &collectortrace.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{{ScopeSpans: []*trace.ScopeSpans{{Spans: []*trace.Span{server(), {Name: "x", Attributes: attributes("a=1")}}}}}}}),
	} {
		e, emitted := Protobuf, 0
		if name == "JSON" {
			e = JSON
		}
		spans, rejected, err := NewReceiver("otlp").Traces(body, e, noon, func(tracker.Result) { emitted++ })
		if err != nil || spans != 2 || rejected.Count != 1 || emitted != 1 {
			t.Errorf("%s: %d spans, %+v, %d results, %v", name, spans, rejected, emitted, err)
		}
	}
	if len(TracesAnswer(Protobuf, Rejected{}))+len(LogsAnswer(Protobuf, Rejected{})) > 0 || string(LogsAnswer(JSON, Rejected{})) != "{}" {
		t.Error("a full success is not empty")
	}
}

func TestWhatWaitsIsBounded(t *testing.T) {
	r := NewReceiver("otlp")
	_, _, err := r.Logs(logRequest(t, Protobuf, record(traceOf(1), "x")), Protobuf, noon, func(tracker.Result) {}, nil)
	if err != nil {
		t.Fatal(err)
	}
	emitted := 0
	traces := 3 * maxSeen
	if testing.Short() {
		traces = maxSeen + 1000
	}
	for i := range traces {
		s := failed(server("http.response.status_code=500"), strings.Repeat("m", 1000))
		c := failed(client("http.request.method=GET", "server.address=x", "error.type=timeout"), "")
		thrown := record(nil, strings.Repeat("stack ", 100))
		for j, id := range []*[]byte{&s.TraceId, &c.TraceId, &thrown.TraceId} {
			*id = []byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(j), byte(i >> 16), byte(i >> 8), byte(i), 1}
		}
		emit := func(tracker.Result) { emitted++ }
		if _, _, err := r.Traces(requestOf(t, Protobuf, s, c), Protobuf, noon, emit); err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Logs(logRequest(t, Protobuf, thrown), Protobuf, noon, emit, nil); err != nil {
			t.Fatal(err)
		}
		if len(r.waiting)+len(r.failing) > maxHeld || len(r.causes) > maxHeld || r.heldSize > maxHeldSize || r.causeSize > maxHeldSize ||
			len(r.held) > 2*maxHeld+1 || len(r.causeOrder) > maxHeld || len(r.counted.known) > maxSeen || len(r.asked.known) > maxSeen {
			t.Fatalf("after %d: %d wait, %d fail, %d exceptions", i, len(r.waiting), len(r.failing), len(r.causes))
		}
	}
	if emitted += len(due(r, noon.Add(time.Hour))); emitted != 2*traces || r.heldSize != 0 || len(r.causes) != 0 || r.causeSize != 0 {
		t.Errorf("%d results of %d; %d bytes held, %d exceptions of %d bytes", emitted, 2*traces, r.heldSize, len(r.causes), r.causeSize)
	}
}

// FuzzReceiver shows that no body makes the receiver panic, or lets through a text that is not harmless.
func FuzzReceiver(f *testing.F) {
	all := []*trace.Span{
		with(failed(server("http.request.method=GET", "http.route=/x", "http.response.status_code=500"), "boom"), "exception.type=T", "exception.message=m", "exception.stacktrace=s"),
		client("http.request.method=GET", "server.address=a", "error.type=timeout"), server("rpc.system=grpc", "rpc.method=M", "rpc.grpc.status_code=14"),
	}
	for _, e := range []Encoding{Protobuf, JSON} {
		f.Add(requestOf(f, e, all...), uint8(e))
		f.Add(logRequest(f, e, record(traceOf(1), "x", "exception.type=T"), record(nil, "y")), 2|uint8(e))
	}
	f.Fuzz(func(t *testing.T, body []byte, how uint8) {
		r, e := NewReceiver("otlp"), Encoding(how&1)
		check := func(result tracker.Result) {
			texts := []string{result.Target, result.Method, result.Route, result.Error, result.Message, result.RequestID}
			if result.Evidence != nil {
				texts = append(texts, result.Evidence.Host, result.Evidence.Upstream, result.Evidence.Details, strings.ReplaceAll(result.Evidence.Stack, "\n", ""))
			}
			for _, s := range texts {
				if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }) {
					t.Fatalf("%q", s)
				}
			}
			if result.Latency < 0 || result.Status < 0 || result.Status > 999 {
				t.Fatalf("%+v", result)
			}
		}
		if how&2 == 0 {
			_, _, _ = r.Traces(body, e, noon, check)
		} else {
			_, _, _ = r.Logs(body, e, noon, check, func([]byte, time.Time) {})
		}
		r.Due(noon.Add(time.Hour), check)
	})
}
