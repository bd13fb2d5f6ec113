package serve

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"

	"charm.land/ssh"

	"errtop/internal/safetext"
)

// arrive decides whether a connection may try to log in.
func (d *door) arrive(ctx ssh.Context, conn net.Conn) net.Conn {
	if d.admission == nil {
		h := &handshake{Conn: conn}
		ctx.SetValue(handshakeKey{}, h)
		return h
	}
	h := d.admission.let(conn)
	if h == nil {
		return nil
	}
	ctx.SetValue(handshakeKey{}, h)
	return &arrival{handshake: h, door: d}
}

// failed logs a login that failed. Those that are let try are bounded, so that the log is too.
func (d *door) failed(conn net.Conn, err error) {
	level := slog.LevelInfo
	if errors.Is(err, io.EOF) {
		level = slog.LevelDebug // it only looked whether the port is open
	}
	d.Log.Log(d.ctx, level, "ssh login failed", "from", conn.RemoteAddr().String(), "error", safetext.MaskedLine(err.Error(), 200))
}

// arrival is a connection of which the door hears when it ends: one that ends before it has logged in has failed to.
type arrival struct {
	*handshake
	door  *door
	close sync.Once
}

func (a *arrival) Close() error {
	a.close.Do(func() { a.door.admission.end(a.handshake) })
	return a.Conn.Close() //nolint:wrapcheck // it stands for the connection
}
