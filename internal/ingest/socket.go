package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// socketProbe is how long a socket that is in the way may take to say whether it is served.
const socketProbe = time.Second

// errSocketServed says that another process serves a socket. It is syscall.EADDRINUSE, as of any address that is taken.
var errSocketServed = fmt.Errorf("another program serves this socket: %w", syscall.EADDRINUSE)

// listen opens an address: host:port, or "unix:" and the path of a socket that only the user may use.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	if path, isUnix := strings.CutPrefix(addr, unixPrefix); isUnix {
		return listenUnix(ctx, path)
	}
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", addr) //nolint:wrapcheck // Listen names the address
}

// clearPath removes what is left at a socket's path by a process that ended without removing it. Only a socket is ever
// removed, only one that refuses connections, and only where it is ours: made says that a lock of ours lies beside it, and
// otherwise the folder must be writable by its owner only.
func clearPath(ctx context.Context, path string, made bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err //nolint:wrapcheck // a PathError names the file
	case info.Mode()&os.ModeSocket == 0:
		return fmt.Errorf("%s is there and is not a socket; it is left alone", kindOf(info.Mode()))
	}
	if err := refuses(ctx, path); err != nil {
		return err
	}
	if !made && !ownFolder(path) {
		return errors.New("nobody serves the socket that is there, but others may write to its folder and errtop did not make it; remove it if it is not needed")
	}
	return os.Remove(path) //nolint:wrapcheck // a PathError names the file
}

// refuses returns nil if a socket refuses connections, since the process that made it is gone; else why it may be in use.
func refuses(ctx context.Context, path string) error {
	d := net.Dialer{Timeout: socketProbe}
	conn, err := d.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return errors.Join(errSocketServed, conn.Close())
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return nil
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, os.ErrDeadlineExceeded):
		return errSocketServed // its queue is full
	default:
		return fmt.Errorf("cannot tell whether the socket that is there is in use: %w", err)
	}
}

// kindOf names a kind of file.
func kindOf(mode os.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a regular file"
	case mode.IsDir():
		return "a directory"
	case mode&os.ModeSymlink != 0:
		return "a symbolic link"
	default:
		return "something else"
	}
}
