package probe

import (
	"net/http"
	"sync"
	"time"
)

const (
	keptPerKey = 2               // idle connections to one server
	keptFor    = 5 * time.Minute // how long an idle connection is kept
)

// keptConns holds the idle connections of targets with keep_alive. The transport's own pool is not used, because a
// transport sends a request again on its own when a connection of its pool was closed or sent GOAWAY, and errtop promises
// never more requests than attempts. A connection serves one request at a time. All methods may be called from any goroutine.
type keptConns struct {
	mu     sync.Mutex
	idle   map[connKey][]*keptConn
	closed bool
}

// connKey is everything in which two connections can differ.
type connKey struct {
	transport *http.Transport
	scheme    string
	address   string // host and port of the URL
	dialed    string // host and port that are connected to
}

// keptConn is a connection that outlives its request.
type keptConn struct {
	*http.ClientConn
	key    connKey
	remote string // the address at the other end
	proxy  string // host and port of the proxy it goes through; "" without
	tunnel bool   // through the proxy to the target
	reused bool
	since  time.Time // when it became idle
}

// take returns an idle connection that can be used at once, or nil.
func (k *keptConns) take(key connKey, now time.Time) *keptConn {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.prune(now)
	list := k.idle[key]
	if len(list) == 0 {
		return nil
	}
	newest := list[len(list)-1]
	k.idle[key] = list[:len(list)-1]
	return newest
}

// put keeps a connection whose answer was read to its end.
func (k *keptConns) put(c *keptConn, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.prune(now)
	if k.closed || len(k.idle[c.key]) >= keptPerKey || c.Available() == 0 {
		_ = c.Close()
		return
	}
	if k.idle == nil {
		k.idle = map[connKey][]*keptConn{}
	}
	c.reused, c.since = true, now
	k.idle[c.key] = append(k.idle[c.key], c)
}

// prune closes what is idle for too long or was closed by the server.
func (k *keptConns) prune(now time.Time) {
	for key, list := range k.idle {
		left := list[:0]
		for _, c := range list {
			if now.Sub(c.since) < keptFor && c.Available() > 0 {
				left = append(left, c)
				continue
			}
			_ = c.Close()
		}
		clear(list[len(left):])
		if k.idle[key] = left; len(left) == 0 {
			delete(k.idle, key)
		}
	}
}

// close closes what is idle, and what becomes idle later.
func (k *keptConns) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	for _, list := range k.idle {
		for _, c := range list {
			_ = c.Close()
		}
	}
	k.idle = nil
}
