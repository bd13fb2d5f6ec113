package ingest

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/muesli/cancelreader"

	"errtop/internal/logline"
	"errtop/internal/safego"
	"errtop/tracker"
)

const (
	streamChunk  = 256 << 10
	streamChunks = 4 // chunks between the reader and the decoder
)

// chunk is a piece of a stream as the reader hands it on.
type chunk struct {
	data []byte
	err  error
}

// Stream reads r, which may be compressed, to its end, or until ctx is done: a read that blocks holds nothing up where r is a terminal, pipe or
// socket. Results are emitted as soon as a read returns; only when more has come meanwhile do they gather to batches. The
// source is live while its stamps are near now. The error is nil at the end and where ctx is done, a [SourceError] where
// reading fails or the end comes without a request.
func Stream(ctx context.Context, name string, r io.Reader, o Options, sink Sink) error {
	p, err := newPump(name, o, sink)
	if err != nil {
		return err
	}
	err = p.stream(ctx, r)
	if _, panicked := errors.AsType[*safego.PanicError](err); panicked || err == nil {
		return err
	}
	return &logline.SourceError{Name: name, Err: err}
}

// stream is Stream. Its error does not name the source.
func (p *pump) stream(ctx context.Context, r io.Reader) error {
	reader, cancel, release := cancellable(r)
	defer release()
	growPipe(r)
	chunks := make(chan chunk, streamChunks+1)
	free := make(chan []byte, streamChunks+1)
	for range streamChunks + 1 {
		free <- make([]byte, streamChunk)
	}
	ended := safego.Start(func() error {
		readChunks(ctx, reader, free, chunks)
		return nil
	})
	for {
		select {
		case <-ctx.Done():
			if cancel() {
				for range chunks { // the reader ends now
				}
			}
			p.end(tracker.SourceEnded, "")
			return nil
		case c, ok := <-chunks:
			if !ok {
				return <-ended // a panic of ours: the last chunk has an error else
			}
			if len(c.data) > 0 {
				p.feed(c.data, len(chunks) > 0)
				free <- c.data[:cap(c.data)]
			}
			if c.err == nil {
				continue
			}
			for range chunks {
			}
			switch {
			case ctx.Err() != nil:
				p.end(tracker.SourceEnded, "")
				return nil
			case errors.Is(c.err, io.EOF):
				p.end(tracker.SourceEnded, "")
				return p.verdict()
			}
			p.end(tracker.SourceFailed, problemText(c.err))
			return logline.PlainError(c.err)
		}
	}
}

// readChunks hands on what it reads, unpacked, until an error, the end included, and closes chunks.
func readChunks(ctx context.Context, r io.Reader, free <-chan []byte, chunks chan<- chunk) {
	defer close(chunks)
	r, release, err := unpack(r)
	if err != nil {
		chunks <- chunk{nil, err}
		return
	}
	defer release()
	for {
		var buffer []byte
		select {
		case buffer = <-free:
		case <-ctx.Done():
			return
		}
		n, err := r.Read(buffer)
		chunks <- chunk{buffer[:n], err} // never blocks: the channel has a slot for every buffer
		if err != nil {
			return
		}
	}
}

// cancellable returns r so that a blocked read can be ended where the system can do that, the function that does (it
// reports whether the reader will return), and the one that releases what this took.
func cancellable(r io.Reader) (reader io.Reader, cancel func() bool, release func()) {
	if file, ok := r.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			return r, func() bool { return true }, func() {} // a regular file's reads return
		}
		if c, err := cancelreader.NewReader(file); err == nil {
			return c, c.Cancel, func() { _ = c.Close() } // closes its own descriptors only
		}
	}
	return r, func() bool { return false }, func() {}
}
