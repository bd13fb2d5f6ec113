package ingest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// arriving returns a body that was admitted, and how often it was made way with.
func arriving(t *testing.T, r *reception, peer string) (b *pushBody, evicted *int) {
	t.Helper()
	evicted = new(int)
	b = &pushBody{peer: peer, evict: func() { *evicted++ }}
	if err := r.admit(b, time.Now()); err != nil {
		t.Fatal(err)
	}
	return b, evicted
}

// fill gives a body so many chunks.
func fill(t *testing.T, r *reception, b *pushBody, chunks int) {
	t.Helper()
	for range chunks {
		chunk, err := r.grow(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		b.chunks = append(b.chunks, chunk)
	}
}

func TestABodyTooManyIsRefusedUnlessAnotherStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r reception
		var bodies []*pushBody
		var ended []*int
		for i := range maxReceiving {
			b, n := arriving(t, &r, []string{"10.0.0.1", "10.0.0.2"}[i%2])
			bodies, ended = append(bodies, b), append(ended, n)
		}
		if err := r.admit(&pushBody{peer: "10.0.0.3"}, time.Now()); !errors.Is(err, errBusy) {
			t.Fatalf("body %d is let in: %v", maxReceiving+1, err)
		}
		time.Sleep(stalledAfter + 1)
		for i, b := range bodies {
			if i != 7 {
				fill(t, &r, b, 1)
			}
		}
		if err := r.admit(&pushBody{peer: "10.0.0.3"}, time.Now()); err != nil {
			t.Errorf("no body made way: %v", err)
		}
		for i, n := range ended {
			if (i == 7) != (*n == 1) {
				t.Errorf("body %d was ended %d times", i, *n)
			}
		}
		if _, err := r.grow(t.Context(), bodies[7]); !errors.Is(err, errEvicted) {
			t.Errorf("the body that made way goes on: %v", err)
		}
		if err := r.admit(&pushBody{peer: "10.0.0.3"}, time.Now()); !errors.Is(err, errBusy) {
			t.Errorf("one more is let in: %v", err)
		}
	})
}

func TestOneAddressLeavesRoomForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r reception
		for range maxOfPeer {
			arriving(t, &r, "10.0.0.1")
		}
		if err := r.admit(&pushBody{peer: "10.0.0.1"}, time.Now()); !errors.Is(err, errBusy) {
			t.Errorf("one address has more than its share: %v", err)
		}
		arriving(t, &r, "10.0.0.2")
	})
}

func TestACompleteBodyIsNeverMadeWayWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r reception
		for range maxReceiving {
			b, n := arriving(t, &r, "10.0.0."+time.Now().String())
			if err := r.finish(b); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if *n > 0 {
					t.Error("it was")
				}
			}()
			time.Sleep(time.Second)
		}
		if err := r.admit(&pushBody{}, time.Now()); !errors.Is(err, errBusy) {
			t.Error(err)
		}
	})
}

// TestBodiesStayWithinTheirBudgetAndAllComeToAnEnd has bodies of any size come at random.
func TestBodiesStayWithinTheirBudgetAndAllComeToAnEnd(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			var r reception
			random := rand.New(rand.NewPCG(seed, 1))
			most, served, lost := 0, 0, 0
			ended := make(chan bool)
			const bodies = 40
			for range bodies {
				chunks, pause := 1+random.IntN(maxPush/pushChunk), time.Duration(random.IntN(100))*time.Millisecond
				go func() {
					b := &pushBody{evict: func() {}}
					ok := r.admit(b, time.Now()) == nil
					defer func() { ended <- ok }()
					if !ok {
						return
					}
					defer r.leave(b)
					for range chunks {
						chunk, err := r.grow(context.Background(), b)
						if ok = err == nil; !ok {
							return
						}
						b.chunks = append(b.chunks, chunk)
						time.Sleep(pause)
						r.mu.Lock()
						held := 0
						for other := range r.bodies {
							held += other.given
						}
						most = max(most, held)
						r.mu.Unlock()
					}
				}()
			}
			for range bodies {
				if <-ended {
					served++
				} else {
					lost++
				}
			}
			if limit := maxReceiving + sharedChunks + maxPush/pushChunk; most > limit {
				t.Errorf("%d chunks were held at once, more than %d", most, limit)
			}
			if served == 0 || lost > 0 {
				t.Errorf("%d came to an end, %d did not", served, lost)
			}
			if len(r.bodies) > 0 || r.used != 0 || r.senior != nil || len(r.waiting) > 0 || len(r.spare) > spareChunks {
				t.Errorf("something is left: %d bodies, %d chunks, %d waiting, %d spare", len(r.bodies), r.used, len(r.waiting), len(r.spare))
			}
		})
	}
}

func TestABodyThatStallsWithMuchRoomMakesWayForOneThatGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r reception
		half, _ := arriving(t, &r, "")
		fill(t, &r, half, sharedChunks/2)
		rest, ended := arriving(t, &r, "")
		fill(t, &r, rest, 1+sharedChunks-(sharedChunks/2-1))
		senior, _ := arriving(t, &r, "")
		fill(t, &r, senior, 2) // beyond what is shared
		time.Sleep(stalledAfter)
		fill(t, &r, senior, 1)
		if len(half.chunks) > 0 {
			if _, err := r.grow(t.Context(), senior); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(stalledAfter)
		// rest stalled for longest; it ends once it is told to.
		rest.evict = func() { *ended++; go r.leave(rest) }
		half.progressed = time.Now()
		ready, _ := arriving(t, &r, "")
		began := time.Now()
		fill(t, &r, ready, 3)
		if *ended != 1 || time.Since(began) > 0 {
			t.Errorf("the stalled body was ended %d times; the other waited for %v", *ended, time.Since(began))
		}
	})
}

func TestTheSmallestPushGoesFirstAndNoneWaitsForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var queue turns
		var order []int
		queue.take(1, time.Now())
		for _, size := range []int{800, 300, 500, 100} {
			go func() {
				queue.take(size, time.Now())
				order = append(order, size)
				time.Sleep(600 * time.Millisecond)
				queue.done(time.Now())
			}()
			synctest.Wait()
		}
		queue.done(time.Now())
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []int{100, 300, 800, 500}; !slices.Equal(order, want) {
			t.Errorf("%v, want %v: the largest had waited for more than a second", order, want)
		}
		if queue.busy || len(queue.waiting) > 0 {
			t.Error("it is still busy")
		}
	})
}
