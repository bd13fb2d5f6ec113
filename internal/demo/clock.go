package demo

import (
	"context"
	"math/rand/v2"
	"time"
)

// timeline tells a request the time: the real time, or for the history a simulated one that passes without waiting.
type timeline interface {
	elapsed() time.Duration // of the demo's world, since its start
	now() time.Time
	// sleep waits for a duration of the world. It returns false if ctx, or the limit set by within, ended before.
	sleep(ctx context.Context, d time.Duration) bool
	// within returns a context that ends after a duration of the world.
	within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)
}

// clock is the real timeline. The demo's world runs speed times as fast as real time.
type clock struct {
	start time.Time
	speed float64
}

func (c clock) now() time.Time         { return time.Now() }
func (c clock) elapsed() time.Duration { return time.Duration(float64(time.Since(c.start)) * c.speed) }

// real converts a duration of the world to real time.
func (c clock) real(d time.Duration) time.Duration { return time.Duration(float64(d) / c.speed) }

func (c clock) sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(c.real(d))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c clock) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, max(c.real(d), leastTimeout))
}

// moment is the simulated timeline of one request of the history: sleep only moves it forward.
type moment struct {
	world clock
	at    time.Duration // of the world
	limit time.Duration // when the client gives up; 0 for never
}

func (m *moment) now() time.Time         { return m.world.start.Add(m.world.real(m.at)) }
func (m *moment) elapsed() time.Duration { return m.at }

func (m *moment) sleep(_ context.Context, d time.Duration) bool {
	m.at += max(d, 0)
	if m.limit > 0 && m.at >= m.limit {
		m.at = m.limit
		return false
	}
	return true
}

func (m *moment) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	m.limit = m.at + d
	return ctx, func() {}
}

// timedOut reports whether the client has given up.
func (m *moment) timedOut() bool { return m.limit > 0 && m.at >= m.limit }

// momentKey is the key of a request's moment in its context.
type momentKey struct{}

// timelineOf returns the timeline of a request: its moment in the history, or else the world's clock.
func timelineOf(ctx context.Context, world clock) timeline {
	if m, ok := ctx.Value(momentKey{}).(*moment); ok {
		return m
	}
	return world
}

// Each part has its own stream of random numbers, so that drawing more in one does not change the others. The script's cycles use
// the streams from 0 up.
const (
	streamServer = 1<<63 + iota
	streamMistakes
	streamClients // and the numbers after it, one a client
)

// newRand returns the generator of one stream of a seed.
func newRand(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream)) //nolint:gosec // a script that can be repeated, not a secret
}

// between draws evenly from [low, high).
func between(r *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(r.Int64N(int64(high-low)))
}
