package probe

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// resetNow is the moment at which the table's answers come, Unix 1790000000.5.
func resetNow() time.Time { return time.UnixMilli(1_790_000_000_500).UTC() }

func TestResetIsUnderstoodInEveryForm(t *testing.T) {
	now := resetNow()
	const none = -1 * time.Second
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	stamp := func(d time.Duration) string { return now.Add(d).Format("2006-01-02T15:04:05.000Z07:00") }
	const (
		ra  = "Retry-After"
		xr  = "X-RateLimit-Reset"
		rl  = "RateLimit"
		at  = "resetAt" // the body's
		s   = time.Second
		top = time.Hour
	)
	huge := strings.Repeat("9", 1<<20)
	for i, c := range []struct {
		field, value string
		want         time.Duration
	}{
		// Retry-After: seconds or a date
		{ra, "45", 45 * s},
		{ra, "0", 0},
		{ra, " 7 ", 7 * s},
		{ra, "1.5", 1500 * time.Millisecond},
		{ra, "-5", 0},
		{ra, "+5", 5 * s},
		{ra, "3600", top},
		{ra, "3601", top},
		{ra, "86400", top},
		{ra, "9223372036854775807", top},
		{ra, "99999999999999999999999", top},
		{ra, "1e400", none},
		{ra, "-1e300", 0},
		{ra, "1e300", top},
		{ra, "NaN", none},
		{ra, "nan", none},
		{ra, "Inf", none},
		{ra, "-Infinity", none},
		{ra, "0x10", none},
		{ra, "1_000", none},
		{ra, "", none},
		{ra, "   ", none},
		{ra, "soon", none},
		{ra, "45 seconds", none},
		{ra, "-", none},
		{ra, ".", none},
		{ra, "e", none},
		{ra, huge, none},
		{ra, "\x00", none},
		{ra, "٤٥", none},
		{ra, date(30 * s), 29500 * time.Millisecond},
		{ra, date(-30 * s), 0},
		{ra, date(48 * time.Hour), top},
		{ra, "Sunday, 06-Nov-94 08:49:37 GMT", 0},
		{ra, "Sun Nov  6 08:49:37 1994", 0},
		{ra, "Mon, 32 Jan 2099 00:00:00 GMT", none},
		// resetAt of the body: RFC 3339 with milliseconds, and what goes for the header
		{at, stamp(45 * s), 45 * s},
		{at, stamp(-45 * s), 0},
		{at, stamp(5 * time.Hour), top},
		{at, "2026-09-21T16:13:50.500+02:00", 30 * s},
		{at, "0001-01-01T00:00:00Z", 0},
		{at, "9999-12-31T23:59:59Z", top},
		{at, "2026-13-01T00:00:00Z", none},
		{at, "tomorrow", none},
		{at, "null", none},
		{at, "{}", none},
		{at, "1790000045", 44500 * time.Millisecond},
		{at, "1790000045500", 45 * s},
		// X-RateLimit-Reset: seconds or milliseconds of the epoch, seconds from now, RFC 3339, a duration
		{xr, "1790000045", 44500 * time.Millisecond},
		{xr, "1790000045.5", 45 * s},
		{xr, "1790000045500", 45 * s},
		{xr, "1790000045500000", 45 * s},
		{xr, "1790000045500000000", 45 * s},
		{xr, "1789999999", 0},
		{xr, "1000000000", 0},
		{xr, "1800000000", top},
		{xr, "60", 60 * s},
		{xr, "0", 0},
		{xr, "-1", 0},
		{xr, "999999999", top},
		{xr, "1e9", 0},
		{xr, "1.79000006E9", 59500 * time.Millisecond},
		{xr, "99999999999999999999999999999", top},
		{xr, stamp(90 * s), 90 * s},
		{xr, "2026-09-21 14:13:50Z", 29500 * time.Millisecond},
		{xr, "2026-09-21 14:13:50 UTC", 29500 * time.Millisecond},
		{xr, "6m0s", 6 * time.Minute},
		{xr, "250ms", 250 * time.Millisecond},
		{xr, "2h", top},
		{xr, "-3s", 0},
		{xr, "NaN", none},
		{xr, "never", none},
		{xr, huge, none},
		{"X-Rate-Limit-Reset", "60", 60 * s},
		{"RateLimit-Reset", "30", 30 * s},
		{"x-ratelimit-reset-requests", "1s", s},
		// RateLimit, old and new drafts
		{rl, "limit=100, remaining=0, reset=50", 50 * s},
		{rl, `"default";r=0;t=30`, 30 * s},
		{rl, `"burst";r=5;t=10, "daily";r=0;t=1800`, 30 * time.Minute},
		{rl, `"a";r=0;t=20, "b";r=7;t=600`, 20 * s},
		{rl, `"a";r=1;t=20, "b";r=7;t=60`, 60 * s},
		{rl, `"default";r=0`, none},
		{rl, `"default";r=0;t=-9`, 0},
		{rl, `"default";r=0;t=1e99`, top},
		{rl, `"default";t=NaN`, none},
		{rl, ";;,,==", none},
		{rl, `"a";r=0;t=` + huge, none},
	} {
		h, body := http.Header{}, ""
		if c.field == at {
			body = c.value
		} else {
			h.Set(c.field, c.value)
		}
		name := fmt.Sprintf("%d: %s: %.40q", i, c.field, c.value)
		got := resetOf(http.StatusTooManyRequests, h, body, now)
		if got.IsZero() != (c.want == none) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		} else if wait := got.Sub(now); c.want != none && (wait-c.want).Abs() > time.Millisecond {
			t.Errorf("%s: %v from now, want %v", name, wait, c.want)
		}
	}
}

func TestResetOfTheFirstFieldThatCanBeReadDecides(t *testing.T) {
	now := resetNow()
	body := now.Add(20 * time.Second).Format(time.RFC3339Nano)
	for _, c := range []struct {
		retryAfter, stamp, limit, body string
		want                           time.Duration
	}{
		{"10", "30", `"a";t=40`, body, 10 * time.Second},
		{"soon", "30", `"a";t=40`, body, 20 * time.Second},
		{"", "30", `"a";t=40`, "later", 30 * time.Second},
		{"", "", `"a";t=40`, "", 40 * time.Second},
	} {
		h := http.Header{"Retry-After": {c.retryAfter}, "X-Ratelimit-Reset": {c.stamp}, "Ratelimit": {c.limit}}
		if got := resetOf(429, h, c.body, now).Sub(now); (got - c.want).Abs() > time.Millisecond {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestOnlyRetryAfterCountsWithoutA429(t *testing.T) {
	now := resetNow()
	h := http.Header{"X-Ratelimit-Reset": {"30"}, "Ratelimit": {`"a";t=40`}}
	if got := resetOf(503, h, "", now); !got.IsZero() {
		t.Errorf("a window's end on a 503 is taken for the end of the outage: %v", got)
	}
	h.Set("Retry-After", "30")
	if got := resetOf(503, h, "", now); got.Sub(now) != 30*time.Second {
		t.Errorf("Retry-After: %v", got)
	}
}

func TestResetIsCountedFromTheServersClock(t *testing.T) {
	now := resetNow()
	theirs := now.Add(-24 * time.Hour)
	h := http.Header{"Date": {theirs.Format(http.TimeFormat)}, "X-Ratelimit-Reset": {fmt.Sprint(theirs.Add(40 * time.Second).Unix())}}
	if got := resetOf(429, h, "", now).Sub(now); (got - 40*time.Second).Abs() > time.Second {
		t.Errorf("with a clock that is a day ahead of the server's: %v", got)
	}
}

func FuzzResetIsNeverNegativeNorBeyondTheCap(f *testing.F) {
	for _, seed := range []string{"45", "-1", "1790000045500", "Mon, 21 Sep 2026 13:13:50 GMT", "2026-09-21T13:13:50Z", `"a";r=0;t=9`, "limit=1, remaining=0, reset=5", "1e308", "6m0s"} {
		f.Add(seed, seed, seed, seed, 429)
	}
	f.Fuzz(func(t *testing.T, retryAfter, stamp, limit, body string, status int) {
		now := resetNow()
		h := http.Header{"Retry-After": {retryAfter}, "X-Ratelimit-Reset": {stamp}, "Ratelimit": {limit, stamp}, "Date": {body}}
		got := resetOf(status, h, body, now)
		if got.IsZero() {
			return
		}
		if wait := got.Sub(now); wait < 0 || wait > time.Hour {
			t.Errorf("%v from now", wait)
		}
	})
}
