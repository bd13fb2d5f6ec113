package serve

import (
	"net"
	"sync"

	"charm.land/ssh"
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
