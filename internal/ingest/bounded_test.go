package ingest

import (
	"net"
	"testing"
	"testing/synctest"
)

// endless accepts one connection after the other.
type endless struct{ net.Listener }

func (endless) Accept() (net.Conn, error) {
	conn, _ := net.Pipe()
	return conn, nil
}

func (endless) Close() error { return nil }

func TestConnectionsBeyondTheBoundWaitUntilOthersHaveEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := bounded(endless{})
		var open []net.Conn
		accept := func() {
			conn, err := listener.Accept()
			if err == nil {
				open = append(open, conn)
			}
		}
		for range maxConnections {
			accept()
		}
		go accept()
		synctest.Wait()
		if len(open) != maxConnections {
			t.Fatalf("%d connections are open", len(open))
		}
		first := open[0]
		_ = first.Close()
		_ = first.Close() // frees one place only
		synctest.Wait()
		if len(open) != maxConnections+1 {
			t.Fatalf("%d connections were accepted after one ended", len(open))
		}
		ended := make(chan error, 1)
		go func() {
			_, err := listener.Accept()
			ended <- err
		}()
		synctest.Wait()
		if len(ended) > 0 {
			t.Error("a second place was free")
		}
		_ = listener.Close()
		if err := <-ended; err == nil {
			t.Error("accepted after the end")
		}
	})
}
