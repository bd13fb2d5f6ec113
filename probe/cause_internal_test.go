package probe

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"errtop/tracker"
)

func TestWhatTheSystemReportsIsNamed(t *testing.T) {
	peer := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}
	for _, c := range []struct {
		errno syscall.Errno
		kind  tracker.Kind
		text  string
		local bool
	}{
		{syscall.ECONNREFUSED, tracker.KindConnect, "connection refused by 192.0.2.1:443", false},
		{syscall.EHOSTUNREACH, tracker.KindConnect, "host unreachable: no route to 192.0.2.1:443", false},
		{syscall.ENETUNREACH, tracker.KindConnect, "network unreachable: no route to 192.0.2.1:443", false},
		{syscall.EADDRNOTAVAIL, tracker.KindConnect, "no local address or port to connect from to 192.0.2.1:443", false},
		{syscall.ETIMEDOUT, tracker.KindTimeout, "timeout after 10 s while connecting to 192.0.2.1:443", false},
		{syscall.EMFILE, tracker.KindConnect, "too many open files: errtop itself ran out of descriptors (ulimit -n) and asked nothing", true},
	} {
		p, err := newPlan(Target{Name: "api", URL: "https://192.0.2.1"}, newClients(Options{}), newSchemas())
		if err != nil {
			t.Fatal(err)
		}
		r := newRun(p, 1)
		r.trace.connectStart(peer.String())
		got := r.explain(&net.OpError{Op: "dial", Net: "tcp", Addr: peer, Err: os.NewSyscallError("connect", c.errno)})
		if got.kind != c.kind || got.text != c.text || got.local != c.local {
			t.Errorf("%v: %+v, want %s: %s", c.errno, got, c.kind, c.text)
		}
	}
	lookup := &net.DNSError{Err: "dial udp 192.0.2.53:53: socket: too many open files", Name: "api.example"}
	if got := explainDNS(lookup); !got.local {
		t.Errorf("a look-up without a descriptor: %+v", got)
	}
	if got := withoutURL(errors.New("plain")); got.Error() != "plain" {
		t.Errorf("%v", got)
	}
}

func TestDurationsAreSaidAsPeopleSayThem(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 850 * time.Millisecond: "850 ms", 1500 * time.Millisecond: "1.5 s", 10 * time.Second: "10 s", 90 * time.Second: "90 s",
		10 * time.Minute: "10 minutes", 3 * time.Hour: "3 hours", 47 * time.Hour: "47 hours", 72 * time.Hour: "3 days", -time.Hour: "-60 minutes",
	} {
		if got := words(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
