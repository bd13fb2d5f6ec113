package tui

import "errtop/tracker"

// advice is the operator's first hint for an outcome: what usually causes it, whether asking again helps, and what to do
// first.
type advice struct {
	Causes []string
	Retry  string // "no", or when
	Action string
}

// adviceFor returns the advice for an outcome. For statuses it says what the reference API's contract says; for the causes
// that have no status it names what is between us and the API.
func adviceFor(o tracker.Outcome) advice {
	switch o.Kind {
	case tracker.KindInvalid:
		return advice{
			Causes: []string{"missing required field", "value out of range or not in the enumeration", "malformed JSON", "unsupported size or format"},
			Retry:  "no", Action: "Fix the request; the errors name the fields.",
		}
	case tracker.KindAuth:
		return advice{
			Causes: []string{"no Authorization header", "wrong or expired key", `missing "Bearer " prefix`},
			Retry:  "no", Action: "Rotate or correct the key.",
		}
	case tracker.KindForbidden:
		return advice{
			Causes: []string{"the key's tier", "provider not in the plan", "account suspended"},
			Retry:  "no", Action: "Check plan and account.",
		}
	case tracker.KindNotFound:
		return advice{
			Causes: []string{"wrong provider", "wrong model", "typing error in the path"},
			Retry:  "no", Action: "Check the route.",
		}
	case tracker.KindRateLimited:
		return advice{
			Causes: []string{"too many requests a minute", "daily or monthly quota used up"},
			Retry:  "yes, after the reset", Action: "Wait for the reset, lower the rate, raise the quota.",
		}
	case tracker.KindClient:
		return advice{Causes: []string{"the request does not suit this endpoint"}, Retry: "no", Action: "Check method, headers and size of the request."}
	case tracker.KindServer:
		if o.Status == 500 {
			return advice{
				Causes: []string{"upstream timeout", "provider down", "internal error"},
				Retry:  "yes, with backoff", Action: "Check the provider; fail over if it persists.",
			}
		}
		return advice{Causes: []string{"upstream or network"}, Retry: "yes, with backoff", Action: "Check the network path and the provider."}
	default:
		return transportAdvice(o.Kind)
	}
}

func transportAdvice(kind tracker.Kind) advice {
	const again = "yes, with backoff"
	switch kind {
	case tracker.KindTimeout:
		return advice{Causes: []string{"upstream too slow", "network path congested or cut"}, Retry: again, Action: "Check the network path and the provider; look which phase took the time."}
	case tracker.KindDNS:
		return advice{Causes: []string{"the name does not exist", "the resolver is down or slow"}, Retry: again, Action: "Check the host's spelling, then ask another resolver."}
	case tracker.KindConnect:
		return advice{Causes: []string{"nothing listens there", "a firewall or route in between", "connection reset"}, Retry: again, Action: "Check that the service runs and the port is reachable."}
	case tracker.KindTLS:
		return advice{Causes: []string{"certificate expired or for another host", "unknown authority", "no common version"}, Retry: "no", Action: "Look at the certificate: its dates, names and issuer."}
	case tracker.KindProtocol:
		return advice{Causes: []string{"body cut short", "a proxy that breaks HTTP", "not an HTTP port"}, Retry: again, Action: "Check what answers there: proxy, load balancer, port."}
	case tracker.KindAssertion:
		return advice{Causes: []string{"the answer is not what the target expects"}, Retry: "no", Action: "Compare the answer with the expectation that failed."}
	case tracker.KindValidation:
		return advice{Causes: []string{"the request breaks its schema; it was never sent"}, Retry: "no", Action: "Fix the request; every broken rule is named."}
	case tracker.KindShortCircuit:
		return advice{Causes: []string{"the breaker was open; it was never sent"}, Retry: "when the breaker closes", Action: "Look at what opened the breaker."}
	default:
		return advice{Causes: []string{"unknown"}, Retry: "no", Action: "Look at the evidence."}
	}
}
