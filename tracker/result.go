package tracker

import "time"

// Origin says who made a request.
type Origin uint8

// The origins of a result.
const (
	OriginTraffic Origin = iota // somebody else's request, read from a log or pushed
	OriginProbe                 // errtop asked
	OriginMonitor               // another monitor asked, as its agent in a log says; its target is its own, which is judged as traffic is

	originCount = iota
)

// String returns "traffic", "probe" or "monitor".
func (o Origin) String() string {
	switch o {
	case OriginProbe:
		return "probe"
	case OriginMonitor:
		return "monitor"
	case OriginTraffic:
	}
	return "traffic"
}

// Result is the outcome of one request. Its strings are ordinary Go strings that the tracker may keep: a source that reads
// into reused buffers clones or interns what it puts here. All text in it is already harmless and free of secrets
// (made so at the edge, by whoever made the result).
type Result struct {
	Time    time.Time     // when the request ended, or what its log line says; the zero time means unknown
	Target  string        // the named thing watched
	Source  string        // the name of the source it came through, as in Source.Name; "" for probes
	Method  string        // "POST"; "" where unknown
	Route   string        // path without query, or its template; "" where unknown
	Latency time.Duration // 0 where unknown

	Status       int // HTTP status; 0 where none was received
	Kind         Kind
	Origin       Origin
	Breaker      BreakerState // state the application reported with this request; NoBreaker where it reported none
	Weight       uint16       // how many requests of its kind it stands for, where they are sampled; 0 is 1
	Inconclusive bool         // our own network looked down: counted apart, moves no state and no breaker

	Error     string    // short error type: "Rate limit exceeded", "connection refused"
	Message   string    // one line for people
	RequestID string    // "" where unknown
	ResetAt   time.Time // when the API lets us come back; zero where it did not say
	Evidence  *Evidence // nil where there is nothing more; never changed after the result was emitted

	// Labels are what else is known of the request and has few values: what failing requests may have in common. See Label.
	Labels *Labels
}

// Label is one property of a request that an incident's contrast compares, beside its method and route. The names known are
// "host" (that the request was for), "upstream" (who answered behind a proxy), "client" or "tenant" (who asks: a name or an
// account, never a key), "version" (of what answered: a change of it is noted as a [Mark]), "release" (of what asked, where
// it tells), "region", and "agent" (family and major version: "okhttp/4"); sources may add others of their lines that have
// few values. Values are harmless, free of secrets and at most 64 bytes.
//
// Successes carry them too, or the contrast has nothing to compare with.
type Label struct{ Name, Value string }

// Labels are the labels of a result. Sources intern them: results with the same labels share one pointer, by which the tracker
// recognises them, and what it points to is never changed after it was emitted.
type Labels []Label

// Outcome returns the status and kind that r is counted under.
func (r *Result) Outcome() Outcome { return Outcome{Status: r.Status, Kind: r.Kind} }

// Evidence is what a source could keep about one request beyond its outcome.
type Evidence struct {
	Errors   []string // one per invalid input field
	Details  string   // anything more the error body held, as compact JSON
	Stack    string   // may hold line feeds
	Level    string   // log level
	Host     string   // host the request was for
	Upstream string   // who answered behind a proxy
	Line     string   // the log line, cut

	Request Request // how to ask again

	Phases     Phases
	RemoteAddr string    // "127.0.0.1:443"
	Proto      string    // "HTTP/2.0"
	TLSVersion string    // "TLS 1.3"
	CertExpiry time.Time // when the first certificate expires that the request relied on; zero without TLS
	Headers    []Header  // allow-listed response headers
	Body       string    // start of the response body; may hold line feeds
	BodyCut    bool      // the body was longer than what is kept

	Cut bool // some of it was dropped, because all kept errors together took more than Settings.EvidenceBytes

	Attempt  int // 1 for the first; 0 where unknown
	Attempts int // how many will be made at most; 0 where unknown
}

// Request is a request with its secrets already replaced.
type Request struct {
	Method  string
	URL     string
	Headers []Header
	Body    string
}

// Header is one header field.
type Header struct{ Name, Value string }

// Phases are the parts of a request's time. A phase that did not happen is 0.
type Phases struct {
	DNS, Connect, TLS, FirstByte, Body time.Duration
}
