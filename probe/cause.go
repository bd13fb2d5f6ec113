package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"errtop/tracker"
)

// cause is why a request failed.
type cause struct {
	kind  tracker.Kind
	short string // "connection refused"
	text  string // "connection refused by 127.0.0.1:9": begins with short
	local bool   // errtop's own fault: it says nothing about the target
}

// failure is a cause that errtop itself found.
type failure cause

func (f failure) Error() string { return f.text }

// explain turns the error that ended a request into a cause. Unknown errors are quoted as protocol failures. A failure of the
// proxy is named as one, because the target was not reached.
func (r *run) explain(err error) cause {
	c := r.explainError(withoutURL(err))
	if _, ok := errors.AsType[proxyError](err); ok {
		c.short, c.text = "proxy: "+c.short, "proxy: "+c.text
	}
	return c
}

func (r *run) explainError(err error) cause {
	if found, ok := errors.AsType[failure](err); ok {
		return cause(found)
	}
	at, address := r.trace.at()
	if lookup, ok := errors.AsType[*net.DNSError](err); ok {
		return explainDNS(lookup)
	}
	if c, ok := r.explainTLS(err); ok {
		return c
	}
	if timedOut(err) {
		return r.explainTimeout(err, at, address)
	}
	if c, ok := explainSocket(err, at, address); ok {
		return c
	}
	return explainProtocol(err, at)
}

func timedOut(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT) ||
		(errors.As(err, &t) && t.Timeout())
}

func (r *run) explainTimeout(err error, at stage, address string) cause {
	text := fmt.Sprintf("timeout after %s while %s", words(r.plan.Timeout), at)
	switch at {
	case connecting:
		text += " to " + address
	case tunnelling:
		text += " of " + address
	case handshaking:
		text += " with " + address
	default:
	}
	if unread, ok := errors.AsType[unreadBody](err); ok {
		text += fmt.Sprintf(" (%s so far)", unread.progress())
	}
	if at == resolving {
		return cause{kind: tracker.KindDNS, short: "DNS: timeout", text: "DNS: " + text}
	}
	return cause{kind: tracker.KindTimeout, short: "timeout", text: text}
}

func explainDNS(err *net.DNSError) cause {
	server := ""
	if err.Server != "" {
		server = " (asked " + err.Server + ")"
	}
	switch {
	case strings.Contains(err.Err, syscall.EMFILE.Error()): // the resolver keeps only the text of the error
		return outOfFiles()
	case err.IsNotFound:
		return cause{kind: tracker.KindDNS, short: "DNS: no such host", text: fmt.Sprintf("DNS: no such host %q%s", err.Name, server)}
	case err.IsTimeout:
		return cause{kind: tracker.KindDNS, short: "DNS: timeout", text: fmt.Sprintf("DNS: timeout, no answer for %q%s", err.Name, server)}
	default:
		return cause{kind: tracker.KindDNS, short: "DNS: server failure", text: fmt.Sprintf("DNS: server failure: %s for %q%s", err.Err, err.Name, server)}
	}
}

// explainSocket explains errors of the operating system.
func explainSocket(err error, at stage, address string) (cause, bool) {
	var op *net.OpError
	if errors.As(err, &op) && op.Addr != nil {
		address = op.Addr.String()
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return cause{kind: tracker.KindConnect, short: "connection refused", text: "connection refused by " + address}, true
	case errors.Is(err, syscall.EHOSTUNREACH):
		return cause{kind: tracker.KindConnect, short: "host unreachable", text: "host unreachable: no route to " + address}, true
	case errors.Is(err, syscall.EADDRNOTAVAIL): // all local ports are in use, or there is no address of that IP version
		return cause{kind: tracker.KindConnect, short: "no local address", text: "no local address or port to connect from to " + address}, true
	case errors.Is(err, syscall.ENETUNREACH):
		return cause{kind: tracker.KindConnect, short: "network unreachable", text: "network unreachable: no route to " + address}, true
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		text := fmt.Sprintf("connection reset by %s while %s", address, at)
		if unread, ok := errors.AsType[unreadBody](err); ok {
			text += fmt.Sprintf(" (%s so far)", unread.progress())
		}
		return cause{kind: tracker.KindConnect, short: "connection reset", text: text}, true
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return outOfFiles(), true
	}
	return cause{}, false
}

// noFiles is the short error of a request for which no file descriptor was left.
const noFiles = "too many open files"

func outOfFiles() cause {
	return cause{
		kind: tracker.KindConnect, short: noFiles, local: true,
		text: noFiles + ": errtop itself ran out of descriptors (ulimit -n) and asked nothing",
	}
}

// explainProtocol explains answers that violate HTTP.
func explainProtocol(err error, at stage) cause {
	protocol := func(short, text string) cause { return cause{kind: tracker.KindProtocol, short: short, text: text} }
	said := strings.TrimPrefix(err.Error(), "net/http: ")
	said, broken := strings.CutPrefix(said, "HTTP/1.x transport connection broken: ")
	said = strings.TrimPrefix(said, "http: ")
	var stream http2Error
	var unread unreadBody
	switch {
	case errors.As(err, &stream):
		return protocol("HTTP/2 stream reset", fmt.Sprintf("HTTP/2 stream reset by the server with %s while %s", http2Code(stream.Code), at))
	case strings.Contains(said, "server sent GOAWAY"):
		return protocol("HTTP/2 connection closed", "HTTP/2 connection closed by the server with GOAWAY"+after(said, "ErrCode=")+" while "+at.String())
	case strings.Contains(said, "looked like an HTTP/1.1 header"):
		return protocol("not HTTP/2", "not HTTP/2: the server answered in HTTP/1.1")
	case strings.Contains(said, "client conn could not be established"):
		return protocol("not HTTP/2", "not HTTP/2: the server ended the new connection before the request")
	case strings.HasPrefix(said, "http2:"), strings.HasPrefix(said, "connection error:"):
		return protocol("HTTP/2 error", "HTTP/2 error: "+strings.TrimPrefix(said, "http2: "))
	case errors.As(err, &unread) && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)):
		return protocol("body cut short", "body cut short: the server closed the connection after "+unread.progress())
	case errors.As(err, &unread):
		return protocol("malformed body", fmt.Sprintf("malformed body after %s: %s", unread.progress(), said))
	case strings.Contains(said, "response headers exceeded"):
		return protocol("header too large", fmt.Sprintf("header too large: it is more than %d KiB", maxHeaderBytes>>10))
	case strings.Contains(said, "malformed"):
		return protocol("malformed answer", "malformed answer: "+said[strings.Index(said, "malformed"):])
	case errors.Is(err, io.ErrUnexpectedEOF):
		return protocol("answer cut short", "answer cut short: the server closed the connection within the header")
	case errors.Is(err, io.EOF), strings.Contains(said, "server closed"):
		return protocol("no answer", "no answer: the server closed the connection")
	case broken, at == heading:
		return protocol("malformed answer", "malformed answer: "+said)
	}
	return protocol("protocol error", "protocol error: "+said)
}

func after(s, marker string) string {
	_, rest, found := strings.Cut(s, marker)
	if !found {
		return ""
	}
	word, _, _ := strings.Cut(rest, ",")
	return " (" + word + ")"
}

// http2Error has the fields of net/http's internal stream error, which errors.As converts to such a type.
type http2Error struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e http2Error) Error() string { return http2Code(e.Code) }

// http2Code returns a code's name in RFC 9113, section 7.
func http2Code(code uint32) string {
	names := [...]string{
		"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
		"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
		"INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
	}
	if int(code) < len(names) {
		return names[code]
	}
	return fmt.Sprintf("code %d", code)
}

// progress returns how much of the body was received.
func (e unreadBody) progress() string {
	if e.want >= 0 {
		return fmt.Sprintf("%d of %d bytes", e.got, e.want)
	}
	return fmt.Sprintf("%d bytes", e.got)
}

// words formats a duration for people: "850 ms", "10 s", "1.5 s", "3 hours", "12 days".
func words(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + words(-d)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%g s", d.Round(100*time.Millisecond).Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}
