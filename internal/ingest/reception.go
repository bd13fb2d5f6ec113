package ingest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	pushChunk    = 64 << 10               // bytes by which a body grows
	maxReceiving = 64                     // bodies that come at once
	maxOfPeer    = 48                     // of them from one address, so that others find a place
	sharedChunks = 2 << 20 / pushChunk    // of all bodies together, beyond the first of each and those of one that may finish
	smallBody    = 1 << 20 / pushChunk    // chunks that are kept for a body which needs no more
	spareChunks  = 1 << 20 / pushChunk    // kept for the next bodies
	stalledAfter = 400 * time.Millisecond // without a whole chunk: such a body makes way where room is short
)

var (
	errBusy    = errors.New("too many pushes at once")
	errEvicted = errors.New("this body stalled while others needed the room")
)

// reception bounds what the bodies of pushes take while they come: 64 bodies, 4 MiB of first chunks, 2 MiB shared, 8 MiB
// for one that may finish whatever the others do. A body that stalls makes way for one that comes.
type reception struct {
	mu      sync.Mutex
	bodies  map[*pushBody]struct{}
	used    int         // chunks of sharedChunks
	senior  *pushBody   // takes what it needs beyond them
	waiting []*pushBody // for a chunk
	spare   [][]byte
}

// pushBody is a body that comes, or came and is not processed yet. Its chunks are its handler's, the rest is the
// reception's.
type pushBody struct {
	peer   string
	length int64    // that the head states, or -1 if it states none
	chunks [][]byte // all full but the last
	size   int
	evict  func() // ends a read that blocks

	progressed time.Time // when it began, or was last given a chunk
	complete   bool
	blocked    bool // it waits for room, not for its sender
	evicted    bool
	given      int           // chunks
	shared     int           // of them, those that count for sharedChunks
	granted    chan struct{} // capacity 1: room for a chunk
	credit     int           // chunks that are kept for it
}

// waitForPlace waits briefly for a free slot, and returns errBusy if none becomes free.
func (r *reception) waitForPlace(ctx context.Context, b *pushBody) error {
	began := time.Now()
	again := time.NewTicker(stalledAfter / 5)
	defer again.Stop()
	for {
		now := time.Now()
		if err := r.admit(b, now); err == nil || now.Sub(began) > 2*stalledAfter {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx) //nolint:wrapcheck // the cause is already described
		case <-again.C:
		}
	}
}

// admit lets a body begin, or returns errBusy.
func (r *reception) admit(b *pushBody, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	ofPeer := 0
	for other := range r.bodies {
		if other.peer == b.peer {
			ofPeer++
		}
	}
	switch {
	case ofPeer >= maxOfPeer:
		if !r.makeWay(now, func(other *pushBody) bool { return other.peer == b.peer }) {
			return errBusy
		}
	case len(r.bodies) >= maxReceiving:
		if !r.makeWay(now, func(*pushBody) bool { return true }) {
			return errBusy
		}
	}
	if r.bodies == nil {
		r.bodies = map[*pushBody]struct{}{}
	}
	b.progressed, b.granted = now, make(chan struct{}, 1)
	r.bodies[b] = struct{}{}
	return nil
}

// makeWay ends the body that has stalled for longest, of those that may be, and reports whether there was one.
func (r *reception) makeWay(now time.Time, may func(*pushBody) bool) bool {
	var worst *pushBody
	for b := range r.bodies {
		if !b.complete && !b.blocked && !b.evicted && may(b) && now.Sub(b.progressed) > stalledAfter && (worst == nil || b.progressed.Before(worst.progressed)) {
			worst = b
		}
	}
	if worst == nil {
		return false
	}
	worst.evicted = true
	delete(r.bodies, worst)
	worst.evict()
	return true
}

// grow returns an empty chunk for a body, as soon as there is room for it.
func (r *reception) grow(ctx context.Context, b *pushBody) ([]byte, error) {
	r.mu.Lock()
	now := time.Now()
	if b.evicted {
		r.mu.Unlock()
		return nil, errEvicted
	}
	b.progressed = now
	if b.given > 0 && !r.take(b) {
		b.blocked = true
		r.waiting = append(r.waiting, b)
		r.mu.Unlock()
		if err := r.waitForRoom(ctx, b); err != nil {
			return nil, err
		}
		r.mu.Lock()
		b.blocked, b.progressed = false, time.Now()
	}
	defer r.mu.Unlock()
	b.given++
	if n := len(r.spare); n > 0 {
		chunk := r.spare[n-1]
		r.spare = r.spare[:n-1]
		return chunk, nil
	}
	return make([]byte, 0, pushChunk), nil
}

// waitForRoom returns once a body that waits was granted a chunk. Meanwhile those that stall make way.
func (r *reception) waitForRoom(ctx context.Context, b *pushBody) error {
	again := time.NewTicker(stalledAfter / 5)
	defer again.Stop()
	for {
		r.mu.Lock()
		r.makeWay(time.Now(), func(other *pushBody) bool { return other.shared > 0 || other == r.senior })
		r.mu.Unlock()
		select {
		case <-b.granted:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx) //nolint:wrapcheck // the cause is already described
		case <-again.C:
		}
	}
}

// missing returns how many chunks a body still needs.
func (b *pushBody) missing() int64 {
	length := b.length
	if length < 0 {
		length = maxPush
	}
	return length/pushChunk - int64(b.given)
}

// take has a chunk counted for a body, and reports whether there is room for it.
func (r *reception) take(b *pushBody) bool {
	switch {
	case b.credit > 0:
		b.credit--
	case b == r.senior:
	case r.used < sharedChunks:
		r.used++
		b.shared++
	case r.senior == nil:
		r.senior = b
	default:
		return false
	}
	return true
}

// finish notes that a body is complete: no other takes its place any more.
func (r *reception) finish(b *pushBody) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b.evicted {
		return errEvicted
	}
	b.complete = true
	return nil
}

// leave takes a body's room back.
func (r *reception) leave(b *pushBody) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.bodies, b)
	r.waiting = slices.DeleteFunc(r.waiting, func(other *pushBody) bool { return other == b })
	for _, chunk := range b.chunks {
		if len(r.spare) < spareChunks {
			r.spare = append(r.spare, chunk[:0])
		}
	}
	b.chunks = nil
	r.used -= b.shared
	b.shared = 0
	if r.senior == b {
		r.senior = nil
	}
	// The body that is ready soonest goes first.
	slices.SortStableFunc(r.waiting, func(a, b *pushBody) int { return cmp.Compare(a.missing(), b.missing()) })
	for len(r.waiting) > 0 && r.take(r.waiting[0]) {
		next := r.waiting[0]
		if missing := next.missing(); missing <= smallBody { // all it needs, so that it does not wait again
			more := max(0, min(int(missing), sharedChunks-r.used))
			r.used, next.shared, next.credit = r.used+more, next.shared+more, more
		}
		next.granted <- struct{}{}
		r.waiting = r.waiting[1:]
	}
}

// turns lets pushes be processed one after the other: the smallest that is ready first, but none waits for long.
type turns struct {
	mu      sync.Mutex
	busy    bool
	waiting []turn
}

// turn is a push that waits to be processed.
type turn struct {
	size  int
	since time.Time
	begin chan struct{}
}

// maxPassed is how long smaller pushes may pass a larger one.
const maxPassed = time.Second

// take returns when it is the turn of a push of that size; done must be called after.
func (t *turns) take(size int, now time.Time) {
	t.mu.Lock()
	if !t.busy {
		t.busy = true
		t.mu.Unlock()
		return
	}
	mine := turn{size, now, make(chan struct{})}
	t.waiting = append(t.waiting, mine)
	t.mu.Unlock()
	<-mine.begin
}

// wanted reports whether another push waits for its turn.
func (t *turns) wanted() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting) > 0
}

// done lets the next push begin.
func (t *turns) done(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.busy = false
		return
	}
	next := 0 // who waits for longest
	if now.Sub(t.waiting[0].since) < maxPassed {
		for i := range t.waiting {
			if t.waiting[i].size < t.waiting[next].size {
				next = i
			}
		}
	}
	close(t.waiting[next].begin)
	t.waiting = slices.Delete(t.waiting, next, next+1)
}
