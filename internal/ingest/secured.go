package ingest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// maxConnections is how many connections a listener has open at once. Further ones wait in the kernel's queue.
const maxConnections = 256

// bounded bounds the connections of a listener that are open at once.
func bounded(listener net.Listener) net.Listener {
	return &boundedListener{Listener: listener, free: make(chan struct{}, maxConnections), closed: make(chan struct{})}
}

type boundedListener struct {
	net.Listener
	free   chan struct{} // holds a value for each open connection
	close  sync.Once
	closed chan struct{}
}

// Accept waits for a connection, and before for one of too many to end.
func (l *boundedListener) Accept() (net.Conn, error) {
	select {
	case l.free <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err //nolint:wrapcheck // it stands for the listener
	}
	return &boundedConn{Conn: conn, leave: sync.OnceFunc(func() { <-l.free })}, nil
}

func (l *boundedListener) Close() error {
	l.close.Do(func() { close(l.closed) })
	return l.Listener.Close() //nolint:wrapcheck // it stands for the listener
}

type boundedConn struct {
	net.Conn
	leave func()
}

func (c *boundedConn) Close() error {
	defer c.leave()
	return c.Conn.Close() //nolint:wrapcheck // it stands for the connection
}

// secured returns a listener that speaks TLS where the options have a certificate. It closes listener where that cannot be read.
func secured(listener net.Listener, o *ListenOptions) (net.Listener, error) {
	if o.Cert == "" {
		return listener, nil
	}
	files := &certificate{cert: o.Cert, key: o.Key}
	if _, err := files.get(nil); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return tls.NewListener(listener, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: files.get,
	}), nil
}

// certificateKept is how long a certificate is used before its files are looked at again.
const certificateKept = 10 * time.Second

// certificate is a certificate in files, which may be replaced while it is used.
type certificate struct {
	cert, key string

	mu      sync.Mutex
	loaded  *tls.Certificate
	changed time.Time // of the file, when it was read
	looked  time.Time
}

// get returns the certificate. Where the files are replaced by such that cannot be read, the old one stays in use.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.loaded != nil && now.Sub(c.looked).Abs() < certificateKept {
		return c.loaded, nil
	}
	c.looked = now
	info, err := os.Stat(c.cert)
	if err == nil && c.loaded != nil && info.ModTime().Equal(c.changed) {
		return c.loaded, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(c.cert, c.key)
	}
	switch {
	case err == nil:
		c.loaded, c.changed = &pair, info.ModTime()
	case c.loaded == nil:
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return c.loaded, nil
}
