//go:build unix

package ingest

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// deadSocket leaves a socket at a path, without a server.
func deadSocket(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// busySocket leaves a socket at a path whose program takes no more connections.
func busySocket(t *testing.T, path string) {
	t.Helper()
	socket, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		err = errors.Join(unix.Bind(socket, &unix.SockaddrUnix{Name: path}), unix.Listen(socket, 0))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(socket) })
	for range 10 {
		c, err := net.Dial("unix", path)
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	t.Skip("the queue of a socket never gets full here")
}

// open returns a folder that others may write to.
func open(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	return folder
}

// listeningAt listens at a path.
func listeningAt(t *testing.T, path string) *unixListener {
	t.Helper()
	l, err := listenUnix(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	own, ok := l.(*unixListener)
	if !ok {
		t.Fatalf("a %T", l)
	}
	t.Cleanup(func() { _ = own.UnixListener.Close() })
	return own
}

// crash ends a listener as a kill does: its socket and its lock stay.
func crash(t *testing.T, l *unixListener) {
	t.Helper()
	if err := errors.Join(l.UnixListener.Close(), l.lock.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyADeadSocketThatIsOursIsReplaced(t *testing.T) {
	file := func(t *testing.T, path string) {
		t.Helper()
		if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		folder  func(*testing.T) string
		prepare func(t *testing.T, path string)
		refused string // "" if the socket is made
		taken   bool   // the error says that the address is in use
	}{
		"nothing":                           {open, func(*testing.T, string) {}, "", false},
		"a dead socket":                     {(*testing.T).TempDir, deadSocket, "", false},
		"a dead socket in an open folder":   {open, deadSocket, "others may write to its folder", false},
		"our dead socket in an open folder": {open, func(t *testing.T, path string) { t.Helper(); crash(t, listeningAt(t, path)) }, "", false},
		"our live socket":                   {open, func(t *testing.T, path string) { t.Helper(); listeningAt(t, path) }, "another program", true},
		"a live socket of another program":  {(*testing.T).TempDir, func(t *testing.T, path string) { t.Helper(); serveSocket(t, path) }, "another program", true},
		"a busy socket":                     {(*testing.T).TempDir, busySocket, "another program", true},
		"a regular file":                    {(*testing.T).TempDir, file, "a regular file is there and is not a socket", false},
		"a folder":                          {(*testing.T).TempDir, func(t *testing.T, path string) { t.Helper(); _ = os.Mkdir(path, 0o700) }, "a directory is there", false},
		"a link":                            {(*testing.T).TempDir, func(t *testing.T, path string) { t.Helper(); file(t, path+"2"); _ = os.Symlink(path+"2", path) }, "a symbolic link is there", false},
		"a link to a dead socket":           {(*testing.T).TempDir, func(t *testing.T, path string) { t.Helper(); deadSocket(t, path+"2"); _ = os.Symlink(path+"2", path) }, "a symbolic link is there", false},
		"a link where the lock belongs": {open, func(t *testing.T, path string) {
			t.Helper()
			file(t, path+"2")
			_ = os.Symlink(path+"2", path+lockSuffix)
		}, "lock of the socket", false},
		"a folder where the lock belongs": {open, func(t *testing.T, path string) { t.Helper(); _ = os.Mkdir(path+lockSuffix, 0o700) }, "lock of the socket", false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(c.folder(t), "s")
			c.prepare(t, path)
			before, _ := os.Lstat(path)
			l, err := listenUnix(t.Context(), path)
			if c.refused == "" {
				if err != nil {
					t.Fatal(err)
				}
				conn, err := net.Dial("unix", path)
				if err := errors.Join(err, conn.Close(), l.Close()); err != nil {
					t.Error(err)
				}
				if left, _ := os.ReadDir(filepath.Dir(path)); len(left) > 0 {
					t.Errorf("%s is left behind", left[0].Name())
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.refused) || errors.Is(err, syscall.EADDRINUSE) != c.taken {
				t.Errorf("%v", err)
			}
			if after, _ := os.Lstat(path); before != nil && (after == nil || !os.SameFile(before, after) || after.Size() != before.Size()) {
				t.Error("what was there is gone")
			}
		})
	}
}

// serveSocket serves a socket.
func serveSocket(t *testing.T, path string) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
}

func TestOnlyTheUserMayUseASocketWhateverTheUmask(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o777} {
		path := filepath.Join(t.TempDir(), "s")
		before := syscall.Umask(mask)
		l, err := bindUnix(t.Context(), path, false)
		syscall.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("umask %o: %v, %v", mask, info.Mode(), err)
		}
		_ = l.UnixListener.Close()
	}
}

func TestAClosedListenerRemovesNothingOfOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l := listeningAt(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
		t.Errorf("%q, %v", text, err)
	}
}
