package probe

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// smallBody is the longest request body that fits a socket's buffer on every system, so that it is written without waiting for
// a server that answers before it has read.
const smallBody = 8 << 10

// The buffers of one exchange, which lives for milliseconds.
var (
	readers = sync.Pool{New: func() any { return bufio.NewReader(nil) }}
	writers = sync.Pool{New: func() any { return bufio.NewWriter(nil) }}
)

// simple reports whether req needs nothing of net/http's transport: plain HTTP/1.1 over a new connection without a proxy, and
// a small body. Most of what a transport costs for such a request is two goroutines and two buffers a connection.
func (r *run) simple(req *http.Request) (bool, error) {
	if req.URL.Scheme != "http" || r.plan.KeepAlive || r.plan.HTTP == "2" || req.ContentLength > smallBody {
		return false, nil
	}
	if r.plan.client.Proxy == nil {
		return true, nil
	}
	proxy, err := r.plan.client.Proxy(req)
	return proxy == nil, err //nolint:wrapcheck // explain finds the words
}

// sendDirectly sends req over a new connection and reads the answer's header, with the protocol code of net/http, in this
// goroutine.
func (r *run) sendDirectly(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	conn, err := dial(ctx, "tcp", net.JoinHostPort(req.URL.Hostname(), portOf(req.URL)))
	if err != nil {
		return nil, err
	}
	x := &exchange{conn: conn, stop: context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })}
	resp, err := x.roundTrip(req, &r.trace)
	if err != nil {
		_ = x.Close()
		return nil, err
	}
	resp.Body = &exchangeBody{Reader: resp.Body, exchange: x}
	return resp, nil
}

// exchange is one request and its answer on a connection of their own.
type exchange struct {
	conn   net.Conn
	stop   func() bool // watching the context
	header int64       // bytes that the answer's header may still have; -1 once it was read
	broken error       // the connection's own, which http.ReadResponse may hide behind "malformed"
	buffer *bufio.Reader
}

func (x *exchange) roundTrip(req *http.Request, t *trace) (*http.Response, error) {
	t.enter(sending)
	if err := x.write(req); err != nil {
		return nil, err
	}
	t.enter(waiting)
	x.header = maxHeaderBytes
	x.buffer = readers.Get().(*bufio.Reader) //nolint:forcetypeassert // the pool holds nothing else
	x.buffer.Reset(x)
	if _, err := x.buffer.Peek(1); err != nil {
		return nil, err //nolint:wrapcheck // explain finds the words
	}
	t.enter(heading)
	for {
		resp, err := http.ReadResponse(x.buffer, req)
		if err != nil {
			return nil, cmp.Or(x.broken, err) //nolint:wrapcheck // explain finds the words
		}
		if resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols { // RFC 9110, section 15.2
			continue
		}
		x.header = -1
		return resp, nil
	}
}

func (x *exchange) write(req *http.Request) error {
	w := writers.Get().(*bufio.Writer) //nolint:forcetypeassert // the pool holds nothing else
	w.Reset(x.conn)
	err := req.Write(w)
	if err == nil {
		err = w.Flush()
	}
	w.Reset(nil)
	writers.Put(w)
	return err //nolint:wrapcheck // explain finds the words
}

// Read reads from the connection, and no more of a header than maxHeaderBytes.
func (x *exchange) Read(p []byte) (int, error) {
	if x.header < 0 {
		return x.conn.Read(p) //nolint:wrapcheck // explain finds the words
	}
	if x.header == 0 {
		return 0, fmt.Errorf("response headers exceeded %d bytes", maxHeaderBytes)
	}
	n, err := x.conn.Read(p[:min(int64(len(p)), x.header)])
	x.header -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		x.broken = err
	}
	return n, err //nolint:wrapcheck // explain finds the words
}

func (x *exchange) Close() error {
	x.stop()
	if x.buffer != nil {
		x.buffer.Reset(nil)
		readers.Put(x.buffer)
		x.buffer = nil
	}
	return x.conn.Close() //nolint:wrapcheck // nobody looks
}

// exchangeBody is an answer's body. Closing it ends the exchange; the body's own Close would read it to its end.
type exchangeBody struct {
	io.Reader
	*exchange
}

func (b *exchangeBody) Read(p []byte) (int, error) { return b.Reader.Read(p) } //nolint:wrapcheck // a reader's own
