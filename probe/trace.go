package probe

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"

	"errtop/tracker"
)

// stage is how far a request got, for the message of a timeout.
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

// trace measures the phases of a request. Its methods may be called from any goroutine.
type trace struct {
	mu     sync.Mutex
	stage  stage
	begun  time.Time // when the stage began
	sum    tracker.Phases
	remote string
	addr   string // being connected to
}

// enter ends the current stage, adds its duration to its phase, and begins the next one. If several addresses are tried in
// parallel, the first start and the first success count.
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

// at returns the current stage and the remote address, "" before there is one.
func (t *trace) at() (stage, string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.remote != "" {
		return t.stage, t.remote
	}
	return t.stage, t.addr
}

// phases ends the trace and returns the durations and the remote address. It is called once.
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
	if first { // that of the hop before
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

// hooks returns the callbacks for net and net/http.
func (t *trace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:     func(httptrace.DNSStartInfo) { t.enter(resolving) },
		ConnectStart: func(_, address string) { t.connectStart(address) },
		ConnectDone: func(_, address string, err error) {
			if err == nil {
				t.connected(address)
				t.enter(starting) // the next stage announces itself
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
			if at, _ := t.at(); info.Err == nil && at == sending { // a server may answer before it has read the request
				t.enter(waiting)
			}
		},
		GotFirstResponseByte: func() { t.enter(heading) },
	}
}
