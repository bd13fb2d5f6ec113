// Package otlp turns what OpenTelemetry exporters and the Collector send by OTLP/HTTP into results: spans of requests that
// were answered and made, with the exceptions that spans and log records carry.
//
// It understands protobuf and JSON bodies (https://opentelemetry.io/docs/specs/otlp/), old and new names of the semantic
// conventions for HTTP, RPC and exceptions (https://opentelemetry.io/docs/specs/semconv/), and the sampling threshold in
// tracestate (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/). A request that a client and
// a server traced counts once, for the server. Spans that are not requests are accepted and not counted.
//
// Memory is bounded whatever a body holds: spans are taken one at a time, none of more than 128 KiB.
package otlp

import (
	"fmt"
	"mime"
	"time"

	collectorlogs "go.opentelemetry.io/proto/slim/otlp/collector/logs/v1"
	collectortrace "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"
	resources "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Paths that OTLP/HTTP is pushed to.
const (
	TracesPath = "/v1/traces"
	LogsPath   = "/v1/logs"
)

// Encoding is how a body is written.
type Encoding uint8

// The encodings of OTLP/HTTP.
const (
	Protobuf Encoding = iota
	JSON
)

const (
	maxItem  = 128 << 10 // bytes of a span, a log record or a resource: unpacked to objects they take much more
	maxItems = 100_000   // of them in a request; exporters and the Collector send some thousands
)

var errTooMany = fmt.Errorf("more than %d spans or log records", maxItems)

// EncodingOf returns the encoding that a Content-Type names; ok is false for any that OTLP does not have.
func EncodingOf(contentType string) (e Encoding, ok bool) {
	media, _, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		return Protobuf, false
	case media == "application/x-protobuf":
		return Protobuf, true
	case media == "application/json":
		return JSON, true
	default:
		return Protobuf, false
	}
}

// ContentType is the Content-Type of the encoding.
func (e Encoding) ContentType() string {
	if e == JSON {
		return "application/json"
	}
	return "application/x-protobuf"
}

// Rejected says what of a body was not taken.
type Rejected struct {
	Count  int64
	Reason string // why, of the last one
}

func (r *Rejected) add(reason string) {
	r.Count++
	r.Reason = reason
}

// spansIn calls span for each span of an ExportTraceServiceRequest, one after the other. A span that cannot be taken is
// rejected. An error means that the body is malformed; no span was handed over. It returns how many spans there were.
func spansIn(body []byte, e Encoding, span func(*resources.Resource, *trace.Span), rejected *Rejected) (spans int, err error) {
	if e == JSON {
		return eachItem(body, jsonItems([...]string{"resourceSpans", "scopeSpans", "spans"}), rejected, func(r *resources.Resource, item []byte) error {
			s, err := jsonSpan(item)
			if err == nil {
				span(r, s)
			}
			return err
		})
	}
	return eachItem(body, protoItems, rejected, func(r *resources.Resource, item []byte) error {
		var s trace.Span
		if err := proto.Unmarshal(item, &s); err != nil {
			return fmt.Errorf("not a span: %w", err)
		}
		span(r, &s)
		return nil
	})
}

// recordsIn is spansIn for the log records of an ExportLogsServiceRequest.
func recordsIn(body []byte, e Encoding, record func(*resources.Resource, *logs.LogRecord), rejected *Rejected) (records int, err error) {
	if e == JSON {
		return eachItem(body, jsonItems([...]string{"resourceLogs", "scopeLogs", "logRecords"}), rejected, func(r *resources.Resource, item []byte) error {
			l, err := jsonRecord(item)
			if err == nil {
				record(r, l)
			}
			return err
		})
	}
	return eachItem(body, protoItems, rejected, func(r *resources.Resource, item []byte) error {
		var l logs.LogRecord
		if err := proto.Unmarshal(item, &l); err != nil {
			return fmt.Errorf("not a log record: %w", err)
		}
		record(r, &l)
		return nil
	})
}

// walk calls item for each span or log record of a body.
type walk func(body []byte, item func(*resources.Resource, []byte) error) error

// eachItem walks through a body twice: first to see that all of it is well-formed, then to take its items.
func eachItem(body []byte, through walk, rejected *Rejected, take func(*resources.Resource, []byte) error) (items int, err error) {
	err = through(body, func(*resources.Resource, []byte) error {
		if items++; items > maxItems {
			return errTooMany
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return items, through(body, func(r *resources.Resource, item []byte) error {
		if len(item) > maxItem {
			rejected.add(fmt.Sprintf("larger than %d KiB", maxItem>>10))
		} else if err := take(r, item); err != nil {
			rejected.add(err.Error())
		}
		return nil
	})
}

// protoItems calls item for each span or log record. Both requests have the same shape: in field 1 what comes from one
// resource (field 1), in its field 2 what comes from one scope, and in its field 2 the items.
func protoItems(body []byte, item func(*resources.Resource, []byte) error) error {
	return fields(body, func(number protowire.Number, group []byte) error {
		if number != 1 {
			return nil
		}
		var resource resources.Resource
		err := fields(group, func(number protowire.Number, value []byte) error {
			switch {
			case number != 1:
				return nil
			case len(value) > maxItem:
				return fmt.Errorf("a resource of more than %d KiB", maxItem>>10)
			default:
				return proto.Unmarshal(value, &resource)
			}
		})
		if err != nil {
			return err
		}
		return fields(group, func(number protowire.Number, scope []byte) error {
			if number != 2 {
				return nil
			}
			return fields(scope, func(number protowire.Number, value []byte) error {
				if number != 2 {
					return nil
				}
				return item(&resource, value)
			})
		})
	})
}

// fields calls field for each length-delimited field of a message.
func fields(message []byte, field func(protowire.Number, []byte) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return fmt.Errorf("not an OTLP request: %w", protowire.ParseError(n))
		}
		message = message[n:]
		if kind != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
				return fmt.Errorf("not an OTLP request: %w", protowire.ParseError(n))
			}
			message = message[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(message)
		if n < 0 {
			return fmt.Errorf("not an OTLP request: %w", protowire.ParseError(n))
		}
		message = message[n:]
		if err := field(number, value); err != nil {
			return err
		}
	}
	return nil
}

// TracesAnswer is the body that answers a push of spans; what was rejected is a partial success.
func TracesAnswer(e Encoding, r Rejected) []byte {
	if e == JSON {
		return jsonAnswer("rejectedSpans", r)
	}
	var answer collectortrace.ExportTraceServiceResponse
	if r.Count > 0 {
		answer.PartialSuccess = &collectortrace.ExportTracePartialSuccess{RejectedSpans: r.Count, ErrorMessage: r.Reason}
	}
	return marshalled(&answer)
}

// LogsAnswer is the body that answers a push of log records.
func LogsAnswer(e Encoding, r Rejected) []byte {
	if e == JSON {
		return jsonAnswer("rejectedLogRecords", r)
	}
	var answer collectorlogs.ExportLogsServiceResponse
	if r.Count > 0 {
		answer.PartialSuccess = &collectorlogs.ExportLogsPartialSuccess{RejectedLogRecords: r.Count, ErrorMessage: r.Reason}
	}
	return marshalled(&answer)
}

// marshalled returns a message's bytes; ours always have some.
func marshalled(m proto.Message) []byte {
	b, err := proto.Marshal(m)
	if err != nil {
		return nil
	}
	return b
}

// ErrorAnswer is the body that answers a push with a status that is not 200: a google.rpc.Status, as OTLP/HTTP has it.
func ErrorAnswer(e Encoding, message string) []byte {
	if e == JSON {
		return jsonError(message)
	}
	return protowire.AppendString(protowire.AppendTag(nil, 2, protowire.BytesType), message)
}

// timeOf returns a moment in nanoseconds since 1970, the zero time where there is none or it is beyond year 2262.
func timeOf(nanos uint64) time.Time {
	if nanos == 0 || nanos > 1<<63-1 {
		return time.Time{}
	}
	return time.Unix(0, int64(nanos)).UTC()
}
