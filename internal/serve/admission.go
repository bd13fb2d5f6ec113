package serve

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// Bounds on connections that have not logged in. An address whose logins fail is let in ever more seldom, so that guessing keys and
// garbage cost next to nothing; where many connections wait, the oldest of the address that has most makes way.
const (
	maxPending     = 32               // connections that have not logged in
	failuresAtOnce = 20               // of an address
	failureForgot  = 6 * time.Second  // after which one is forgiven
	handshakeTime  = 10 * time.Second // until a login is complete
	maxAddresses   = 4096             // whose failures are remembered
)

// admission decides which connections may try to log in.
type admission struct {
	now  func() time.Time
	most int // connections at once

	mu       sync.Mutex
	open     int
	pending  []*handshake // the oldest first
	failures map[netip.Addr]failedLogins
	refused  uint64 // connections that were not let try, and those that made way
}

// failedLogins are those of an address.
type failedLogins struct {
	count float64
	at    time.Time // when count was true
}

func (f failedLogins) by(now time.Time) float64 {
	return max(0, f.count-now.Sub(f.at).Seconds()/failureForgot.Seconds())
}

// newAdmission lets at most so many connections be open at once, and as many more as may wait to log in.
func newAdmission(most int, now func() time.Time) *admission {
	return &admission{now: now, most: most + maxPending, failures: map[netip.Addr]failedLogins{}}
}

// handshake is a connection that has not logged in yet. It counts whether the other end has said anything: one that only looks whether
// the port is open, as load balancers do, has not failed to log in.
type handshake struct {
	net.Conn
	from netip.Addr

	mu   sync.Mutex
	said bool
}

func (h *handshake) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	if n > 0 {
		h.mu.Lock()
		h.said = true
		h.mu.Unlock()
	}
	return n, err //nolint:wrapcheck // it stands for the connection
}

// network returns what an address is known by: itself, or the /64 of an IPv6 one.
func network(addr net.Addr) netip.Addr {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	if ip.Is6() {
		prefix, _ := ip.Prefix(64) // 64 bits fit
		return prefix.Addr()
	}
	return ip
}

// let returns the connection to log in with, or nil where it may not try.
func (a *admission) let(conn net.Conn) *handshake {
	h := &handshake{Conn: conn, from: network(conn.RemoteAddr())}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failures[h.from].by(a.now()) >= failuresAtOnce || a.open >= a.most {
		a.refused++
		return nil
	}
	a.open++
	a.pending = append(a.pending, h)
	if len(a.pending) > maxPending {
		a.refused++
		_ = a.crowding().Close() // its handshake fails, which takes it out of the list
	}
	return h
}

// crowding takes out the oldest connection of the address that has most of them.
func (a *admission) crowding() *handshake {
	count := map[netip.Addr]int{}
	for _, h := range a.pending {
		count[h.from]++
	}
	worst := a.pending[0]
	for _, h := range a.pending {
		if count[h.from] > count[worst.from] {
			worst = h
		}
	}
	a.remove(worst)
	return worst
}

// remove takes a connection out of those that wait, and reports whether it was there.
func (a *admission) remove(h *handshake) bool {
	for i, waiting := range a.pending {
		if waiting == h {
			a.pending = append(a.pending[:i], a.pending[i+1:]...)
			return true
		}
	}
	return false
}

// loggedIn says that a connection has logged in.
func (a *admission) loggedIn(h *handshake) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.remove(h)
}

// end says that a connection has ended. It has failed where it waited until then and had something to say.
func (a *admission) end(h *handshake) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open--
	h.mu.Lock()
	said := h.said
	h.mu.Unlock()
	if !a.remove(h) || !said {
		return
	}
	now := a.now()
	if _, known := a.failures[h.from]; !known && len(a.failures) >= maxAddresses {
		a.forget(now)
	}
	a.failures[h.from] = failedLogins{count: a.failures[h.from].by(now) + 1, at: now}
}

// forget drops the addresses whose failures are forgiven, or where all are guilty the least of them.
func (a *admission) forget(now time.Time) {
	least, fewest := netip.Addr{}, float64(failuresAtOnce)*maxAddresses
	for addr, f := range a.failures {
		switch count := f.by(now); {
		case count == 0:
			delete(a.failures, addr)
		case count < fewest:
			least, fewest = addr, count
		}
	}
	if len(a.failures) >= maxAddresses {
		delete(a.failures, least)
	}
}
