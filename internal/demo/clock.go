package demo

import (
	"context"
	"math/rand/v2"
	"time"
)

// clock tells the time of the demo's world, which runs speed times as fast as ours.
type clock struct {
	start time.Time
	speed float64
}

// elapsed returns the world's time since the start.
func (c clock) elapsed() time.Duration { return time.Duration(float64(time.Since(c.start)) * c.speed) }

// real returns how long a duration of the world takes for us.
func (c clock) real(d time.Duration) time.Duration { return time.Duration(float64(d) / c.speed) }

// sleep waits for a duration of the world and reports whether ctx lasted that long.
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

// Streams of random numbers, so that one part drawing more does not change what another part draws. The script's cycles
// use the numbers from 0 up.
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
