package probe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// reply is an error body in JSON: that of the reference API, of RFC 9457, or of APIs whose `error` is an object with a message.
type reply struct {
	Error   json.RawMessage   `json:"error"`
	Message json.RawMessage   `json:"message"`
	Errors  []json.RawMessage `json:"errors"`
	Details json.RawMessage   `json:"details"`
	ResetAt json.RawMessage   `json:"resetAt"`
	Title   json.RawMessage   `json:"title"`
	Detail  json.RawMessage   `json:"detail"`
}

// readError fills in the error, message and details of a failed answer.
func (r *run) readError() {
	status := cmp.Or(http.StatusText(r.result.Status), fmt.Sprintf("status %d", r.result.Status))
	var said reply
	if trimmed := bytes.TrimSpace(r.body); len(trimmed) > 0 && trimmed[0] == '{' {
		said = decodeReply(trimmed)
	}
	short, text := said.words()
	if text == "" {
		text = r.plainWords(cmp.Or(short, status))
	}
	r.result.Error, r.result.Message = cmp.Or(short, status), text
	for _, e := range said.Errors[:min(len(said.Errors), errorsMax)] {
		r.evidence.Errors = append(r.evidence.Errors, jsonText(e)) // finish bounds their bytes
	}
	if len(said.Details) > 0 && string(said.Details) != "null" {
		r.evidence.Details = compact(said.Details)
	}
	r.result.ResetAt = resetOf(r.result.Status, r.header, jsonText(said.ResetAt), r.result.Time)
}

// decodeReply decodes each member separately, so that one of an unexpected type does not spoil the others.
func decodeReply(body []byte) reply {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return reply{}
	}
	said := reply{
		Error: members["error"], Message: members["message"], Details: members["details"],
		ResetAt: members["resetAt"], Title: members["title"], Detail: members["detail"],
	}
	if json.Unmarshal(members["errors"], &said.Errors) != nil {
		said.Errors = nil
	}
	return said
}

// words returns the short type and the message.
func (s *reply) words() (short, text string) {
	short, text = jsonText(s.Error), jsonText(s.Message)
	var inner struct{ Type, Code, Message json.RawMessage }
	if len(s.Error) > 0 && s.Error[0] == '{' && json.Unmarshal(s.Error, &inner) == nil {
		short = cmp.Or(jsonText(inner.Type), jsonText(inner.Code))
		text = cmp.Or(text, jsonText(inner.Message))
	}
	return cmp.Or(short, jsonText(s.Title)), cmp.Or(text, jsonText(s.Detail))
}

// jsonText returns the text of a JSON string, and any other value as compact JSON.
func jsonText(raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return compact(raw)
}

func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return ""
	}
	return b.String()
}

// htmlTitle is compiled on first use, because few probes get HTML.
var htmlTitle = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)<title[^>]*>([^<]{1,200})`) })

// plainWords makes a message for an answer without a JSON error: the short type, the server's name, and the first line of a text
// or the title of a page.
func (r *run) plainWords(short string) string {
	text := short
	if server := r.header.Get("Server"); server != "" {
		text += ", answered by " + server
	}
	if r.result.Status == http.StatusBadGateway || r.result.Status == http.StatusGatewayTimeout {
		text += " whose upstream did not answer"
	}
	said := ""
	switch contentType, _, _ := strings.Cut(r.header.Get("Content-Type"), ";"); contentType {
	case "text/plain":
		said, _, _ = strings.Cut(strings.TrimSpace(r.shownBody()), "\n")
	case "text/html":
		if m := htmlTitle().FindStringSubmatch(r.shownBody()); m != nil {
			said = m[1]
		}
	}
	if said = strings.TrimSpace(said); said != "" && !strings.EqualFold(letters(said), letters(short)) {
		text += ": " + said
	}
	return text
}

// letters returns only the letters of a text, to compare "504 Gateway Time-out" with "Gateway Timeout".
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

// requestID returns the request's id from the headers that servers use for it.
func requestID(h http.Header) string {
	for _, name := range []string{
		"X-Request-Id", "Request-Id", "X-Correlation-Id", "X-Amzn-Requestid", "X-Amz-Request-Id", "X-Amzn-Trace-Id",
		"X-Github-Request-Id", "X-Trace-Id", "X-Cloud-Trace-Context", "Cf-Ray", "X-Vercel-Id", "Fly-Request-Id",
	} {
		if v := h.Get(name); v != "" {
			return v
		}
	}
	// 00-<trace id>-<parent id>-<flags>: W3C Trace Context, section 3.2
	if parts := strings.Split(h.Get("Traceparent"), "-"); len(parts) >= 4 {
		return parts[1]
	}
	return ""
}

// shownHeaders returns the headers kept as evidence, sorted by name: those of an allow list, and at most rateHeadersMax about rate
// limits, whose names the server makes up. A name comes at most four times.
func shownHeaders(h http.Header) []tracker.Header {
	var names, rates []string
	for name := range h {
		switch {
		case showHeader(name):
			names = append(names, name)
		case rateHeader(name):
			rates = append(rates, name)
		}
	}
	slices.Sort(rates)
	names = append(names, rates[:min(len(rates), rateHeadersMax)]...)
	slices.Sort(names)
	shown := make([]tracker.Header, 0, len(names))
	for _, name := range names {
		for _, v := range h[name][:min(len(h[name]), 4)] {
			shown = append(shown, tracker.Header{Name: safetext.Line(name), Value: v})
		}
	}
	return shown
}

func showHeader(name string) bool {
	switch name {
	case "Age", "Allow", "Alt-Svc", "Cache-Control", "Cf-Cache-Status", "Cf-Ray", "Content-Encoding", "Content-Length",
		"Content-Type", "Date", "Etag", "Expires", "Fly-Request-Id", "Last-Modified", "Location", "Request-Id", "Retry-After",
		"Server", "Server-Timing", "Traceparent", "Vary", "Via", "X-Amz-Cf-Id", "X-Amz-Cf-Pop", "X-Amz-Request-Id",
		"X-Amzn-Errortype", "X-Amzn-Requestid", "X-Amzn-Trace-Id", "X-Cache", "X-Cloud-Trace-Context", "X-Correlation-Id",
		"X-Github-Request-Id", "X-Powered-By", "X-Request-Id", "X-Runtime", "X-Served-By", "X-Trace-Id", "X-Vercel-Id":
		return true
	}
	return false
}

// rateHeader reports whether a header is about rate limits. Servers add words of their own: "X-Ratelimit-Limit-Minute".
func rateHeader(name string) bool {
	if len(name) > rateNameMax {
		return false
	}
	return strings.HasPrefix(name, "X-Ratelimit-") || strings.HasPrefix(name, "Ratelimit") || strings.HasPrefix(name, "X-Rate-Limit-")
}
