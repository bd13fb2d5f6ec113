package probe

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"

	"errtop/tracker"
)

// stage is how far a request got; it says where a timeout happened.
type stage uint8

const (
	starting stage = iota
	resolving
	connecting
	tunnelling
	handshaking
	sending
	waiting
	heading
	reading
)

// String completes "timeout after 10 s while …".
func (s stage) String() string {
	return [...]string{
		"starting", "resolving the name", "connecting", "asking for a tunnel", "shaking hands for TLS", "sending the request",
		"waiting for the first byte", "reading the header", "reading the body",
	}[s]
}

// trace takes the times of a request's phases. Its methods may be called from any goroutine, as net/http does.
type trace struct {
	mu     sync.Mutex
	stage  stage
	begun  time.Time // when the stage began
	sum    tracker.Phases
	remote string
	addr   string // that is connected to
}

// enter ends the running stage, adds its time to its phase, and begins the next. Where addresses are tried side by side
// the first start and the first success count.
func (t *trace) enter(s stage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.close(time.Now())
	t.stage, t.begun = s, time.Now()
}

func (t *trace) close(now time.Time) {
	spent := now.Sub(t.begun)
	switch t.stage {
	case starting:
	case resolving:
		t.sum.DNS += spent
	case connecting, tunnelling:
		t.sum.Connect += spent
	case handshaking:
		t.sum.TLS += spent
	case sending, waiting:
		t.sum.FirstByte += spent
	case heading, reading:
		t.sum.Body += spent
	}
}

// at returns the running stage and the address that is spoken to, "" before there is one.
func (t *trace) at() (stage, string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.remote != "" {
		return t.stage, t.remote
	}
	return t.stage, t.addr
}

// phases ends the trace; it is called once.
func (t *trace) phases(now time.Time) (tracker.Phases, string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.close(now)
	return t.sum, t.remote
}

func (t *trace) connectStart(address string) {
	t.mu.Lock()
	t.addr = address
	first := t.stage != connecting
	if first { // another hop's
		t.remote = ""
	}
	t.mu.Unlock()
	if first {
		t.enter(connecting)
	}
}

func (t *trace) connected(address string) {
	t.mu.Lock()
	t.remote = address
	t.mu.Unlock()
}

// hooks returns what net and net/http call on the way.
func (t *trace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:     func(httptrace.DNSStartInfo) { t.enter(resolving) },
		ConnectStart: func(_, address string) { t.connectStart(address) },
		ConnectDone: func(_, address string, err error) {
			if err == nil {
				t.connected(address)
				t.enter(starting) // whatever comes next says so itself
			}
		},
		TLSHandshakeStart: func() { t.enter(handshaking) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil {
				t.enter(sending)
			}
		},
		GotConn: func(info httptrace.GotConnInfo) {
			t.connected(info.Conn.RemoteAddr().String())
			t.enter(sending)
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if at, _ := t.at(); info.Err == nil && at == sending { // a server may answer before it has read
				t.enter(waiting)
			}
		},
		GotFirstResponseByte: func() { t.enter(heading) },
	}
}
