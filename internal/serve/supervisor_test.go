//go:build unix

package serve

import (
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// manager stands in for a service manager, and returns the environment that names it.
func manager(t *testing.T) (*net.UnixConn, map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, map[string]string{"NOTIFY_SOCKET": path}
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := env[name]; return value, ok }
}

func told(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	datagram := make([]byte, 4096)
	n, err := conn.Read(datagram)
	if err != nil {
		t.Fatal(err)
	}
	return string(datagram[:n])
}

func TestTheServiceManagerIsTold(t *testing.T) {
	conn, env := manager(t)
	env["WATCHDOG_USEC"] = "3000000"
	s := FindSupervisor(lookup(env))
	if s.Watchdog() != 1500*time.Millisecond {
		t.Errorf("watchdog every %v", s.Watchdog())
	}
	if err := s.Ready(t.Context(), "2 targets\nREADY=0"); err != nil {
		t.Fatal(err)
	}
	if got := told(t, conn); got != "READY=1\nSTATUS=2 targets READY=0" {
		t.Errorf("%q", got)
	}
	if err := s.Reloading(t.Context()); err != nil {
		t.Fatal(err)
	}
	if state, usec, _ := strings.Cut(told(t, conn), "\n"); state != "RELOADING=1" || !strings.HasPrefix(usec, "MONOTONIC_USEC=") {
		t.Errorf("%q %q", state, usec)
	}
	for want, tell := range map[string]func() error{
		"WATCHDOG=1": func() error { return s.Alive(t.Context()) },
		"STOPPING=1": func() error { return s.Stopping(t.Context()) },
		"STATUS=1 2": func() error { return s.Status(t.Context(), "1\r\n2") },
	} {
		if err := tell(); err != nil {
			t.Fatal(err)
		}
		if got := told(t, conn); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestWithoutAServiceManagerNobodyIsTold(t *testing.T) {
	for _, env := range []map[string]string{
		nil,
		{"NOTIFY_SOCKET": "relative"},
		{"NOTIFY_SOCKET": ""},
		{"WATCHDOG_USEC": "1000000"},
	} {
		s := FindSupervisor(lookup(env))
		if err := s.Alive(t.Context()); err != nil || s.Watchdog() != 0 {
			t.Errorf("%v: %v %v", env, err, s.Watchdog())
		}
	}
	for _, env := range []map[string]string{
		{"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "-1"}, {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": strconv.Itoa(1)},
	} {
		if s := FindSupervisor(lookup(env)); s.Watchdog() != 0 {
			t.Errorf("%v: %v", env, s.Watchdog())
		}
	}
}
