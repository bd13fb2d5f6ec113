package serve

import (
	"context"
	"errors"
	"io"
	"time"
)

// Bounds on what a viewer types: faster than any hand or key repeat, and a paste of a filter at once. What comes faster waits in the
// viewer's own channel.
const (
	keysPerSecond = 200 // bytes
	keysAtOnce    = 1024
)

// errIdle ends a viewer that has not typed for long.
var errIdle = errors.New("nothing was typed for too long")

// keys reads what a viewer types, at a bounded rate, and ends the viewer when nothing was typed for long.
type keys struct {
	ctx   context.Context //nolint:containedctx // of the viewer
	from  io.Reader
	timer *time.Timer // nil without a bound
	idle  time.Duration

	credit float64 // bytes that may be read at once
	at     time.Time
}

// newKeys reads from a viewer until ctx is done. With idle > 0, end is called where nothing was typed for so long.
func newKeys(ctx context.Context, from io.Reader, idle time.Duration, end func(error)) *keys {
	k := &keys{ctx: ctx, from: from, idle: idle, credit: keysAtOnce, at: time.Now()}
	if idle > 0 {
		k.timer = time.AfterFunc(idle, func() { end(errIdle) })
		context.AfterFunc(ctx, func() { k.timer.Stop() })
	}
	return k
}

// Read returns keys. Only one goroutine may call it.
func (k *keys) Read(p []byte) (int, error) {
	for {
		now := time.Now()
		k.credit = min(keysAtOnce, k.credit+now.Sub(k.at).Seconds()*keysPerSecond)
		k.at = now
		if k.credit >= 1 {
			break
		}
		wait := time.NewTimer(time.Second / keysPerSecond * 8)
		select {
		case <-k.ctx.Done():
			wait.Stop()
			return 0, io.EOF
		case <-wait.C:
		}
	}
	n, err := k.from.Read(p[:min(len(p), int(k.credit))])
	k.credit -= float64(n)
	if k.timer != nil && n > 0 {
		k.timer.Reset(k.idle)
	}
	return n, err //nolint:wrapcheck // it stands for the channel
}
