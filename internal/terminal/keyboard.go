package terminal

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"errtop/internal/safego"

	"github.com/muesli/cancelreader"
)

// Keyboard is what is typed on a device, without what the terminal says by itself: see [replies].
type Keyboard struct {
	gone    func(error)
	chunks  chan []byte // closed when there is nothing more to read
	closing chan struct{}
	close   sync.Once
	cancel  func() bool
	ended   chan struct{}

	replies *replies
	ready   []byte // keys that Read has not returned yet
}

// NewKeyboard begins to read keys. It calls gone once nobody can type any more.
func NewKeyboard(keys io.Reader, gone func(error)) *Keyboard {
	k := &Keyboard{
		gone: gone, chunks: make(chan []byte), closing: make(chan struct{}), ended: make(chan struct{}),
		replies: newReplies(time.Now()), cancel: func() bool { return false },
	}
	if file, ok := keys.(*os.File); ok {
		if r, err := cancelreader.NewReader(file); err == nil {
			keys, k.cancel = r, r.Cancel
		}
	}
	group, _ := safego.WithContext(context.Background()) // it ends with Close
	group.Go(func() error {
		defer close(k.ended)
		if err := safego.Catch(func() error { return k.pump(keys) }); err != nil {
			k.gone(err)
		}
		return nil
	})
	return k
}

// pump hands on what is read until nothing more comes.
func (k *Keyboard) pump(keys io.Reader) error {
	defer close(k.chunks)
	if r, ok := keys.(cancelreader.CancelReader); ok {
		defer func() { _ = r.Close() }()
	}
	for {
		chunk := make([]byte, 512)
		n, err := keys.Read(chunk)
		select {
		case <-k.closing:
			return nil
		default:
		}
		if err == nil && n == 0 {
			err = io.EOF
		}
		if n > 0 {
			select {
			case <-k.closing:
				return nil
			case k.chunks <- chunk[:n]:
			}
		}
		if err != nil {
			return err
		}
	}
}

// Read returns keys. It waits for one, and ends with io.EOF after Close or when nobody can type any more.
func (k *Keyboard) Read(p []byte) (int, error) {
	for len(k.ready) == 0 {
		if err := k.wait(); err != nil {
			return 0, err
		}
	}
	n := copy(p, k.ready)
	k.ready = append(k.ready[:0], k.ready[n:]...)
	return n, nil
}

// wait takes the next bytes, or decides on those that were held for too long.
func (k *Keyboard) wait() error {
	var decide <-chan time.Time
	if end := k.replies.deadline(); !end.IsZero() {
		timer := time.NewTimer(time.Until(end))
		defer timer.Stop()
		decide = timer.C
	}
	select {
	case <-k.closing:
		return io.EOF
	case chunk, open := <-k.chunks:
		if !open {
			return io.EOF
		}
		k.ready = k.replies.feed(time.Now(), chunk, k.ready)
	case <-decide:
		k.ready = k.replies.expire(time.Now(), k.ready)
	}
	return nil
}

// Close ends Read. Where the reader can be interrupted, as a terminal's file can, Close waits until it has ended, so that no
// key is taken from whoever reads next.
func (k *Keyboard) Close() error {
	k.close.Do(func() {
		close(k.closing)
		if k.cancel() {
			<-k.ended
		}
	})
	return nil
}
