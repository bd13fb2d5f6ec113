package demo

import (
	"sync"
	"time"
)

// limiter counts the requests of each key in windows of fixed length that begin with the first request in them.
type limiter struct {
	window time.Duration

	mu      sync.Mutex
	windows map[string]quota
}

// quota is the use of a key's current window.
type quota struct {
	used  int
	reset time.Time // when the window ends
}

func newLimiter(window time.Duration) *limiter {
	return &limiter{window: window, windows: map[string]quota{}}
}

// take counts a request of a key at now. It returns how many are left, when the window ends, and whether the request is within
// the limit. Refused requests are not counted.
func (l *limiter) take(owner string, limit int, now time.Time) (left int, reset time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.windows[owner]
	if !now.Before(q.reset) {
		q = quota{reset: now.Add(l.window)}
	}
	if q.used >= limit {
		return 0, q.reset, false
	}
	q.used++
	l.windows[owner] = q
	return limit - q.used, q.reset, true
}
