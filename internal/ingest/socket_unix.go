//go:build unix

package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// lockSuffix names the file beside a socket by which errtop knows that it made the socket.
const lockSuffix = ".lock"

// unixListener removes its socket and its lock when it is closed.
type unixListener struct {
	*net.UnixListener
	path string
	made os.FileInfo // of the socket
	lock *os.File
}

// listenUnix makes a socket with mode 0600. A lock beside it keeps two processes from making the same one.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	lock, made, err := lockBeside(path)
	if err != nil {
		return nil, err
	}
	l, err := bindUnix(ctx, path, made)
	if err != nil {
		return nil, errors.Join(err, unlock(lock, !made))
	}
	l.lock = lock
	return l, nil
}

// bindUnix makes the socket itself.
func bindUnix(ctx context.Context, path string, made bool) (*unixListener, error) {
	if err := clearPath(ctx, path, made); err != nil {
		return nil, err
	}
	// On Linux a socket gets the mode of its descriptor; elsewhere it is set right after.
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), 0o600) })
	}}
	bound, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err //nolint:wrapcheck // Listen names the address
	}
	listener, ok := bound.(*net.UnixListener)
	if !ok {
		return nil, errors.Join(errors.New("not a unix socket"), bound.Close())
	}
	listener.SetUnlinkOnClose(false)
	l := &unixListener{UnixListener: listener, path: path}
	if err = os.Chmod(path, 0o600); err == nil {
		l.made, err = os.Lstat(path)
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close(), os.Remove(path))
	}
	return l, nil
}

// Close ends the listener, and removes its socket unless another is there by now.
func (l *unixListener) Close() error {
	err := l.UnixListener.Close()
	if l.lock == nil {
		return err //nolint:wrapcheck // a closed listener
	}
	if info, statErr := os.Lstat(l.path); statErr == nil && os.SameFile(info, l.made) {
		err = errors.Join(err, os.Remove(l.path))
	}
	lock := l.lock
	l.lock = nil
	return errors.Join(err, unlock(lock, true))
}

// lockBeside takes the lock of a socket. existed says that it was there and is the user's, so that errtop made the socket.
func lockBeside(path string) (lock *os.File, existed bool, err error) {
	name := path + lockSuffix
	for {
		lock, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600) //nolint:gosec // the path that the user asks for
		if existed = errors.Is(err, os.ErrExist); existed {
			lock, err = os.OpenFile(name, os.O_RDWR|syscall.O_NOFOLLOW, 0) //nolint:gosec // the path that the user asks for
		}
		if errors.Is(err, os.ErrNotExist) && existed {
			continue // its process has just ended
		}
		if err != nil {
			return nil, false, fmt.Errorf("the lock of the socket: %w", err)
		}
		info, err := lock.Stat()
		if err == nil && (!info.Mode().IsRegular() || !isOwn(info)) {
			err = fmt.Errorf("the lock of the socket, %s, belongs to somebody else", name)
		}
		if err == nil {
			err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		}
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errSocketServed
		}
		if err != nil {
			return nil, false, errors.Join(err, lock.Close())
		}
		if now, err := os.Lstat(name); err == nil && os.SameFile(now, info) {
			return lock, existed, nil
		}
		_ = lock.Close() // the file was removed meanwhile: try again
	}
}

// unlock gives a lock back, and removes its file where nothing needs it any more.
func unlock(lock *os.File, remove bool) error {
	if remove {
		_ = os.Remove(lock.Name()) // another process may wait for nothing else
	}
	return lock.Close() //nolint:wrapcheck // a PathError names the file
}

// isOwn reports whether a file belongs to the user.
func isOwn(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// ownFolder reports whether the folder of a path belongs to the user and only the user may write to it.
func ownFolder(path string) bool {
	info, err := os.Stat(filepath.Dir(path))
	return err == nil && isOwn(info) && info.Mode().Perm()&0o022 == 0
}
