package probe

import (
	"math/rand/v2"
	"time"

	"errtop/tracker"
)

// budget bounds the retries of all targets together: each probe pays in a tenth of a retry, so that a full outage costs the
// API at most a tenth more requests. It starts empty, and what a quiet time saved up is bounded: at most ten requests.
type budget struct{ tenths int }

const (
	retryCost = 10
	budgetMax = 10 * retryCost
)

func (b *budget) probed() { b.tenths = min(b.tenths+1, budgetMax) }

// take reports whether one retry may be made, and pays for it.
func (b *budget) take() bool {
	if b.tenths < retryCost {
		return false
	}
	b.tenths -= retryCost
	return true
}

// retryDelay returns how long to wait before the attempt that follows the failed one: exponential backoff with full jitter,
// or exactly until the server lets us come back. It reports false where no further attempt is to be made: the last was made,
// the failure is not of the kind that heals, or the server wants a longer wait than the cap (then the next probe is it).
func (p *plan) retryDelay(failed *tracker.Result, attempt int, now time.Time) (time.Duration, bool) {
	if attempt >= p.Attempts || failed.Inconclusive || !heals(failed.Kind) {
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
	return rand.N(min(longest, p.BackoffMax) + 1), true //nolint:gosec // jitter is no secret
}

// heals reports whether a failure of that kind may be over at the next attempt: a 429, a 5xx, a timeout, the network.
func heals(kind tracker.Kind) bool {
	switch kind {
	case tracker.KindRateLimited, tracker.KindServer, tracker.KindTimeout, tracker.KindDNS, tracker.KindConnect, tracker.KindProtocol:
		return true
	default:
		return false
	}
}
