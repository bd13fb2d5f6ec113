package stats

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"errtop/internal/logline"
	"errtop/internal/safego"
)

// chunkSize is how much is read at once. Buffers of this size start at a page (Go gives large slices whole pages), which
// parallel reads want: unaligned ones took several times as long.
const chunkSize = 512 << 10

// maxUnbroken is how long a line may be for the next one to be waited for.
const maxUnbroken = 4 << 30

// errEndless is the error for /dev/zero and similar devices.
var errEndless = errors.New("no line end in 4 GiB, so no log")

// scanFile hands all lines of a file of that size to the workers, chunk by chunk in parallel. A line belongs to the chunk
// in which it starts; one that starts right after a chunk's end belongs to it too, since the next chunk can't see that.
func scanFile(ctx context.Context, file io.ReaderAt, size, chunk int64, workers []*statsWorker) error {
	var next atomic.Int64
	return together(len(workers), func(w int) error {
		buffer := make([]byte, chunk, chunk+2*logline.MaxLine)
		for {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			k := next.Add(1) - 1 // from here on others wait for this chunk
			if k*chunk >= size {
				return nil
			}
			if err := scanPart(file, k, size, buffer, workers[w]); err != nil {
				return err
			}
		}
	})
}

// scanPart hands over the lines that belong to chunk k.
func scanPart(file io.ReaderAt, k, size int64, buffer []byte, to *statsWorker) error {
	told := false
	defer func() {
		if !told { // workers that wait for this chunk go on
			to.lineCount(uint64(k), 0) //nolint:gosec // positive
		}
	}()
	chunk := int64(len(buffer))
	from := k * chunk
	data, err := readSection(file, buffer[:min(chunk, size-from)], from)
	if err != nil {
		return err
	}
	if k > 0 {
		start := bytes.IndexByte(data, '\n')
		if start < 0 {
			return nil
		}
		data = data[start+1:]
		if len(data) == 0 && from+chunk >= size {
			return nil
		}
	}
	// What stands beyond the chunk, up to the end of the line that reaches there or starts there.
	tooLong := false
	if end := from + chunk; end < size {
		const step = 8 << 10
		tail := len(data)
		for at := end; ; at += step {
			if at >= size {
				break
			}
			room := data[len(data) : len(data)+int(min(step, size-at))]
			more, err := readSection(file, room, at)
			if err != nil {
				return err
			}
			if n := bytes.IndexByte(more, '\n'); n >= 0 {
				data = data[:len(data)+n+1]
				break
			}
			data = data[:len(data)+len(more)]
			if len(data)-tail > logline.MaxLine || len(more) < len(room) {
				tooLong = len(data)-tail > logline.MaxLine
				break
			}
		}
	}
	told = true
	scanLines(uint64(k), data, tooLong, to) //nolint:gosec // positive
	return nil
}

// scanLines hands over the lines of data; the last may lack its end, or be cut where it is too long.
func scanLines(k uint64, data []byte, tooLong bool, to *statsWorker) {
	number := uint64(0)
	defer func() { to.lineCount(k, number) }() // also where a line panics: others wait for it
	to.part.Reset(data)
	for at := 0; at < len(data); number++ {
		next, lines := to.successes(data, at)
		if number, at = number+lines, next; at == len(data) {
			break
		}
		if end := to.known(k, number, data, at); end >= 0 {
			at = end + 1
			continue
		}
		rest := data[at:]
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			to.line(k, number, rest[:min(len(rest), logline.MaxLine)], tooLong || len(rest) > logline.MaxLine)
			number++
			break
		}
		to.line(k, number, rest[:min(n, logline.MaxLine)], n > logline.MaxLine)
		at += n + 1
	}
}

// readSection reads as much of b as the file holds from a place on.
func readSection(file io.ReaderAt, b []byte, at int64) ([]byte, error) {
	switch n, err := file.ReadAt(b, at); {
	case err == nil, errors.Is(err, io.EOF):
		return b[:n], nil
	default:
		return nil, fmt.Errorf("read at %d: %w", at, err)
	}
}

// part is a piece of a stream that ends with a line's end, or with the stream.
type part struct {
	number uint64
	before [][]byte // directives that hold at its start
	buffer []byte
	data   []byte // within buffer
	cut    bool   // its last line was longer than maxLine
}

// scanStream hands all lines of a stream to the workers: one goroutine reads and cuts at line ends, the others decode.
func scanStream(ctx context.Context, r io.Reader, chunk int, workers []*statsWorker) error {
	parts, free := make(chan part, len(workers)), make(chan []byte, len(workers)+2)
	for range cap(free) {
		// What the chunk before left unfinished is put before the chunk, so that reads stay aligned.
		free <- make([]byte, logline.MaxLine+chunk)
	}
	group, ctx := safego.WithContext(ctx)
	for _, w := range workers {
		group.Go(func() error {
			err := safego.Catch(func() error {
				for p := range parts {
					w.preamble(p.before)
					scanLines(p.number, p.data, p.cut, w)
					free <- p.buffer
				}
				return nil
			})
			for p := range parts { // after a panic, so that the reader and the other workers come to their ends
				w.lineCount(p.number, 0)
				free <- p.buffer
			}
			return err
		})
	}
	err := safego.Catch(func() error {
		defer close(parts)
		return cutStream(ctx, r, free, parts)
	})
	if panicked := group.Wait(); panicked != nil {
		return panicked
	}
	return err
}

// cutStream reads r to its end and sends it on in parts.
func cutStream(ctx context.Context, r io.Reader, free <-chan []byte, parts chan<- part) error {
	number, skip := uint64(0), false
	unbroken := int64(0) // bytes without a line end
	var columns logline.Preamble
	buffer := <-free
	start := logline.MaxLine // of what is unfinished, in buffer
	for {
		n, err := fill(r, buffer[logline.MaxLine:])
		data := buffer[start : logline.MaxLine+n]
		if skip { // within the rest of a line that was cut
			i := bytes.IndexByte(data, '\n')
			if skip = i < 0; skip {
				data = data[:0]
			} else {
				data = data[i+1:]
			}
		}
		end := wholeLines(data)
		rest := data[end:]
		if unbroken += int64(n); end > 0 {
			unbroken = 0
		}
		if unbroken > maxUnbroken {
			return errEndless
		}
		tooLong := len(rest) > logline.MaxLine
		if err != nil || tooLong {
			end, rest = len(data), nil
			skip = skip || tooLong
		}
		fresh := buffer
		start = logline.MaxLine
		if end > 0 {
			fresh = <-free
			start = logline.MaxLine - copy(fresh[logline.MaxLine-len(rest):], rest)
			parts <- part{number, columns.Before(number, data[:end]), buffer, data[:end], tooLong}
			number++
		} else if len(rest) > 0 {
			start = logline.MaxLine - len(rest)
			copy(buffer[start:], rest)
		}
		buffer = fresh
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx) //nolint:wrapcheck // whoever stopped us said why
		}
	}
}

// wholeLines returns where the last line of data ends that the next one does not go on with; where each does, where the last ends.
func wholeLines(data []byte) int {
	last := bytes.LastIndexByte(data, '\n') + 1
	for end := last; end > 0; {
		start := bytes.LastIndexByte(data[:end-1], '\n') + 1
		if !logline.Continues(data[start : end-1]) {
			return end
		}
		end = start
	}
	return last
}

// fill reads until b is full, nothing more comes, or an error.
func fill(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var got int
		got, err = r.Read(b[n:])
		n += got
	}
	return n, err //nolint:wrapcheck // a reader's error, named by whoever knows the source
}

// together runs n functions at once and returns their errors.
func together(n int, run func(i int) error) error {
	problems := make([]error, n)
	group, _ := safego.WithContext(context.Background())
	for i := range n {
		group.Go(func() error {
			problems[i] = safego.Catch(func() error { return run(i) })
			return nil
		})
	}
	_ = group.Wait() // the problems say it
	return errors.Join(problems...)
}
