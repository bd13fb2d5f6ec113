package probe

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// resetCap bounds how long a server can make us wait.
const resetCap = time.Hour

// stampMax bounds how much of a header is looked at.
const stampMax = 64

// resetOf returns when a failed answer allows the next request, at most an hour from now; the zero time if it does not say. It
// takes the first of these that it can parse: Retry-After, resetAt, X-RateLimit-Reset and similar headers, RateLimit. Unless the
// status is 429, only Retry-After counts, because many servers send the others with every answer.
//
// Absolute times are read relative to the server's Date header, so that a wrong clock on either side does no harm.
func resetOf(status int, h http.Header, resetAt string, now time.Time) time.Time {
	if wait, ok := waitOf(status, h, resetAt, serverNow(h, now)); ok {
		return now.Add(clamp(wait))
	}
	return time.Time{}
}

func serverNow(h http.Header, now time.Time) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil || now.Sub(date).Abs() < 5*time.Second { // Date has no fraction and may be slightly old
		return now
	}
	return date
}

func clamp(wait time.Duration) time.Duration { return min(max(wait, 0), resetCap) }

func waitOf(status int, h http.Header, resetAt string, now time.Time) (time.Duration, bool) {
	if wait, ok := retryAfter(h.Get("Retry-After"), now); ok {
		return wait, true
	}
	if status != http.StatusTooManyRequests {
		return 0, false
	}
	stamps := []string{resetAt}
	for _, name := range []string{"X-Ratelimit-Reset", "X-Rate-Limit-Reset", "Ratelimit-Reset", "X-Ratelimit-Reset-Requests", "X-Ratelimit-Reset-Tokens"} {
		stamps = append(stamps, h.Get(name))
	}
	for _, stamp := range stamps {
		if wait, ok := untilStamp(stamp, now); ok {
			return wait, true
		}
	}
	return rateLimit(h.Values("Ratelimit"))
}

// retryAfter reads seconds or an HTTP date (RFC 9110, section 10.2.3).
func retryAfter(s string, now time.Time) (time.Duration, bool) {
	if s = strings.TrimSpace(s); s == "" || len(s) > stampMax {
		return 0, false
	}
	if n, err := strconv.ParseFloat(s, 64); decimal(s) && err == nil {
		return seconds(n), true
	}
	if at, err := http.ParseTime(s); err == nil {
		return at.Sub(now), true
	}
	return 0, false
}

// untilStamp parses the forms that servers use in X-RateLimit-Reset: RFC 3339, seconds, milliseconds, microseconds or
// nanoseconds since the epoch, seconds from now, or a duration such as "6m0s".
func untilStamp(s string, now time.Time) (time.Duration, bool) {
	if s = strings.TrimSpace(s); s == "" || len(s) > stampMax {
		return 0, false
	}
	if n, err := strconv.ParseFloat(s, 64); decimal(s) && err == nil {
		for _, unit := range []float64{1e18, 1e15, 1e12, 1e9} { // 2001 in ns, µs, ms, s
			if n >= unit {
				return seconds(n/(unit/1e9) - float64(now.UnixMilli())/1e3), true
			}
		}
		return seconds(n), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 MST", http.TimeFormat} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.Sub(now), true
		}
	}
	if d, err := time.ParseDuration(s); err == nil {
		return d, true
	}
	return 0, false
}

// decimal rejects what ParseFloat accepts but no server means: hexadecimal, "NaN", "Inf", underscores.
func decimal(s string) bool {
	return s != "" && strings.Trim(s, "+-.0123456789eE") == "" && strings.ContainsAny(s, "0123456789")
}

// seconds converts n seconds to a duration, limited to its range.
func seconds(n float64) time.Duration {
	const most = math.MaxInt64 / int64(time.Second)
	return time.Duration(max(min(n, float64(most)), -float64(most)) * float64(time.Second))
}

// rateLimit reads the RateLimit field of draft-ietf-httpapi-ratelimit-headers, in its old form (limit=100, remaining=0,
// reset=30) and its new one ("default";r=0;t=30). Of several policies it returns the longest wait of those that are used up, or
// the longest of all if none says so.
func rateLimit(values []string) (time.Duration, bool) {
	var longest, longestUsedUp float64
	var found, usedUp bool
	for policy := range strings.SplitSeq(strings.Join(values, ","), ",") {
		reset, hasReset, empty := ratePolicy(policy)
		if !hasReset {
			continue
		}
		found = true
		longest = max(longest, reset)
		if empty {
			longestUsedUp, usedUp = max(longestUsedUp, reset), true
		}
	}
	if usedUp {
		longest = longestUsedUp
	}
	return seconds(longest), found
}

func ratePolicy(policy string) (reset float64, hasReset, empty bool) {
	for part := range strings.SplitSeq(policy, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if !decimal(value) || len(value) > stampMax {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue
		}
		switch strings.ToLower(name) {
		case "t", "reset":
			reset, hasReset = n, true
		case "r", "remaining":
			empty = n <= 0
		}
	}
	return reset, hasReset, empty
}
