package probe

import (
	"math/rand/v2"
	"time"

	"errtop/tracker"
)

// budget limits the retries of all targets together. Every probe earns a tenth of a retry, so that even in a full outage retries
// add at most 10 % to the load. It starts empty and holds at most ten retries.
type budget struct{ tenths int }

const (
	retryCost = 10
	budgetMax = 10 * retryCost
)

func (b *budget) probed() { b.tenths = min(b.tenths+1, budgetMax) }

// take reports whether a retry is allowed, and pays for it.
func (b *budget) take() bool {
	if b.tenths < retryCost {
		return false
	}
	b.tenths -= retryCost
	return true
}

// retryDelay returns how long to wait before the attempt after a failed one: exponential backoff with full jitter, or until the
// time that the server asked for. It returns false if there is to be no other attempt: the last one was made, the failure is not
// temporary, or the server asks for a longer wait than BackoffMax.
func (p *plan) retryDelay(failed *tracker.Result, attempt int, now time.Time) (time.Duration, bool) {
	if attempt >= p.Attempts || failed.Inconclusive || !temporary(failed.Kind) {
		return 0, false
	}
	if !failed.ResetAt.IsZero() {
		wait := max(failed.ResetAt.Sub(now), 0)
		return wait, wait <= p.BackoffMax
	}
	longest := p.Backoff
	for range attempt - 1 {
		longest = min(2*longest, p.BackoffMax)
	}
	return rand.N(min(longest, p.BackoffMax) + 1), true //nolint:gosec // jitter is not a secret
}

// temporary reports whether the next attempt may succeed after a failure of that kind: a 429, a 5xx, a timeout, a network failure.
func temporary(kind tracker.Kind) bool {
	switch kind {
	case tracker.KindRateLimited, tracker.KindServer, tracker.KindTimeout, tracker.KindDNS, tracker.KindConnect, tracker.KindProtocol:
		return true
	default:
		return false
	}
}
