//go:build unix

package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestWhatAViewerSendsIsBoundedAndWhatItIsToldIsHarmless(t *testing.T) {
	key, line := newKey(t)
	s := serveSSH(t, line+" alice\n", func(r *Rooms) {
		r.Show = func(_ context.Context, v *Viewer) error {
			w, h := v.Size()
			return fmt.Errorf("%dx%d \x1b]0;owned\a", w, h)
		}
	})
	client := s.login(key)
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("stats " + strings.Repeat("x", maxCommand)); err == nil {
		t.Error("a command of more than a kilobyte was run")
	}
	for _, kind := range []string{"", "xterm 256", "x\x1b[2J", strings.Repeat("x", 129)} {
		if session, err = client.NewSession(); err != nil {
			t.Fatal(err)
		}
		if err := session.RequestPty(kind, 24, 80, nil); err == nil {
			t.Errorf("a terminal %q was taken", kind)
		}
		_ = session.Close()
	}
	if session, err = s.login(key).NewSession(); err != nil {
		t.Fatal(err)
	}
	var problems bytes.Buffer
	session.Stderr = &problems
	err = errors.Join(session.RequestPty("xterm", 1<<31, 1<<31, nil), session.Shell(), session.Wait())
	if got := problems.String(); err == nil || strings.ContainsAny(got, "\x1b\a") || !strings.Contains(got, "10000x10000") {
		t.Errorf("%v %q", err, got)
	}
}

func TestConnectionsAtOnceAreBounded(t *testing.T) {
	a := newAdmission(2, time.Now)
	var in []*handshake
	for i := range 2 + maxPending {
		h := a.let(&address{from: fmt.Sprintf("192.0.2.%d:1", i+1)})
		if h == nil {
			t.Fatalf("connection %d was refused", i)
		}
		a.loggedIn(h)
		in = append(in, h)
	}
	if a.let(&address{from: "198.51.100.1:1"}) != nil {
		t.Error("one more was let in")
	}
	a.end(in[0])
	if a.let(&address{from: "198.51.100.1:1"}) == nil {
		t.Error("nobody was let in after one had left")
	}
}

// Whoever is thrown out for silence and reads nothing either does not keep its place.
func TestAViewerThatDoesNotReadLosesItsPlace(t *testing.T) {
	if testing.Short() {
		t.Skip("its channel is closed after two seconds")
	}
	key, line := newKey(t)
	s := serveSSH(t, line+" alice\n", func(r *Rooms) {
		r.Idle = 100 * time.Millisecond
		r.Show = func(_ context.Context, v *Viewer) error {
			for {
				if _, err := v.Write(make([]byte, 64<<10)); err != nil {
					return err
				}
			}
		}
	})
	_, _, _ = screenOf(t, s.login(key), 80, 24) // what it is shown is never read
	s.waitForLog("viewer left", 1)
	if n := s.rooms.Viewers.Count(); n != 0 {
		t.Errorf("%d look", n)
	}
}

func TestALoginThatIsNotCompletedIsCutOff(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 10 s")
	}
	s := serveSSH(t, "")
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it is cut off
	if err := conn.SetReadDeadline(time.Now().Add(3 * handshakeTime)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		t.Errorf("still open after %v", 3*handshakeTime)
	}
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// To open a pipe that nobody writes to would wait for ever, with every login waiting behind it.
func TestKeysInAPipeAreNotWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "authorized_keys")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := KeysFile(path)(t.Context()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("%v", err)
	}
}
