package event

import "errtop/tracker"

const backoff = "yes, with backoff"

// causeRow is the advice for a cause class.
//
// To extend the table, add a row. The action is one short sentence, of which the first 55 characters are seen on a small
// screen. {upstream|it} stands for a value of the incident, with what to say where it is not known: target, upstream, route,
// client, or any field that requests are compared by (version, host, region …).
type causeRow struct {
	class  tracker.CauseClass
	causes []string
	retry  string
	action string
	flags  causeFlags
}

// causeFlags say when a row's advice holds.
type causeFlags uint8

const (
	rollback causeFlags = 1 << iota // a release or change just before it is a likely cause: the action says to take it back
	broad                           // the class says no more than the outcome, so a group alone gets the outcome's advice
)

var causeTable = [...]causeRow{
	{tracker.CauseException, []string{"a bug in our own code", "input it does not expect", "a missing setting"}, "no", "Our own code fails: read the newest stack trace.", rollback},
	{tracker.CauseDeadlock, []string{"transactions that lock rows in another order", "a long transaction", "a migration"}, backoff, "Look at the locks and long transactions of the database.", rollback},
	{tracker.CausePoolExhausted, []string{"slow queries hold connections", "connections are not given back", "more traffic than the pool is made for"}, backoff, "See what holds the connections of the pool.", rollback},
	{tracker.CauseDiskFull, []string{"logs or temporary files", "a volume that is too small"}, "no", "Free space on {host|the disk that is full}.", 0},
	{tracker.CauseOutOfMemory, []string{"a leak", "a request that is too large", "a memory limit that is too small"}, backoff, "Look at the memory of {host|the process}; restart it.", rollback},
	{tracker.CauseRefused, []string{"the service is down", "it listens elsewhere", "a firewall rejects"}, backoff, "See whether {upstream|it} runs and listens.", rollback},
	{tracker.CauseUnreachable, []string{"the host is down", "a route, network or firewall in between"}, backoff, "Check the network path to {upstream|the host}.", 0},
	{tracker.CauseReset, []string{"the service restarts or crashes", "a proxy or load balancer cuts idle connections"}, backoff, "See whether {upstream|the service} restarts or crashes.", rollback | broad},
	{tracker.CauseTimeout, []string{"a dependency is slow", "overload", "the network path is congested or cut"}, backoff, "See why {upstream|the dependency} is slow.", rollback | broad},
	{tracker.CauseDNS, []string{"the name does not exist", "the resolver is down or slow"}, backoff, "Resolve {upstream|the name} by hand; try another resolver.", rollback},
	{tracker.CauseTLSExpired, []string{"the certificate was not renewed", "it was renewed but not loaded"}, "no", "Renew the certificate of {upstream|the host}.", 0},
	{tracker.CauseTLSAuthority, []string{"a new certificate without its chain", "a private authority that is not trusted here"}, "no", "Check the certificate chain of {upstream|the host}.", rollback},
	{tracker.CauseTLSHost, []string{"the certificate is for another name", "a wrong host or IP in the settings"}, "no", "Compare the host asked with the certificate's names.", rollback},
	{tracker.CauseTLS, []string{"no common version or cipher", "a certificate that cannot be used", "not a TLS port"}, "no", "Look at the certificate: its dates, names and issuer.", rollback},
	{tracker.CauseQuota, []string{"the daily or monthly quota is used up"}, "yes, after the quota is renewed", "Raise the quota, or wait until it is renewed.", 0},
	{tracker.CauseRateLimit, []string{"too many requests a minute", "a client that does not wait"}, "yes, after the reset", "Slow {client|the clients} down until the reset.", broad},
	{tracker.CauseTenantKey, []string{"the key of this client expired or was rotated"}, "no", "Have {client|that client} renew its key.", 0},
	{tracker.CauseKey, []string{"wrong or expired key", "no Authorization header", "the key was rotated here only"}, "no", "Rotate or correct the key.", rollback},
	{tracker.CausePlan, []string{"the plan does not include it", "an unpaid bill", "the account is suspended"}, "no", "Check plan, billing and account.", 0},
	{tracker.CauseForbidden, []string{"the key's rights", "a changed rule or firewall"}, "no", "Check what the key may do.", rollback},
	{tracker.CauseRouteRemoved, []string{"the route was removed or renamed", "a wrong deploy or proxy rule"}, "no", "Bring {route|the route} back, or move its callers.", rollback},
	{tracker.CauseClientRelease, []string{"a client release sends what the API does not accept"}, "no", "Have {client|the client} roll its release back.", 0},
	{tracker.CauseBadRequests, []string{"missing required field", "value out of range", "malformed body"}, "no", "Fix the request; the errors name the fields.", rollback},
	{tracker.CauseScanner, []string{"somebody tries routes that never existed"}, "no", "Nothing is broken; block {client|the scanner} if it persists.", 0},
	{tracker.CauseSilence, []string{"callers stopped or are cut off", "the log is not written any more", "DNS, load balancer or deploy in front"}, "no", "See whether callers still reach it, and its log is written.", rollback},
	{tracker.CauseSlow, []string{"a slow dependency or query", "overload", "a release"}, "no", "See which dependency or query got slow.", rollback},
	{tracker.CauseUpstream, []string{"what stands behind the proxy is down, restarts or is too slow"}, backoff, "See whether {upstream|what the proxy asks} runs.", rollback | broad},
	{tracker.CauseOverload, []string{"more requests than it can take", "fewer instances than usual"}, backoff, "Add capacity, or shed load.", broad},
	{tracker.CauseServer, []string{"internal error", "upstream timeout", "provider down"}, backoff, "Check the provider and its log; fail over if it persists.", rollback | broad},
	{tracker.CauseProtocol, []string{"body cut short", "a proxy that breaks HTTP", "not an HTTP port"}, backoff, "Check what answers there: proxy, load balancer, port.", rollback | broad},
	{tracker.CauseAssertion, []string{"the answer is not what the target expects"}, "no", "Compare the answer with the expectation that failed.", rollback | broad},
	{tracker.CauseOwnNetwork, []string{"our own network, resolver or proxy"}, backoff, "Check the network of this machine first.", 0},
}

func ofClass(class tracker.CauseClass) (causeRow, bool) {
	for _, row := range causeTable {
		if row.class == class {
			return row, true
		}
	}
	return causeRow{}, false
}

// outcomeTable is the advice where only the outcome is known.
var outcomeTable = [...]struct {
	kind tracker.Kind
	Advice
}{
	{tracker.KindInvalid, Advice{
		Causes: []string{"missing required field", "value out of range or not in the enumeration", "malformed JSON", "unsupported size or format"},
		Retry:  "no", Action: "Fix the request; the errors name the fields.",
	}},
	{tracker.KindAuth, Advice{
		Causes: []string{"no Authorization header", "wrong or expired key", `missing "Bearer " prefix`},
		Retry:  "no", Action: "Rotate or correct the key.",
	}},
	{tracker.KindForbidden, Advice{
		Causes: []string{"the key's tier", "provider not in the plan", "account suspended"},
		Retry:  "no", Action: "Check plan and account.",
	}},
	{tracker.KindNotFound, Advice{
		Causes: []string{"wrong provider", "wrong model", "typing error in the path"},
		Retry:  "no", Action: "Check the route.",
	}},
	{tracker.KindRateLimited, Advice{
		Causes: []string{"too many requests a minute", "daily or monthly quota used up"},
		Retry:  "yes, after the reset", Action: "Wait for the reset, lower the rate, raise the quota.",
	}},
	{tracker.KindClient, Advice{
		Causes: []string{"the request does not suit this endpoint"},
		Retry:  "no", Action: "Check method, headers and size of the request.",
	}},
	{tracker.KindServer, Advice{
		Causes: []string{"upstream or network"},
		Retry:  backoff, Action: "Check the network path and the provider.",
	}},
	{tracker.KindTimeout, Advice{
		Causes: []string{"upstream too slow", "network path congested or cut"},
		Retry:  backoff, Action: "Check the network path and the provider; look which phase took the time.",
	}},
	{tracker.KindDNS, Advice{
		Causes: []string{"the name does not exist", "the resolver is down or slow"},
		Retry:  backoff, Action: "Check the host's spelling, then ask another resolver.",
	}},
	{tracker.KindConnect, Advice{
		Causes: []string{"nothing listens there", "a firewall or route in between", "connection reset"},
		Retry:  backoff, Action: "Check that the service runs and the port is reachable.",
	}},
	{tracker.KindTLS, Advice{
		Causes: []string{"certificate expired or for another host", "unknown authority", "no common version"},
		Retry:  "no", Action: "Look at the certificate: its dates, names and issuer.",
	}},
	{tracker.KindProtocol, Advice{
		Causes: []string{"body cut short", "a proxy that breaks HTTP", "not an HTTP port"},
		Retry:  backoff, Action: "Check what answers there: proxy, load balancer, port.",
	}},
	{tracker.KindAssertion, Advice{
		Causes: []string{"the answer is not what the target expects"},
		Retry:  "no", Action: "Compare the answer with the expectation that failed.",
	}},
	{tracker.KindValidation, Advice{
		Causes: []string{"the request breaks its schema; it was never sent"},
		Retry:  "no", Action: "Fix the request; every broken rule is named.",
	}},
	{tracker.KindShortCircuit, Advice{
		Causes: []string{"the breaker was open; it was never sent"},
		Retry:  "when the breaker closes", Action: "Look at what opened the breaker.",
	}},
}
