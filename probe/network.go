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
	networkFresh   = 3 * time.Second // how long the result of one check is used
)

// network checks whether our own network works. Its methods may be called from any goroutine.
type network struct {
	address string // host:port to connect to; "" turns the check off
	tell    func(now time.Time, mark, notice string)

	trouble atomic.Pointer[string] // while the network is down, the reason; can be read while a check runs

	mu     sync.Mutex
	looked time.Time
	down   bool
	since  time.Time
}

// problem returns a message while our own network is down, otherwise "".
func (n *network) problem() string {
	if p := n.trouble.Load(); p != nil {
		return *p
	}
	return ""
}

func newNetwork(address string, tell func(now time.Time, mark, notice string)) *network {
	return &network{address: address, tell: tell}
}

// judge marks a result as inconclusive if our own network is down. It connects only when a target could not be reached.
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

// look checks the network, and sends a notice if its state changed. It is called with the lock held, so that results that come
// in meanwhile wait for the same check.
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
