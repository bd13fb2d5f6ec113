package probe

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"errtop/tracker"
)

const (
	networkTimeout = 2 * time.Second
	networkFresh   = 3 * time.Second // how long one look at our own network holds
)

// network knows whether our own network works. Its methods may be called from any goroutine.
type network struct {
	address string // "" for none: then it always does
	tell    func(now time.Time, mark, notice string)

	trouble atomic.Pointer[string] // in words, while the network is down; read without waiting for a look

	mu     sync.Mutex
	looked time.Time
	down   bool
	since  time.Time
}

// problem says that our own network is down, "" where it works as far as is known.
func (n *network) problem() string {
	if p := n.trouble.Load(); p != nil {
		return *p
	}
	return ""
}

func newNetwork(address string, tell func(now time.Time, mark, notice string)) *network {
	return &network{address: address, tell: tell}
}

// judge marks a result that says more about our own network than about the target. As long as targets are reached it costs
// nothing.
func (n *network) judge(ctx context.Context, r tracker.Result) tracker.Result {
	if n.address == "" || r.Inconclusive {
		return r
	}
	unreached := r.Kind == tracker.KindTimeout || r.Kind == tracker.KindDNS || r.Kind == tracker.KindConnect
	n.mu.Lock()
	defer n.mu.Unlock()
	if (unreached || n.down) && time.Since(n.looked) >= networkFresh {
		n.look(ctx)
	}
	r.Inconclusive = unreached && n.down
	return r
}

// look finds out whether the network works, and says so where that changed. It is called with the lock held: whoever fails
// meanwhile waits for the same answer.
func (n *network) look(ctx context.Context) {
	dialing, cancel := context.WithTimeout(ctx, networkTimeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(dialing, "tcp", n.address)
	if err == nil {
		_ = conn.Close()
	}
	if ctx.Err() != nil {
		return
	}
	n.looked = time.Now()
	was := n.down
	n.down = err != nil
	switch {
	case n.down && !was:
		n.since = n.looked
		problem := "our own network looks down: " + n.address + " cannot be reached"
		n.trouble.Store(&problem)
		n.tell(n.looked, "our own network looks down", problem+"; what fails now says nothing of the targets")
	case was && !n.down:
		n.trouble.Store(nil)
		n.tell(n.looked, "our own network works again", "our own network works again, after "+words(n.looked.Sub(n.since)))
	}
}
