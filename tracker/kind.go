package tracker

import (
	"fmt"
	"strconv"
)

// Kind says why a request failed, or that it did not. One result has one kind.
type Kind uint8

// The kinds. The first is success; all others are failures.
const (
	KindOK           Kind = iota
	KindInvalid           // 400, 422: the request is wrong
	KindAuth              // 401: the key is missing, wrong or expired
	KindForbidden         // 403: the key may not do this
	KindNotFound          // 404, 410: no such route or model
	KindRateLimited       // 429: too many requests, or the quota is used up
	KindClient            // any other 4xx
	KindServer            // 5xx
	KindTimeout           // no answer, or not all of it, in time
	KindDNS               // the name was not resolved
	KindConnect           // refused, unreachable, reset
	KindTLS               // handshake or certificate
	KindProtocol          // the answer breaks HTTP, or ends too early
	KindAssertion         // the answer came but was not what the target expects
	KindValidation        // never sent: the request breaks its schema
	KindShortCircuit      // never sent: the breaker was open

	kindCount = iota
)

var kindNames = [kindCount]string{
	"ok", "invalid", "auth", "forbidden", "not_found", "rate_limited", "client", "server",
	"timeout", "dns", "connect", "tls", "protocol", "assertion", "validation", "short_circuit",
}

// Kinds returns every kind in the order of their declaration, [OK] first.
func Kinds() []Kind {
	kinds := make([]Kind, kindCount)
	for i := range kinds {
		kinds[i] = Kind(i)
	}
	return kinds
}

// String returns the kind's name as logs, settings and JSON spell it, for example "rate_limited".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseKind returns the kind of that name, the inverse of [Kind.String].
func ParseKind(name string) (Kind, bool) {
	for k, n := range kindNames {
		if n == name {
			return Kind(k), true
		}
	}
	return KindOK, false
}

// Failed reports whether the kind is a failure of any sort.
func (k Kind) Failed() bool { return k != KindOK }

// Sent reports whether the request reached the network. Results that were never sent ([Validation], [ShortCircuit])
// are counted apart and are not part of an error rate.
func (k Kind) Sent() bool { return k != KindValidation && k != KindShortCircuit }

// KindOf returns the kind of an HTTP status: [OK] below 400, the failure otherwise.
func KindOf(status int) Kind {
	switch {
	case status < 400:
		return KindOK
	case status == 400, status == 422:
		return KindInvalid
	case status == 401:
		return KindAuth
	case status == 403:
		return KindForbidden
	case status == 404, status == 410:
		return KindNotFound
	case status == 429:
		return KindRateLimited
	case status < 500:
		return KindClient
	default:
		return KindServer
	}
}

// Outcome is what a request ended with: the HTTP status where there was one, and the kind.
type Outcome struct {
	Status int // 0 where no status was received
	Kind   Kind
}

// Label returns the status ("429") or, where there is none or the kind says more than it (an assertion on a 200), the
// kind's name ("timeout"). It is the key of every "by status" count.
func (o Outcome) Label() string {
	if o.Status == 0 || o.Kind != KindOf(o.Status) {
		return o.Kind.String()
	}
	if o.Status >= 100 && o.Status <= 999 {
		return statusDigits[3*(o.Status-100) : 3*(o.Status-100)+3]
	}
	return strconv.Itoa(o.Status)
}

// statusDigits is every status of three digits in a row, so that a label is a piece of it and no new string. It never
// changes.
var statusDigits = func() string {
	digits := make([]byte, 0, 3*900)
	for status := 100; status <= 999; status++ {
		digits = strconv.AppendInt(digits, int64(status), 10)
	}
	return string(digits)
}()
