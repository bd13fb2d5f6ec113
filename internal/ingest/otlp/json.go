package otlp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"
	resources "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"
)

// The JSON of OTLP is protobuf's JSON with three differences: trace and span ids are hexadecimal, enumerations are numbers
// (names are taken too), and unknown fields are ignored.

var errNotJSON = errors.New("not an OTLP request: not a JSON object")

// jsonItems returns a walk through the innermost of three nested arrays of those names: of resources, of scopes, of items.
func jsonItems(names [3]string) walk {
	valid := false
	return func(body []byte, item func(*resources.Resource, []byte) error) error {
		if !valid {
			if valid = json.Valid(body) && bytes.TrimSpace(body)[0] == '{'; !valid {
				return errNotJSON
			}
		}
		return elements(member(body, names[0]), func(group []byte) error {
			resource, err := jsonResource(member(group, "resource"))
			if err != nil {
				return err
			}
			return elements(member(group, names[1]), func(scope []byte) error {
				return elements(member(scope, names[2]), func(value []byte) error { return item(resource, value) })
			})
		})
	}
}

// valueEnd returns where a value at the start of valid JSON ends.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return i + 1 + min(depth, 0)
			}
		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// skipTo returns text from its next value on, behind white space, commas and colons.
func skipTo(text []byte) []byte { return bytes.TrimLeft(text, " \t\r\n,:") }

// member returns the value of a key of a JSON object, or nil if it has none.
func member(object []byte, key string) []byte {
	text := skipTo(object)
	if len(text) == 0 || text[0] != '{' {
		return nil
	}
	for text = skipTo(text[1:]); len(text) > 0 && text[0] == '"'; text = skipTo(text) {
		end := valueEnd(text)
		name := text[1 : end-1]
		text = skipTo(text[end:])
		end = valueEnd(text)
		if string(name) == key {
			return text[:end]
		}
		text = text[end:]
	}
	return nil
}

// elements calls element for each of a JSON array.
func elements(array []byte, element func([]byte) error) error {
	if len(array) == 0 || array[0] != '[' {
		return nil
	}
	for text := skipTo(array[1:]); len(text) > 0 && text[0] != ']'; text = skipTo(text) {
		end := valueEnd(text)
		if err := element(text[:end]); err != nil {
			return err
		}
		text = text[end:]
	}
	return nil
}

// number is a JSON number, or one in a string, as protobuf writes those of 64 bits; or the name of an enumeration's value.
type number string

// UnmarshalJSON takes a number, a string or null.
func (n *number) UnmarshalJSON(text []byte) error {
	*n = number(strings.Trim(string(text), `"`))
	if *n == "null" {
		*n = ""
	}
	return nil
}

// uint returns the number, or 0 if it is none.
func (n number) uint() uint64 {
	v, err := strconv.ParseUint(string(n), 10, 64)
	if err != nil {
		f, _ := strconv.ParseFloat(string(n), 64)
		if f > 0 && f < 1<<63 {
			return uint64(f)
		}
		return 0
	}
	return v
}

// enum returns the number, or that of the name.
func (n number) enum(values map[string]int32) int32 {
	if v, known := values[string(n)]; known {
		return v
	}
	return int32(min(n.uint(), 1<<10))
}

type jsonValue struct {
	String *string  `json:"stringValue"`
	Bool   *bool    `json:"boolValue"`
	Int    *number  `json:"intValue"`
	Double *float64 `json:"doubleValue"`
	Bytes  *string  `json:"bytesValue"`
	Array  *struct {
		Values []jsonValue `json:"values"`
	} `json:"arrayValue"`
	List *struct {
		Values []jsonAttribute `json:"values"`
	} `json:"kvlistValue"`
}

type jsonAttribute struct {
	Key   string    `json:"key"`
	Value jsonValue `json:"value"`
}

func (v *jsonValue) proto() *common.AnyValue {
	switch {
	case v.String != nil:
		return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: *v.String}}
	case v.Bool != nil:
		return &common.AnyValue{Value: &common.AnyValue_BoolValue{BoolValue: *v.Bool}}
	case v.Int != nil:
		n, _ := strconv.ParseInt(string(*v.Int), 10, 64)
		return &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: n}}
	case v.Double != nil:
		return &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: *v.Double}}
	case v.Bytes != nil:
		b, _ := base64.StdEncoding.DecodeString(*v.Bytes)
		return &common.AnyValue{Value: &common.AnyValue_BytesValue{BytesValue: b}}
	case v.Array != nil:
		array := &common.ArrayValue{}
		for i := range v.Array.Values {
			array.Values = append(array.Values, v.Array.Values[i].proto())
		}
		return &common.AnyValue{Value: &common.AnyValue_ArrayValue{ArrayValue: array}}
	case v.List != nil:
		return &common.AnyValue{Value: &common.AnyValue_KvlistValue{KvlistValue: &common.KeyValueList{Values: attributesOf(v.List.Values)}}}
	default:
		return &common.AnyValue{}
	}
}

func attributesOf(from []jsonAttribute) []*common.KeyValue {
	attributes := make([]*common.KeyValue, len(from))
	for i := range from {
		attributes[i] = &common.KeyValue{Key: from[i].Key, Value: from[i].Value.proto()}
	}
	return attributes
}

// id returns the bytes of a hexadecimal id, or nil if it is none.
func id(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}

func jsonResource(text []byte) (*resources.Resource, error) {
	if len(text) > maxItem {
		return nil, fmt.Errorf("a resource of more than %d KiB", maxItem>>10)
	}
	var r struct {
		Attributes []jsonAttribute `json:"attributes"`
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("not a resource: %w", err)
		}
	}
	return &resources.Resource{Attributes: attributesOf(r.Attributes)}, nil
}

func jsonSpan(text []byte) (*trace.Span, error) {
	var s struct {
		TraceID    string          `json:"traceId"`
		SpanID     string          `json:"spanId"`
		ParentID   string          `json:"parentSpanId"`
		TraceState string          `json:"traceState"`
		Name       string          `json:"name"`
		Kind       number          `json:"kind"`
		Start      number          `json:"startTimeUnixNano"`
		End        number          `json:"endTimeUnixNano"`
		Attributes []jsonAttribute `json:"attributes"`
		Events     []struct {
			Time       number          `json:"timeUnixNano"`
			Name       string          `json:"name"`
			Attributes []jsonAttribute `json:"attributes"`
		} `json:"events"`
		Status struct {
			Code    number `json:"code"`
			Message string `json:"message"`
		} `json:"status"`
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("not a span: %w", err)
	}
	span := &trace.Span{
		TraceId: id(s.TraceID), SpanId: id(s.SpanID), ParentSpanId: id(s.ParentID), TraceState: s.TraceState, Name: s.Name,
		Kind: trace.Span_SpanKind(s.Kind.enum(trace.Span_SpanKind_value)), StartTimeUnixNano: s.Start.uint(), EndTimeUnixNano: s.End.uint(),
		Attributes: attributesOf(s.Attributes),
		Status:     &trace.Status{Code: trace.Status_StatusCode(s.Status.Code.enum(trace.Status_StatusCode_value)), Message: s.Status.Message},
	}
	for i := range s.Events {
		event := &s.Events[i]
		span.Events = append(span.Events, &trace.Span_Event{TimeUnixNano: event.Time.uint(), Name: event.Name, Attributes: attributesOf(event.Attributes)})
	}
	return span, nil
}

func jsonRecord(text []byte) (*logs.LogRecord, error) {
	var l struct {
		Time       number          `json:"timeUnixNano"`
		Observed   number          `json:"observedTimeUnixNano"`
		Severity   number          `json:"severityNumber"`
		Body       *jsonValue      `json:"body"`
		Attributes []jsonAttribute `json:"attributes"`
		TraceID    string          `json:"traceId"`
		SpanID     string          `json:"spanId"`
		EventName  string          `json:"eventName"`
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, fmt.Errorf("not a log record: %w", err)
	}
	record := &logs.LogRecord{
		TimeUnixNano: l.Time.uint(), ObservedTimeUnixNano: l.Observed.uint(), TraceId: id(l.TraceID), SpanId: id(l.SpanID), EventName: l.EventName,
		SeverityNumber: logs.SeverityNumber(l.Severity.enum(logs.SeverityNumber_value)), Attributes: attributesOf(l.Attributes),
	}
	if l.Body != nil {
		record.Body = l.Body.proto()
	}
	return record, nil
}

// jsonAnswer is the answer to a push whose count of what was rejected has that name.
func jsonAnswer(count string, r Rejected) []byte {
	if r.Count == 0 {
		return []byte("{}")
	}
	// A count of 64 bits is a string in protobuf's JSON.
	partial := map[string]any{count: strconv.FormatInt(r.Count, 10), "errorMessage": r.Reason}
	return asJSON(map[string]any{"partialSuccess": partial})
}

func jsonError(message string) []byte { return asJSON(map[string]any{"message": message}) }

// asJSON writes maps of strings, which cannot fail.
func asJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("{}")
	}
	return b
}
