package fleet

import (
	"net"
	"sync"
	"testing"
	"time"
)

// proxy is the network between one client and one server: it can be cut, held, and made to lose what is on its way.
type proxy struct {
	listener net.Listener
	target   string
	sniff    func([]byte) // sees every byte, in both directions; nil for nobody

	mu     sync.Mutex
	open   map[net.Conn]net.Conn // both ends of what goes through
	cut    bool                  // connections end at once
	loses  bool                  // bytes to the server are thrown away; the connection has to be cut before it may go on
	resume chan struct{}         // closed when bytes may pass
	held   bool
	done   sync.WaitGroup
}

// newProxy listens on loopback for as long as the test runs.
func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, target: target, open: map[net.Conn]net.Conn{}, resume: make(chan struct{})}
	close(p.resume)
	p.done.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.setCut(true)
		p.hold(false)
		p.done.Wait()
	})
	return p
}

func (p *proxy) url() string { return "nats://" + p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.done.Go(func() { p.serve(client) })
	}
}

// serve carries one connection until it ends.
func (p *proxy) serve(client net.Conn) {
	server, err := net.DialTimeout("tcp", p.target, time.Second)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	if p.cut {
		p.mu.Unlock()
		_, _ = client.Close(), server.Close()
		return
	}
	p.open[client] = server
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.carry(client, server, true) })
	both.Go(func() { p.carry(server, client, false) })
	both.Wait()
	p.mu.Lock()
	delete(p.open, client)
	p.mu.Unlock()
}

// carry copies one direction.
func (p *proxy) carry(from, to net.Conn, toServer bool) {
	defer func() { _, _ = from.Close(), to.Close() }()
	buffer := make([]byte, 4096) // small, so that a message can be cut in its midst
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			p.mu.Lock()
			resume, loses := p.resume, p.loses
			p.mu.Unlock()
			<-resume
			if p.sniff != nil {
				p.sniff(buffer[:n])
			}
			if !loses || !toServer {
				if _, err := to.Write(buffer[:n]); err != nil {
					return
				}
			}
		}
		if err != nil {
			return
		}
	}
}

// drop ends all connections; new ones are taken.
func (p *proxy) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for client, server := range p.open {
		for _, c := range []net.Conn{client, server} {
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // a reset: what is on its way is gone
			}
			_ = c.Close()
		}
	}
}

// setCut ends all connections and takes no new ones, until it is undone.
func (p *proxy) setCut(cut bool) {
	p.mu.Lock()
	p.cut = cut
	p.mu.Unlock()
	if cut {
		p.drop()
	}
}

// hold stops all bytes, or lets them go on.
func (p *proxy) hold(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case on && !p.held:
		p.resume = make(chan struct{})
	case !on && p.held:
		close(p.resume)
	}
	p.held = on
}

// lose throws away what is sent to the server; when that ends, so do the connections, as a message may be broken.
func (p *proxy) lose(on bool) {
	p.mu.Lock()
	p.loses = on
	p.mu.Unlock()
	if !on {
		p.drop()
	}
}
