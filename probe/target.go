package probe

import (
	"time"

	"errtop/tracker"
)

// Target is one named thing to probe. The zero value of a field means its default.
type Target struct {
	Name string
	// URL's scheme chooses the kind of probe: http and https send a request; tcp://host:port connects; tls://host:port completes
	// a handshake and checks the certificate; dns://server[:port]/name?type=A queries a name server.
	URL     string
	Method  string           // GET, or POST where there is a body
	Headers []tracker.Header // every value is a secret and never appears in a result
	Body    string
	Secrets []string // more values to keep out of results, such as those that the body took from the environment

	// Schema validates the body before it is sent: "firemoon", "none" or a JSON Schema file. Default: firemoon for a POST below
	// https://firemoon.studio/api/v1/, otherwise none.
	Schema string
	// Expect are expressions that must hold for the response; see [Check].
	Expect []string

	Interval time.Duration // from probe to probe, 30 s
	Timeout  time.Duration // of one request, from the look-up of the name to the last byte of the body, 10 s

	Retry      Retry         // which requests may be sent again
	Attempts   int           // requests per probe at most, 3
	Backoff    time.Duration // longest wait before the first retry, doubled with each retry, 1 s
	BackoffMax time.Duration // 30 s

	KeepAlive       bool   // reuse connections instead of opening one per probe
	FollowRedirects bool   // at most ten; no secret goes to another scheme, host or port
	Address         string // connect to this host or host:port instead of the URL's; name and certificate stay the URL's
	IP              string // "4" or "6" to use only that; default both
	HTTP            string // "1.1" or "2" to allow only that; default what the server prefers
	TLS             TLS
	// CertWarn fails the probe when any certificate of the verified chain, or of a redirect's hop, expires sooner than that.
	// Default: 14 days for tls://, never for https://.
	CertWarn time.Duration
}

// TLS says how a connection is secured.
type TLS struct {
	CAFile     string // PEM, instead of the system's authorities
	CertFile   string // PEM, the client's certificate
	KeyFile    string // PEM, its key
	ServerName string // what the certificate must be for, instead of the URL's host
	Insecure   bool   // accept any certificate
}

// Retry says which requests may be sent again after a 429, a 5xx, a timeout or a network failure.
type Retry string

// The retry policies.
const (
	RetrySafe   Retry = ""       // requests with an idempotent method (RFC 9110, section 9.2.2), and probes other than HTTP
	RetryAlways Retry = "always" // all requests, POST included
	RetryNever  Retry = "never"
)

const (
	defaultInterval   = 30 * time.Second
	defaultTimeout    = 10 * time.Second
	defaultAttempts   = 3
	defaultBackoff    = time.Second
	defaultBackoffMax = 30 * time.Second
	defaultCertWarn   = 14 * 24 * time.Hour
)

// withDefaults returns t with its defaults filled in.
func (t Target) withDefaults() Target {
	if t.Method == "" {
		t.Method = "GET"
		if t.Body != "" {
			t.Method = "POST"
		}
	}
	t.Interval = orDefault(t.Interval, defaultInterval)
	t.Timeout = orDefault(t.Timeout, defaultTimeout)
	t.Backoff = orDefault(t.Backoff, defaultBackoff)
	t.BackoffMax = orDefault(t.BackoffMax, defaultBackoffMax)
	t.Attempts = orDefault(t.Attempts, defaultAttempts)
	return t
}

func orDefault[T ~int | ~int64](value, otherwise T) T {
	if value <= 0 {
		return otherwise
	}
	return value
}
